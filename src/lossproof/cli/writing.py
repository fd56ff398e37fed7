"""Where a result goes: to standard output, or into a file, whole or not at all."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import Any

from lossproof.errors import OutputError


def write(text: str, path: str | None) -> None:
    """Print a result, or put it into a file, whole or not at all.

    Raises:
        OutputError: if the file cannot be written.
    """
    text = text if text.endswith("\n") else text + "\n"
    if path is None:
        sys.stdout.write(text)
        return
    import tempfile

    target = Path(path).resolve()
    try:
        if target.exists() and not target.is_file():
            with target.open("w", encoding="utf-8") as special:  # a pipe or a device is written to, not replaced
                special.write(text)
            return
        if target.exists() and not os.access(target, os.W_OK):
            raise PermissionError(13, "Permission denied")
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            Path(temporary).chmod(target.stat().st_mode if target.exists() else 0o666 & ~_umask())
            os.replace(temporary, target)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
    except OSError as error:
        raise OutputError(f"cannot write '{path}': {error.strerror}") from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


_WIDEST = 120  # columns; on wider terminals reasons would stand too far from their formulas


def text_options(path: str | None) -> dict[str, Any]:
    """How text is to look where a result goes to: drawn on a terminal, else plain, so that it can be searched.

    On a terminal that calls itself dumb it is plain too; without the letters of mathematics it is in ASCII.
    """
    if path is not None:
        return {}
    try:
        "∑α⎛─ᵢ²".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return {"style": "ascii", "width": columns(path) or 80}
    width = columns(path)
    width = None if width is None else min(width, _WIDEST)
    if width is None or os.environ.get("TERM") == "dumb":
        return {"width": width or 80}
    return {"style": "drawn", "width": width, "colour": not os.environ.get("NO_COLOR")}


def columns(path: str | None) -> int | None:
    """How wide the terminal is that a result goes to, or None if it does not go to one."""
    if path is not None or not sys.stdout.isatty():
        return None
    import shutil

    return shutil.get_terminal_size().columns
