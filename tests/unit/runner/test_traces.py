"""What is kept of an error's words."""

from __future__ import annotations

import pytest

from tinytorch_ls.runner.inside.traces import raised


def test_an_import_that_fails_names_the_module_and_not_where_it_lies() -> None:
    with pytest.raises(ImportError) as found:
        exec("from json import no_such_name")
    assert found.value.path
    assert found.value.path in str(found.value)
    assert raised(found.value).message == "cannot import name 'no_such_name' from 'json'"
