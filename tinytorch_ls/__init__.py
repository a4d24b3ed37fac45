"""Everything that serves the course: reading lessons, the student's folder, runs, editors."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("tinytorch")
except PackageNotFoundError:  # run from a checkout that is not installed
    __version__ = "0"
