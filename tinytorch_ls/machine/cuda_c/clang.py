"""libclang's tree of a `.cu` file, with what its Python binding leaves out."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import numpy as np

from tinytorch_ls.libclang.unit import errors_in, installed, unit_of
from tinytorch_ls.libclang.words import in_words
from tinytorch_ls.machine.refused import RefusedError
from tinytorch_ls.machine.report import Place, raise_at

BINARY = {
    3: "*", 4: "/", 5: "%", 6: "+", 7: "-", 8: "<<", 9: ">>", 11: "<", 12: ">", 13: "<=",
    14: ">=", 15: "==", 16: "!=", 17: "&", 18: "^", 19: "|", 20: "&&", 21: "||", 22: "=",
    23: "*=", 24: "/=", 25: "%=", 26: "+=", 27: "-=", 28: "<<=", 29: ">>=", 30: "&=", 31: "^=",
    32: "|=", 33: ",",
}  # fmt: skip
UNARY = {1: "x++", 2: "x--", 3: "++x", 4: "--x", 5: "&", 6: "*", 7: "+", 8: "-", 9: "~", 10: "!"}
_NUMBERS = {
    "BOOL": np.bool_, "CHAR_S": np.int8, "CHAR_U": np.uint8, "SCHAR": np.int8,
    "UCHAR": np.uint8, "SHORT": np.int16, "USHORT": np.uint16, "INT": np.int32,
    "UINT": np.uint32, "LONG": np.int64, "ULONG": np.uint64, "LONGLONG": np.int64,
    "ULONGLONG": np.uint64, "FLOAT": np.float32, "DOUBLE": np.float64, "HALF": np.float16,
    "FLOAT16": np.float16, "ENUM": np.int32,
}  # fmt: skip


def parsed(file: str, text: str) -> Any:
    """The tree of a file. Raises RefusedError at the first line that is no CUDA C."""
    for error in errors_in(file, text):
        line, columns = error.line, (error.column, error.end_column)
        place = Place(file, line, columns[0], line, columns[1], Path(file).name)
        kind = "name" if error.kind == "name" else "unsupported"
        raise_at(RefusedError(in_words(error.message), kind, place), place)
    return unit_of(file, text)


def kind_of(node: Any) -> str:
    """Which kind of node it is: "CALL_EXPR"."""
    return node.kind.name


def operator_of(node: Any) -> str:
    """The operator of a binary or unary expression."""
    library = installed().conf.lib
    if kind_of(node) == "UNARY_OPERATOR":
        return UNARY.get(library.clang_getCursorUnaryOperatorKind(node), "?")
    return BINARY.get(library.clang_getCursorBinaryOperatorKind(node), "?")


def value_of(node: Any) -> Any:
    """The number that a constant expression, or a constant's declaration, comes to; or None."""
    library = installed().conf.lib
    library.clang_Cursor_Evaluate.restype = ctypes.c_void_p
    found = library.clang_Cursor_Evaluate(node)
    if not found:
        return None
    result = ctypes.c_void_p(found)
    kind = library.clang_EvalResult_getKind(result)
    value: Any = None
    if kind == 1:
        library.clang_EvalResult_getAsLongLong.restype = ctypes.c_longlong
        value = int(library.clang_EvalResult_getAsLongLong(result))
    elif kind == 2:
        library.clang_EvalResult_getAsDouble.restype = ctypes.c_double
        value = float(library.clang_EvalResult_getAsDouble(result))
    library.clang_EvalResult_dispose(result)
    return value


def dtype_of(type_: Any) -> Any:
    """The dtype of a C type; None for what is no number."""
    found = _NUMBERS.get(type_.get_canonical().kind.name)
    return None if found is None else np.dtype(found)


def pointee(type_: Any) -> Any:
    """What a pointer points to, or an array consists of; None of other types."""
    canonical = type_.get_canonical()
    if canonical.kind.name in ("POINTER", "LVALUEREFERENCE"):
        return canonical.get_pointee()
    if "ARRAY" in canonical.kind.name:
        return canonical.element_type
    return None


def is_value(node: Any) -> bool:
    """Whether a part of a declaration is what it begins with."""
    return kind_of(node).endswith(("EXPR", "LITERAL", "OPERATOR"))


def children(node: Any) -> list[Any]:
    """The parts of a node."""
    return list(node.get_children())


def marks(node: Any) -> set[str]:
    """What a declaration is marked: "global", "shared"."""
    return {each.spelling for each in node.get_children() if kind_of(each) == "ANNOTATE_ATTR"}


def printed(declaration: Any) -> str:
    """A declaration as libclang writes it: of a template's with what its parameters are."""
    cindex = installed()
    written = cindex.conf.lib.clang_getCursorPrettyPrinted
    written.argtypes, written.restype = [cindex.Cursor, ctypes.c_void_p], cindex._CXString
    written.errcheck = cindex._CXString.from_result
    return written(declaration, None)


def place_of(node: Any, function: str) -> Place:
    """Where a node is."""
    start, end = node.extent.start, node.extent.end
    file = str(start.file) if start.file else ""
    return Place(file, start.line, start.column - 1, end.line, end.column - 1, function)


def parts_of_for(node: Any) -> tuple[Any, Any, Any, Any]:
    """for (start; test; step) body: those that are left out are None."""
    depth, ends = 0, list[int]()
    for token in node.get_tokens():
        depth += (token.spelling == "(") - (token.spelling == ")")
        if token.spelling == ";" and depth == 1:
            ends.append(token.location.offset)
        if len(ends) == 2:
            break
    *heads, body = children(node)
    found: list[Any] = [None, None, None]
    for each in heads:
        at = each.extent.start.offset
        found[sum(at > end for end in ends)] = each
    return found[0], found[1], found[2], body
