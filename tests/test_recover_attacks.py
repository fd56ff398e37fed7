"""Attacks on the way back that got through once, or that must never get through: no verdict may be false."""

from __future__ import annotations

import pytest

import lossproof as lp
from lossproof.notation.inert import MINUS_ONE, ONE, ZERO, mul, power
from lossproof.notation.nodes import series
from lossproof.recovery.findings import Finding, around, is_positive
from lossproof.recovery.question import ask
from lossproof.strategies.chain import Chain


@pytest.mark.parametrize("loss", ["(y - f)^2*exp(y - f)^k", "(y - f)^2*(1 + exp(y - f)^k)"])
def test_a_power_of_an_exponential_whose_exponent_may_be_of_either_sign(loss: str) -> None:
    """For k = 1/2 the first loss tends to 0 as y tends to -oo, so the mass is infinite: nothing holds for all k."""
    verdict = lp.recover(loss, target="real", prediction="real", where="k in (-1,1)")
    assert not verdict.ok


def test_a_search_for_another_scale_ends_where_the_bound_is_one_over_a_sum() -> None:
    """The bound 1/(2 (a + b)) was written down without end."""
    verdict = lp.recover("log(1 + (y - f)^2)*a + b*log(2 + (y - f)^2)", target="real", prediction="real")
    assert verdict.ok
    assert verdict.verdict == "likelihood at scale c"


@pytest.mark.parametrize("prediction", ["positive", "real"])
def test_a_refuted_loss_without_a_level_is_put_into_words(prediction: str) -> None:
    """To see whether the loss is Tweedie's, a derivative was divided by 0."""
    verdict = lp.recover("f*y", target="positive", prediction=prediction)
    assert "by dominated convergence" in " ".join(str(verdict).split())


def test_a_base_measure_that_is_not_positive_is_no_finding() -> None:
    """The total of ``(-1)^y f^y`` is ``1 / (1 + f)``: a theorem, but no likelihood is behind it."""
    q = ask("-y*log(f) - log(1 + f)", "counts", "unit")
    total = series(mul(power(MINUS_ONE, q.y), power(q.f, q.y)), q.y, ZERO)
    mass = Chain("total-mass", around(q), (), total).done()
    assert not is_positive(q, Finding(ONE, power(MINUS_ONE, q.y), mass))
    assert not is_positive(q, Finding(MINUS_ONE, ONE, mass))
    assert is_positive(q, Finding(ONE, ONE, mass))
    assert not lp.recover(q.loss, target="counts", prediction="unit").ok


def test_a_comparison_ends_in_time() -> None:
    """A quotient in which exp(45) and log(1 + exp(5)) stand together was cancelled, for minutes."""
    loss = "(softplus(f) - y*f)"
    found = lp.equivalent(f"{loss}^2", f"y*{loss}", target="counts", prediction="positive", timeout=3)
    assert not found.ok
