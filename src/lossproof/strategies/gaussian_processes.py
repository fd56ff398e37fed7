"""Gaussian process regression and kernel ridge regression: the posterior mean is the minimiser.

Each function reads as the argument does.  Here the loss is the squared error, which is a negative
log-likelihood; all else is as in `lossproof.strategies.support_vectors`.  As for least squares the minimum
is not found by setting a gradient to zero alone: completing the square shows that nothing does better.
"""

from __future__ import annotations

from collections.abc import Callable

from sympy import Basic, Expr, IndexedBase, pi

from lossproof.kernel.conditions import Declared, DeclaredMatrix, Hypothesis, Property
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import NONNEGATIVE, POSITIVE, REAL
from lossproof.losses import sigma
from lossproof.models import OBSERVATIONS, i, n
from lossproof.models import y as observations
from lossproof.models.kernels import (
    BAYES,
    COUNTED,
    INDEPENDENCE,
    KERNEL,
    LATENT,
    NOISE,
    OBSERVED,
    POSTERIOR,
    REGRESSION,
    SEMIDEFINITE,
    WEIGHTED,
    K,
    a,
    coefficients,
    dual_coefficients,
    f,
    lambda_,
    process_density,
    regression_likelihood,
    regularised,
    values,
)
from lossproof.models.linear import y
from lossproof.models.multivariate import HALF
from lossproof.notation.inert import MINUS_ONE, TWO, add, inverse, log, mul, neg, power, sub
from lossproof.notation.matrices import (
    Form,
    Gradient,
    IdentityMatrix,
    Inverse,
    MatrixProduct,
    MatrixSum,
    MatrixTerm,
    ScalarMultiple,
    SquaredNorm,
    Transpose,
    column,
    minus,
    quadratic,
)
from lossproof.rulebook import logarithms, matrices, optima, sums
from lossproof.strategies.chain import Chain
from lossproof.strategies.entry import Entry
from lossproof.strategies.matrices import differentiated
from lossproof.strategies.support_vectors import prior_of_latent_values

T, Product = Transpose, MatrixProduct
VARIANCE = power(sigma, TWO)
PRECISION = Inverse(K)
#: What is known when both are regressed: the kernel is positive definite, the noise has a variance.
GIVEN: tuple[Hypothesis, ...] = (COUNTED, OBSERVED, LATENT, Declared(sigma, POSITIVE), KERNEL)
RIDGE: tuple[Hypothesis, ...] = (COUNTED, OBSERVED, WEIGHTED, Declared(lambda_, POSITIVE), SEMIDEFINITE)


def _is(part: Basic) -> Callable[[Basic], bool]:
    return lambda e: bool(e == part)


# ------------------------------------------------------------------ the latent values


def penalised_squares(latent: MatrixTerm = f) -> Expr:
    """``||y - v||^2 + sigma^2 v^T K^(-1) v``."""
    return add(SquaredNorm(minus(y, latent)), mul(VARIANCE, quadratic(latent, PRECISION)))


def posterior() -> Derivation:
    """The most probable latent values minimise ``||y - f||^2 + sigma^2 f^T K^(-1) f``."""
    title = "Gaussian process regression: maximum a posteriori is minimum penalised loss"
    likelihood, rho = regression_likelihood(), process_density()
    chain = Chain("gaussian-process-regression", REGRESSION, (values,), POSTERIOR, title)
    chain.assume(BAYES).assume(INDEPENDENCE).assume(NOISE).fold(likelihood)
    chain.at_root(optima.DROP_POSITIVE_FACTOR).at_root(optima.NEGATIVE_LOGARITHM).rewrite(logarithms.LOG_OF_FACTORS)
    chain.algebra(add(neg(log(likelihood)), neg(log(rho))))
    chain.cite(squared_errors()).cite(prior_of_latent_values(values))
    (of_noise, errors), (of_process, penalty) = (part.args for part in chain.here.args)
    chain.algebra(add(add(of_noise, of_process), add(errors, penalty))).at_root(optima.DROP_CONSTANT_TERM)
    scale, squares = errors.args
    weighted = mul(VARIANCE, quadratic(f, PRECISION))
    chain.algebra(mul(scale, add(squares, weighted))).at_root(optima.DROP_POSITIVE_FACTOR)
    return chain.entry_by_entry(SquaredNorm(minus(y, f)), at=_is(squares)).done()


