"""The training example of the README, run as it stands there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

README = Path(__file__).parents[3] / "README.md"


def test_the_ten_lines_learn_the_digits(capsys: Any) -> None:
    section = README.read_text(encoding="utf-8").split("## The library")[1]
    code = re.findall(r"```python\n(.*?)```", section, re.DOTALL)[0]
    lines = [line for line in code.splitlines() if line and not line.startswith("from")]
    assert len(lines) <= 10
    names: dict[str, Any] = {}
    exec(code, names)
    history = names["trainer"].history
    assert history[0]["val_accuracy"] < history[-1]["val_accuracy"]
    assert history[-1]["val_accuracy"] >= 0.97
    assert len(capsys.readouterr().out.splitlines()) == len(history)
