"""What is kept of an error's words."""

from __future__ import annotations

from tinytorch_ls.runner.inside.traces import raised


def test_an_import_that_fails_names_the_module_and_not_where_it_lies() -> None:
    try:
        from json import no_such_name  # pyright: ignore  # noqa: F401, PGH003
    except ImportError as error:
        assert error.path
        assert error.path in str(error)
        assert raised(error).message == "cannot import name 'no_such_name' from 'json'"