def squared_errors() -> Derivation:
    """``-log L(f) = n/2 log(2 pi sigma^2) + 1/(2 sigma^2) sum_i (y_i - f_i)^2``."""
    title = "Gaussian noise: minus the logarithm of the likelihood of the latent values"
    named = regression_likelihood()
    chain = Chain("gaussian-process-likelihood", GIVEN, (values,), neg(log(named)), title)
    chain.unfold(named.definition).rewrite(logarithms.LOG_OF_PRODUCT)
    chain.rewrite(logarithms.LOG_OF_FACTORS).rewrite(logarithms.LOG_OF_POWER).rewrite(logarithms.LOG_OF_EXP)
    chain.rewrite(sums.MINUS_INTO_SUM)
    constant, square = log(mul(TWO, pi, VARIANCE)), power(sub(observations[i], values[i]), TWO)
    scale = inverse(mul(TWO, VARIANCE))
    chain.algebra(add(mul(HALF, constant), mul(scale, square)), at=_is(chain.here.args[0]))
    chain.rewrite(sums.SUM_OF_TERMS)
    chain.rewrite(sums.SUM_OF_CONSTANT, at=_is(chain.here.args[0]))
    chain.algebra(mul(mul(n, HALF), constant), at=_is(chain.here.args[0]))
    return chain.rewrite(sums.CONSTANT_FACTOR_OUT_OF_SUM).done()


def gradient() -> Derivation:
    """``nabla_f [||y - f||^2 + sigma^2 f^T K^(-1) f] = 2 (f - y + sigma^2 K^(-1) f)``."""
    title = "Gaussian process regression: the gradient of the penalised loss"
    loss = penalised_squares()
    chain = Chain("gaussian-process-gradient", GIVEN, (values,), Gradient(loss, f), title)
    bend = MatrixSum(IdentityMatrix(n), ScalarMultiple(VARIANCE, PRECISION))
    linear = Form(Product(T(f), y))
    chain.matrix_algebra(add(SquaredNorm(y), sub(quadratic(f, bend), mul(TWO, linear))), at=_is(loss))
    differentiated(chain)
    step = MatrixSum(f, ScalarMultiple(MINUS_ONE, y), ScalarMultiple(VARIANCE, Product(PRECISION, f)))
    return chain.matrix_algebra(ScalarMultiple(TWO, step)).done()


def _solved(amount: Expr, name: str, given: tuple[Hypothesis, ...], over: IndexedBase, title: str) -> Derivation:
    """``(K + c I) a_hat = y`` for ``a_hat := (K + c I)^(-1) y``."""
    dual = dual_coefficients(amount)
    chain = Chain(name, given, (over,), Product(regularised(amount), dual), title)
    return chain.unfold(dual.definition).rewrite(matrices.TIMES_INVERSE).done()


def dual_of_process() -> Derivation:
    """``(K + sigma^2 I) a_hat = y``: the coefficients of the posterior mean ``K a_hat``."""
    title = "Gaussian process regression: the coefficients of the posterior mean"
    return _solved(VARIANCE, "gaussian-process-coefficients", GIVEN, values, title)


def stationary() -> Derivation:
    """``f_hat - y + sigma^2 K^(-1) f_hat = 0`` in the form ``y`` for ``f_hat = K a_hat``, the posterior mean."""
    title = "Gaussian process regression: at the posterior mean the gradient is zero"
    mean = Product(K, dual_coefficients(VARIANCE))
    start = MatrixSum(mean, ScalarMultiple(VARIANCE, Product(PRECISION, mean)))
    chain = Chain("gaussian-process-mean", GIVEN, (values,), start, title)
    chain.matrix_algebra(Product(regularised(VARIANCE), dual_coefficients(VARIANCE)))
    return chain.cite(dual_of_process()).done()


def minimum() -> Derivation:
    """The loss at ``f`` less that at ``f_hat = K (K + sigma^2 I)^(-1) y`` is a sum of squares: nothing does better."""
    title = "Gaussian process regression: completing the square, so the posterior mean is the minimiser"
    dual = dual_coefficients(VARIANCE)
    mean = Product(K, dual)
    away = minus(f, mean)
    start = sub(penalised_squares(), penalised_squares(mean))
    chain = Chain("gaussian-process-minimum", GIVEN, (values,), start, title)
    squares = add(SquaredNorm(away), mul(VARIANCE, quadratic(away, PRECISION)))
    cross = Form(Product(T(away), minus(Product(regularised(VARIANCE), dual), y)))
    chain.matrix_algebra(add(mul(TWO, cross), squares)).cite(dual_of_process())
    return chain.matrix_algebra(squares).done(claim=NONNEGATIVE)


direction = column(IndexedBase("v", real=True), n)


