"""Normal noise in several dimensions: a known covariance matrix, and a mean that nobody looks into."""

from __future__ import annotations

from sympy import Expr, IndexedBase, Symbol, Tuple, pi

from lossproof.kernel.conditions import Declared, DeclaredMatrix, Hypothesis, Property, Range
from lossproof.kernel.domains import COUNT, REAL
from lossproof.models import OBSERVATIONS, d, i, j, linear, n, theta, x
from lossproof.models import w as weights
from lossproof.models import y as observations
from lossproof.notation.inert import ONE, TWO, exp, inverse, mul, neg, power, product
from lossproof.notation.matrices import (
    Determinant,
    Inverse,
    Matrix,
    MatrixTerm,
    OpaqueColumn,
    column,
    minus,
    quadratic,
)
from lossproof.notation.nodes import Definition, Head, Named

HALF = inverse(TWO)

#: The number of outputs; the observations are the columns ``y_i`` of the entries ``y_ij``.
k = Symbol("k", integer=True, nonnegative=True)
OUTPUTS = Range(j, ONE, k)
#: ``mu_theta(x_i)``, any column of k numbers, and the covariance matrix of one observation.
mean = OpaqueColumn(Head("mu", 1), k, theta, x[i])
Sigma = Matrix(Head("Sigma"), IndexedBase("s", real=True), k, k)

HYPOTHESES: tuple[Hypothesis, ...] = (
    Declared(n, COUNT),
    Declared(k, COUNT),
    Declared(d, COUNT),
    Declared(theta[j], REAL, (Range(j, ONE, d),)),
    Declared(observations[i, j], REAL, (OBSERVATIONS, OUTPUTS)),
    DeclaredMatrix(mean, Property.REAL, (OBSERVATIONS,)),
    DeclaredMatrix(Sigma, Property.POSITIVE_DEFINITE),
)


def distance(covariance: MatrixTerm, observation: MatrixTerm, expected: MatrixTerm) -> Expr:
    """The squared Mahalanobis distance ``(y - mu)^T Sigma^(-1) (y - mu)`` (Mahalanobis 1936)."""
    return quadratic(minus(observation, expected), Inverse(covariance))


def density(covariance: MatrixTerm, squared_distance: Expr) -> Expr:
    """``(2 pi)^(-k/2) |Sigma|^(-1/2) exp(-1/2 distance^2)`` (Bishop 2006, eq. 2.43)."""
    size = covariance.size[0]
    return mul(
        power(mul(TWO, pi), neg(mul(size, HALF))),
        power(Determinant(covariance), neg(HALF)),
        exp(neg(mul(HALF, squared_distance))),
    )


#: ``D_theta(x_i, y_i) := (y_i - mu_theta(x_i))^T Sigma^(-1) (y_i - mu_theta(x_i))``.
DISTANCE = Definition(
    Head("D", 1),
    Tuple(theta, x, observations),
    distance(Sigma, column(observations, k), OpaqueColumn(Head("mu", 1), k, theta, x)),
)(theta, x[i], observations[i])


def likelihood() -> Named:
    """``L(theta)``: the product of the densities of the observations."""
    return Definition(Head("L"), Tuple(theta), product(density(Sigma, DISTANCE), i, ONE, n))(theta)


#: ``(y - X w)^T Sigma^(-1) (y - X w)``, for one observation of ``n`` numbers.
WEIGHTED_SQUARES = quadratic(linear.residuals(), Inverse(linear.Sigma))


def correlated_likelihood() -> Named:
    """``L(w)``: the density of ``n`` numbers whose noise is correlated, with the mean ``X w``."""
    return Definition(Head("L"), Tuple(weights), density(linear.Sigma, WEIGHTED_SQUARES))(weights)
