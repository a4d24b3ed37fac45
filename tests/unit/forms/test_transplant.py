"""A transplant changes one definition and nothing else, or is refused and changes nothing."""

from __future__ import annotations

import ast
import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from written import Written, sources

from tinytorch_ls.forms.python.meaning import symbol_digest
from tinytorch_ls.forms.python.symbols import Function, definitions
from tinytorch_ls.forms.python.transplant import transplant
from tinytorch_ls.forms.refused import Refused

QUICK = settings(max_examples=60)

DONOR_BODIES = (
    "return x + 1",
    '"""Doc.\n\n    More 😀.\n    """\n    return x',
    "text = '''\nat the margin\n'''\n    return text",
    "if x:\n        return [\n            1,\n        ]\n    # a comment\n\n    return x",
    "total = 1 + \\\n        2\n    return f'''{total}\n  kept\n'''",
    "def inner(y):\n        return y\n\n    return inner(x)",
)


@st.composite
def operations(draw: st.DrawFn) -> tuple[str, Written, str]:
    """A student's source, one definition of it, and a donor that has it too."""
    source, written = draw(sources())
    target = draw(st.sampled_from(written))
    body = draw(st.sampled_from(DONOR_BODIES))
    decorator = draw(st.sampled_from(["", "@operation\n"]))
    last = target.name.rpartition(".")[2]
    donor = f"{decorator}def {last}(x, y=2):\n    {body}\n"
    if draw(st.booleans()) and "." in target.name:
        holder = target.name.partition(".")[0]
        moved = "".join(
            line if inside else f"    {line}"
            for line, inside in _lines_and_strings(donor.splitlines(keepends=True))
        )
        donor = f"import numpy\n\n\nclass {holder}:\n{moved}"
    eol = draw(st.sampled_from(["\n", "\r\n"]))
    return source, target, draw(st.sampled_from(["", "\ufeff"])) + donor.replace("\n", eol)


def _lines_and_strings(lines: list[str]) -> list[tuple[str, bool]]:
    """Each line, and whether it begins inside a string in three single quotes."""
    found: list[tuple[str, bool]] = []
    inside = False
    for line in lines:
        found.append((line, inside))
        inside ^= line.count("'''") % 2 == 1
    return found


def _of(source: str, name: str) -> Function:
    return definitions(source)[name]


def _meaning(definition: Function) -> str:
    """The body as Python means it, the docstring's indentation aside."""
    body = definition.node.body[1:] if definition.docstring else definition.node.body
    return "\n".join(map(ast.dump, body))


def _outside(source: str, definition: Function) -> tuple[str, str]:
    return source[: definition.whole.start.offset], source[definition.whole.end.offset :]


@QUICK
@given(operations())
def test_everything_outside_the_definition_stays(case: tuple[str, Written, str]) -> None:
    source, target, donor = case
    changed = transplant(source, target.name, donor)
    old, new = _of(source, target.name), _of(changed, target.name)
    assert _outside(changed, new) == _outside(source, old)


@QUICK
@given(operations())
def test_the_definition_means_what_the_donor_means(case: tuple[str, Written, str]) -> None:
    source, target, donor = case
    changed = transplant(source, target.name, donor)
    new = _of(changed, target.name)
    last = target.name.rpartition(".")[2]
    wanted = next(d for name, d in definitions(donor).items() if name.rpartition(".")[2] == last)
    assert _meaning(new) == _meaning(wanted)
    assert ast.dump(new.node.args) == ast.dump(wanted.node.args)
    assert new.decorators == (wanted.decorators or _of(source, target.name).decorators)


@QUICK
@given(operations())
def test_a_second_transplant_changes_nothing(case: tuple[str, Written, str]) -> None:
    source, target, donor = case
    once = transplant(source, target.name, donor)
    assert transplant(once, target.name, donor) == once


