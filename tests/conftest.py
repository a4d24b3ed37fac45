"""Puts the tests' own helpers and the scripts on the path."""

import sys
from pathlib import Path

_HERE = Path(__file__).parent
sys.path[:0] = [str(_HERE), str(_HERE.parent / "scripts")]
