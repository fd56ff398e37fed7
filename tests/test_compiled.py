"""Compiled losses compute what was derived."""

from __future__ import annotations

import ast
import importlib.util
import itertools
import keyword
import math
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from sympy import Symbol

import lossproof as lp
from lossproof.cli import main
from lossproof.compiled.loss import CompiledLoss
from lossproof.compiled.program import identifiers
from lossproof.figures.pointwise import usual_of
from lossproof.kernel.conditions import Declared
from lossproof.models import LinearScores, OpaqueScores
from lossproof.stability.record import recorded
from lossproof.strategies.catalogue import CATALOGUE

MODELS = {
    e.model.name: e.model
    for e in CATALOGUE.values()
    if e.model is not None and not isinstance(e.model.predictor, (LinearScores, OpaqueScores))
}


@cache
def compiled(name: str) -> CompiledLoss:
    return lp.compile(name)


def draw(loss: CompiledLoss, count: int = 40) -> tuple[list[Any], dict[str, float]]:
    """Numbers of moderate size for everything that a loss takes."""
    rng = np.random.default_rng(3)
    arrays = []
    for letter in loss.one.arguments:
        domain = loss.one.domain_of(letter)
        low, high = max(float(domain.low), -4.0), min(float(domain.high), 6.0)
        numbers = rng.uniform(low, high, count)
        if domain.integer:
            numbers = np.clip(np.rint(numbers), math.ceil(low), math.floor(high))
        arrays.append(np.clip(numbers, low + 1e-3, high - 1e-3) if not domain.integer else numbers)
    constraints = [h for h in loss.one.hypotheses if isinstance(h, Declared) and not isinstance(h.term, Symbol)]
    if constraints:  # as many trials as successes, at least
        arrays[-1] = np.maximum(*arrays[-2:])
    numbers = {str(p): 1.5 * usual_of(loss.one.domain_of(p)) for p in loss.one.parameters}
    return arrays, {name: number if number < 1 or name != "tau" else 0.3 for name, number in numbers.items()}


