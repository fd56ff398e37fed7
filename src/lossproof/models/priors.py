"""Priors: the density of one weight before the data are seen; the weights are independent of each other.

Each is one declaration.  Like a noise model it says how minus its logarithm is to be written: a
positive factor times a penalty of the weight, and what does not depend on the weight.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from sympy import Expr, Symbol, pi

from lossproof.kernel.conditions import Declared, Hypothesis
from lossproof.kernel.domains import POSITIVE
from lossproof.losses import HALF, tau
from lossproof.notation.inert import TWO, absolute, exp, inverse, log, mul, neg, power

_b = Symbol("b", positive=True)


class Prior(ABC):
    """What a model asks of a prior.

    Attributes:
        name: in words.
        spread: how far from 0 weights are expected: a known positive number.
    """

    name: str
    spread: Symbol

    @abstractmethod
    def density(self, weight: Expr) -> Expr:
        """The density of one weight."""

    @abstractmethod
    def penalty(self, weight: Expr) -> Expr:
        """What minus the logarithm of the density is, but for a factor and a constant."""

    @property
    @abstractmethod
    def scale(self) -> Expr:
        """The positive factor in front of the penalty."""

    @property
    @abstractmethod
    def constant(self) -> Expr:
        """What is added to it and does not depend on the weight."""

    def slope(self, weight: Expr) -> Expr | None:
        """The derivative of the penalty, as it is to be written; None if it has none everywhere."""
        return None

    @property
    def hypotheses(self) -> tuple[Hypothesis, ...]:
        """The spread is a positive number."""
        return (Declared(self.spread, POSITIVE),)


@dataclass(frozen=True)
class GaussianPrior(Prior):
    """``N(0, tau^2)``: the penalty is the square (Hoerl and Kennard 1970; Bishop 2006, eq. 3.52 to 3.55)."""

    spread: Symbol = tau
    name: str = "Gaussian prior"

    def density(self, weight: Expr) -> Expr:
        """``(2 pi tau^2)^(-1/2) exp(-weight^2 / (2 tau^2))``."""
        variance = power(self.spread, TWO)
        normal = power(mul(TWO, pi, variance), neg(HALF))
        return mul(normal, exp(neg(mul(power(weight, TWO), inverse(mul(TWO, variance))))))

    def penalty(self, weight: Expr) -> Expr:
        """``weight^2``."""
        return power(weight, TWO)

    @property
    def scale(self) -> Expr:
        """``1 / (2 tau^2)``."""
        return inverse(mul(TWO, power(self.spread, TWO)))

    @property
    def constant(self) -> Expr:
        """``1/2 log(2 pi tau^2)``."""
        return mul(HALF, log(mul(TWO, pi, power(self.spread, TWO))))

    def slope(self, weight: Expr) -> Expr:
        """``2 weight``."""
        return mul(TWO, weight)


@dataclass(frozen=True)
class LaplacePrior(Prior):
    """The Laplace density of scale ``b``: the penalty is the absolute value (Tibshirani 1996, section 5)."""

    spread: Symbol = _b
    name: str = "Laplace prior"

    def density(self, weight: Expr) -> Expr:
        """``1 / (2 b) exp(-|weight| / b)``."""
        return mul(inverse(mul(TWO, self.spread)), exp(neg(mul(absolute(weight), inverse(self.spread)))))

    def penalty(self, weight: Expr) -> Expr:
        """``|weight|``."""
        return absolute(weight)

    @property
    def scale(self) -> Expr:
        """``1 / b``."""
        return inverse(self.spread)

    @property
    def constant(self) -> Expr:
        """``log(2 b)``."""
        return log(mul(TWO, self.spread))
