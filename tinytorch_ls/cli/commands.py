"""The commands, in the order in which the help lists them."""

from __future__ import annotations

from tinytorch_ls.cli import (
    author,
    changing,
    doctor,
    guiding,
    lsp,
    reading,
    start,
    testing,
    watching,
)

COMMANDS = (start, reading, guiding, testing, watching, changing, doctor, lsp, author)
