"""Everything that is claimed of compiled losses, measured: speed, digits, fits, and data that no machine holds.

Each part is a script of its own beside this one, with a table of ratios, JSON and, for the speed, a figure in
``results/``; here they run one after the other.

    python benchmarks/compiled.py [--quick]
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent

#: The parts, in the order in which they run.
PARTS = ("speed", "accuracy", "fitting", "scale")


def main() -> int:
    """Run every part with the options that were given; the worst exit status is returned."""
    worst = 0
    for part in PARTS:
        print(f"\n=== {part}", flush=True)
        worst = max(worst, subprocess.run([sys.executable, str(HERE / f"{part}.py"), *sys.argv[1:]]).returncode)
    return worst


if __name__ == "__main__":
    sys.exit(main())
