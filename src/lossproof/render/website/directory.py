"""A site is put into a directory whole or not at all, and replaces nothing but a site."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from lossproof.errors import OutputError

#: Says that a directory is a site, and which files it consists of.
MANIFEST = "lossproof-site.json"


def check(directory: str | Path) -> None:
    """That a site may be put there: nothing is there, an empty directory, or a site and nothing else.

    Raises:
        OutputError: if not; it says what is in the way.
    """
    target = Path(directory).resolve()
    try:
        if not target.parent.is_dir():
            raise OutputError(f"cannot write '{directory}': there is no directory '{Path(directory).parent}'")
        if not target.exists():
            return
        if not target.is_dir():
            raise OutputError(f"cannot write '{directory}': it is a file; a site needs a directory of its own")
        found = set(_files(target))
    except OSError as error:
        raise OutputError(f"cannot write '{directory}': {error.strerror}") from None
    if not found:
        return
    if MANIFEST not in found:
        raise OutputError(f"'{directory}' is not empty and not a site of lossproof; name a new or an empty directory")
    strange = sorted(found - _manifest(target) - {MANIFEST})
    if strange:
        raise OutputError(f"'{directory}' has a file that is not of the site, '{strange[0]}'; move it elsewhere first")


def write(files: Mapping[str, str], directory: str | Path) -> None:
    """Put files into a directory, replacing the site that is there.

    The files are written beside it first; then the two directories change places.

    Args:
        files: the text of each by its path inside the directory, with ``/``.
        directory: where they go.

    Raises:
        OutputError: if it is not empty and not a site, or cannot be written; what was there is there still.
    """
    check(directory)
    target = Path(directory).resolve()
    try:
        with tempfile.TemporaryDirectory(
            dir=target.parent, prefix=f".{target.name}.", ignore_cleanup_errors=True
        ) as beside:
            new, old = Path(beside) / "new", Path(beside) / "old"
            for name, text in files.items():
                path = new / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8", newline="\n")
            manifest = {"made by": "lossproof report --all", "files": sorted(files)}
            (new / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8", newline="\n")
            _exchange(new, target, old)
    except OSError as error:
        raise OutputError(f"cannot write '{directory}': {error.strerror}") from None


def _exchange(new: Path, target: Path, old: Path) -> None:
    """Put the new directory in the place of the old one, which is put back if that fails."""
    if not target.exists():
        os.rename(new, target)
        return
    shutil.copymode(target, new)
    os.rename(target, old)
    try:
        os.rename(new, target)
    except BaseException:
        os.rename(old, target)
        raise


def _files(directory: Path) -> Iterator[str]:
    """Whatever lies in a directory and is not a directory, by its path with ``/``; links are not followed."""
    for place, folders, names in os.walk(directory, onerror=_raise):
        links = [name for name in folders if (Path(place) / name).is_symlink()]
        yield from ((Path(place) / name).relative_to(directory).as_posix() for name in (*names, *links))


def _raise(error: OSError) -> None:
    raise error


def _manifest(directory: Path) -> set[str]:
    """What the manifest of a site lists; nothing if it is not one that we wrote."""
    try:
        found = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return set()
    files = found.get("files") if isinstance(found, dict) else None
    return {name for name in files if isinstance(name, str)} if isinstance(files, list) else set()