def strict() -> Derivation:
    """``v^T (2 I + 2 sigma^2 K^(-1)) v > 0`` for every ``v`` that is not zero: there is one minimiser only."""
    title = "Gaussian process regression: the second-order condition, strictly"
    known = (Declared(direction.array[i], REAL, (OBSERVATIONS,)), DeclaredMatrix(direction, Property.NONZERO))
    bend = MatrixSum(IdentityMatrix(n), ScalarMultiple(VARIANCE, PRECISION))
    start = quadratic(direction, ScalarMultiple(TWO, bend))
    chain = Chain("gaussian-process-strict", (*GIVEN, *known), (), start, title)
    squares = add(SquaredNorm(direction), mul(VARIANCE, quadratic(direction, PRECISION)))
    return chain.matrix_algebra(mul(TWO, squares)).done(claim=POSITIVE)


# ------------------------------------------------------------------ the coefficients


def ridge(weights: MatrixTerm = a) -> Expr:
    """``||y - K a||^2 + lambda a^T K a``."""
    return add(SquaredNorm(minus(y, Product(K, weights))), mul(lambda_, quadratic(weights, K)))


def in_coefficients() -> Derivation:
    """With ``f = K a`` the penalised squares are those of kernel ridge regression, with ``lambda = sigma^2``."""
    title = "Gaussian process regression is kernel ridge regression"
    hypotheses = (COUNTED, OBSERVED, WEIGHTED, Declared(sigma, POSITIVE), KERNEL)
    latent = Product(K, a)
    penalty = quadratic(latent, PRECISION)
    chain = Chain("gaussian-process-kernel-ridge", hypotheses, (coefficients,), penalised_squares(latent), title)
    return chain.matrix_algebra(quadratic(a, K), at=_is(penalty)).done()


def ridge_gradient() -> Derivation:
    """``nabla_a [||y - K a||^2 + lambda a^T K a] = 2 K ((K + lambda I) a - y)``."""
    title = "Kernel ridge regression: the gradient"
    loss = ridge()
    chain = Chain("kernel-ridge-gradient", RIDGE, (coefficients,), Gradient(loss, a), title)
    bend = MatrixSum(Product(T(K), K), ScalarMultiple(lambda_, K))
    linear = Form(Product(T(a), Product(K, y)))
    chain.matrix_algebra(add(SquaredNorm(y), sub(quadratic(a, bend), mul(TWO, linear))), at=_is(loss))
    differentiated(chain)
    gap = minus(Product(regularised(lambda_), a), y)
    return chain.matrix_algebra(ScalarMultiple(TWO, Product(K, gap))).done()


def ridge_solution() -> Derivation:
    """``(K + lambda I) a_hat = y``: then the gradient is zero."""
    title = "Kernel ridge regression: the closed form solves its equations"
    return _solved(lambda_, "kernel-ridge", RIDGE, coefficients, title)


def ridge_minimum() -> Derivation:
    """The loss at ``a`` less that at ``a_hat`` is ``||K (a - a_hat)||^2 + lambda (a - a_hat)^T K (a - a_hat) >= 0``."""
    title = "Kernel ridge regression: completing the square, so the closed form is a minimiser"
    dual = dual_coefficients(lambda_)
    away = minus(a, dual)
    chain = Chain("kernel-ridge-minimum", RIDGE, (coefficients,), sub(ridge(), ridge(dual)), title)
    squares = add(SquaredNorm(Product(K, away)), mul(lambda_, quadratic(away, K)))
    cross = Form(Product(T(away), K, minus(Product(regularised(lambda_), dual), y)))
    chain.matrix_algebra(add(mul(TWO, cross), squares)).cite(ridge_solution())
    return chain.matrix_algebra(squares).done(claim=NONNEGATIVE)


_PROCESS, _RIDGE = "sklearn.gaussian_process.GaussianProcessRegressor", "sklearn.kernel_ridge.KernelRidge"

FAMILY = "Gaussian processes and kernel ridge regression"
ENTRIES = (
    Entry("gaussian-process-likelihood", squared_errors),
    Entry("gaussian-process-regression", posterior),
    Entry("gaussian-process-gradient", gradient),
    Entry("gaussian-process-coefficients", dual_of_process, (_PROCESS,)),
    Entry("gaussian-process-mean", stationary, (_PROCESS,)),
    Entry("gaussian-process-minimum", minimum),
    Entry("gaussian-process-strict", strict),
    Entry("gaussian-process-kernel-ridge", in_coefficients),
    Entry("kernel-ridge-gradient", ridge_gradient),
    Entry("kernel-ridge", ridge_solution, (_RIDGE,)),
    Entry("kernel-ridge-minimum", ridge_minimum),
)