def truth(loss: CompiledLoss, values: dict[str, float], step: float = 0.0) -> Any:
    """The loss of one observation as the theorem has it, by the evaluator of expressions, with many digits."""
    numbers = lp.Precise(60)
    given: dict[str, Any] = {name: numbers.context.mpf(value) for name, value in values.items()}
    first = str(loss.one.predictions[0])
    given[first] += numbers.context.mpf(step)
    return lp.evaluate(loss.one.loss, given, numbers)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_loss_and_slope_are_those_of_the_theorem(name: str) -> None:
    loss = compiled(name)
    arrays, parameters = draw(loss)
    values, slopes = loss.pointwise(*arrays, **parameters), loss.slope(*arrays, **parameters)
    first = slopes[0] if isinstance(slopes, tuple) else slopes
    letters = [str(s) for s in loss.one.arguments]
    for row in range(0, len(arrays[0]), 8):
        here = {**{n: float(a[row]) for n, a in zip(letters, arrays, strict=True)}, **parameters}
        assert values[row] == pytest.approx(float(truth(loss, here)), rel=1e-14, abs=1e-300)
        h = 1e-18
        slope = float((truth(loss, here, h) - truth(loss, here, -h)) / (2 * h))
        assert first[row] == pytest.approx(slope, rel=1e-12, abs=1e-30)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_sums_are_the_sums_of_the_terms(name: str) -> None:
    loss = compiled(name)
    arrays, parameters = draw(loss)
    weights = np.linspace(0.5, 2.0, len(arrays[0]))
    terms = loss.pointwise(*arrays, **parameters)
    assert loss.total(*arrays, **parameters) == pytest.approx(math.fsum(terms), rel=1e-13)
    value, *slopes = loss.total_and_slope(*arrays, weights=weights, **parameters)
    assert value == pytest.approx(math.fsum(terms * weights), rel=1e-13)
    expected = loss.slope(*arrays, **parameters)
    for found, one in zip(slopes, expected if isinstance(expected, tuple) else (expected,), strict=True):
        np.testing.assert_allclose(found, one * weights, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("name", ["logistic", "student-t", "weibull", "inverse-gaussian", "von-mises"])
def test_the_curvature_is_the_slope_of_the_slope(name: str) -> None:
    loss = compiled(name)
    (z, *others), parameters = draw(loss)
    h = 1e-5
    difference = np.asarray(loss.slope(z + h, *others, **parameters)) - loss.slope(z - h, *others, **parameters)
    np.testing.assert_allclose(loss.curvature(z, *others, **parameters), difference / (2 * h), rtol=1e-6, atol=1e-8)


# ------------------------------------------------------------------ what proves it


@pytest.mark.parametrize("name", ["logistic", "gamma", "poisson", "heteroscedastic"])
def test_every_output_ends_a_chain_of_theorems_that_begins_with_the_loss(name: str) -> None:
    loss = compiled(name)
    found = loss.derivations
    assert found["total"][0].name == name
    for output, chain in found.items():
        for derivation in chain:
            assert lp.load(derivation.to_json()) == derivation
        for before, after in itertools.pairwise(chain):
            assert before.rhs == after.lhs, output


def test_a_model_of_ones_own_is_compiled_to_a_form_that_keeps_its_digits() -> None:
    from sympy.stats import Gumbel

    flood = lp.Model("flood", lp.noise(lambda f: Gumbel("Y", Symbol("beta", positive=True), f)), lp.LinearPredictor())
    loss = lp.compile(flood)
    beta = 2.0
    y = np.array([0.0, 1.0, 4.0, -1e3])
    found = loss.pointwise(np.zeros(4), y, beta=beta)
    assert loss.unit.parameters == ("beta",)
    np.testing.assert_allclose(found, np.exp(-y / beta), rtol=1e-15)  # y / beta alone is constant, and dropped
    far = loss.pointwise(-1e4, -1e4 + np.array([0.0, 2.0]), beta=beta)
    np.testing.assert_allclose(far, 1e4 / beta + np.exp([0.0, -1.0]), rtol=1e-15)


def test_a_record_counts_only_where_it_fits() -> None:
    (form,) = [d for d in compiled("logistic").derivations["loss"] if d.name.endswith("-form")]
    assert recorded(form.name, form.start, form.hypotheses) == form
    assert recorded(form.name, form.rhs, form.hypotheses) is None
    assert recorded(form.name, form.start, form.hypotheses[1:]) is None
    assert recorded("no-such-form", form.start, form.hypotheses) is None


# ------------------------------------------------------------------ code that stands alone


def loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["poisson", "heteroscedastic", "student-t", "beta"])
def test_written_code_stands_alone_and_computes_the_same(name: str, tmp_path: Path) -> None:
    if name == "beta":
        pytest.importorskip("scipy")
    path = tmp_path / "written.py"
    assert main(["compile", name, "--out", str(path)]) == 0
    text = path.read_text(encoding="utf-8")
    imported = {n.names[0].name for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Import)}
    assert "lossproof" not in imported
    assert "import lossproof" not in text
    module, loss = loaded(path), compiled(name)
    arrays, parameters = draw(loss)
    np.testing.assert_allclose(module.pointwise(*arrays, **parameters), loss.pointwise(*arrays, **parameters), 1e-12)
    assert module.total(*arrays, **parameters) == loss.total(*arrays, **parameters)
    found, expected = module.total_and_slope(*arrays, **parameters), loss.total_and_slope(*arrays, **parameters)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_written_code_has_its_derivations_in_its_head(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", "poisson"]) == 0
    doc = ast.get_docstring(ast.parse(capsys.readouterr().out))
    assert doc is not None
    for part in ("independence", "logarithm of a product", "∂ℓ(z, y)/∂z", "derivative of the exponential"):
        assert part in doc


def test_a_saved_derivation_is_compiled(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "saved.json").write_text(lp.derive("poisson").to_json(), encoding="utf-8")
    assert main(["compile", str(tmp_path / "saved.json")]) == 0
    saved = capsys.readouterr().out
    assert main(["compile", "poisson"]) == 0
    assert saved == capsys.readouterr().out


def test_written_code_is_the_same_every_time() -> None:
    command = [sys.executable, "-m", "lossproof", "compile", "gamma"]
    runs = {subprocess.run(command, capture_output=True, check=True, timeout=120).stdout for _ in range(2)}
    assert len(runs) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["compile", "poison"], "did you mean 'poisson'?"),
        (["compile", "poisson", "--backend", "nunpy"], "did you mean 'numpy'?"),
        (["compile", "kernel-ridge"], "kernel-ridge"),
    ],
)
def test_what_cannot_be_compiled_is_said(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) != 0
    out, err = capsys.readouterr()
    assert not out
    assert said in err
    assert len(err.splitlines()) <= 2


