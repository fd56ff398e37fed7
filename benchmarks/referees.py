"""What a referee finds of the whole catalogue: ``python benchmarks/referees.py finite``.

A line for each entry with how often it held, refuted, or was silent and why; the totals and the
processor time at the end.  Exit status 1 if anything is refuted.
"""

from __future__ import annotations

import sys
from collections import Counter
from time import process_time

from lossproof.referees import HELD, REFUTED, declared
from lossproof.strategies.catalogue import CATALOGUE


def main(name: str) -> int:
    """Print the findings; returns the exit status."""
    judge, total, began = declared()[name], Counter[str](), process_time()
    for entry in CATALOGUE.values():
        rows = judge(entry.derive(), seed=0)
        found = Counter(row.finding for row in rows)
        total += found
        print(f"{entry.name:<50} " + ", ".join(f"{n} {finding}" for finding, n in found.items()))
        for row in rows:
            if row.finding != HELD:
                print(f"    {row.step:>3} {row.rule}: {row.detail}"[:120], flush=True)
    print(f"{len(CATALOGUE)} entries: {dict(total)}, {process_time() - began:.0f} s")
    return 1 if total[REFUTED] else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2] or ["finite"]))
