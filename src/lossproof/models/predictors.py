"""Predictors: how what the noise model needs depends on the input ``x_i`` and the parameters.

Every predictor says what its parameters are, what it gives for ``x_i``, and what is known of both.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from sympy import Expr, IndexedBase, Symbol, Tuple

from lossproof.kernel.conditions import Declared, Hypothesis, Smooth
from lossproof.kernel.domains import COUNT, REAL, UNIT, Domain
from lossproof.models.symbols import CLASSES, FEATURES, OBSERVATIONS, b, d, i, j, k, theta, w, x
from lossproof.notation.inert import ONE, add, mul, total
from lossproof.notation.nodes import Definition, Head, Named, Opaque, Sigmoid


class Formula(ABC):
    """A prediction ``f_w(x_i)`` that is written out as a definition."""

    @property
    def parameters(self) -> tuple[Expr, ...]:
        """The weights, after an intercept if there is one."""
        return (w,)

    @abstractmethod
    def body(self) -> Expr:
        """``f_w(x)`` for the weights ``w`` and an input ``x``, written out."""

    @cached_property
    def definition(self) -> Definition:
        """``f_w(x)`` for any weights and any input."""
        return Definition(Head("f", len(self.parameters)), Tuple(*self.parameters, x), self.body())

    @cached_property
    def prediction(self) -> Named:
        """``f_w(x_i)``."""
        return self.definition(*self.parameters, x[i])

    @cached_property
    def outputs(self) -> tuple[Expr, ...]:
        """The prediction, alone."""
        return (self.prediction,)

    @cached_property
    def hypotheses(self) -> tuple[Hypothesis, ...]:
        """Parameters and features are real; there may be no features."""
        return (
            Declared(d, COUNT),
            *(Declared(p, REAL) for p in self.parameters if isinstance(p, Symbol)),
            Declared(w[j], REAL, (FEATURES,)),
            Declared(x[i, j], REAL, (OBSERVATIONS, FEATURES)),
        )


_SCORE = total(mul(w[j], x[j]), j, ONE, d)


@dataclass(frozen=True)
class LinearPredictor(Formula):
    """``f_w(x) = sum_{j=1}^d w_j x_j``, symbolic in ``d``; with an intercept ``b + sum_j w_j x_j``.

    Attributes:
        intercept: whether there is an intercept ``b``.
    """

    intercept: bool = False

    @property
    def parameters(self) -> tuple[Expr, ...]:
        return (b, w) if self.intercept else (w,)

    def body(self) -> Expr:
        return add(b, _SCORE) if self.intercept else _SCORE


@dataclass(frozen=True)
class SigmoidNode(Formula):
    """One node without bias: ``f_w(x) = sigma(sum_{j=1}^d w_j x_j)``, symbolic in ``d``."""

    def body(self) -> Expr:
        return Sigmoid(_SCORE)


@dataclass(frozen=True)
class WrittenPredictor(Formula):
    """A prediction of one's own, ``f_w(x) := formula(w, x)``, with weights ``w_j`` and features ``x_j``.

    Attributes:
        formula: an inert expression of the arrays ``w`` and ``x``, whose elements run from 1 to ``d``;
            build it with `lossproof.notation.inert`.

    >>> from lossproof.notation.inert import exp
    >>> from lossproof.notation.plain import written
    >>> written(WrittenPredictor(lambda w, x: exp(total(mul(w[j], x[j]), j, ONE, d))).definition)
    'f_w(x) := exp(∑_{j=1}^d w_j x_j)'
    """

    formula: Callable[[IndexedBase, IndexedBase], Expr]

    def body(self) -> Expr:
        return self.formula(w, x)


@dataclass(frozen=True)
class OpaqueNetwork:
    """Any function of ``x_i`` of which only the set of its values is known.

    Attributes:
        values: the set of values; for a probability, ``UNIT`` is the open interval (0, 1).
        array: the array of parameters; the function is differentiable in each.
        also: further outputs of the network, each by its name with the set of its values.
        name: of the first output.
    """

    values: Domain = UNIT
    array: IndexedBase = theta
    also: tuple[tuple[str, Domain], ...] = ()
    name: str = "f"

    @property
    def parameters(self) -> tuple[Expr, ...]:
        """The array of parameters."""
        return (self.array,)

    @cached_property
    def outputs(self) -> tuple[Expr, ...]:
        """``f_theta(x_i)`` and the further outputs."""
        names = (self.name, *(name for name, _ in self.also))
        return tuple(Opaque(Head(name, 1), self.array, x[i]) for name in names)

    @cached_property
    def prediction(self) -> Opaque:
        """``f_theta(x_i)``."""
        return Opaque(Head(self.name, 1), self.array, x[i])

    @cached_property
    def hypotheses(self) -> tuple[Hypothesis, ...]:
        """Parameters are real; the values lie in the declared sets; the functions are smooth."""
        sets = (self.values, *(domain for _, domain in self.also))
        declared = [Declared(f, domain, (OBSERVATIONS,)) for f, domain in zip(self.outputs, sets, strict=True)]
        smooth = [Smooth(f, self.array, (OBSERVATIONS,)) for f in self.outputs]
        return (Declared(d, COUNT), Declared(self.array[j], REAL, (FEATURES,)), *declared, *smooth)


@dataclass(frozen=True)
class LinearScores:
    """One score for each class: ``f_{w,k}(x) = sum_{j=1}^d w_kj x_j`` for ``k = 1..K``."""

    @property
    def parameters(self) -> tuple[Expr, ...]:
        """The weights, shape (K, d)."""
        return (w,)

    @cached_property
    def definition(self) -> Definition:
        """``f_{w,k}(x)`` for any weights, class and input."""
        c = Symbol("c", integer=True)
        return Definition(Head("f", 2), Tuple(w, c, x), total(mul(w[c, j], x[j]), j, ONE, d))

    def score(self, of: Expr, at: Expr = x[i]) -> Expr:
        """``f_{w,k}(x_i)`` of a class and an input."""
        return self.definition(w, of, at)

    @cached_property
    def hypotheses(self) -> tuple[Hypothesis, ...]:
        """Weights and features are real."""
        return (
            Declared(d, COUNT),
            Declared(w[k, j], REAL, (CLASSES, FEATURES)),
            Declared(x[i, j], REAL, (OBSERVATIONS, FEATURES)),
        )


@dataclass(frozen=True)
class OpaqueScores:
    """Any network with ``K`` real outputs ``f_{theta,k}(x_i)``, one for each class."""

    @property
    def parameters(self) -> tuple[Expr, ...]:
        """The array of parameters."""
        return (theta,)

    def score(self, of: Expr, at: Expr = x[i]) -> Expr:
        """``f_{theta,k}(x_i)`` of a class and an input."""
        return Opaque(Head("f", 2), theta, of, at)

    @cached_property
    def hypotheses(self) -> tuple[Hypothesis, ...]:
        """Parameters and scores are real; the scores are smooth."""
        every = (OBSERVATIONS, CLASSES)
        return (
            Declared(d, COUNT),
            Declared(theta[j], REAL, (FEATURES,)),
            Declared(self.score(k), REAL, every),
            Smooth(self.score(k), theta, every),
        )


#: Predictors that give numbers, and those that give a number for each class.
Predictor = LinearPredictor | SigmoidNode | WrittenPredictor | OpaqueNetwork
Scores = LinearScores | OpaqueScores
