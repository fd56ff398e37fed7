"""A line fitted by least squares, in scalar notation.

``RSS(a, b) = sum_i (y_i - a - b x_i)^2`` is least at the slope "covariance over variance" and the
intercept that takes the line through the means: there its derivatives vanish (the normal equations),
and completing the square shows that every other line does worse, by a square.
"""

from __future__ import annotations

from sympy import Expr, IndexedBase, Symbol, Tuple

from lossproof.kernel.conditions import Declared, Hypothesis
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import NONNEGATIVE, POSITIVE, POSITIVE_COUNT, REAL
from lossproof.models import OBSERVATIONS, i, n, x, y
from lossproof.notation.inert import ONE, TWO, ZERO, add, derivative, inverse, mul, neg, power, sub, total
from lossproof.notation.nodes import Definition, Head, Named
from lossproof.rulebook import calculus, sums
from lossproof.strategies.chain import Chain
from lossproof.strategies.entry import Entry

a, b = Symbol("a", real=True), Symbol("b", real=True)


def _over_observations(body: Expr) -> Expr:
    return total(body, i, ONE, n)


def _mean(array: IndexedBase) -> Expr:
    return mul(inverse(n), _over_observations(array[i]))


def _named(name: str, body: Expr) -> Named:
    return Definition(Head(name), Tuple(), body)()


X_MEAN, Y_MEAN = _named("xbar", _mean(x)), _named("ybar", _mean(y))
DX, DY = sub(x[i], X_MEAN), sub(y[i], Y_MEAN)
S_XX, S_XY = _named("S_xx", _over_observations(power(DX, TWO))), _named("S_xy", _over_observations(mul(DX, DY)))
SLOPE = _named("bhat", mul(S_XY, inverse(S_XX)))
INTERCEPT = _named("ahat", sub(Y_MEAN, mul(SLOPE, X_MEAN)))
VARIANCE, COVARIANCE = _named("Var_x", mul(inverse(n), S_XX)), _named("Cov_xy", mul(inverse(n), S_XY))


def residual(intercept: Expr, slope: Expr) -> Expr:
    """``y_i - a - b x_i``."""
    return add(y[i], neg(intercept), neg(mul(slope, x[i])))


RSS = Definition(Head("RSS"), Tuple(a, b), _over_observations(power(residual(a, b), TWO)))
RESIDUAL = Definition(Head("rhat", 1), Tuple(i), residual(INTERCEPT, SLOPE))
FITTED = RESIDUAL(i)
LEAST = RSS(INTERCEPT, SLOPE)

#: How far the fitted line lies above another one: ``(a_hat - a) + (b_hat - b) x_i``.
SHIFT, TURN = sub(INTERCEPT, a), sub(SLOPE, b)
GAP = add(SHIFT, mul(TURN, x[i]))

#: There is an observation.
DATA: tuple[Hypothesis, ...] = (
    Declared(n, POSITIVE_COUNT),
    Declared(x[i], REAL, (OBSERVATIONS,)),
    Declared(y[i], REAL, (OBSERVATIONS,)),
    Declared(a, REAL),
    Declared(b, REAL),
)
#: And the inputs are not all equal.
HYPOTHESES: tuple[Hypothesis, ...] = (*DATA, Declared(S_XX, POSITIVE))


def _chain(what: str, start: Expr, title: str, *, fitted: bool = True) -> Chain:
    hypotheses = HYPOTHESES if fitted else DATA
    return Chain(f"simple-linear-regression{what}", hypotheses, (), start, f"Simple linear regression: {title}")


def _terms(chain: Chain, *terms: Expr) -> Chain:
    """Write the body of the sum as these terms, sum them one by one, and take constants out in front."""
    chain.algebra(add(*terms), at=lambda e: e is chain.here.args[0])
    return chain.rewrite(sums.SUM_OF_TERMS).exhaust(sums.CONSTANT_FACTOR_OUT_OF_SUM)


# ------------------------------------------------------------------ the normal equations


def deviations(array: IndexedBase, mean: Named) -> Derivation:
    """``sum_i (x_i - x_bar) = 0``."""
    name = array.label.name
    title = f"deviations of {name} from their mean sum to 0"
    chain = _chain(f"-deviations-{name}", _over_observations(sub(array[i], mean)), title, fitted=False)
    chain.rewrite(sums.SUM_OF_TERMS).rewrite(sums.SUM_OF_CONSTANT).unfold(mean.definition)
    return chain.algebra(ZERO).done()


def x_deviations() -> Derivation:
    """``sum_i (x_i - x_bar) = 0``."""
    return deviations(x, X_MEAN)


def y_deviations() -> Derivation:
    """``sum_i (y_i - y_bar) = 0``."""
    return deviations(y, Y_MEAN)


def intercept_equation() -> Derivation:
    """``sum_i r_hat_i = 0`` for ``r_hat_i = y_i - a_hat - b_hat x_i``: the residuals sum to 0."""
    chain = _chain("-intercept", _over_observations(FITTED), "the residuals sum to 0")
    chain.unfold(RESIDUAL).unfold(INTERCEPT.definition)
    _terms(chain, DY, neg(mul(SLOPE, DX)))
    return chain.cite(x_deviations()).cite(y_deviations()).algebra(ZERO).done()


def slope_equation() -> Derivation:
    """``sum_i r_hat_i x_i = 0``: the residuals are orthogonal to the inputs."""
    chain = _chain("-slope", _over_observations(mul(FITTED, x[i])), "the residuals are orthogonal to the inputs")
    chain.unfold(RESIDUAL).unfold(INTERCEPT.definition)
    across = neg(mul(mul(SLOPE, X_MEAN), DX))
    _terms(chain, mul(DX, DY), neg(mul(SLOPE, power(DX, TWO))), mul(X_MEAN, DY), across)
    chain.fold(S_XY).fold(S_XX).cite(x_deviations()).cite(y_deviations())
    chain.algebra(sub(S_XY, mul(SLOPE, S_XX))).unfold(SLOPE.definition)
    return chain.algebra(ZERO).done()


