"""The record of the forms of the catalogue's losses: written anew, or compared with what the search finds now.

``python -m lossproof.compiled.record`` writes it; with ``--check``, and perhaps names, it says what differs, and exits
with 1 if anything does.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from lossproof.compiled.forms import Forms
from lossproof.compiled.loss import found as found_by
from lossproof.files import write_whole
from lossproof.kernel.serial import to_json
from lossproof.losses import LOSSES
from lossproof.models import Model
from lossproof.stability import record
from lossproof.strategies.catalogue import CATALOGUE
from lossproof.strategies.pointwise import models_by_name, pointwise


def names() -> tuple[str, ...]:
    """The entries of the catalogue with models of one prediction or several, one for each model; and other losses."""
    return *models_by_name(), *(name for name in LOSSES if name not in CATALOGUE)


def searched(name: str) -> dict[str, str]:
    """The forms of a loss and its derivatives, searched for anew, by the names of their derivations."""
    one = found_by(name)
    forms = Forms(pointwise(one) if isinstance(one, Model) else one, search_anew=True)
    _ = [forms[output] for output in forms.outputs]
    return {d.name: to_json(d, indent=None) for d in forms.searched.values()}


def main(arguments: Sequence[str]) -> int:
    """Write the record, or compare it."""
    check = "--check" in arguments
    chosen = [name for name in arguments if name != "--check"] if check else []
    every = chosen or names()
    anew: dict[str, str] = {}
    with ProcessPoolExecutor() as pool:
        for name, forms in zip(every, pool.map(searched, every), strict=True):
            print(f"{name}: {len(forms)} forms", file=sys.stderr, flush=True)
            anew |= forms
    if not check:
        write_whole((json.dumps(anew, indent=0, ensure_ascii=False) + "\n").encode(), str(record.PATH))
        return 0
    kept = json.loads(record.PATH.read_text(encoding="utf-8"))
    asked = anew if chosen else {**anew, **kept}
    differing = sorted(name for name in asked if anew.get(name) != kept.get(name))
    print("\n".join(f"{name} is recorded otherwise" for name in differing) or f"{len(anew)} forms are as recorded")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
