"""Where PyTorch is not installed, tinytorch is held to the golden values alone."""

from importlib.util import find_spec
from pathlib import Path

_BESIDE_PYTORCH = [
    str(path)
    for path in Path(__file__).parent.rglob("test_*.py")
    if "\nimport torch\n" in path.read_text(encoding="utf-8")
]
collect_ignore = [] if find_spec("torch") else _BESIDE_PYTORCH
