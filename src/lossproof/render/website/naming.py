"""Names of files: safe on every system, different for different things, the same on every run."""

from __future__ import annotations

from collections.abc import Iterable

from lossproof.render.page import anchor

_LONGEST = 80
#: What no file on Windows may be called, whatever its suffix.
_RESERVED = {"con", "prn", "aux", "nul", "index"} | {f"{port}{k}" for port in ("com", "lpt") for k in range(10)}


def slugs(names: Iterable[str]) -> list[str]:
    """For each name, what stands for it in a file's name or behind ``#``: lower case letters, digits and hyphens.

    Who comes first keeps the plain form; names that would look alike are numbered.

    >>> slugs(["poisson", "Poisson!", "../../etc/passwd", "NUL", ""])
    ['poisson', 'poisson-2', 'etc-passwd', 'nul-file', 'derivation']
    """
    taken: set[str] = set()
    out: list[str] = []
    for name in names:
        plain = anchor(name)[:_LONGEST].strip("-")
        plain = f"{plain}-file" if plain in _RESERVED else plain
        slug, number = plain, 1
        while slug in taken:
            number += 1
            slug = f"{plain}-{number}"
        taken.add(slug)
        out.append(slug)
    return out
