"""Losses that are Python functions: what is traced, what is refused, and that a trace is compared with its function."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sympy
from sympy import Expr

from lossproof.errors import TracingError
from lossproof.notation.plain import written
from lossproof.numeric.evaluate import evaluate
from lossproof.recovery.question import ask


def huber(y: Any, f: Any, delta: float = 1.0) -> Any:
    r = abs(y - f)
    if r <= delta:
        return 0.5 * r**2
    return delta * (r - 0.5 * delta)


def pinball(y: Any, f: Any, tau: Any) -> Any:
    return tau * (y - f) if y > f else (tau - 1) * (y - f)


def traced(loss: Callable[..., Any], target: str = "real", prediction: str = "real", **options: Any) -> Expr:
    return ask(loss, target, prediction, **options).loss


TRACED: dict[str, tuple[Callable[..., Any], str, str, str]] = {
    "numpy maximum": (lambda y, f: np.maximum(0, 1 - y * f), "{-1,1}", "real", "max(0, 1 - y f)"),
    "built-in max": (lambda y, f: max(0, 1 - y * f), "{-1,1}", "real", "max(0, 1 - y f)"),
    "built-in min": (lambda y, f: min(y, f), "real", "real", "-max(-y, -f)"),
    "abs": (lambda y, f: abs(y - f), "real", "real", "|y - f|"),
    "numpy abs": (lambda y, f: np.abs(y - f), "real", "real", "|y - f|"),
    "logaddexp": (lambda y, f: np.logaddexp(0, -y * f), "{-1,1}", "real", "log(exp(0) + exp(-y f))"),
    "sympy": (lambda y, f: sympy.log(1 + sympy.exp(-y * f)), "{-1,1}", "real", "log(1 + exp(-f y))"),
    "decimals": (lambda y, f: 0.1 * (y - f) ** 2, "real", "real", "1/10 · (y - f)^2"),
    "pi": (lambda y, f: np.pi * y * f, "real", "real", "π y f"),
    "clip": (lambda y, f: np.clip(y * f, 0, None), "real", "real", "max(y f, 0)"),
    "mean of one": (lambda y, f: np.mean((y - f) ** 2), "real", "real", "(y - f)^2"),
    "method": (lambda y, f: (y - f).clip(0, None), "real", "real", "max(y - f, 0)"),
}


@pytest.mark.parametrize("name", TRACED)
def test_a_function_becomes_the_expression_it_computes(name: str) -> None:
    loss, target, prediction, text = TRACED[name]
    got = written(traced(loss, target, prediction))
    assert got in {text, text.replace("-f y", "-y f")}


@pytest.mark.parametrize(
    ("loss", "options"),
    [(huber, {}), (pinball, {"where": "tau in (0,1)"})],
    ids=["huber", "pinball"],
)
def test_both_ways_through_an_if_are_traced(loss: Callable[..., Any], options: dict[str, str]) -> None:
    e = traced(loss, **options)
    for y, f in ((0.5, 0.25), (3.0, -1.0), (-3.0, 1.0), (1.0, 1.0), (1.0, 0.0)):
        point = {"y": y, "f": f, "tau": 0.3}
        wanted = loss(y, f, 0.3) if loss is pinball else loss(y, f)
        assert evaluate(e, point) == pytest.approx(wanted)


def test_nested_questions_are_asked_one_by_one() -> None:
    def loss(y: Any, f: Any) -> Any:
        if 0 < f < 1 and y > 0:
            return y * f
        return y - f if f <= 0 or y == 2 else y + f

    e = traced(loss)
    for y in (-1.0, 0.0, 0.5, 2.0):
        for f in (-1.0, 0.0, 0.5, 1.0, 3.0):
            assert evaluate(e, {"y": y, "f": f}) == pytest.approx(loss(y, f))


def test_conditions_may_stand_as_numbers_and_be_joined() -> None:
    e = traced(lambda y, f: -(y == 1) * np.log(f) - (y == 0) * np.log(1 - f), "{0,1}", "unit")
    assert evaluate(e, {"y": 1.0, "f": 0.25}) == pytest.approx(-math.log(0.25))
    assert evaluate(e, {"y": 0.0, "f": 0.25}) == pytest.approx(-math.log(0.75))
    e = traced(lambda y, f: np.where((y > 0) & ~(f > y) | (f < -9), f, y))
    assert evaluate(e, {"y": 2.0, "f": 1.0}) == 1
    assert evaluate(e, {"y": 2.0, "f": 3.0}) == 2
    assert evaluate(e, {"y": -2.0, "f": -10.0}) == -10


def test_functions_of_scipy_are_traced(needs: Callable[[str], None]) -> None:
    needs("scipy")
    from scipy import special

    e = traced(lambda y_true, y_pred: special.xlogy(y_true, y_true / y_pred) - y_true + y_pred, "counts", "positive")
    assert evaluate(e, {"y": 0.0, "f": 2.0}) == pytest.approx(2)
    e = traced(lambda y, f: special.gammaln(y + 1) + f - y * np.log(f), "counts", "positive")
    assert evaluate(e, {"y": 3.0, "f": 1.0}) == pytest.approx(math.log(6) + 1)
    assert written(traced(lambda y, f: special.expit(f) * y)) == "σ(f) y"


def test_functions_of_pytorch_are_traced(needs: Callable[[str], None]) -> None:
    needs("torch")
    import torch

    functional = torch.nn.functional
    got = {
        "softplus(-y f)": lambda input, target: functional.softplus(-target * input),
        "max(0, 1 - y f)": lambda input, target: functional.relu(1 - target * input),
        "max(1 - y f, 0)": lambda input, target: torch.clamp(1 - target * input, min=0),
        "exp(f) - y f": lambda input, target: torch.exp(input) - target * input,
    }
    for text, loss in got.items():
        assert written(traced(loss, "{-1,1}")) == text


# ------------------------------------------------------------------ which is which


def test_the_observation_is_told_from_the_prediction_by_name_in_any_order() -> None:
    assert written(traced(lambda input, target: input - 2 * target)) == "f - 2 y"
    assert written(traced(lambda y_true, y_pred: y_pred - 2 * y_true)) == "f - 2 y"
    assert written(traced(lambda y, y_pred: y_pred - 2 * y)) == "f - 2 y"
    assert written(traced(lambda b, a: a - 2 * b, y="b", f="a")) == "a - 2 b"


@pytest.mark.parametrize(
    "loss", [lambda a, b: a - 2 * b, lambda u, target: u - target, lambda input, pred, y: y * pred]
)
def test_names_that_do_not_tell_are_refused(loss: Callable[..., Any]) -> None:
    with pytest.raises(TracingError, match="cannot be told"):
        traced(loss)


# ------------------------------------------------------------------ what is refused


class Counter:
    """A function that remembers."""

    calls = 0

    def __call__(self, y: Any, f: Any) -> Any:
        self.calls += 1
        return y * f + self.calls


def endless(y: Any, f: Any) -> Any:
    while f > 0:
        f = f - 1
    return y * f


def many_ways(y: Any, f: Any) -> Any:
    total = y
    for k in range(12):
        total = total + (1 if f > k else 0)
    return total


REFUSED: dict[str, tuple[Callable[..., Any], str]] = {
    "math.exp": (lambda y, f: math.exp(y - f), "numpy.exp"),
    "float": (lambda y, f: float(y) * f, "number behind a symbol"),
    "random": (lambda y, f: y * f * random.random(), "does not do what its trace"),
    "state": (Counter(), "does not do what its trace"),
    "endless": (endless, "more than"),
    "ways": (many_ways, "more than"),
    "modulo": (lambda y, f: (y - f) % 2, "fails when it is called with symbols"),
    "element": (lambda y, f: f[0] * y, "one number"),
    "length": (lambda y, f: len(f) * y, "one number"),
    "star": (lambda *a: a[0], "name its parameters"),
    "nothing": (lambda y, f: None, "returns nothing"),
    "text": (lambda y, f: "y*f", "not a number"),
    "array": (lambda y, f: np.array([1.0, 2.0]) * y * f, "array"),
    "unknown ufunc": (lambda y, f: np.arctan(f) * y, "arctan"),
    "attribute": (lambda y, f: f.real_part * y, "no 'real_part'"),
    "zero": (lambda y, f: y * f / 0 + 1 / 0, "division by zero"),
    "type": (lambda y, f: y * f if isinstance(f, float) else y - f, "does not do what its trace"),
    "nowhere": (lambda y, f: np.log(-abs(y * f) - 1), "no finite value"),
    "hidden": (lambda y, f: y * f if f != 3.0 or y != 3.0 else object(), "not a number"),
    "builtin": (max, "which parameters"),
    "infinity": (lambda y, f: y * f + math.inf, "inf"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_traced_is_refused_with_a_reason(name: str) -> None:
    loss, said = REFUSED[name]
    with pytest.raises(Exception, match=said) as caught:
        traced(loss)
    assert type(caught.value).__name__ in {"TracingError", "UnsupportedExpression"}


def test_functions_of_vectors_are_refused() -> None:
    with pytest.raises(TracingError, match="vectors"):
        traced(lambda y, f: y - f, "real", "real^3")


def test_what_a_function_does_at_numbers_only_is_found_out() -> None:
    def sly(y: Any, f: Any) -> Any:
        return (y - f) ** 2 + (0.001 if isinstance(f, (int, float)) else 0)

    with pytest.raises(TracingError, match="does not do what its trace"):
        traced(sly)
