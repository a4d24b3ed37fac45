"""The fixed words of the course in the reader's language: English in the code, a table for others.

A process speaks to one reader, an editor's client or a terminal, so its language is set once.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources

_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")  # the first that is set decides, as in every program


@dataclass
class _Reader:
    locale: str = ""
    table: Mapping[str, str] = field(default_factory=dict[str, str])


_reader = _Reader()


def speak(locale: str) -> None:
    """Use the words of a locale such as "de-AT" from now on; English where it has no table."""
    tables = (_table(language) for language in language_of(locale))
    _reader.locale = locale
    _reader.table = next(filter(None, tables), dict[str, str]())


def locale_of_terminal() -> str:
    """The locale that the environment asks for."""
    return next((os.environ[name] for name in _VARIABLES if os.environ.get(name)), "")


def language_of(locale: str) -> tuple[str, ...]:
    """The languages that do for a locale such as "de-AT" or "de_AT.UTF-8", the best one first."""
    whole = locale.partition(".")[0].partition("@")[0].replace("_", "-").lower()
    return tuple(dict.fromkeys(filter(None, (whole, whole.partition("-")[0]))))


def spoken() -> str:
    """The locale that was set."""
    return _reader.locale


def say(text: str, **parts: object) -> str:
    """A fixed text in the reader's language, with what stands in its {braces}."""
    words = _reader.table.get(text, text)
    return words.format(**parts) if parts else words


def _table(language: str) -> Mapping[str, str]:
    file = resources.files(__name__) / f"{language}.json"
    if not language.replace("-", "").isalnum() or not file.is_file():
        return {}
    return json.loads(file.read_text(encoding="utf-8"))
