"""`tinytorch start`: makes the student's folder and begins a module in it."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from tinytorch_ls.cli.context import here, the_course
from tinytorch_ls.course.titles import titled
from tinytorch_ls.feedback.not_run import core_words, needs_words
from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.messages import say
from tinytorch_ls.workspace.folder import StudentFolder, find_folder


def register(commands: Any) -> None:
    parser = commands.add_parser("start", help="make a folder for your course and begin a module")
    parser.add_argument("folder", nargs="?", help="default: the course around you, or this folder")
    parser.add_argument("--module", metavar="ID", help="default: the first module")
    parser.set_defaults(run=run)


def run(options: Namespace) -> int:
    """Make the folder and the files of the module; touch nothing that is there."""
    course = the_course()
    ids = [module.id for module in course.modules]
    if not ids:
        raise Refused(
            say(
                "the course has no module that can be read: {complaints}",
                complaints=course.complaints[0],
            )
        )
    module_id = course.module_id(options.module) if options.module else ids[0]
    if module_id not in ids:
        raise Refused(
            say(
                "the course has no module `{module_id}`; it has {names}",
                module_id=module_id,
                names=", ".join(ids),
            )
        )
    root = Path(options.folder) if options.folder else find_folder(here()) or here()
    if (around := find_folder(root)) and around != root.resolve():
        named = course.module_id(root.name)
        begin = f"; `tinytorch start --module {named}` begins that module" if named in ids else ""
        raise Refused(
            say(
                "{root} would lie inside your course at {around}{begin}",
                root=root,
                around=around,
                begin=begin,
            )
        )
    if root.is_file():
        raise Refused(say("{root} is a file; name a folder", root=root))
    folder = StudentFolder(root, course)
    made = folder.begin(module_id)
    module = course.module(module_id)
    for path in made:
        print(f"made {path.relative_to(folder.root)}")
    if not made:
        print(f"{titled(module)} was begun before; nothing was changed")
    for words in filter(None, (core_words(), needs_words(module))):
        print(words)
    first = next(iter(module.steps), None)
    if first:
        print(f"Next: open {folder.root} in your editor and begin with {titled(first)}.")
    return 0
