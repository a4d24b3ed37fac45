"""`python -m tinytorch_ls`: the command line, safe from files of the student's that shadow ours."""

import os
import sys

# `-m` puts the working directory first; a student's `random.py` or `tinytorch/` there must not win.
# Only what Python has loaded already is used before it is gone.
try:
    here = os.path.realpath(os.getcwd())  # noqa: PTH109
except OSError:  # it was deleted
    here = ""
sys.path[:] = [place for place in sys.path if place and os.path.realpath(place) != here]
ours = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))  # noqa: PTH120
if ours not in sys.path:
    sys.path.append(ours)

from tinytorch_ls.cli import main  # noqa: E402

sys.exit(main())
