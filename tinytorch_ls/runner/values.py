"""Values of student code as data, and what a test can want: one small class for each kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias


@dataclass(frozen=True)
class Nothing:
    """None."""


@dataclass(frozen=True)
class Bool:
    value: bool


@dataclass(frozen=True, eq=False)
class Number:
    """A number of Python's, or one of NumPy's, which counts as one of Python's."""

    type: str  # "int" or "float"
    value: float  # of an int beyond 64 bits, a float
    dtype: str | None = None  # of a NumPy number

    def __eq__(self, other: object) -> bool:
        """nan equals nan here: an operand in which it stays is one that did not change."""
        if not isinstance(other, Number):
            return NotImplemented
        both_nan = self.value != self.value and other.value != other.value
        same = both_nan or self.value == other.value
        return same and (self.type, self.dtype) == (other.type, other.dtype)

    def __hash__(self) -> int:
        return hash((self.type, self.dtype))


@dataclass(frozen=True)
class Text:
    value: str


@dataclass(frozen=True)
class TypeName:
    """A class."""

    name: str


@dataclass(frozen=True)
class SequenceValue:
    type: Literal["list", "tuple", "set", "frozenset"]
    length: int
    items: tuple[Plain, ...]  # the first ones, where it was cut


@dataclass(frozen=True)
class MappingValue:
    length: int
    items: tuple[tuple[Plain, Plain], ...]  # the first ones, where it was cut


@dataclass(frozen=True)
class ArrayValue:
    dtype: str
    shape: tuple[int, ...]
    data: bytes | None  # in C order; None of one that is too large, or not of numbers


@dataclass(frozen=True)
class TensorValue:
    """A Tensor of the student's, known by its `data` alone, which should be an array."""

    array: Plain


@dataclass(frozen=True)
class Written:
    """A value that is told as Python writes it: bytes, a complex number, a range."""

    type: str
    text: str


@dataclass(frozen=True)
class Other:
    """An object of any other class: of two it can't be told whether they are the same."""

    type: str


@dataclass(frozen=True)
class Spot:
    """A statement of a function, whatever its variables are called and however it is laid out."""

    function: str
    number: str  # which of the function's statements it is, as its form tells: "2 Assign"
    text: str  # what it reads like; "" if unknown


@dataclass(frozen=True)
class Fault:
    """What a kernel did that none may do, or what a compiler does not take."""

    kind: str  # the simulator's word: "race"; or a compiler's: "compiler: name"
    at: Spot | None
    other: Spot | None = None  # where the second thread was


@dataclass(frozen=True)
class RaisedValue:
    """The error that a call raised where a test wanted one."""

    type: str
    types: tuple[str, ...]  # its class and those above it
    message: str
    by_hand: bool = True  # a `raise` statement of the student's made it


@dataclass(frozen=True)
class ReturnedValue:
    """What a call returned where a test wanted an error."""

    value: Plain


@dataclass(frozen=True)
class CompiledValue:
    """What a compiler made of a kernel: code, or its first complaint that a test asked about."""

    fault: Fault | None
    message: str = ""


Plain: TypeAlias = (
    Nothing
    | Bool
    | Number
    | Text
    | TypeName
    | SequenceValue
    | MappingValue
    | ArrayValue
    | TensorValue
    | Written
    | Other
    | RaisedValue
    | ReturnedValue
    | CompiledValue
)
"""A value of student code; `inside/plain.py` makes it, `decode.py` reads it from JSON."""


@dataclass(frozen=True)
class Bounds:
    """A number from `low` to `high` is wanted."""

    low: float
    high: float


@dataclass(frozen=True)
class Parts:
    """A text that has each of these in it is wanted."""

    texts: tuple[str, ...]


@dataclass(frozen=True)
class WantedError:
    """An error is wanted, whose message names each of `mentions`."""

    type: str
    mentions: tuple[str, ...] = ()


@dataclass(frozen=True)
class WantedCode:
    """A kernel that compiles is wanted, its code without these: "float64", "spills"…"""

    without: tuple[str, ...] = ()


Wanted: TypeAlias = Plain | Bounds | Parts | WantedError | WantedCode
"""What a test wants: to be equal to a value, or to meet one of the others."""
