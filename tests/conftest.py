"""Puts the tests' own helpers and the scripts on the path; no test of properties is timed."""

import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

_HERE = Path(__file__).parent
sys.path[:0] = [str(_HERE), str(_HERE.parent / "scripts")]
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
