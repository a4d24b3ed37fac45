"""What a text has lost that its package imports by name."""

from __future__ import annotations

from tinytorch_ls.forms.python.lost import lost, with_lost

STUB = '''\
"""Given."""


class Node:
    """One result. Given."""

    def walk(self):
        raise NotImplementedError


def one(x):
    raise NotImplementedError
'''


def test_a_class_is_lost_with_its_methods() -> None:
    text = "def one(x):\n    return x\n"
    assert lost(text, STUB) == ("Node", "Node.walk")
    whole = with_lost(text, STUB)
    assert whole.startswith(text)  # no line is moved
    assert whole.endswith("    def walk(self):\n        raise NotImplementedError")


def test_what_has_another_body_or_another_kind_is_not_lost() -> None:
    assert lost("class Node:\n    pass\n\n\none = abs\n", STUB) == ()
    assert lost("from elsewhere import Node, one\n", STUB) == ()


def test_a_method_alone_is_asked_of_its_class() -> None:
    assert lost(STUB.replace("def walk", "def run"), STUB) == ()
