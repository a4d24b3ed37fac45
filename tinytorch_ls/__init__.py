"""Everything that serves the course: reading lessons, the student's folder, runs, editors."""

__version__: str


def __getattr__(name: str) -> str:
    """`__version__`, looked up late: nothing is imported before `__main__` has cleaned the path."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("tinytorch")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "0"
