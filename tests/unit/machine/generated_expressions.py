"""Expressions of C that nobody wrote, over variables of all number types."""

from __future__ import annotations

from random import Random

TYPES = {
    "b": "bool", "c": "signed char", "C": "unsigned char", "s": "short", "S": "unsigned short",
    "i": "int", "u": "unsigned", "l": "long long", "U": "unsigned long long", "f": "float",
    "d": "double",
}  # fmt: skip
WHOLE = [name for name in TYPES if name not in "fd"]
NUMBERS = ["1", "2", "3", "7", "-1", "255", "65536", "3u", "2147483647", "4294967295u", "1ll"]
REALS = ["1.5f", "0.25f", "2.0", "-3.5f", "1e9f", "0.1"]
HEAD = """\
template <typename T> {mark} T nz_(T v) {{ return v && v != T(-1) ? v : T(1); }}
#define nz(x) nz_(+(x))
"""
"""A divisor that is neither 0 nor -1, which C leaves open."""


def expression(draw: Random, depth: int, whole: bool) -> str:
    """One expression; `whole`: without reals, but for those that fit an int."""

    def part(whole: bool = whole) -> str:
        return expression(draw, depth - 1, whole)

    if depth == 0 or draw.random() < 0.12:
        more = ["(int)f", "(long long)d"] if whole else [*REALS, "f", "d"]
        return draw.choice([*WHOLE, *NUMBERS, *more])
    match draw.choice("++++%%<=?~(/"):
        case "+":
            return draw.choice(["{} {} {}", "({} {} {})"]).format(
                part(), draw.choice("+-*"), part()
            )
        case "/":
            return f"({part()}) / nz({part()})"
        case "%":
            operator = draw.choice("%&|^")
            right = part(True)
            return (
                f"(({part(True)}) {operator} {f'nz({right})' if operator == '%' else f'({right})'})"
            )
        case "<":
            return f"(({part(True)}) {draw.choice(['<<', '>>'])} (({part(True)}) & 7))"
        case "=":
            return f"({part()} {draw.choice(['<', '<=', '==', '!=', '&&', '||'])} {part()})"
        case "?":
            return f"({part()} ? {part()} : {part()})"
        case "~":
            return f"{draw.choice(['-', '~' if whole else '!'])}({part()})"
        case _:
            name = draw.choice(WHOLE[1:] if whole else ["f", "d", "b"])
            return f"({TYPES[name]})({part()})"


def expressions(seed: int, count: int) -> list[tuple[str, str]]:
    """Expressions, each with the name of the type that it is assigned to."""
    draw = Random(seed)
    found: list[tuple[str, str]] = []
    for _ in range(count):
        target = draw.choice("fdiulUscb")
        found.append((target, expression(draw, draw.choice([1, 2, 2, 3]), target not in "fdb")))
    return found
