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


@pytest.fixture(scope="session")
def needs() -> Callable[[str], None]:
    """Skip without an optional module or program; in CI, where it must be installed, fail."""

    def check(name: str) -> None:
        if shutil.which(name) or importlib.util.find_spec(name):
            return
        if os.environ.get("CI"):
            pytest.fail(f"{name} must be installed in CI")
        pytest.skip(f"{name} is not installed")

    return check