def test_letters_become_identifiers_that_nothing_else_is_called() -> None:
    letters = [Symbol(n) for n in ("lambda", "np", "work", "t0", "f'", "σ²", "7", "", "f_", "loss", "double", "n")]
    names = list(identifiers(letters).values())
    assert len(set(names)) == len(names)
    assert all(n.isidentifier() and not keyword.iskeyword(n) for n in names)
    assert not {"np", "work", "t0", "loss", "double", "n"} & set(names)


# ------------------------------------------------------------------ extremes


EXTREMES: dict[str, Callable[[Any], Any]] = {
    "logistic": lambda z: (z, np.array([0.0, 1.0])[:, None]),
    "poisson": lambda z: (z, np.array([0.0, 1e15])[:, None]),
    "gamma": lambda z: (z, np.array([5e-324, 1e300])[:, None]),
    "cauchy": lambda z: (z, np.array([0.0, -1e300])[:, None]),
    "negative-binomial": lambda z: (z, np.array([0.0, 1e15])[:, None]),
}


@pytest.mark.parametrize("name", sorted(EXTREMES))
def test_no_number_is_lost_over_the_whole_range(name: str) -> None:
    z = np.array([-1e300, -800.0, -1e-300, 0.0, 5e-324, 36.0, 700.0])
    loss = compiled(name)
    arrays = np.broadcast_arrays(*EXTREMES[name](z))
    _, parameters = draw(loss)
    for found in (loss.pointwise(*arrays, **parameters), loss.slope(*arrays, **parameters)):
        assert not np.isnan(found).any()


def test_sums_do_not_depend_on_the_number_of_threads() -> None:
    rng = np.random.default_rng(1)
    z, y = rng.normal(size=50_001), rng.random(50_001) < 0.5
    one, two = lp.compile("logistic"), lp.compile("logistic", threads=2)
    assert one.total(z, y) == two.total(z, y)
    for a, b in zip(one.total_and_slope(z, y), two.total_and_slope(z, y), strict=True):
        np.testing.assert_array_equal(a, b)


def test_nothing_summed_is_zero() -> None:
    empty = np.array([])
    value, slope = compiled("logistic").total_and_slope(empty, empty)
    assert (value, slope.shape) == (0.0, (0,))
    assert compiled("poisson").pointwise(empty, empty).shape == (0,)


def test_what_is_not_given_or_not_known_is_said() -> None:
    with pytest.raises(lp.DataError, match="'student-t' has the parameter 'nu'"):
        compiled("student-t").pointwise(0.0, 1.0)
    with pytest.raises(lp.UnknownName, match="did you mean 'sigma'"):
        compiled("student-t").pointwise(0.0, 1.0, nu=1, sigm=2)
    with pytest.raises(lp.DataError, match="takes z, y"):
        compiled("poisson").pointwise(0.0)
