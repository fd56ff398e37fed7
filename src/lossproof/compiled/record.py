"""The record of the forms of the catalogue's losses: written anew, or compared with what the search finds now.

``python -m lossproof.compiled.record`` writes it; with ``--check`` it says what differs, and exits with 1.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

from lossproof.compiled.forms import Forms
from lossproof.files import write_whole
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.serial import to_json
from lossproof.models import LinearScores, OpaqueScores
from lossproof.stability import record
from lossproof.strategies.catalogue import CATALOGUE
from lossproof.strategies.pointwise import pointwise


def searched() -> Iterator[Derivation]:
    """Every form of a loss of the catalogue searched for anew."""
    names = set[str]()
    for entry in CATALOGUE.values():
        model = entry.model
        if model is None or model.name in names or isinstance(model.predictor, (LinearScores, OpaqueScores)):
            continue
        names.add(model.name)
        forms = Forms(pointwise(model), search_anew=True)
        _ = [forms[output] for output in forms.outputs]
        yield from forms.searched.values()


def main() -> int:
    """Write the record, or compare it."""
    found = {d.name: to_json(d, indent=None) for d in searched()}
    if "--check" not in sys.argv[1:]:
        write_whole((json.dumps(found, indent=0, ensure_ascii=False) + "\n").encode(), str(record.PATH))
        return 0
    kept = json.loads(record.PATH.read_text(encoding="utf-8"))
    differing = sorted(name for name in {*found, *kept} if found.get(name) != kept.get(name))
    print("\n".join(f"{name} is recorded otherwise" for name in differing) or f"{len(found)} forms are as recorded")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
