"""`tinytorch doctor`: looks for what keeps a course from working, and says the next move."""

from __future__ import annotations

import platform
import sys
from argparse import Namespace
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from tinytorch_ls.cli.context import here, the_course
from tinytorch_ls.course.locate import curriculum_folder
from tinytorch_ls.course.needs import core_packages, lacks_in, lacks_within
from tinytorch_ls.feedback.not_run import core_words, lack_words
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.runner.broken import broken_within
from tinytorch_ls.workspace.files import read_source
from tinytorch_ls.workspace.folder import StudentFolder, find_folder


def register(commands: Any) -> None:
    parser = commands.add_parser("doctor", help="check that everything the course needs is there")
    parser.set_defaults(run=run)


def run(_options: Namespace) -> int:
    """Print what was found. 0 if nothing is wrong, else 1."""
    print(f"Python {platform.python_version()} at {sys.executable}")
    for name in core_packages():
        print(f"{name} {_version(name)}")
    print(f"course at {curriculum_folder()}")
    problems = list(find_problems(here()))
    for problem in problems:
        print(f"✗ {problem}")
    if not problems:
        print("✓ Nothing is wrong.")
    return 1 if problems else 0


def find_problems(here: Path) -> Iterator[str]:
    """One line for each thing that is wrong: the fact, then the next move."""
    if words := core_words():
        yield words
    course = the_course()
    yield from (str(complaint) for complaint in course.complaints)
    root = find_folder(here)
    folder = StudentFolder(root, course) if root else None
    begun = folder.modules_begun() if folder else ()
    needs = {need for module in begun for need in module.needs}
    for lack in (*lacks_within(needs), *broken_within(needs)):
        yield f"{lack.reason}: run `{lack.command}`"
    if folder is None:
        yield "there is no course in this folder: run `tinytorch start`"
        return
    yield from _folder_problems(folder)


def _folder_problems(folder: StudentFolder) -> Iterator[str]:
    try:
        with TemporaryFile(dir=folder.root):
            pass
    except OSError as error:
        yield f"nothing can be written in {folder.root}: {error.strerror}"
    if not (folder.root / ".tinytorch").is_dir():
        yield "`.tinytorch` is gone, your code is not: run `tinytorch start`, then `tinytorch test`"
    for path in sorted(folder.root.glob("*.py")):
        if path.stem in sys.stdlib_module_names or path.stem in core_packages():
            yield f"{path.name} hides the module `{path.stem}` from Python: rename it"
    if "extend_path" not in _init(folder):
        yield "tinytorch/__init__.py is not as the course made it: delete it, run `tinytorch start`"
    for module in folder.modules_begun():
        lacks = lacks_in(module).items()
        yield from (lack_words(module, lack, steps) for lack, steps in lacks if lack.command)
        for file in module.files:
            yield from _file_problems(folder, file)


def _init(folder: StudentFolder) -> str:
    try:
        return read_source(folder.root / "tinytorch" / "__init__.py")
    except Refused:
        return ""


def _file_problems(folder: StudentFolder, file: str) -> Iterator[str]:
    try:
        form_of(file).definitions(folder.source(file))
    except Refused as refused:
        yield str(refused)
    except SyntaxError as error:
        yield f"{file}, line {error.lineno or 1}: {error.msg}"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"
