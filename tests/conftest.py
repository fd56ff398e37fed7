"""What all tests share: deterministic Hypothesis, and optional parts that must be there in CI."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "deterministic", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("deterministic")

ROOT = Path(__file__).resolve().parent.parent
NODE_MODULES = ROOT / "tests" / "node_modules"


@pytest.fixture(scope="session")
def needs() -> Callable[[str], None]:
    """Skip without an optional module, program or package of ``tests/package.json``; in CI, fail without it."""

    def check(name: str) -> None:
        if shutil.which(name) or importlib.util.find_spec(name) or (NODE_MODULES / name).is_dir():
            return
        if os.environ.get("CI"):
            pytest.fail(f"{name} must be installed in CI")
        pytest.skip(f"{name} is not installed")

    return check
