"""The attack, with its figures: ``python tests/attack``; a part of it: ``python tests/attack mutants logistic``."""

from __future__ import annotations

import importlib
import sys
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

#: What there is, each a module with a ``main`` that prints its figures and returns its status.
PARTS = ("mutants", "false_claims", "fuzz_rules", "fuzz_facts", "fuzz_loader", "fuzz_text", "limits")


def main(arguments: list[str]) -> int:
    """Run the part that is named with its own arguments, or every part."""
    if arguments and arguments[0] in PARTS:
        return int(importlib.import_module(f"attack.{arguments[0]}").main(arguments[1:]))
    if arguments:
        sys.stderr.write(f"usage: python tests/attack [{'|'.join(PARTS)} ...]\n")
        return 2
    status = 0
    for part in PARTS:
        if find_spec(f"attack.{part}") is not None:
            print(f"=== {part.replace('_', ' ')}\n", flush=True)
            status = max(status, int(importlib.import_module(f"attack.{part}").main([])))
            print()
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
