"""The golden file says what the installed PyTorch says."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")

from make import FILE, golden


def test_making_the_file_again_gives_the_same() -> None:
    made = golden()
    with np.load(FILE) as file:
        assert set(made) == set(file.files) - {"made_with"}
        for name, array in made.items():
            assert file[name].dtype == array.dtype, name
            np.testing.assert_allclose(file[name], array, rtol=1e-6, atol=1e-7, err_msg=name)
