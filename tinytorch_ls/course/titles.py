"""How a step is called in a sentence: by its title, as the tree and the lesson view show it.

Its id is for what is typed: `tinytorch test tensor/add`.
"""

from __future__ import annotations

from collections.abc import Sequence

from tinytorch_ls.course.model import Course, Module, Step
from tinytorch_ls.messages import say


def titled(subject: Step | Module) -> str:
    """A step or a module: “Add, with broadcasting”."""
    return say("“{title}”", title=subject.title)


def titled_from(course: Course, here: Step, other: Step) -> str:
    """Another step in what is said of the one `here`: where it is in another module, with that."""
    if other.module_id == here.module_id:
        return titled(other)
    return f"{titled(other)} ({numbered(course.module(other.module_id))})"


def numbered(module: Module) -> str:
    """A module with its number, as the lesson view shows it: "01 Tensors"."""
    return f"{module.number:02} {module.title}"


def listed(names: Sequence[str], most: int = 3) -> str:
    """Some names, as a sentence lists them: "“Sum”, “Divide” and 3 more"."""
    named, more = names[:most], len(names) - most
    last = f"{more} more" if more > 0 else named[-1]
    rest = named if more > 0 else named[:-1]
    return f"{', '.join(rest)} and {last}" if rest else last