@QUICK
@given(sources())
def test_a_definition_put_in_its_own_place_changes_nothing(
    made: tuple[str, list[Written]],
) -> None:
    source, written = made
    for definition in written:
        assert transplant(source, definition.name, source) == source


@QUICK
@given(operations())
def test_line_endings_of_the_file_are_kept(case: tuple[str, Written, str]) -> None:
    source, target, donor = case
    changed = transplant(source, target.name, donor)
    assert set(re.findall(r"\r\n|\r|\n", changed)) <= set(re.findall(r"\r\n|\r|\n", source))


@QUICK
@given(operations(), st.integers(0, 10**6), st.sampled_from(["(", "'''", "\0", "  }", "\tdef"]))
def test_a_file_that_doesnt_parse_is_refused(
    case: tuple[str, Written, str], place: int, dirt: str
) -> None:
    source, target, donor = case
    place %= len(source) + 1
    broken = source[:place] + dirt + source[place:]
    try:
        definitions(broken)
    except SyntaxError:
        with pytest.raises(Refused, match=r"^your file has a syntax error in [^\n]*$"):
            transplant(broken, target.name, donor)
    else:
        assume(False)


@QUICK
@given(operations())
def test_a_definition_that_is_gone_comes_back_or_is_refused(
    case: tuple[str, Written, str],
) -> None:
    source, target, _ = case
    old = _of(source, target.name)
    cut = source[: old.whole.start.offset] + "pass" + source[old.whole.end.offset :]
    before = {name: found.whole.of(cut) for name, found in definitions(cut).items()}
    assume(target.name not in before)
    try:
        changed = transplant(cut, target.name, source)
    except Refused:
        return
    after = {name: found.whole.of(changed) for name, found in definitions(changed).items()}
    assert {name: after[name] for name in before} == before
    assert _meaning(_of(changed, target.name)) == _meaning(old)


@QUICK
@given(sources())
def test_a_digest_ignores_line_endings_comments_and_docstrings(
    made: tuple[str, list[Written]],
) -> None:
    source, written = made
    plain = source.replace("\r\n", "\n").replace("\r", "\n")
    for definition in written:
        digest = symbol_digest(source, definition.name)
        assert digest
        assert digest == symbol_digest(plain + "# more\n", definition.name)


CLASS = '''class T:
    """A class."""

    @operation
    def add(self, other):
        """Add."""
        return 1

    def sub(self, other):
        return 2

    @property
    def shape(self):
        return 3

    @shape.setter
    def shape(self, value):
        pass


def free(x):
    return 4
'''


def test_mixed_line_endings_stay_mixed() -> None:
    mixed = CLASS.replace("return 1\n", "return 1\r\n")
    assert transplant(mixed, "T.add", CLASS) == mixed
    changed = transplant(mixed, "T.sub", "def sub(self, other):\n    return 7\n")
    assert changed == mixed.replace("return 2", "return 7")


def test_a_method_may_be_given_as_a_plain_function() -> None:
    changed = transplant(CLASS, "T.add", "def add(self, other):\n    return self\n")
    assert changed == CLASS.replace('        """Add."""\n        return 1', "        return self")


def test_a_setter_is_found_in_the_donor() -> None:
    donor = "class X:\n    @x.setter\n    def shape(self, value):\n        self.v = value\n"
    with pytest.raises(Refused, match=r"`T.shape.setter` is not in the lesson's code"):
        transplant(CLASS, "T.shape.setter", donor)
    changed = transplant(CLASS, "T.shape.setter", CLASS.replace("pass", "self.v = value"))
    assert changed == CLASS.replace("pass", "self.v = value")
    plain = "@shape.setter\ndef shape(self, value):\n    self.v = value\n"
    assert transplant(CLASS, "T.shape.setter", plain) == changed


