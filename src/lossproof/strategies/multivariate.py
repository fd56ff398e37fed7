"""The multivariate normal: maximum likelihood is the least squared Mahalanobis distance.

The likelihood is taken as a definition; from there the argument is the one of every noise model.
"""

from __future__ import annotations

from sympy import Expr, IndexedBase, pi

from lossproof.kernel.conditions import Declared, DeclaredMatrix, Hypothesis, Property
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import COUNT, REAL
from lossproof.models import j, linear, n, theta
from lossproof.models import w as weights
from lossproof.models.multivariate import (
    DISTANCE,
    HALF,
    HYPOTHESES,
    OUTPUTS,
    WEIGHTED_SQUARES,
    Sigma,
    correlated_likelihood,
    distance,
    k,
    likelihood,
)
from lossproof.notation.inert import TWO, add, log, mul, sub
from lossproof.notation.matrices import (
    Determinant,
    Form,
    Gradient,
    Inverse,
    MatrixTerm,
    ScalarMultiple,
    Transpose,
    column,
    minus,
    quadratic,
)
from lossproof.notation.matrices import MatrixProduct as Product
from lossproof.rulebook import logarithms, optima, sums
from lossproof.strategies.chain import Chain
from lossproof.strategies.entry import Entry
from lossproof.strategies.matrices import differentiated


def _normalisation(covariance: MatrixTerm) -> Expr:
    """``k log(2 pi) + log |Sigma|``: minus twice the logarithm of the constant of the density."""
    return add(mul(covariance.size[0], log(mul(TWO, pi))), log(Determinant(covariance)))


def _logarithm_of_density(chain: Chain) -> Chain:
    """``log`` of the three factors of the density, each by its law."""
    return chain.rewrite(logarithms.LOG_OF_FACTORS).rewrite(logarithms.LOG_OF_POWER).rewrite(logarithms.LOG_OF_EXP)


def negative_log_likelihood() -> Derivation:
    """``-log L = n/2 (k log(2 pi) + log |Sigma|) + 1/2 sum_i D_i``, with the same optima as ``sum_i D_i``."""
    title = "Multivariate normal noise: maximum likelihood is the least sum of squared Mahalanobis distances"
    name, constant = likelihood(), _normalisation(Sigma)
    chain = Chain("multivariate-normal", HYPOTHESES, (theta,), name, title)
    chain.at_root(optima.NEGATIVE_LOGARITHM).unfold(name.definition)
    chain.rewrite(logarithms.LOG_OF_PRODUCT)
    _logarithm_of_density(chain).rewrite(sums.MINUS_INTO_SUM)
    body = chain.here.args[0]
    chain.algebra(add(mul(HALF, constant), mul(HALF, DISTANCE)), at=lambda e: e is body)
    chain.rewrite(sums.SUM_OF_TERMS)
    constants, distances = chain.here.args
    chain.rewrite(sums.SUM_OF_CONSTANT, at=lambda e: e is constants)
    chain.rewrite(sums.CONSTANT_FACTOR_OUT_OF_SUM, at=lambda e: e is distances)
    repeated = chain.here.args[0]
    chain.algebra(mul(mul(n, HALF), constant), at=lambda e: e is repeated)
    chain.at_root(optima.DROP_CONSTANT_TERM).at_root(optima.DROP_POSITIVE_FACTOR)
    return chain.unfold(DISTANCE.definition).done()


def correlated_noise() -> Derivation:
    """``-log L(w)`` for ``n`` observations with correlated noise has the optima of generalised least squares."""
    title = "Correlated normal noise: maximum likelihood is generalised least squares"
    hypotheses = (*linear.HYPOTHESES, linear.COVARIANCE)
    name, constant = correlated_likelihood(), _normalisation(linear.Sigma)
    chain = Chain("generalised-least-squares-likelihood", hypotheses, (weights,), name, title)
    chain.at_root(optima.NEGATIVE_LOGARITHM).unfold(name.definition)
    _logarithm_of_density(chain).algebra(add(mul(HALF, constant), mul(HALF, WEIGHTED_SQUARES)))
    return chain.at_root(optima.DROP_CONSTANT_TERM).at_root(optima.DROP_POSITIVE_FACTOR).done()


#: One observation of ``k`` numbers, and its mean as the parameters.
_observation, _mean = column(IndexedBase("y", real=True), k), column(IndexedBase("m", real=True), k)


def mean_gradient() -> Derivation:
    """``nabla_m (y - m)^T Sigma^(-1) (y - m) = 2 Sigma^(-1) (m - y)``."""
    title = "Multivariate normal noise: the gradient of the squared Mahalanobis distance in the mean"
    entries = (Declared(c.array[j], REAL, (OUTPUTS,)) for c in (_observation, _mean))
    hypotheses: tuple[Hypothesis, ...] = (
        Declared(k, COUNT),
        *entries,
        DeclaredMatrix(Sigma, Property.POSITIVE_DEFINITE),
    )
    loss, precision = distance(Sigma, _observation, _mean), Inverse(Sigma)
    start = Gradient(loss, _mean)
    chain = Chain("multivariate-normal-mean-gradient", hypotheses, (_mean.array,), start, title)
    linear_part = Form(Product(Transpose(_mean), Product(precision, _observation)))
    rest = sub(quadratic(_mean, precision), mul(TWO, linear_part))
    chain.matrix_algebra(add(quadratic(_observation, precision), rest), at=lambda e: e == loss)
    differentiated(chain)
    return chain.matrix_algebra(ScalarMultiple(TWO, Product(precision, minus(_mean, _observation)))).done()


FAMILY = "Multivariate normal noise"
ENTRIES = (
    Entry("multivariate-normal", negative_log_likelihood),
    Entry("multivariate-normal-mean-gradient", mean_gradient),
    Entry("generalised-least-squares-likelihood", correlated_noise),
)
