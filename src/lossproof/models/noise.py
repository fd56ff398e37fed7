"""Noise models: the conditional distribution of ``Y_i`` given what the predictor gives for ``x_i``.

A `Noise` is one declaration: a density as a function of the prediction and the observation, the
support, and what is known of its other parameters.  From that the engine finds the derivation.  A
declaration may add how the result is to be written: the pointwise loss, the positive factor in
front of it, and what is constant.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sympy import Basic, Expr, Indexed, Symbol, Tuple

from lossproof.errors import LossproofError
from lossproof.kernel.conditions import Assumed, Declared, Hypothesis, Labelled
from lossproof.kernel.domains import BINARY, COUNT, NONZERO, Domain
from lossproof.kernel.presenting import Readable
from lossproof.losses import CROSS_ENTROPY
from lossproof.models.predictors import (
    LinearScores,
    OpaqueScores,
    Predictor,
    Scores,
)
from lossproof.models.symbols import CLASSES, OBSERVATIONS, TRIALS, K, Y, i, k, x, y
from lossproof.notation.inert import (
    ONE,
    ZERO,
    exp,
    factorial,
    inverse,
    log,
    mul,
    neg,
    power,
    product,
    sub,
    total,
)
from lossproof.notation.nodes import Chance, Definition, Density, Head, Named, Probability
from lossproof.notation.shapes import check_bulk


def prediction_names(count: int) -> tuple[str, ...]:
    """What predictions are called where a loss is found rather than declared."""
    return ("yhat",) if count == 1 else tuple(f"yhat_{c}" for c in range(1, count + 1))


def outputs_of(predictor: Predictor | Scores, noise: str) -> tuple[Expr, ...]:
    """What a predictor gives for ``x_i``.

    Raises:
        LossproofError: if it gives a score for each class, which this noise model does not take.
    """
    if isinstance(predictor, (LinearScores, OpaqueScores)):
        raise LossproofError(f"{noise} takes one prediction; {type(predictor).__name__} gives one for each class")
    return predictor.outputs


class NoiseModel(Readable, ABC):
    """What a model asks of a noise model.

    Attributes:
        name: of the assumption, in words.
        kind: ``Density``, or ``Probability`` for a discrete variable.
        scale: the positive factor in front of the pointwise loss.
        constant: what is added to it and does not depend on the prediction.
    """

    name: str
    kind: type[Chance]
    scale: Expr
    constant: Expr

    def _says(self) -> str:
        return f": {self.name}"

    @abstractmethod
    def factor(self, predictor: Predictor | Scores) -> Expr:
        """One factor of the likelihood: the density, or the probability, of ``y_i``."""

    @abstractmethod
    def pointwise(self, predictor: Predictor | Scores) -> Expr | None:
        """``l(f_w(x_i), y_i)``, if it is declared."""

    @abstractmethod
    def hypotheses(self, marginal: Callable[[Expr], Chance], predictor: Predictor | Scores) -> tuple[Hypothesis, ...]:
        """What is declared of the observations and the noise, and the modelling assumption itself."""

    def slopes(self, predictor: Predictor | Scores) -> tuple[Expr, ...]:
        """``dl / d prediction`` at ``x_i, y_i`` for each prediction, if they are declared."""
        return ()

    def smooth_if(self, predictor: Predictor | Scores) -> tuple[Hypothesis, ...]:
        """What must be known of the observations for the loss to have a derivative."""
        return ()


@dataclass(frozen=True, repr=False)
class Noise(NoiseModel):
    """A distribution of ``Y_i`` whose density is a function of the prediction and ``y_i``.

    Minus the logarithm of the density must be ``constant + scale * loss``; that is proved, so a wrong
    declaration is refused.  Left out, loss, scale and constant are found.

    >>> from sympy import Symbol, exp
    >>> from lossproof.kernel.domains import POSITIVE
    >>> rayleigh = Noise("Rayleigh noise", lambda f, y: y * exp(-2 * f) * exp(-(y**2) * exp(-2 * f) / 2), POSITIVE)

    Attributes:
        name: of the assumption, in words.
        density: ``(prediction, ..., y_i) -> density`` at ``y_i``, inert; a link is part of it.
        support: where ``y_i`` lies.
        declared: what is known of the other parameters, and more of ``y_i`` if need be.
        kind: ``Density``, or ``Probability`` for a discrete variable, whose support is integers.
        known: quantities known for each observation that the loss takes besides ``y_i``.
        loss: the pointwise loss ``(prediction, ..., y_i, known...) -> l``; found if not given.
        scale: the positive factor in front of the loss.
        constant: what is added to it and does not depend on the prediction.
        slope: ``(prediction, ..., y_i) -> dl / d prediction``, as it is to be written; for several
            predictions a tuple.
        kink: ``(prediction, ..., y_i) -> a number``; where it is 0 the loss has no derivative.
        distribution: ``(prediction, ...) -> random variable`` of ``sympy.stats`` with this density.
        bounds: where the density integrates to one, if that is not the support.
    """

    name: str
    density: Callable[..., Expr]
    support: Domain
    declared: tuple[Hypothesis, ...] = ()
    kind: type[Chance] = Density
    known: tuple[Indexed, ...] = ()
    loss: Definition | None = None
    scale: Expr = ONE
    constant: Expr = ZERO
    slope: Callable[..., Expr | tuple[Expr, ...]] | None = None
    kink: Callable[..., Expr] | None = None
    distribution: Callable[..., Any] | None = None
    bounds: tuple[Expr, Expr] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.support, Domain):
            raise LossproofError(f"Noise: support must be a Domain, such as lp.POSITIVE, not {self.support!r:.60}")
        if not callable(self.density):
            raise LossproofError("Noise: density must be a function of the prediction and the observation")
        if not all(isinstance(h, Hypothesis) for h in self.declared):
            raise LossproofError("Noise: declared must be a tuple of lp.Declared(symbol, domain)")
        if self.support.integer and self.kind is Density:
            object.__setattr__(self, "kind", Probability)  # the density of a discrete variable is its probability

    def factor(self, predictor: Predictor | Scores) -> Expr:
        """The density at ``y_i``: one factor of the likelihood.

        Raises:
            LossproofError: if the density takes another number of predictions than the predictor gives, or
                is larger than anything that is handled.
        """
        outputs = outputs_of(predictor, self.name)
        try:
            inspect.signature(self.density).bind(*outputs, y[i])
        except TypeError:
            given = f"{type(predictor).__name__} gives {len(outputs)}"
            raise LossproofError(f"{self.name} takes another number of predictions; {given}") from None
        found = self.density(*outputs, y[i])
        if isinstance(found, Basic):
            check_bulk(found)
        return found

    def pointwise(self, predictor: Predictor | Scores) -> Expr | None:
        """``l(f_w(x_i), y_i)``, if it is declared."""
        if self.loss is None:
            return None
        return self.loss(*outputs_of(predictor, self.name), y[i], *self.known)

    def hypotheses(self, marginal: Callable[[Expr], Chance], predictor: Predictor | Scores) -> tuple[Hypothesis, ...]:
        """What is declared of the observations and the noise, and the modelling assumption itself."""
        return (
            *self.declared,
            Declared(y[i], self.support, (OBSERVATIONS,)),
            Assumed(self.name, marginal(y[i]), self.factor(predictor), (OBSERVATIONS,)),
        )

    def slopes(self, predictor: Predictor | Scores) -> tuple[Expr, ...]:
        """``dl / d prediction`` at ``x_i, y_i`` for each prediction, if they are declared."""
        if self.slope is None:
            return ()
        found = self.slope(*outputs_of(predictor, self.name), y[i], *self.known)
        return found if isinstance(found, tuple) else (found,)

    def smooth_if(self, predictor: Predictor | Scores) -> tuple[Hypothesis, ...]:
        """That no observation is where the loss has a kink."""
        if self.kink is None:
            return ()
        return (Declared(self.kink(*outputs_of(predictor, self.name), y[i]), NONZERO, (OBSERVATIONS,)),)


@dataclass(frozen=True, repr=False)
class Bernoulli(NoiseModel):
    """``P[Y_i = 1] = p_i`` and ``Y_i in {0, 1}``; the label set may be declared otherwise, to see what fails."""

    labels: Domain = BINARY
    loss: Definition = CROSS_ENTROPY
    name: str = "model"
    kind: type[Chance] = Probability
    scale: Expr = ONE
    constant: Expr = ZERO

    def mass(self, p: Expr, label: Expr) -> Expr:
        """``p^y (1 - p)^(1 - y)`` (Bishop 2006, eq. 2.2)."""
        return mul(power(p, label), power(sub(ONE, p), sub(ONE, label)))

    def factor(self, predictor: Predictor | Scores) -> Expr:
        """One factor of the likelihood."""
        return self.mass(outputs_of(predictor, "a binary label")[0], y[i])

    def pointwise(self, predictor: Predictor | Scores) -> Named:
        """``l(f_w(x_i), y_i)``."""
        return self.loss(outputs_of(predictor, "a binary label")[0], y[i])

    def hypotheses(self, marginal: Callable[[Expr], Chance], predictor: Predictor | Scores) -> tuple[Hypothesis, ...]:
        """The labels, and that the prediction is the probability of the label 1."""
        return (
            Declared(y[i], self.labels, (OBSERVATIONS,)),
            Declared(Y[i], BINARY, (OBSERVATIONS,)),
            Assumed(self.name, marginal(ONE), outputs_of(predictor, "a binary label")[0], (OBSERVATIONS,)),
        )

    def slopes(self, predictor: Predictor | Scores) -> tuple[Expr, ...]:
        """``(p - y) / (p (1 - p))``."""
        p = outputs_of(predictor, "a binary label")[0]
        return (mul(sub(p, y[i]), inverse(mul(p, sub(ONE, p)))),)


# ------------------------------------------------------------------ one of K classes


def softmax(predictor: Scores) -> Definition:
    """``q_{theta,k}(x) := exp(z_k) / sum_l exp(z_l)`` of the scores ``z`` of an input."""
    (array,) = predictor.parameters
    c = Symbol("c", integer=True)
    body = mul(exp(predictor.score(c, x)), inverse(partition(predictor, x)))
    return Definition(Head("q", 2), Tuple(array, c, x), body)


def chance_of(predictor: Scores, of: Expr) -> Named:
    """``q_{theta,k}(x_i)``: the softmax of the scores of ``x_i``, for one class."""
    (array,) = predictor.parameters
    return softmax(predictor)(array, of, x[i])


def partition(predictor: Scores, at: Expr = x[i]) -> Expr:
    """``sum_{k=1}^K exp(z_k)`` of the scores of an input."""
    return total(exp(predictor.score(k, at)), k, ONE, K)


def _scores(predictor: Predictor | Scores) -> Scores:
    if not isinstance(predictor, (LinearScores, OpaqueScores)):
        raise LossproofError(f"classes need a score each; {type(predictor).__name__} gives one prediction")
    return predictor


_CLASSES = Declared(K, Domain(low=Fraction(1), low_closed=True, integer=True))


@dataclass(frozen=True, repr=False)
class Categorical(NoiseModel):
    """``P[Y_i = c] = softmax_c`` for a class ``y_i`` in ``1..K``, given as a number."""

    name: str = "categorical distribution"
    kind: type[Chance] = Probability
    scale: Expr = ONE
    constant: Expr = ZERO

    def factor(self, predictor: Predictor | Scores) -> Expr:
        """The softmax of the observed class."""
        scores = _scores(predictor)
        return mul(exp(scores.score(y[i])), inverse(partition(scores)))

    def pointwise(self, predictor: Predictor | Scores) -> Expr:
        """``log sum_k exp(z_k) - z_{y_i}``: the cross-entropy in log-sum-exp form."""
        scores = _scores(predictor)
        return sub(log(partition(scores)), scores.score(y[i]))

    def hypotheses(self, marginal: Callable[[Expr], Chance], predictor: Predictor | Scores) -> tuple[Hypothesis, ...]:
        """There is at least one class, and every label is one of them."""
        return (
            _CLASSES,
            Labelled(y[i], ONE, K, (OBSERVATIONS,)),
            Assumed(self.name, marginal(y[i]), self.factor(predictor), (OBSERVATIONS,)),
        )


@dataclass(frozen=True, repr=False)
class OneHot(NoiseModel):
    """``P[Y_i = y_i] = prod_k softmax_k^{y_ik}`` for a class given by ``y_ik in {0, 1}``, one of which is 1."""

    name: str = "categorical distribution"
    kind: type[Chance] = Probability
    scale: Expr = ONE
    constant: Expr = ZERO

    def factor(self, predictor: Predictor | Scores) -> Expr:
        """``prod_k softmax_k^{y_ik}``."""
        return product(power(chance_of(_scores(predictor), k), y[i, k]), k, ONE, K)

    def pointwise(self, predictor: Predictor | Scores) -> Expr:
        """``- sum_k y_ik log softmax_k``."""
        return neg(total(mul(y[i, k], log(chance_of(_scores(predictor), k))), k, ONE, K))

    def hypotheses(self, marginal: Callable[[Expr], Chance], predictor: Predictor | Scores) -> tuple[Hypothesis, ...]:
        """There is at least one class, and every observation is in exactly one."""
        return (
            _CLASSES,
            Declared(y[i, k], BINARY, (OBSERVATIONS, CLASSES)),
            Assumed("one-hot", total(y[i, k], k, ONE, K), ONE, (OBSERVATIONS,)),
            Assumed(self.name, marginal(y[i]), self.factor(predictor), (OBSERVATIONS,)),
        )


@dataclass(frozen=True, repr=False)
class Multinomial(NoiseModel):
    """``y_ik`` of ``m_i`` trials in class ``k``: ``m_i! prod_k softmax_k^{y_ik} / y_ik!``."""

    name: str = "multinomial distribution"
    kind: type[Chance] = Probability
    scale: Expr = ONE

    @property
    def constant(self) -> Expr:
        """Minus the logarithm of ``m_i! / prod_k y_ik!``."""
        return neg(log(self.coefficient))

    @property
    def coefficient(self) -> Expr:
        """``m_i! / prod_k y_ik!``."""
        orders = product(factorial(y[i, k]), k, ONE, K)
        return mul(factorial(TRIALS[i]), inverse(orders))

    def factor(self, predictor: Predictor | Scores) -> Expr:
        """The probability of the counts."""
        return mul(self.coefficient, OneHot().factor(predictor))

    def pointwise(self, predictor: Predictor | Scores) -> Expr:
        """``- sum_k y_ik log softmax_k``."""
        return OneHot().pointwise(predictor)

    def hypotheses(self, marginal: Callable[[Expr], Chance], predictor: Predictor | Scores) -> tuple[Hypothesis, ...]:
        """Counts that add up to the number of trials."""
        return (
            _CLASSES,
            Declared(TRIALS[i], COUNT, (OBSERVATIONS,)),
            Declared(y[i, k], COUNT, (OBSERVATIONS, CLASSES)),
            Assumed("number of trials", total(y[i, k], k, ONE, K), TRIALS[i], (OBSERVATIONS,)),
            Assumed(self.name, marginal(y[i]), self.factor(predictor), (OBSERVATIONS,)),
        )
