"""Every standard model over its whole domain: each step at drawn numbers, edges included, and total mass one."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sympy import Expr, Indexed, Rational, Symbol, lambdify

import lossproof as lp
from lossproof.errors import NoFiniteValue
from lossproof.kernel.conditions import Assumed, Declared
from lossproof.kernel.domains import Domain
from lossproof.models import LinearPredictor, Model, Noise, OpaqueNetwork
from lossproof.notation.nodes import Density, meaning
from lossproof.numeric.evaluate import Instance, Precise, evaluate
from lossproof.numeric.normalisation import parameters_tried, total_mass
from lossproof.numeric.support import constraints, lies_in, violations
from lossproof.referees.balls import difference
from lossproof.referees.instances import _opaque
from lossproof.strategies.standard import STANDARD

MODELS: dict[str, Model[Noise]] = {model.name: model for model, _ in STANDARD}  # type: ignore[misc]
EVERY = pytest.mark.parametrize("name", MODELS)

#: Scales from tiny to huge.
SCALES = [1e-6, 1e-3, 1.0, 37.0, 1e6]


def edges(domain: Domain) -> list[float]:
    """Numbers in a domain, its closed ends and what is close to an open one included."""
    if domain.integer:
        low = int(domain.low)
        return [low, low + 1, low + 2, low + 7, low + 60] if domain.high == math.inf else [low, int(domain.high)]
    if domain.low == -math.inf:
        return [0.0, -1e6, 1e6, 1e-6, -2.5]
    low = float(domain.low)
    found = [low] if domain.low_closed else []
    if domain.high == math.inf:
        return [*found, low + 1e-9, low + 1e-6, low + 0.7, low + 40.0, low + 1e6]
    high = float(domain.high)
    return [*found, low + 1e-12, 0.3 * low + 0.7 * high, high - 1e-12, *([high] if domain.high_closed else [])]


def numbers(domain: Domain) -> st.SearchStrategy[float]:
    """Any number in a domain, the edges often."""
    if domain.integer:
        high = int(domain.low) + 40 if domain.high == math.inf else int(domain.high)
        return st.one_of(st.sampled_from(edges(domain)), st.integers(int(domain.low), high))
    low = 0.001 + float(domain.low) if domain.low != -math.inf else -50.0
    high = -0.001 + float(domain.high) if domain.high != math.inf else 50.0
    return st.one_of(st.sampled_from(edges(domain)), st.floats(low, high))


def declared(model: Model[Noise]) -> dict[str, tuple[Domain, bool]]:
    """What the noise and the observations are declared to be: by name a domain, and whether there is one for each."""
    found: dict[str, tuple[Domain, bool]] = {}
    for h in model.noise.hypotheses(model.marginal, model.predictor):
        if isinstance(h, Declared) and isinstance(h.term, (Symbol, Indexed)):
            name = str(h.term.base) if isinstance(h.term, Indexed) else h.term.name
            found[name] = (h.domain, isinstance(h.term, Indexed))
    return found


def built(model: Model[Noise], rows: int, w: list[float], x: list[list[float]], noise: dict[str, Any]) -> Instance:
    """An instance of a model; the trials of a binomial variable come on top of its successes."""
    if "m" in noise:
        noise = {**noise, "m": [trials + successes for trials, successes in zip(noise["m"], noise["y"], strict=True)]}
    values = {
        "n": rows,
        "d": len(w),
        "x": np.array(x).reshape(rows, len(w)),
        **{k: np.array(v) for k, v in noise.items()},
    }
    functions = {}
    if isinstance(model.predictor, OpaqueNetwork):
        values["theta"] = np.array(w)
        sets = (("f", model.predictor.values), *model.predictor.also)
        functions = {name: _opaque(domain, Fraction(37 * c, 128)) for c, (name, domain) in enumerate(sets)}
    else:
        values["w"] = np.array(w)
    if isinstance(model.predictor, LinearPredictor) and model.predictor.intercept:
        values["b"] = 0.25
    assumed = tuple(h for h in model.hypotheses if isinstance(h, Assumed))
    return Instance(values, functions, assumed, {"j": 1} if w else {})


@st.composite
def instances(draw: st.DrawFn, model: Model[Noise], *, least: int = 0) -> Instance:
    rows, columns = draw(st.integers(least, 3)), draw(st.integers(least, 2))
    size = draw(st.sampled_from([0.5, 3.0, 12.0]))
    w = draw(st.lists(st.floats(-size, size), min_size=columns, max_size=columns))
    x = [draw(st.lists(st.floats(-3, 3), min_size=columns, max_size=columns)) for _ in range(rows)]
    noise: dict[str, Any] = {}
    for name, (domain, each) in declared(model).items():
        scale = st.one_of(st.sampled_from(SCALES), st.floats(0.01, 100)) if domain.high == math.inf else numbers(domain)
        one = numbers(domain) if each else scale
        noise[name] = draw(st.lists(one, min_size=rows, max_size=rows)) if each else draw(one)
    return built(model, rows, w, x, noise)


def judged(name: str, instance: Instance) -> int:
    """How many steps could be judged at an instance; none of them may differ."""
    found = 0
    for step in lp.derive(name):
        try:
            witness = difference(step, instance)
        except NoFiniteValue:  # such as exp(-exp(10^6)), which nothing can compute
            continue
        assert witness is None, (step.rule.name, witness, dict(instance.values))
        found += 1
    return found


# ------------------------------------------------------------------ both sides of every step


@EVERY
@settings(max_examples=8)
@given(st.data())
def test_both_sides_of_every_step_agree_over_the_whole_domain(name: str, data: st.DataObject) -> None:
    instance = data.draw(instances(MODELS[name]))
    assert not any(violations(h, instance) for h in constraints(MODELS[name].hypotheses))
    assume(judged(name, instance) >= 4)


@EVERY
@settings(max_examples=5)
@given(st.data())
def test_both_sides_of_every_step_of_the_gradient_agree(name: str, data: st.DataObject) -> None:
    model = MODELS[name]
    instance = data.draw(instances(model, least=1))
    assume(not any(violations(h, instance) for h in model.noise.smooth_if(model.predictor) if isinstance(h, Declared)))
    assume(judged(f"{name}-gradient", instance) >= 4)


def at_the_edges(model: Model[Noise]) -> list[Instance]:
    """Every edge of the support, with every scale tiny or huge; and the empty data set."""
    found = [built(model, 0, [], [], {k: [] if each else edges(d)[1] for k, (d, each) in declared(model).items()})]
    domains = declared(model)
    support = domains["y"][0]
    for scale in (1e-6, 1e6):
        for edge in edges(support):
            noise: dict[str, Any] = {}
            for name, (domain, each) in domains.items():
                value = edge if name == "y" else scale if lies_in(domain, scale) and not domain.integer else None
                value = edges(domain)[0] if value is None else value
                noise[name] = [value] if each else value
            found.append(built(model, 1, [0.75], [[-1.5]], noise))
    return found


@EVERY
def test_both_sides_agree_at_the_edges(name: str) -> None:
    found = at_the_edges(MODELS[name])
    counts = [judged(name, instance) for instance in found]
    assert counts[0] == len(lp.derive(name))
    assert sum(count >= 4 for count in counts) >= len(counts) - 2, counts


def test_a_wrong_loss_is_noticed_at_the_edges() -> None:
    from dataclasses import replace

    from lossproof.notation.inert import ONE, add

    last = lp.derive("gamma")[-2]
    for instance in at_the_edges(MODELS["gamma"])[1:4]:
        assert difference(replace(last, after=add(last.after, ONE)), instance)


# ------------------------------------------------------------------ total mass

#: Over what the parameters of the noise are drawn: wider would take numbers that no quadrature resolves.
WIDE = {"alpha": (0.05, 1e3), "nu": (0.2, 1e3), "kappa": (1e-6, 1e6), "phi": (0.5, 1e4), "r": (0.01, 1e3)}


@EVERY
@settings(max_examples=5)
@given(st.data())
def test_the_density_has_mass_one_at_any_parameters(name: str, data: st.DataObject) -> None:
    model = MODELS[name]
    predictions = [data.draw(st.floats(-5, 5))]
    if name == "heteroscedastic":
        predictions.append(data.draw(st.sampled_from([1e-6, 1.0, 1e6])))
    values: dict[str, float] = {}
    for parameter, (domain, _) in declared(model).items():
        if parameter != "y":
            low, high = WIDE.get(parameter, (1e-3, 1e3))
            inside = (
                st.floats(0.001, 0.999) if domain.high == 1 else st.floats(math.log(low), math.log(high)).map(math.exp)
            )
            values[parameter] = data.draw(st.integers(0, 60) if domain.integer else inside)
    mass = total_mass(model, predictions, values)
    assert mass.lowest[0] >= 0
    assert mass.value == pytest.approx(1, abs=1e-8), (predictions, values, mass)


def lambdified(model: Model[Noise], outputs: int, values: dict[str, float]) -> Any:
    """The density through SymPy and mpmath alone: an evaluator of its own."""
    names = [Symbol(f"f_{c}", real=True) for c in range(outputs)]
    observed = Symbol("t", real=True)
    density: Expr = meaning(model.noise.density(*names, observed)).doit()
    density = density.subs({a: Rational(values[str(a.base)]) for a in density.atoms(Indexed)})
    symbols = sorted((s for s in density.free_symbols if s.name in values), key=str)
    function = lambdify([*names, observed, *symbols], density, "mpmath")
    return lambda predictions, t: function(*map(mpmath.mpf, [*predictions, t, *(values[s.name] for s in symbols)]))


@EVERY
def test_mpmath_finds_the_same_mass_of_the_same_density(name: str) -> None:
    model = MODELS[name]
    predictions, values = next(iter(parameters_tried(model)))
    density = lambdified(model, len(predictions), values)
    domain = declared(model)["y"][0]
    if domain.integer:
        last = min(values["m"] if "m" in values else int(domain.low) + 400, domain.high)
        mass = mpmath.fsum(density(predictions, t) for t in range(int(domain.low), int(last) + 1))
    else:
        z = predictions[0]
        low, high = (-mpmath.inf if domain.low == -math.inf else 0), (mpmath.inf if domain.high == math.inf else 1)
        if model.noise.bounds:
            low, high = -mpmath.pi, mpmath.pi
        peak = z if domain.low == -math.inf else mpmath.exp(z) if domain.high == math.inf else mpmath.mpf(1) / 2
        with mpmath.workdps(30):
            mass = mpmath.quad(lambda t: density(predictions, t), [low, peak, high])
    assert float(mass) == pytest.approx(1, abs=1e-6)
    assert model.noise.kind is not Density or not domain.integer


@EVERY
def test_our_evaluator_and_sympy_give_the_density_the_same_values(name: str) -> None:
    model = MODELS[name]
    for predictions, values in parameters_tried(model):
        density, domain = lambdified(model, len(predictions), values), declared(model)["y"][0]
        names = [Symbol(f"f_{c}", real=True) for c in range(len(predictions))]
        observed, arrays = Symbol("t", real=True), {"s", "m"} & set(values)
        for t in edges(domain):
            if "m" in values and t > values["m"]:
                continue
            numbers_of = {**values, **{a: [values[a]] for a in arrays}, "t": t}
            numbers_of |= {s.name: p for s, p in zip(names, predictions, strict=True)}
            ours = evaluate(model.noise.density(*names, observed), Instance(numbers_of, indices={"i": 1}), Precise(40))
            with mpmath.workdps(40):
                theirs = density([mpmath.mpf(p) for p in predictions], mpmath.mpf(t))
            assert abs(ours - theirs) <= 1e-12 * abs(theirs)
