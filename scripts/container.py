"""Sets a container up for a student: all that `npm start` makes, without opening anything."""

from __future__ import annotations

from setup import set_up
from stages import main
from start import make_course


def prepare() -> int:
    set_up(tests=False)
    make_course()
    return 0


if __name__ == "__main__":
    main(prepare)