def test_spaces_become_tabs_where_the_student_uses_tabs() -> None:
    source = "class T:\n\tdef add(self):\n\t\tpass\n"
    donor = (
        "def add(self):\n    if self:\n        return (1,\n          2)\n    return '''\n    x'''\n"
    )
    changed = transplant(source, "T.add", donor)
    assert changed == (
        "class T:\n\tdef add(self):\n\t\tif self:\n\t\t\treturn (1,\n\t\t\t  2)\n"
        "\t\treturn '''\n    x'''\n"
    )


def test_a_deleted_method_comes_back_behind_its_neighbour() -> None:
    gone = CLASS.replace("    def sub(self, other):\n        return 2\n\n", "")
    assert transplant(gone, "T.sub", CLASS) == CLASS


def test_a_deleted_first_method_comes_back_before_its_neighbour() -> None:
    gone = CLASS.replace(
        '    @operation\n    def add(self, other):\n        """Add."""\n        return 1\n\n', ""
    )
    assert transplant(gone, "T.add", CLASS) == CLASS


def test_a_deleted_function_comes_back_at_the_end() -> None:
    two = CLASS + "\n\ndef last(x):\n    return 5\n"
    assert transplant(CLASS, "last", two) == two


@pytest.mark.parametrize(
    ("source", "name", "line"),
    [
        ("class Other:\n    def add(self):\n        return 0\n", "T.add", "`T.add` is gone"),
        ("x = 1\n", "free", "`free` is gone"),
        ("def g(x):\n    return 1\n\n\nfree = g\n", "free", "line 5 of your file makes `free`"),
        ("from m import free\n", "free", "line 1 of your file makes `free`"),
        ("class T:\n    add = None\n", "T.add", "line 2 of your file makes `T.add`"),
        ("def free(:\n", "free", "syntax error in line 1"),
        ("", "free", "`free` is gone"),
    ],
)
def test_what_cant_be_placed_is_refused_in_one_line(source: str, name: str, line: str) -> None:
    with pytest.raises(Refused) as refused:
        transplant(source, name, CLASS)
    assert line in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_lesson_that_lacks_the_definition_is_refused() -> None:
    with pytest.raises(Refused, match=r"`T.add` is not in the lesson's code"):
        transplant(CLASS, "T.add", "def other(): pass\n")
    with pytest.raises(Refused, match="the lesson's code has a syntax error in line 1"):
        transplant(CLASS, "T.add", "def (\n")


def test_a_definition_that_another_needs_is_not_harmed() -> None:
    donor = "def a():\n    return 1\n"
    source = "def a():\n    def b(): pass\n    return b\n"
    changed = transplant(source, "a", donor)
    assert list(definitions(changed)) == ["a"]


def test_a_digest_changes_with_the_code_alone() -> None:
    kept = symbol_digest(CLASS, "T.add")
    assert symbol_digest(CLASS.replace("Add.", "Words."), "T.add") == kept
    assert symbol_digest(CLASS.replace("return 1", "return (1)  # one"), "T.add") == kept
    assert symbol_digest(CLASS.replace("return 1", "return 9"), "T.add") != kept
    assert symbol_digest(CLASS.replace("@operation", "@other"), "T.add") != kept
    assert symbol_digest(CLASS.replace("(self, other)", "(self, b)"), "T.add") != kept
    assert symbol_digest(CLASS, "T.gone") == ""


@pytest.mark.parametrize(
    "body",
    [
        "        x = '''\nat the margin'''\n        return x\n",
        "# a comment at the margin\n        return 1\n",
        "        return 1 + \\\r\n            2\r\n",
        "        return " + "+".join("1" * 1500) + "\n",
    ],
)
def test_a_method_in_any_layout_has_a_digest(body: str) -> None:
    source = f"class T:\n    def f(self):\n{body}"
    digest = symbol_digest(source, "T.f")
    assert digest == symbol_digest(source.replace("\r\n", "\n"), "T.f")
    assert digest != symbol_digest(source.replace("1", "7").replace("margin", "edge"), "T.f")
