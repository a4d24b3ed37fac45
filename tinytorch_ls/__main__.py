"""`python -m tinytorch_ls`: the command line, safe from files of the student's that shadow ours."""

import sys
from pathlib import Path

# `-m` puts the working directory first; a student's `random.py` or `tinytorch/` there must not win.
sys.path[:] = [place for place in sys.path if Path(place or ".").resolve() != Path.cwd()]
_OURS = str(Path(__file__).resolve().parent.parent)
if _OURS not in sys.path:
    sys.path.append(_OURS)

from tinytorch_ls.cli import main  # noqa: E402

sys.exit(main())
