"""Loops that Numba and a C compiler compile: the same numbers to the last bit, whatever the flags and the threads."""

from __future__ import annotations

import ctypes
import math
import subprocess
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mpmath import mp, mpf

from lossproof.compiled import elementary, single
from lossproof.compiled.c import code, library
from lossproof.compiled.loading import module
from lossproof.compiled.loss import compile as compiled
from lossproof.compiled.numba import kernels
from lossproof.compiled.program import OPERATIONS
from lossproof.compiled.scalar import EXPRESSIONS
from lossproof.errors import LossproofError, MissingExtra

Needs = Callable[[str], None]

STRICT = ("-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-O2")
#: One loss for each function that is not a sum of products, or almost.
LOSSES = ("logistic", "poisson", "gamma", "student-t", "weibull-censored", "von-mises", "binomial", "heteroscedastic")
SPECIAL = (0.0, -0.0, 1.0, -1.0, 5e-324, -5e-324, 1e-300, 745.2, -745.2, 1e300, -1e300, math.inf, -math.inf, math.nan)


def data(count: int = 5000) -> tuple[Any, Any]:
    """Scores, some of them extreme, and counts."""
    rng = np.random.default_rng(5)
    z = rng.normal(size=count) * 3
    z[: len(SPECIAL)] = SPECIAL
    return z, rng.poisson(2.0, count).astype(float)


def same_bits(a: Any, b: Any) -> bool:
    return bool(np.array_equal(a, b, equal_nan=True) and np.array_equal(np.signbit(a[a == 0]), np.signbit(b[b == 0])))


def ulps(found: float, truth: Any) -> float:
    """The error in units in the last place of the truth."""
    return float(abs(mpf(found) - truth) / mpf(math.ulp(float(truth))))


# ------------------------------------------------------------------ functions


@pytest.mark.parametrize(
    ("name", "most", "points"),
    [
        ("exp", 0.75, lambda rng: [*rng.uniform(-708, 709.7, 300), *rng.uniform(-1, 1, 200), 1e-300, -1e-17]),
        ("expm1", 1.0, lambda rng: [*rng.uniform(-50, 709, 200), *rng.uniform(-2, 2, 400), 1e-300, 5e-324]),
        ("log", 0.85, lambda rng: [*(2.0 ** rng.uniform(-1074, 1023, 300)), *rng.uniform(0.5, 2, 400), 5e-324]),
        ("log1p", 0.85, lambda rng: [*rng.uniform(-1, 3, 500), *(2.0 ** rng.uniform(-1074, 1023, 200)), 5e-324]),
    ],
)
def test_functions_without_branches_are_within_a_unit_in_the_last_place(
    name: str, most: float, points: Callable[[np.random.Generator], list[float]]
) -> None:
    ours = getattr(elementary, f"branchless_{name}")
    with mp.workprec(200):
        truth = getattr(mp, name)
        assert max(ulps(ours(float(x)), truth(mpf(float(x)))) for x in points(np.random.default_rng(3))) < most
    with np.errstate(all="ignore"):
        for x in SPECIAL:
            expected = float(getattr(np, name)(x))
            assert ours(x) == pytest.approx(expected, rel=1e-15, nan_ok=True)
            assert math.isnan(expected) or math.copysign(1, ours(x)) == math.copysign(1, expected)


@pytest.mark.parametrize(
    ("name", "truth", "low", "high"),
    [
        ("digamma", lambda x: mp.digamma(x), 0.01, 40),
        ("trigamma", lambda x: mp.zeta(2, x), 0.01, 40),
        ("normal_distribution", lambda x: mp.ncdf(x), -36, 8),
        ("log_normal_distribution", lambda x: mp.log(mp.ncdf(x)), -36, 8),
        ("scaled_erfc", lambda x: mp.erfc(x) * mp.exp(x * x), -25, 25),
        ("exp_of_difference", lambda x: mp.exp(mpf(x) - mpf("0.1") + (mpf("0.1") - mpf(0.1))), -300, 300),
    ],
)
def test_special_functions_are_within_four_units_in_the_last_place(
    name: str, truth: Callable[[Any], Any], low: float, high: float
) -> None:
    function = getattr(elementary, name)
    extra = (0.1,) if name == "exp_of_difference" else ()
    with mp.workprec(300):
        for x in np.random.default_rng(4).uniform(low, high, 300):
            assert ulps(function(float(x), *extra), truth(mpf(float(x)))) < 4, x


def test_every_operation_on_numbers_has_an_expression() -> None:
    over_classes = {"gather", "sum", "largest", "sum_but_largest"}
    assert set(EXPRESSIONS) == set(OPERATIONS) - over_classes


def test_single_precision_has_the_same_functions() -> None:
    assert {n for n in vars(single) if n.startswith("branchless")} == {
        n for n in vars(elementary) if n.startswith("branchless")
    }


# ------------------------------------------------------------------ C