def covariance_over_variance() -> Derivation:
    """``b_hat = Cov_xy / Var_x``."""
    chain = _chain("-covariance", SLOPE, "the slope is covariance over variance").unfold(SLOPE.definition)
    chain.algebra(mul(mul(inverse(n), S_XY), inverse(mul(inverse(n), S_XX))))
    return chain.fold(COVARIANCE).fold(VARIANCE).done()


# ------------------------------------------------------------------ the derivatives


def intercept_derivative() -> Derivation:
    """``dRSS(a, b) / da = -2 sum_i (y_i - a - b x_i)``."""
    chain = _of_squares("intercept", a).exhaust(calculus.DERIVATIVE_OF_MULTIPLE)
    chain.rewrite(calculus.DERIVATIVE_OF_CONSTANT, c=y[i]).rewrite(calculus.DERIVATIVE_OF_CONSTANT, c=x[i])
    chain.rewrite(calculus.DERIVATIVE_OF_VARIABLE)
    return _minus_twice(chain, residual(a, b)).done()


def slope_derivative() -> Derivation:
    """``dRSS(a, b) / db = -2 sum_i (y_i - a - b x_i) x_i``."""
    chain = _of_squares("slope", b).rewrite(calculus.DERIVATIVE_OF_MULTIPLE)
    chain.rewrite(calculus.DERIVATIVE_OF_LINEAR_TERM)
    chain.rewrite(calculus.DERIVATIVE_OF_CONSTANT, c=y[i]).rewrite(calculus.DERIVATIVE_OF_CONSTANT, c=a)
    chain.rewrite(calculus.DERIVATIVE_OF_VARIABLE)
    return _minus_twice(chain, mul(residual(a, b), x[i])).done()


def _of_squares(what: str, variable: Symbol) -> Chain:
    title = f"derivative of the sum of squares in the {what}"
    chain = _chain(f"-{what}-derivative", derivative(RSS(a, b), variable), title, fitted=False)
    chain.unfold(RSS).rewrite(calculus.DERIVATIVE_OF_SUM).rewrite(calculus.DERIVATIVE_OF_SQUARE)
    return chain.rewrite(calculus.DERIVATIVE_OF_TERMS)


def _minus_twice(chain: Chain, body: Expr) -> Chain:
    chain.algebra(neg(mul(TWO, body)), at=lambda e: e is chain.here.args[0])
    return chain.exhaust(sums.CONSTANT_FACTOR_OUT_OF_SUM)


# ------------------------------------------------------------------ the minimum


def decomposition() -> Derivation:
    """``RSS(a, b) = RSS(a_hat, b_hat) + sum_i ((a_hat - a) + (b_hat - b) x_i)^2``."""
    chain = _chain("", RSS(a, b), "every line does worse than the fitted one by a sum of squares").unfold(RSS)
    chain.algebra(add(RESIDUAL.body, GAP), at=lambda e: e == residual(a, b)).fold(RESIDUAL)
    along, across = mul(mul(TWO, SHIFT), FITTED), mul(mul(TWO, TURN), mul(FITTED, x[i]))
    _terms(chain, power(FITTED, TWO), power(GAP, TWO), along, across)
    chain.cite(intercept_equation()).cite(slope_equation()).unfold(RESIDUAL).fold(LEAST)
    return chain.algebra(add(LEAST, _over_observations(power(GAP, TWO)))).done()


def minimum() -> Derivation:
    """``RSS(a, b) - RSS(a_hat, b_hat) = sum_i ((a_hat - a) + (b_hat - b) x_i)^2 >= 0``."""
    chain = _chain("-minimum", sub(RSS(a, b), LEAST), "the fitted line is the best")
    chain.cite(decomposition()).algebra(_over_observations(power(GAP, TWO)))
    return chain.done(claim=NONNEGATIVE)


def excess() -> Derivation:
    """``RSS(a, b) - RSS(a_hat, b_hat) = n ((a_hat - a) + (b_hat - b) x_bar)^2 + S_xx (b_hat - b)^2``.

    As ``n`` and ``S_xx`` are positive, this is 0 for the fitted line only.
    """
    at_mean = add(SHIFT, mul(TURN, X_MEAN))
    chain = _chain("-excess", sub(RSS(a, b), LEAST), "how much worse another line does").cite(minimum())
    _terms(chain, power(at_mean, TWO), mul(mul(mul(TWO, TURN), at_mean), DX), mul(power(TURN, TWO), power(DX, TWO)))
    chain.fold(S_XX).cite(x_deviations()).rewrite(sums.SUM_OF_CONSTANT)
    return chain.algebra(add(mul(n, power(at_mean, TWO)), mul(S_XX, power(TURN, TWO)))).done(claim=NONNEGATIVE)


FAMILY = "Simple linear regression: the best line"
ENTRIES = (
    Entry("simple-linear-regression", decomposition),
    Entry("simple-linear-regression-minimum", minimum),
    Entry("simple-linear-regression-excess", excess),
    Entry("simple-linear-regression-intercept", intercept_equation),
    Entry("simple-linear-regression-slope", slope_equation),
    Entry("simple-linear-regression-intercept-derivative", intercept_derivative),
    Entry("simple-linear-regression-slope-derivative", slope_derivative),
    Entry("simple-linear-regression-covariance", covariance_over_variance),
    Entry("simple-linear-regression-deviations-x", x_deviations),
    Entry("simple-linear-regression-deviations-y", y_deviations),
)
