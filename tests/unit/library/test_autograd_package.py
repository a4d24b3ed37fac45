"""autograd is a package: the engine knows no derivative, and a student may own some files of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tinytorch_ls.course.locate import library_root
from tinytorch_ls.course.model import Course, Module, Step, Symbol
from tinytorch_ls.forms.python.imported import imports
from tinytorch_ls.workspace.depends import needed_by
from tinytorch_ls.workspace.folder import StudentFolder

ENGINE, ARITHMETIC = "tinytorch/autograd/engine.py", "tinytorch/autograd/arithmetic.py"
TAUGHT = {
    "node": (ENGINE, "Node.__init__"),
    "record": (ENGINE, "record"),
    "order": (ENGINE, "topological_order"),
    "unbroadcast": (ENGINE, "unbroadcast"),
    "shares": (ENGINE, "input_gradients"),
    "pending": (ENGINE, "Pending.add"),
    "backward": (ENGINE, "backward"),
    "mul": (ARITHMETIC, "mul_vjp"),
}
ASK = """
import tinytorch.autograd
from tinytorch.autograd import arithmetic, engine, products
from tinytorch.tensor import Tensor
for module in (engine, arithmetic, products):
    print(module.__file__)
print((Tensor([2.0]) * 3).tolist())
try:
    Tensor([2.0]).requires_grad_() * 3
except NotImplementedError as error:
    print(error)
"""


@pytest.fixture
def module(tmp_path: Path) -> Module:
    steps = tuple(
        Step(f"autograd/{name}", name, "", (Symbol(*where),), (), "", (), (), "", 1)
        for name, where in TAUGHT.items()
    )
    files = (ENGINE, ARITHMETIC)
    return Module("autograd", 7, "Autograd", tmp_path, files, 1, (), "", steps, ())


@pytest.fixture
def folder(tmp_path: Path, module: Module) -> StudentFolder:
    folder = StudentFolder(tmp_path / "my-course", Course("", tmp_path, (module,), ()))
    folder.begin("autograd")
    return folder


def test_a_students_files_come_first_and_unwritten_ones_still_import(folder: StudentFolder) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(folder.root), str(library_root())]),
    }
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=folder.root,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    engine, arithmetic, products, value, error = done.stdout.splitlines()
    assert Path(engine) == folder.path(ENGINE)
    assert Path(arithmetic) == folder.path(ARITHMETIC)
    assert Path(products) == library_root() / "tinytorch/autograd/products.py"
    assert value == "[6.0]"
    assert "autograd/record is yours to write" in error


def test_what_is_given_stays_in_the_stub(folder: StudentFolder) -> None:
    text = folder.path(ENGINE).read_text(encoding="utf-8")
    assert "check_stretched(gradient.shape, shape)" in text
    assert "gradient.sum(" not in text
    assert "def node_of(" in text


def test_the_engine_imports_no_derivative_and_no_layer() -> None:
    source = (library_root() / ENGINE).read_text(encoding="utf-8")
    parts = {
        each.name.split(".")[1]
        for each in imports(source, "tinytorch.autograd")
        if each.name.startswith("tinytorch.")
    }
    assert parts == {"activations", "checks", "operation", "tensor", "versions"}


def test_the_steps_run_on_all_files_of_the_package(module: Module) -> None:
    needed = needed_by(module, [library_root()], {})
    there = (library_root() / "tinytorch/autograd").glob("*.py")
    assert {f"tinytorch/autograd/{path.name}" for path in there} <= needed
