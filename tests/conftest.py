"""What all tests share: deterministic Hypothesis, and optional parts that must be there in CI."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from lossproof.referees import coq

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


@pytest.fixture(scope="session", autouse=True)
def rules_are_compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Coq compiles the lemmas of the rules once, for all processes of the run, when one first needs them."""
    base = tmp_path_factory.getbasetemp()
    place = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "rules"

    @cache
    def library() -> Path:
        import fcntl

        place.mkdir(exist_ok=True)
        with (place / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (place / "done").exists():
                coq._compiled(place)
                (place / "done").touch()
        return place

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coq, "_library", library)
        yield
