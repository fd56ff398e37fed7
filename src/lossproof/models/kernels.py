"""Latent values with a Gaussian process prior, and the margin of a support vector machine.

``f`` is the column of the latent values of the ``n`` observations, ``K`` the matrix of the kernel: the
covariances of the latent values before the data are seen.  With ``f = X w`` and independent standard
normal weights it is ``X X^T``.
"""

from __future__ import annotations

from sympy import Expr, IndexedBase, KroneckerDelta, Symbol, Tuple, pi

from lossproof.kernel.conditions import Assumed, Declared, DeclaredMatrix, Hypothesis, Property, Range, Ranged
from lossproof.kernel.domains import COUNT, POSITIVE, REAL, SIGNS
from lossproof.losses import HINGE, sigma
from lossproof.models.linear import X
from lossproof.models.multivariate import HALF
from lossproof.models.multivariate import density as normal_density
from lossproof.models.symbols import FEATURES, OBSERVATIONS, Y, b, d, i, j, n
from lossproof.models.symbols import w as weights
from lossproof.models.symbols import x as inputs
from lossproof.models.symbols import y as observations
from lossproof.notation.inert import ONE, TWO, add, build, exp, inverse, mul, neg, power, product, sub, total
from lossproof.notation.matrices import (
    Column,
    Component,
    IdentityMatrix,
    Inverse,
    Matrix,
    MatrixProduct,
    MatrixSum,
    MatrixTerm,
    NamedMatrix,
    ScalarMultiple,
    Transpose,
    column,
    quadratic,
)
from lossproof.notation.nodes import Definition, Density, Head, Named

#: The latent values ``f_i``, and the coefficients ``a_i`` of a combination of kernel functions.
values, coefficients = IndexedBase("f", real=True), IndexedBase("a", real=True)
f, a = column(values, n), column(coefficients, n)
#: The ``n x n`` matrix of the kernel, ``k_ij = k(x_i, x_j)``.
K = Matrix(Head("K"), IndexedBase("k", real=True), n, n)
KERNEL = DeclaredMatrix(K, Property.POSITIVE_DEFINITE)
SEMIDEFINITE = DeclaredMatrix(K, Property.POSITIVE_SEMIDEFINITE)
#: The rows of X are linearly independent, so that ``X X^T`` is invertible.
FULL_ROW_RANK = DeclaredMatrix(X, Property.FULL_ROW_RANK)
#: The kernel of a linear function of the inputs, ``X X^T``.
LINEAR_KERNEL = MatrixProduct(X, Transpose(X))

COUNTED = Declared(n, COUNT)
OBSERVED = Declared(observations[i], REAL, (OBSERVATIONS,))
LATENT = Declared(values[i], REAL, (OBSERVATIONS,))
WEIGHTED = Declared(coefficients[i], REAL, (OBSERVATIONS,))
#: A linear function of real inputs.
LINEAR: tuple[Hypothesis, ...] = (
    COUNTED,
    Declared(d, COUNT),
    Declared(inputs[i, j], REAL, (OBSERVATIONS, FEATURES)),
    Declared(weights[j], REAL, (FEATURES,)),
)

# ------------------------------------------------------------------ the support vector machine

#: How much the margins count.
C = Symbol("C", positive=True)
#: Labels are -1 or 1; the intercept is any number.
MARGINS: tuple[Hypothesis, ...] = (
    Declared(observations[i], SIGNS, (OBSERVATIONS,)),
    Declared(C, POSITIVE),
    Declared(b, REAL),
)


def hinge_at(latent: MatrixTerm) -> Named:
    """``l((v)_i + b, y_i)``: the hinge loss at the i-th latent value, with an intercept."""
    value = latent.entry(i) if isinstance(latent, Column) else Component(latent, i)
    return HINGE(add(value, b), observations[i])


def pseudo_likelihood(latent: MatrixTerm, *parameters: Expr) -> Named:
    """``Q := prod_i exp(-C l(f_i + b, y_i))``: a product of factors, which are no probabilities.

    The two factors of an observation, for ``y_i = 1`` and ``y_i = -1``, do not add up to a number that is the
    same for every latent value, whatever they are multiplied by.
    """
    body = product(exp(neg(mul(C, hinge_at(latent)))), i, ONE, n)
    return Definition(Head("Q"), Tuple(*parameters), body)(*parameters)


def standard_normal_weights() -> Named:
    """``rho(w) := prod_j (2 pi)^(-1/2) exp(-w_j^2 / 2)``."""
    normal = power(mul(TWO, pi), neg(HALF))
    body = product(mul(normal, exp(neg(mul(HALF, power(weights[j], TWO))))), j, ONE, d)
    return Definition(Head("rho"), Tuple(weights), body)(weights)


