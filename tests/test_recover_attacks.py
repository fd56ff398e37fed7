"""Attacks on the way back that got through once, or that must never get through: no verdict may be false."""

from __future__ import annotations

import pytest

import lossproof as lp


@pytest.mark.parametrize("loss", ["(y - f)^2*exp(y - f)^k", "(y - f)^2*(1 + exp(y - f)^k)"])
def test_a_power_of_an_exponential_whose_exponent_may_be_of_either_sign(loss: str) -> None:
    """For k = 1/2 the first loss tends to 0 as y tends to -oo, so the mass is infinite: nothing holds for all k."""
    verdict = lp.recover(loss, target="real", prediction="real", where="k in (-1,1)")
    assert not verdict.ok
