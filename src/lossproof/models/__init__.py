"""A model: how the observations are distributed given the inputs, as a likelihood and hypotheses.

A `Model` puts a noise model (what is the distribution of ``Y_i``, given its parameter?) behind a
predictor (how does that parameter depend on the input ``x_i`` and the parameters ``w``?).  It says
what is assumed; it derives nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from sympy import Expr, IndexedBase, Symbol, Tuple

from lossproof.kernel.conditions import Assumed, Declared, Hypothesis, Range, Smooth
from lossproof.kernel.domains import BINARY, COUNT, REAL, UNIT, Domain
from lossproof.losses import CROSS_ENTROPY
from lossproof.notation.inert import ONE, log, mul, neg, power, product, sub, total
from lossproof.notation.nodes import Definition, Head, Named, Opaque, Probability, Sigmoid

#: Number of observations, number of features, and the indices that run over them.
n, d = Symbol("n", integer=True, nonnegative=True), Symbol("d", integer=True, nonnegative=True)
i, j = Symbol("i", integer=True), Symbol("j", integer=True)
OBSERVATIONS, FEATURES = Range(i, ONE, n), Range(j, ONE, d)

#: Inputs ``x_i`` (rows) with features ``x_ij``, observations ``y_i``; random variables in capitals.
x, y = IndexedBase("x", real=True), IndexedBase("y", real=True)
X, Y = IndexedBase("X", real=True), IndexedBase("Y", real=True)

#: Parameters: weights of one node, and whatever an opaque network has.
w, theta = IndexedBase("w", real=True), IndexedBase("theta", real=True)


@dataclass(frozen=True)
class SigmoidNode:
    """One node without bias: ``f_w(x) = sigma(sum_{j=1}^d w_j x_j)``, symbolic in ``d``."""

    parameters: IndexedBase = w

    @property
    def definition(self) -> Definition:
        """``f_w(x)`` for any weights and any input."""
        return Definition(Head("f", 1), Tuple(w, x), Sigmoid(total(mul(w[j], x[j]), j, ONE, d)))

    @property
    def prediction(self) -> Named:
        """``f_w(x_i)``."""
        return self.definition(self.parameters, x[i])

    @property
    def hypotheses(self) -> tuple[Hypothesis, ...]:
        """Weights and features are real; there may be none of them."""
        return (
            Declared(d, COUNT),
            Declared(self.parameters[j], REAL, (FEATURES,)),
            Declared(x[i, j], REAL, (OBSERVATIONS, FEATURES)),
        )


@dataclass(frozen=True)
class OpaqueNetwork:
    """Any function ``f_theta(x_i)`` of which only the set of its values is known.

    Attributes:
        values: the set; for a probability, ``UNIT`` is the open interval (0, 1).
        parameters: the array of parameters; the function is differentiable in each.
    """

    values: Domain = UNIT
    parameters: IndexedBase = theta

    @property
    def prediction(self) -> Opaque:
        """``f_theta(x_i)``."""
        return Opaque(Head("f", 1), self.parameters, x[i])

    @property
    def hypotheses(self) -> tuple[Hypothesis, ...]:
        """Parameters are real; the values lie in the declared set; the function is smooth."""
        k = Range(j, ONE, d)
        return (
            Declared(d, COUNT),
            Declared(self.parameters[j], REAL, (k,)),
            Declared(self.prediction, self.values, (OBSERVATIONS,)),
            Smooth(self.prediction, self.parameters, (OBSERVATIONS,)),
        )


@dataclass(frozen=True)
class Bernoulli:
    """``P[Y_i = 1] = p_i`` and ``Y_i in {0, 1}``; the label set may be declared otherwise, to see what fails."""

    labels: Domain = BINARY
    loss: Definition = CROSS_ENTROPY

    def mass(self, p: Expr, label: Expr) -> Expr:
        """``p^y (1 - p)^(1 - y)`` (Bishop 2006, eq. 2.2)."""
        return mul(power(p, label), power(sub(ONE, p), sub(ONE, label)))


Predictor = SigmoidNode | OpaqueNetwork


@dataclass(frozen=True)
class Model:
    """Observations that are independent given the inputs, with a noise model and a predictor.

    Attributes:
        name: the name of its derivation, lower case with hyphens.
        noise: the conditional distribution of ``Y_i`` given the predictor.
        predictor: how its parameter depends on ``x_i``.
        title: the model in words.

    >>> from lossproof.notation.plain import written
    >>> written(Model("logistic", Bernoulli(), SigmoidNode()).loss.body)
    '∑_{i=1}^n ℓ(f_w(x_i), y_i)'
    """

    name: str
    noise: Bernoulli
    predictor: Predictor
    title: str = ""

    @property
    def heading(self) -> str:
        """The model in words, for titles."""
        return self.title or self.name

    #: The number of observations and the number of features.
    n, d = n, d

    @property
    def parameters(self) -> IndexedBase:
        """What the likelihood is maximised over."""
        return self.predictor.parameters

    @property
    def prediction(self) -> Expr:
        """``f_w(x_i)``."""
        return self.predictor.prediction

    @property
    def joint(self) -> Probability:
        """``P[Y = y | X = x]``."""
        return Probability(Y, y, X, x, Tuple(self.parameters))

    def marginal(self, label: Expr) -> Probability:
        """``P[Y_i = label | X_i = x_i]``."""
        return Probability(Y[i], label, X[i], x[i], Tuple(self.parameters))

    @property
    def hypotheses(self) -> tuple[Hypothesis, ...]:
        """Everything the model declares and assumes."""
        return (
            Declared(n, COUNT),
            *self.predictor.hypotheses,
            Declared(y[i], self.noise.labels, (OBSERVATIONS,)),
            Declared(Y[i], BINARY, (OBSERVATIONS,)),
            Assumed("conditional independence", self.joint, product(self.marginal(y[i]), i, ONE, n)),
            Assumed("model", self.marginal(ONE), self.prediction, (OBSERVATIONS,)),
        )

    @cached_property
    def likelihood(self) -> Named:
        """``L(w) := prod_i f_w(x_i)^y_i (1 - f_w(x_i))^(1 - y_i)``."""
        body = product(self.noise.mass(self.prediction, y[i]), i, ONE, n)
        return Definition(Head("L"), Tuple(self.parameters), body)(self.parameters)

    @property
    def negative_log_likelihood(self) -> Expr:
        """``-log L(w)``."""
        return neg(log(self.likelihood))

    @property
    def pointwise_loss(self) -> Named:
        """``l(f_w(x_i), y_i)``."""
        return self.noise.loss(self.prediction, y[i])

    @cached_property
    def loss(self) -> Named:
        """``J(w) := sum_i l(f_w(x_i), y_i)``."""
        body = total(self.pointwise_loss, i, ONE, n)
        return Definition(Head("J"), Tuple(self.parameters), body)(self.parameters)


LOGISTIC = Model("logistic", Bernoulli(), SigmoidNode(), "Logistic regression")
BERNOULLI = Model("bernoulli", Bernoulli(), OpaqueNetwork(), "Any network with values in (0, 1)")
