"""What is at work, shown on standard error while it lasts, and only on a terminal."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import TypeAlias

from lossproof.cli.terminal import styled

#: What is at work now, how much of the whole is done, and how much the whole is, if that is known.
Tell: TypeAlias = Callable[[str, int, int | None], None]


@contextlib.contextmanager
def progress(what: str) -> Iterator[Tell]:
    """A bar, or a spinner as long as nobody knows how much there is to do; it is wiped at the end."""
    if sys.stderr is None or not sys.stderr.isatty() or not styled():
        yield _silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.table import Column

    console = Console(stderr=True, highlight=False, emoji=False)
    signs = "line" if console.options.ascii_only else "dots"
    said = TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis"))
    parts = [SpinnerColumn(signs), said, BarColumn(bar_width=16), TimeElapsedColumn()]
    with Progress(*parts, console=console, transient=True) as shown:
        task = shown.add_task(what, total=None)

        def tell(now: str, done: int, total: int | None) -> None:
            shown.update(task, description=now, completed=done, total=total)

        yield tell


def _silent(now: str, done: int, total: int | None) -> None:
    pass
