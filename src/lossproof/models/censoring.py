"""Right-censored observations: of some only that they exceed a value is known.

``u_i = 1`` says that ``Y_i = y_i`` was observed, ``u_i = 0`` that ``Y_i > y_i`` is all that is known.  The
likelihood has a factor of a different kind for each: a density, or a probability to survive
(Klein and Moeschberger 2003, Survival Analysis, eq. 3.5.1; censoring does not depend on ``Y_i`` given ``x_i``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sympy import Expr, Tuple

from lossproof.kernel.conditions import Assumed, Declared, Hypothesis
from lossproof.kernel.domains import BINARY, Domain
from lossproof.losses import CENSORED_EXPONENTIAL, CENSORED_WEIBULL, alpha
from lossproof.models.distributions import EXPONENTIAL, WEIBULL
from lossproof.models.noise import Noise, NoiseModel, outputs_of
from lossproof.models.predictors import Predictor, Scores
from lossproof.models.symbols import EVENTS, OBSERVATIONS, i, n, y
from lossproof.notation.inert import ONE, ZERO, add, equation, exp, inverse, log, mul, neg, power, sub
from lossproof.notation.nodes import Chance, Definition, Density, Named, ProductOver, Survival


@dataclass(frozen=True)
class Censored(NoiseModel):
    """A distribution of ``Y_i`` of which some observations are right-censored.

    Attributes:
        noise: the distribution, by its density.
        survival: ``(prediction, value) -> P[Y_i > value]``, inert.
        loss: the pointwise loss ``(prediction, y_i, u_i) -> l``.
        slope: ``(prediction, y_i, u_i) -> dl / d prediction``.
        constant: what is added to the loss and does not depend on the prediction.
        events: where the indicators ``u_i`` lie; they may be declared otherwise, to see what fails.
    """

    noise: Noise
    survival: Callable[[Expr, Expr], Expr]
    loss: Definition
    slope: Callable[[Expr, Expr, Expr], Expr]
    constant: Expr = ZERO
    events: Domain = BINARY
    kind: type[Chance] = Density
    scale: Expr = ONE
    survival_name: str = "survival function"

    @property
    def name(self) -> str:  # type: ignore[override]
        """Of the assumption about the density."""
        return self.noise.name

    def _prediction(self, predictor: Predictor | Scores) -> Expr:
        return outputs_of(predictor, self.name)[0]

    def factor(self, predictor: Predictor | Scores) -> Expr:
        """``p(y_i)^{u_i} S(y_i)^{1 - u_i}``."""
        survived = self.survival(self._prediction(predictor), y[i])
        return mul(power(self.noise.factor(predictor), EVENTS[i]), power(survived, sub(ONE, EVENTS[i])))

    def joint(self, marginal: Callable[[Expr], Chance]) -> Expr:
        """The densities of what was observed times the probabilities that the others exceed their values."""
        observed = marginal(y[i])
        over = Tuple(i, ONE, n)
        return mul(
            ProductOver(observed, over, equation(EVENTS[i], ONE)),
            ProductOver(Survival(*observed.args), over, equation(EVENTS[i], ZERO)),
        )

    def pointwise(self, predictor: Predictor | Scores) -> Named:
        """``l(f_w(x_i), y_i, u_i)``."""
        return self.loss(self._prediction(predictor), y[i], EVENTS[i])

    def slopes(self, predictor: Predictor | Scores) -> tuple[Expr, ...]:
        """``dl / d prediction`` at ``x_i, y_i, u_i``."""
        return (self.slope(self._prediction(predictor), y[i], EVENTS[i]),)

    def hypotheses(self, marginal: Callable[[Expr], Chance], predictor: Predictor | Scores) -> tuple[Hypothesis, ...]:
        """The indicators, what is declared of the noise, and both kinds of factor."""
        survived = self.survival(self._prediction(predictor), y[i])
        return (
            Declared(EVENTS[i], self.events, (OBSERVATIONS,)),
            *self.noise.hypotheses(marginal, predictor),
            Assumed(self.survival_name, Survival(*marginal(y[i]).args), survived, (OBSERVATIONS,)),
        )


CENSORED_EXPONENTIAL_NOISE = Censored(
    EXPONENTIAL,
    lambda f, v: exp(neg(mul(v, inverse(exp(f))))),
    CENSORED_EXPONENTIAL,
    lambda f, v, u: sub(u, mul(v, exp(neg(f)))),
)
CENSORED_WEIBULL_NOISE = Censored(
    WEIBULL,
    lambda f, v: exp(neg(power(mul(v, inverse(exp(f))), alpha))),
    CENSORED_WEIBULL,
    lambda f, v, u: mul(alpha, sub(u, power(mul(v, exp(neg(f))), alpha))),
    constant=neg(mul(EVENTS[i], add(log(alpha), mul(sub(alpha, ONE), log(y[i]))))),
)