# ------------------------------------------------------------------ Gaussian processes


def process_density() -> Named:
    """``rho(f) := (2 pi)^(-n/2) |K|^(-1/2) exp(-1/2 f^T K^(-1) f)`` (Rasmussen and Williams 2006, eq. 2.29)."""
    return Definition(Head("rho"), Tuple(values), normal_density(K, quadratic(f, Inverse(K))))(values)


_latent, _evidence = IndexedBase("F", real=True), Symbol("Z", positive=True)


def noise_density() -> Expr:
    """``(2 pi sigma^2)^(-1/2) exp(-(y_i - f_i)^2 / (2 sigma^2))``."""
    variance = power(sigma, TWO)
    squared = power(sub(observations[i], values[i]), TWO)
    return mul(power(mul(TWO, pi, variance), neg(HALF)), exp(neg(mul(squared, inverse(mul(TWO, variance))))))


def regression_likelihood() -> Named:
    """``L(f)``: the product of the densities of the observations."""
    return Definition(Head("L"), Tuple(values), product(noise_density(), i, ONE, n))(values)


#: ``p[F = f | Y = y]``, the density of the latent values given the observations.
POSTERIOR = Density(_latent, values, Y, observations, Tuple(values))
_JOINT = Density(Y, observations, _latent, values, Tuple(values))
_EACH = Density(Y[i], observations[i], _latent[i], values[i], Tuple(values))
BAYES, INDEPENDENCE, NOISE = "Bayes' rule, Gaussian process prior", "conditional independence", "Gaussian noise"

#: Gaussian process regression with noise of a known variance (Rasmussen and Williams 2006, section 2.2).
REGRESSION: tuple[Hypothesis, ...] = (
    COUNTED,
    OBSERVED,
    LATENT,
    Declared(sigma, POSITIVE),
    KERNEL,
    Declared(_evidence, POSITIVE),
    Assumed(BAYES, POSTERIOR, mul(inverse(_evidence), mul(_JOINT, process_density()))),
    Assumed(INDEPENDENCE, _JOINT, product(_EACH, i, ONE, n)),
    Assumed(NOISE, _EACH, noise_density(), (OBSERVATIONS,)),
)

# ------------------------------------------------------------------ moments of the weights and the latent values

#: ``m_jk = E[w_j w_k]`` of random weights with mean 0, and ``c_il = E[f_i f_l]`` of the latent values ``f = X w``.
moments, covariances = IndexedBase("m", real=True), IndexedBase("c", real=True)
l_, k_ = Symbol("l", integer=True), Symbol("k", integer=True)
OTHERS, OTHER_FEATURES = Range(l_, ONE, n), Range(k_, ONE, d)
LINEARITY, INDEPENDENT = "linearity of the expectation", "independent weights with mean 0 and variance 1"
_DOUBLE = mul(mul(inputs[i, j], inputs[l_, k_]), moments[j, k_])

#: ``E[f_i f_l] = sum_j sum_k x_ij x_lk E[w_j w_k]``, and ``E[w_j w_k]`` is 1 if ``j = k``, else 0.
SECOND_MOMENTS: tuple[Hypothesis, ...] = (
    *LINEAR[:3],
    Declared(moments[j, k_], REAL, (FEATURES, OTHER_FEATURES)),
    Declared(covariances[i, l_], REAL, (OBSERVATIONS, OTHERS)),
    Ranged(OBSERVATIONS),
    Ranged(OTHERS),
    Assumed(
        LINEARITY,
        covariances[i, l_],
        total(total(_DOUBLE, k_, ONE, d), j, ONE, d),
        (OBSERVATIONS, OTHERS),
    ),
    Assumed(INDEPENDENT, moments[j, k_], build(KroneckerDelta, (k_, j)), (FEATURES, OTHER_FEATURES)),
)

# ------------------------------------------------------------------ kernel ridge regression

#: How much the penalty counts.
lambda_ = Symbol("lambda", positive=True)


def regularised(amount: Expr) -> MatrixTerm:
    """``K + c I_n``."""
    return MatrixSum(K, ScalarMultiple(amount, IdentityMatrix(n)))


def dual_coefficients(amount: Expr) -> NamedMatrix:
    """``a_hat := (K + c I_n)^(-1) y`` (Saunders, Gammerman and Vovk 1998, section 2)."""
    return Definition(Head("ahat"), Tuple(), MatrixProduct(Inverse(regularised(amount)), column(observations, n)))()
