"""Kernels: the same sums, written for the machine that does them."""

from pathlib import Path

import tinytorch

# A student's own files come first, as in the package around this one.
__path__ = [str(at) for top in tinytorch.__path__ if (at := Path(top, "kernels")).is_dir()]
