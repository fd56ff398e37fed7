"""What a result looks like on a terminal, and that it is plain elsewhere."""

from __future__ import annotations

import io
import os
import shutil
import sys
import textwrap
from collections.abc import Sequence
from typing import Any

#: A line in parts, each with the style that a terminal shows it in; a style never says what the words do not.
Line = Sequence[tuple[str, str]]

#: What is narrower is taken to be this wide.
_LEAST = 24
_WIDEST = 120  # columns; on wider terminals reasons would stand too far from their formulas


def columns(path: str | None = None) -> int | None:
    """How wide the terminal is that a result goes to, or None if it does not go to one."""
    if path is not None or not sys.stdout.isatty():
        return None
    return max(shutil.get_terminal_size().columns, _LEAST)


def styled() -> bool:
    """Whether the terminal is to be written to with escape codes."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM", "") not in ("", "dumb")


def text_options(path: str | None) -> dict[str, Any]:
    """How text is to look where a result goes to: drawn on a terminal, else plain, so that it can be searched.

    On a terminal that calls itself dumb it is plain too; without the letters of mathematics it is in ASCII.
    """
    if path is not None:
        return {}
    width = columns()
    try:
        "∑α⎛─ᵢ²".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return {"style": "ascii", "width": width or 80}
    if width is None or os.environ.get("TERM") == "dumb":
        return {"width": width or 80}
    return {"style": "drawn", "width": min(width, _WIDEST), "colour": styled()}


def plain(lines: Sequence[Line]) -> str:
    """Lines without escape codes."""
    return "\n".join("".join(words for words, _ in line).rstrip() for line in lines)


def coloured(lines: Sequence[Line], width: int) -> str:
    """Lines with the escape codes that the terminal takes; plain if it is dumb, or with ``NO_COLOR``."""
    if not styled():
        return plain(lines)
    from rich.console import Console
    from rich.text import Text

    console = Console(file=io.StringIO(), width=width, force_terminal=True, highlight=False, emoji=False)
    for line in lines:
        console.print(Text.assemble(*line), soft_wrap=True, end="\n")
    return console.file.getvalue()


def fitted(text: str, path: str | None, colour: str = "") -> str:
    """Text that knows no width, as the terminal takes it: long lines broken and set in, the first line in a colour.

    What does not go to a terminal stays as it is.
    """
    width = columns(path)
    if width is None:
        return text
    lines = [part for line in text.splitlines() for part in (_broken(line, width) if len(line) > width else [line])]
    return headed("\n".join(lines), path, colour)


def headed(text: str, path: str | None, colour: str) -> str:
    """Text whose first line says the outcome: in bold and in a colour, on a terminal."""
    width = columns(path)
    if width is None or not colour:
        return text
    first, *rest = text.splitlines()
    return coloured([[(first, f"bold {colour}")], *([(line, "")] for line in rest)], width)


def _broken(line: str, width: int) -> list[str]:
    indent = line[: len(line) - len(line.lstrip())][: width // 2]
    return textwrap.wrap(line.strip(), width, initial_indent=indent, subsequent_indent=f"{indent}  ")
