"""What is at work, said on standard error, on a terminal only."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def progress(says: str) -> Iterator[Callable[[str], None]]:
    """A line that says what is at work; it is wiped at the end."""
    shown = sys.stderr is not None and sys.stderr.isatty()

    def say(what: str) -> None:
        if shown:
            print(f"\r\x1b[K{says.format(what)}", end="", file=sys.stderr, flush=True)

    try:
        yield say
    finally:
        if shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
