"""What was None is told by its expression, as near to where it came from as is known."""

from __future__ import annotations

import linecache

import pytest

from tinytorch_ls.runner.inside.traces import raised

HEAD = """\
class Node:
    grad_fn = None
    def hand(self, it):
        return it.size
def size_of(node):
    return node.size
def deep(node):
    waiting = [node]
    while waiting:
        node = waiting.pop()
        node.size
def silent(x):
    x + 1
x = Node()
"""


def _nones(code: str) -> list[tuple[str, str]]:
    source = HEAD + code + "\n"
    file = "/course/nones.py"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    try:
        exec(compile(source, file, "exec"), {"__name__": "nones"})
    except Exception as error:
        return [(read.text, read.kind) for read in raised(error).nones]
    finally:
        del linecache.cache[file]
    return []


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("x.grad_fn.size", [("x.grad_fn", "read")]),
        ("y = x.grad_fn\ny.size", [("y", "name")]),
        ("def f():\n    y = x.grad_fn\n    return y.size\nf()", [("x.grad_fn", "read")]),
        ("2 * x.grad_fn", [("x.grad_fn", "read")]),
        ("size_of(x.grad_fn)", [("node", "parameter"), ("x.grad_fn", "read")]),
        ("size_of(node=x.grad_fn)", [("node", "parameter"), ("x.grad_fn", "read")]),
        ("x.hand(x.grad_fn)", [("it", "parameter"), ("x.grad_fn", "read")]),
        ("deep(x.grad_fn)", [("node", "parameter"), ("x.grad_fn", "read")]),
        ("silent(3).size", [("silent(…)", "call")]),
        ("for item in [3].sort():\n    pass", [("[3].sort()", "call")]),
        ("known = {'a': None}\nknown['a'].size", [("known['a']", "read")]),
        ("len(x.grad_fn)", [("x.grad_fn", "read")]),
        ("x.grad_fn += 1", [("x.grad_fn", "read")]),
        ("é = x; é.grad_fn.size", [("é.grad_fn", "read")]),
    ],
)
def test_what_was_none(code: str, told: list[tuple[str, str]]) -> None:
    assert _nones(code) == told


@pytest.mark.parametrize("code", ["3 .size", "[1][3]", "raise TypeError('no NoneType here')"])
def test_an_error_of_anything_else_tells_of_none(code: str) -> None:
    assert _nones(code) == []


def test_what_came_in_is_followed_no_further_than_it_is_none() -> None:
    # deep() was handed a list's only item, which is no Node: the fault is its own
    told = _nones("class Full(Node):\n    size = 3\nfull = Full()\ndeep2 = deep\ndeep(full)")
    assert told == []
    code = "def walk(node):\n    node = node.grad_fn\n    return node.size\nwalk(x)"
    assert _nones(code) == [("node", "parameter")]


def test_an_attribute_whose_own_code_fails_is_no_error_of_ours() -> None:
    odd = "class Odd:\n    @property\n    def far(self):\n        raise ValueError\no = Odd()\n"
    assert _nones(f"{odd}(o.far if False else x.grad_fn).size") == []
