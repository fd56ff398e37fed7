"""What the times of a benchmark depend on."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import numpy
import sympy

from lossproof import __version__


def machine() -> dict[str, str | int]:
    """What the times depend on; nothing that says whose machine it is."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count() or 1,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "sympy": sympy.__version__,
        "numpy": numpy.__version__,
        "lossproof": __version__,
    }


def _cpu() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text(encoding="utf-8").splitlines() if information.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown"
