"""A model: how the observations are distributed given the inputs, as a likelihood and hypotheses.

A `Model` puts a noise model (what is the distribution of ``Y_i``, given its parameter?) behind a
predictor (how does that parameter depend on the input ``x_i`` and the parameters ``w``?).  It says
what is assumed; it derives nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

from sympy import Expr, Indexed, IndexedBase, Symbol, Tuple

from lossproof.errors import LossproofError
from lossproof.kernel.conditions import Assumed, Declared, Hypothesis, Range, symbols_of
from lossproof.kernel.domains import COUNT, POSITIVE
from lossproof.models.noise import NoiseModel
from lossproof.models.predictors import LinearScores, OpaqueScores, Predictor, Scores
from lossproof.models.priors import Prior
from lossproof.models.symbols import CLASSES, FEATURES, X, Y, d, i, n, x, y
from lossproof.notation.inert import ONE, inverse, log, mul, neg, product, total
from lossproof.notation.nodes import Chance, Definition, Density, Head, Named, Opaque

N = TypeVar("N", bound=NoiseModel, covariant=True)


@dataclass(frozen=True, repr=False)
class Model(Generic[N]):
    """Observations that are independent given the inputs, with a noise model and a predictor.

    Attributes:
        name: the name of its derivation, lower case with hyphens.
        noise: the conditional distribution of ``Y_i`` given the predictor.
        predictor: how its parameter depends on ``x_i``.
        title: the model in words.
        estimated: parameters of the noise that are estimated as well, not known.

    Raises:
        LossproofError: if a part is not what it must be.
        prior: of the weights, if they have one.

    >>> from lossproof.models import LOGISTIC
    >>> from lossproof.notation.plain import written
    >>> written(LOGISTIC.loss.body)
    '∑_{i=1}^n ℓ(f_w(x_i), y_i)'
    """

    name: str
    noise: N
    predictor: Predictor | Scores
    title: str = ""
    estimated: tuple[Symbol, ...] = ()
    prior: Prior | None = None

    @property
    def heading(self) -> str:
        """The model in words, for titles."""
        return self.title or self.name

    def __post_init__(self) -> None:
        wanted = (
            ("name", self.name, str, "a string"),
            ("noise", self.noise, NoiseModel, "a noise model, such as lp.noise(lambda f: Normal('Y', f, sigma))"),
            ("predictor", self.predictor, Predictor | Scores, "a predictor, such as lp.LinearPredictor()"),
            ("prior", self.prior, Prior | None, "a prior, such as lp.GaussianPrior()"),
            ("estimated", self.estimated, tuple, "a tuple of symbols, such as (sigma,)"),
        )
        for what, value, kind, example in wanted:
            if not isinstance(value, kind):
                raise LossproofError(f"Model: {what} must be {example}, not {value!r:.60}")
        if not all(type(s) is Symbol for s in self.estimated):
            raise LossproofError("Model: estimated must be a tuple of symbols, such as (sigma,)")

    def __repr__(self) -> str:
        return f"<Model {self.name}: {self.noise.name}, {type(self.predictor).__name__}>"

    #: The number of observations and the number of features.
    n, d = n, d

    @property
    def parameters(self) -> tuple[Expr, ...]:
        """What the likelihood is maximised over."""
        return (*self.predictor.parameters, *self.estimated)

    @property
    def prediction(self) -> Expr:
        """``f_w(x_i)``.

        Raises:
            LossproofError: if the predictor gives a score for each class.
        """
        if isinstance(self.predictor, (LinearScores, OpaqueScores)):
            raise LossproofError(f"{type(self.predictor).__name__} gives a score for each class")
        return self.predictor.prediction

    @property
    def joint(self) -> Chance:
        """``P[Y = y | X = x]``, or the density ``p[Y = y | X = x]``."""
        return self.noise.kind(Y, y, X, x, Tuple(*self.parameters))

    def marginal(self, label: Expr) -> Chance:
        """``P[Y_i = label | X_i = x_i]``, or the density."""
        return self.noise.kind(Y[i], label, X[i], x[i], Tuple(*self.parameters))

    @cached_property
    def hypotheses(self) -> tuple[Hypothesis, ...]:
        """Everything the model declares and assumes."""
        of_noise = self.noise.hypotheses(self.marginal, self.predictor)
        return (
            Declared(n, COUNT),
            *self.predictor.hypotheses,
            *(h for h in of_noise if not isinstance(h, Assumed)),
            Assumed("conditional independence", self.joint, product(self.marginal(y[i]), i, ONE, n)),
            *(h for h in of_noise if isinstance(h, Assumed)),
            *(self._bayes() if self.prior is not None else ()),
        )

    def named(self, name: str, body: Expr) -> Named:
        """An expression as a function of the parameters, under a name."""
        return Definition(Head(name), Tuple(*self.parameters), body)(*self.parameters)

    @cached_property
    def likelihood(self) -> Named:
        """``L(w) := prod_i`` of the factor of each observation."""
        return self.named("L", product(self.noise.factor(self.predictor), i, ONE, n))

    @property
    def negative_log_likelihood(self) -> Expr:
        """``-log L(w)``."""
        return neg(log(self.likelihood))

    @property
    def pointwise_loss(self) -> Expr:
        """``l(f_w(x_i), y_i)``.

        Raises:
            LossproofError: if the noise model declares none; it is then found by the derivation.
        """
        found = self.noise.pointwise(self.predictor)
        if found is None:
            raise LossproofError(f"'{self.name}' declares no pointwise loss; derive it: the last line shows it")
        return found

    @cached_property
    def loss(self) -> Named:
        """``J(w) := sum_i l(f_w(x_i), y_i)``."""
        return self.named("J", total(self.pointwise_loss, i, ONE, n))

    # -------------------------------------------------------------- with a prior

    @property
    def weights(self) -> IndexedBase:
        """The array of parameters that a prior is about: an intercept and estimated scales are not in it."""
        array = self.predictor.parameters[-1]
        assert isinstance(array, IndexedBase)
        return array

    @property
    def over_weights(self) -> tuple[Range, ...]:
        """The indices of one weight with their ranges: the feature, after the class if each class has weights."""
        return (CLASSES, FEATURES) if isinstance(self.predictor, LinearScores) else (FEATURES,)

    @property
    def weight(self) -> Indexed:
        """One weight: ``w_j``, or ``w_kj``."""
        return self.weights[tuple(over.index for over in self.over_weights)]

    @cached_property
    def prior_density(self) -> Named:
        """``rho(w) := prod_j`` of the density of each weight, before the data are seen.

        Raises:
            LossproofError: if the model has no prior.
        """
        if self.prior is None:
            raise LossproofError(f"'{self.name}' has no prior; give one, such as GaussianPrior()")
        body = self.prior.density(self.weight)
        for over in reversed(self.over_weights):
            body = product(body, over.index, over.low, over.high)
        return Definition(Head("rho"), Tuple(self.weights), body)(self.weights)

    @property
    def posterior(self) -> Chance:
        """``p[W = w | Y = y]``: the density of the weights given the observations; the inputs are fixed."""
        name = str(self.weights)
        capital = name[0].upper() + name[1:]
        variable = IndexedBase(capital if capital != name else f"{name}_random", real=True)
        return Density(variable, self.weights, Y, y, Tuple(*self.parameters))

    @property
    def _others(self) -> tuple[Expr, ...]:
        return tuple(p for p in self.parameters if p != self.weights)

    @property
    def evidence(self) -> Expr:
        """``Z``: the density of the observations whatever the weights, a function of the other parameters."""
        return Opaque(Head("Z"), *self._others) if self._others else Symbol("Z", positive=True)

    def _bayes(self) -> tuple[Hypothesis, ...]:
        """The prior, the evidence, and Bayes' rule (Bishop 2006, eq. 1.43 and 1.44)."""
        assert self.prior is not None
        about = (*self.noise.hypotheses(self.marginal, self.predictor), *self.predictor.hypotheses)
        taken = {s.name for h in about for s in symbols_of(h)} - {p.name for p in self.estimated}
        if self.prior.spread.name in taken:
            raise LossproofError(
                f"'{self.prior.spread}' has a meaning in this model already; give the prior another letter: "
                f"{type(self.prior).__name__}(Symbol('s', positive=True))"
            )
        posterior = mul(inverse(self.evidence), mul(self.joint, self.prior_density))
        return (
            *self.prior.hypotheses,
            Declared(self.evidence, POSITIVE),
            Assumed(f"Bayes' rule, {self.prior.name}", self.posterior, posterior),
        )
