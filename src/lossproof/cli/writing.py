"""Where a result goes: to standard output, or into a file, whole or not at all."""

from __future__ import annotations

import sys


def write(text: str, path: str | None) -> None:
    """Print a result, or put it into a file, whole or not at all.

    Raises:
        OutputError: if the file cannot be written.
    """
    text = text if text.endswith("\n") else text + "\n"
    if path is None:
        sys.stdout.write(text)
        return
    from lossproof.files import write_whole

    write_whole(text.encode(), path)
