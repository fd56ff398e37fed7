"""The record of the forms of the catalogue's losses: written anew, or compared with what the search finds now.

``python -m lossproof.compiled.record`` writes it; with ``--check`` it says what differs, and exits with 1.
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ProcessPoolExecutor

from lossproof.compiled.forms import Forms
from lossproof.files import write_whole
from lossproof.kernel.serial import to_json
from lossproof.models import LinearScores, OpaqueScores
from lossproof.stability import record
from lossproof.strategies.catalogue import CATALOGUE
from lossproof.strategies.pointwise import pointwise


def models() -> tuple[str, ...]:
    """The entries of the catalogue with models of one prediction or several, one for each model."""
    found: dict[str, str] = {}
    for name, entry in CATALOGUE.items():
        if entry.model is not None and not isinstance(entry.model.predictor, (LinearScores, OpaqueScores)):
            found.setdefault(entry.model.name, name)
    return tuple(found.values())


def searched(name: str) -> dict[str, str]:
    """The forms of a loss and its derivatives, searched for anew, by the names of their derivations."""
    model = CATALOGUE[name].model
    assert model is not None
    forms = Forms(pointwise(model), search_anew=True)
    _ = [forms[output] for output in forms.outputs]
    return {d.name: to_json(d, indent=None) for d in forms.searched.values()}


def main() -> int:
    """Write the record, or compare it."""
    names = models()
    found: dict[str, str] = {}
    with ProcessPoolExecutor() as pool:
        for name, forms in zip(names, pool.map(searched, names), strict=True):
            print(f"{name}: {len(forms)} forms", file=sys.stderr, flush=True)
            found |= forms
    if "--check" not in sys.argv[1:]:
        write_whole((json.dumps(found, indent=0, ensure_ascii=False) + "\n").encode(), str(record.PATH))
        return 0
    kept = json.loads(record.PATH.read_text(encoding="utf-8"))
    differing = sorted(name for name in {*found, *kept} if found.get(name) != kept.get(name))
    print("\n".join(f"{name} is recorded otherwise" for name in differing) or f"{len(found)} forms are as recorded")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