def test_written_files_are_plain_c99(needs: Needs, tmp_path: Path) -> None:
    needs("gcc")
    for name in LOSSES:
        unit = compiled(name, "c").unit
        (tmp_path / f"{unit.identifier}.c").write_text(code(unit, unit.programs), encoding="utf-8")
    files = sorted(path.name for path in tmp_path.iterdir())
    run = subprocess.run(["gcc", *STRICT, "-c", *files], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert len(list(tmp_path.glob("*.o"))) == len(LOSSES)


def test_a_written_file_carries_the_derivation_and_works_with_any_flags(needs: Needs, tmp_path: Path) -> None:
    needs("gcc")
    loss = compiled("poisson", "c")
    text = loss.source()
    head = text.partition("*/")[0]
    assert "argmax_w" in head
    assert "Theorem" in head
    path, made = tmp_path / "loss.c", tmp_path / "loss.so"
    path.write_text(text, encoding="utf-8")
    subprocess.run(["gcc", *STRICT, "-shared", "-fPIC", str(path), "-o", str(made), "-lm"], check=True)
    z, y = data()
    z[~np.isfinite(z) | (np.abs(z) > 700)] = 0.5
    function = ctypes.CDLL(str(made)).poisson_total_and_slope
    function.restype = ctypes.c_double
    slope, weights = np.empty_like(z), np.full_like(z, 2.0)
    pointers = [ctypes.c_void_p(a.ctypes.data) for a in (z, y, weights, slope)]
    value = function(ctypes.c_size_t(len(z)), *pointers)
    ours, slopes = loss.total_and_slope(z, y, weights=2.0)
    assert value == pytest.approx(ours, rel=1e-15)
    assert same_bits(slope, slopes)
    assert value == pytest.approx(compiled("poisson").total(z, y, weights=2.0), rel=1e-13)


def test_without_a_compiler_it_is_said_how_to_get_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingExtra, match="environment variable CC"):
        library("int one(void) { return 1; }")
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(MissingExtra, match="a C compiler"):
        library("int one(void) { return 1; }")


def test_what_the_compiler_refuses_is_told_in_a_line(needs: Needs) -> None:
    needs("cc")
    with pytest.raises(LossproofError, match=r"does not compile the loss: loss\.c:1.*error"):
        library("int one(void) { return ; ")


def test_the_named_compiler_is_used(needs: Needs, monkeypatch: pytest.MonkeyPatch) -> None:
    needs("gcc")
    monkeypatch.setenv("CC", "gcc -DONE=41")
    assert library("int one(void) { return ONE + 1; }").one() == 42


# ------------------------------------------------------------------ Numba, and both


@pytest.fixture(scope="module")
def both() -> tuple[Any, Any]:
    """The logistic loss, compiled by Numba and by a C compiler."""
    return compiled("logistic", "numba"), compiled("logistic", "c")


def test_numba_and_c_agree_to_the_last_bit(needs: Needs, both: tuple[Any, Any]) -> None:
    needs("numba")
    needs("cc")
    numba, c = both
    z, y = data()
    y = (y > 1) * 1.0
    for what in ("pointwise", "slope"):
        outs = [np.empty_like(z), np.empty_like(z)]
        numba.backend.fill(what, [z, y], [], outs[:1])
        c.backend.fill(what, [z, y], [], outs[1:])
        assert same_bits(*outs), what
    z = np.where(np.isfinite(z), z, 0.0)
    assert numba.total(z, y, weights=0.5) == pytest.approx(c.total(z, y, weights=0.5), rel=3e-16)
    assert c.total(z, y) == pytest.approx(compiled("logistic").total(z, y), rel=1e-14)


def test_sums_do_not_depend_on_threads(needs: Needs, both: tuple[Any, Any]) -> None:
    needs("numba")
    needs("cc")
    rng = np.random.default_rng(6)
    z, y = rng.normal(size=70_001), rng.random(70_001)
    for one, backend in zip(both, ("numba", "c"), strict=True):
        two = compiled("logistic", backend, threads=2)
        assert two.total(z, y) == one.total(z, y)


def test_numbers_for_all_and_float32(needs: Needs, both: tuple[Any, Any]) -> None:
    needs("numba")
    z, _ = data(3000)
    z = np.where(np.isfinite(z), np.clip(z, -80, 80), 0.0).astype(np.float32)
    for loss in both:
        one, every = loss.total(z, np.float32(1.0)), loss.total(z, np.ones_like(z))
        assert one == every
        assert one == pytest.approx(loss.total(z.astype(float), 1.0), rel=1e-6)
        assert loss.pointwise(z, np.float32(1.0)).dtype == np.float32
        assert loss.total(np.float64(0.5), 1.0) == pytest.approx(math.log1p(math.exp(-0.5)), rel=1e-15)
        assert loss.total(np.empty(0), np.empty(0)) == 0


def test_a_written_numba_module_runs_on_its_own(needs: Needs) -> None:
    needs("numba")
    loss = compiled("gaussian", "numba")
    text = loss.source()
    assert "lossproof.compiled" not in text
    alone = vars(module("alone", text))
    z, y = np.array([1.0, 2.0, 4.0]), np.array([0.5, 3.0, -1.0])
    assert alone["pointwise"](z, y).tolist() == loss.pointwise(z, y).tolist()
    assert alone["total"](z, y, weights=np.array([1.0, 0.0, 2.0])) == loss.total(z, y, weights=[1.0, 0.0, 2.0])


def test_no_flag_allows_to_rearrange(needs: Needs) -> None:
    needs("numba")
    text = kernels(compiled("logistic", "numba").unit, ["pointwise"])
    assert "fastmath" not in text
    assert "-ffast-math" not in code(compiled("logistic", "c").unit, ["pointwise"])


@pytest.mark.parametrize("backend", ["numpy", "numba", "c"])
def test_little_memory_is_used_beyond_the_arrays(needs: Needs, backend: str) -> None:
    needs("cc" if backend == "c" else backend)
    loss = compiled("logistic", backend)
    z = np.linspace(-5, 5, 1_000_000)
    y, out = (z > 0) * 1.0, np.empty_like(z)
    loss.total_and_slope(z[:10], y[:10], out=out[:10])
    tracemalloc.start()
    loss.total_and_slope(z, y, out=out)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * 2**20
