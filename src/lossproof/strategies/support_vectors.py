"""The support vector machine as the most probable value of a Gaussian process, with a pseudo-likelihood.

The hinge loss is no negative log-likelihood: what stands in the place of the likelihood is a product of
factors ``exp(-C l(f_i + b, y_i))`` that are no probabilities.  The penalty is a Gaussian prior all the same,
and the prior of the latent values ``f = X w`` is that of a Gaussian process (Sollich 2002, section 2).
"""

from __future__ import annotations

from collections.abc import Callable

from sympy import Basic, Expr, pi

from lossproof.kernel.conditions import Assumed, Hypothesis
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import NONNEGATIVE
from lossproof.losses import HINGE
from lossproof.models import OBSERVATIONS, b, d, i, j, n
from lossproof.models import w as weights
from lossproof.models.kernels import (
    COUNTED,
    FULL_ROW_RANK,
    INDEPENDENT,
    KERNEL,
    LATENT,
    LINEAR,
    LINEAR_KERNEL,
    LINEARITY,
    MARGINS,
    SECOND_MOMENTS,
    WEIGHTED,
    C,
    K,
    a,
    coefficients,
    covariances,
    f,
    hinge_at,
    l_,
    process_density,
    pseudo_likelihood,
    standard_normal_weights,
    values,
)
from lossproof.models.linear import X, w
from lossproof.models.multivariate import HALF
from lossproof.notation.inert import ONE, TWO, ZERO, add, log, mul, neg, power, sub, total
from lossproof.notation.matrices import (
    Component,
    Determinant,
    Form,
    Inverse,
    MatrixProduct,
    MatrixTerm,
    SquaredNorm,
    Transpose,
    minus,
    quadratic,
)
from lossproof.rulebook import logarithms, optima, sums
from lossproof.strategies.chain import Chain
from lossproof.strategies.entry import Entry

T, Product = Transpose, MatrixProduct
XW = Product(X, w)


def _is(part: Basic) -> Callable[[Basic], bool]:
    return lambda e: bool(e == part)


def margins(latent: MatrixTerm) -> Expr:
    """``C sum_i l((v)_i + b, y_i)``."""
    return mul(C, total(hinge_at(latent), i, ONE, n))


def _minus_logarithm_of_factors(chain: Chain) -> Chain:
    """``-log prod_i exp(-C l_i) = C sum_i l_i``, wherever it stands."""
    chain.rewrite(logarithms.LOG_OF_PRODUCT).rewrite(logarithms.LOG_OF_EXP).rewrite(sums.MINUS_INTO_SUM)
    return chain.rewrite(sums.DOUBLE_NEGATION).rewrite(sums.CONSTANT_FACTOR_OUT_OF_SUM)


def factors(latent: MatrixTerm, name: str, hypotheses: tuple[Hypothesis, ...], *parameters: Expr) -> Derivation:
    """``-log Q = C sum_i l((v)_i + b, y_i)`` for the pseudo-likelihood ``Q``."""
    title = "Support vector machine: minus the logarithm of the pseudo-likelihood"
    named = pseudo_likelihood(latent, *parameters)
    chain = Chain(name, hypotheses, parameters, neg(log(named)), title)
    return _minus_logarithm_of_factors(chain.unfold(named.definition)).done()


# ------------------------------------------------------------------ in the weights


def prior_of_weights(*parameters: Expr) -> Derivation:
    """``-log rho(w) = d/2 log(2 pi) + 1/2 ||w||^2`` for independent standard normal weights."""
    title = "Standard normal weights: minus the logarithm of their density"
    rho = standard_normal_weights()
    chain = Chain("standard-normal-weights", LINEAR, parameters, neg(log(rho)), title)
    chain.unfold(rho.definition).rewrite(logarithms.LOG_OF_PRODUCT)
    chain.rewrite(logarithms.LOG_OF_FACTORS).rewrite(logarithms.LOG_OF_POWER).rewrite(logarithms.LOG_OF_EXP)
    chain.rewrite(sums.MINUS_INTO_SUM)
    constant, square = log(mul(TWO, pi)), power(weights[j], TWO)
    chain.algebra(add(mul(HALF, constant), mul(HALF, square)), at=_is(chain.here.args[0]))
    chain.rewrite(sums.SUM_OF_TERMS)
    chain.rewrite(sums.SUM_OF_CONSTANT, at=_is(chain.here.args[0]))
    chain.algebra(mul(mul(d, HALF), constant), at=_is(chain.here.args[0]))
    chain.rewrite(sums.CONSTANT_FACTOR_OUT_OF_SUM)
    return chain.entry_by_entry(SquaredNorm(w), at=_is(total(square, j, ONE, d))).done()


def most_probable_weights() -> Derivation:
    """``Q(b, w) rho(w)`` is largest where ``C sum_i l((X w)_i + b, y_i) + 1/2 ||w||^2`` is least."""
    title = "Support vector machine: a pseudo-likelihood times a Gaussian prior of the weights"
    parameters, hypotheses = (b, weights), (*LINEAR, *MARGINS)
    pseudo, rho = pseudo_likelihood(XW, *parameters), standard_normal_weights()
    chain = Chain("svm-map", hypotheses, parameters, mul(pseudo, rho), title)
    _minus_logarithms(chain, pseudo, rho)
    chain.cite(factors(XW, "svm-factors", hypotheses, *parameters)).cite(prior_of_weights(*parameters))
    constant, penalty = chain.here.args[1].args
    chain.algebra(add(constant, add(margins(XW), penalty))).at_root(optima.DROP_CONSTANT_TERM)
    return chain.unfold(HINGE).done()


def _minus_logarithms(chain: Chain, pseudo: Expr, rho: Expr) -> Chain:
    """From ``Q rho`` to ``-log Q - log rho``."""
    chain.at_root(optima.NEGATIVE_LOGARITHM).rewrite(logarithms.LOG_OF_FACTORS)
    return chain.algebra(add(neg(log(pseudo)), neg(log(rho))))


# ------------------------------------------------------------------ in the latent values


def prior_of_latent_values(*parameters: Expr) -> Derivation:
    """``-log rho(f) = n/2 log(2 pi) + 1/2 log |K| + 1/2 f^T K^(-1) f``."""
    title = "Gaussian process: minus the logarithm of its density"
    rho = process_density()
    chain = Chain("gaussian-process-density", (COUNTED, LATENT, KERNEL), parameters, neg(log(rho)), title)
    chain.unfold(rho.definition)
    chain.rewrite(logarithms.LOG_OF_FACTORS).rewrite(logarithms.LOG_OF_POWER).rewrite(logarithms.LOG_OF_EXP)
    constant = add(mul(mul(n, HALF), log(mul(TWO, pi))), mul(HALF, log(Determinant(K))))
    return chain.algebra(add(constant, mul(HALF, quadratic(f, Inverse(K))))).done()


def most_probable_latent_values() -> Derivation:
    """``Q(b, f) rho(f)`` is largest where ``C sum_i l(f_i + b, y_i) + 1/2 f^T K^(-1) f`` is least."""
    title = "Support vector machine: a pseudo-likelihood times a Gaussian process"
    parameters, hypotheses = (b, values), (COUNTED, LATENT, KERNEL, *MARGINS)
    pseudo, rho = pseudo_likelihood(f, *parameters), process_density()
    chain = Chain("svm-gaussian-process", hypotheses, parameters, mul(pseudo, rho), title)
    _minus_logarithms(chain, pseudo, rho)
    chain.cite(factors(f, "svm-gaussian-process-factors", hypotheses, *parameters)).cite(
        prior_of_latent_values(*parameters)
    )
    constant, penalty = chain.here.args[1].args
    chain.algebra(add(constant, add(margins(f), penalty))).at_root(optima.DROP_CONSTANT_TERM)
    return chain.unfold(HINGE).done()


def in_coefficients() -> Derivation:
    """With ``f = K a`` the penalty ``1/2 f^T K^(-1) f`` is ``1/2 a^T K a``: no inverse is left."""
    title = "Support vector machine: the latent values as a combination of kernel functions"
    latent = Product(K, a)
    hypotheses, start = (COUNTED, WEIGHTED, KERNEL, *MARGINS), quadratic(latent, Inverse(K))
    chain = Chain("svm-kernel", hypotheses, (b, coefficients), add(margins(latent), mul(HALF, start)), title)
    return chain.matrix_algebra(quadratic(a, K), at=_is(start)).done()


# ------------------------------------------------------------------ how the two go together


def covariance() -> Derivation:
    """``E[f_i f_l] = sum_j x_ij x_lj``, the entry of ``X X^T``: the kernel is the covariance of ``f = X w``."""
    title = "Linear kernel: the covariance of two latent values"
    chain = Chain("linear-kernel-covariance", SECOND_MOMENTS, (), covariances[i, l_], title)
    return chain.assume(LINEARITY).assume(INDEPENDENT).rewrite(sums.SIFT_BEHIND).done()


def weights_of_latent_values() -> Derivation:
    """``X w = f`` for ``w := X^T (X X^T)^(-1) f``: any latent values are reached, if the rows are independent."""
    title = "Linear kernel: weights that give the latent values"
    chain = Chain("linear-kernel-weights", _REACHED, (values,), Product(X, T(X), Inverse(LINEAR_KERNEL), f), title)
    return chain.matrix_algebra(f).done()


def norm_of_weights() -> Derivation:
    """``||X^T (X X^T)^(-1) f||^2 = f^T (X X^T)^(-1) f``: their penalty is that of the Gaussian process."""
    title = "Linear kernel: the penalty of these weights is that of the Gaussian process"
    start = SquaredNorm(Product(T(X), Inverse(LINEAR_KERNEL), f))
    chain = Chain("linear-kernel-norm", _REACHED, (values,), start, title)
    return chain.matrix_algebra(quadratic(f, Inverse(LINEAR_KERNEL))).done()


def least_norm() -> Derivation:
    """``||w||^2 - f^T (X X^T)^(-1) f = ||w - X^T (X X^T)^(-1) f||^2 >= 0`` for ``f = X w``: no weights have less."""
    title = "Linear kernel: no weights with the same latent values have a smaller norm"
    inverse = Inverse(LINEAR_KERNEL)
    away = SquaredNorm(minus(w, Product(T(X), inverse, X, w)))
    start = sub(SquaredNorm(w), quadratic(XW, inverse))
    chain = Chain("linear-kernel-least-norm", (*LINEAR, FULL_ROW_RANK), (weights,), start, title)
    return chain.matrix_algebra(away).done(claim=NONNEGATIVE)


_REACHED: tuple[Hypothesis, ...] = (*LINEAR[:3], LATENT, FULL_ROW_RANK)
SAME_VALUES = "same latent values"


def representer() -> Derivation:
    """The objective at ``w`` less that at ``X^T a`` is ``1/2 ||w - X^T a||^2 >= 0``, if both give the same values.

    There is such an ``a`` for every ``w``, since ``X X^T`` and ``X`` have the same column space; so the
    least objective is reached by a combination of inputs, ``w = X^T a``, whose latent values are ``X X^T a``
    and whose penalty is ``1/2 a^T X X^T a`` (Schoelkopf, Herbrich and Smola 2001, theorem 1).
    """
    title = "Representer theorem: a combination of inputs does as well as any weights"
    KA, XTA = Product(X, T(X), a), Product(T(X), a)
    same = Assumed(SAME_VALUES, Component(KA, i), Component(XW, i), (OBSERVATIONS,))
    hypotheses = (*LINEAR, WEIGHTED, *MARGINS, same)
    ours = add(margins(XW), mul(HALF, SquaredNorm(w)))
    theirs = add(margins(KA), mul(HALF, quadratic(a, LINEAR_KERNEL)))
    chain = Chain("svm-representer", hypotheses, (), sub(ours, theirs), title)
    chain.assume(SAME_VALUES)
    penalties = sub(SquaredNorm(w), quadratic(a, LINEAR_KERNEL))
    chain.algebra(mul(HALF, penalties))
    away, cross = SquaredNorm(minus(w, XTA)), Form(Product(T(a), minus(XW, KA)))
    chain.matrix_algebra(add(away, mul(TWO, cross)), at=_is(penalties))
    gaps = total(mul(coefficients[i], sub(Component(XW, i), Component(KA, i))), i, ONE, n)
    chain.entry_by_entry(gaps, at=_is(cross)).assume(SAME_VALUES)
    chain.algebra(ZERO, at=_is(chain.here.args[1].args[1].args[1].args[0]))
    chain.rewrite(sums.SUM_OF_CONSTANT)
    return chain.algebra(mul(HALF, away)).done(claim=NONNEGATIVE)


FAMILY = "The support vector machine"
ENTRIES = (
    Entry("standard-normal-weights", lambda: prior_of_weights(weights)),
    Entry("svm-factors", lambda: factors(XW, "svm-factors", (*LINEAR, *MARGINS), b, weights)),
    Entry("svm-map", most_probable_weights, ("sklearn.svm.SVC",)),
    Entry("gaussian-process-density", lambda: prior_of_latent_values(values), ("scipy.stats.multivariate_normal",)),
    Entry("svm-gaussian-process", most_probable_latent_values, ("sklearn.svm.SVC",)),
    Entry("svm-kernel", in_coefficients, ("sklearn.svm.SVC",)),
    Entry("linear-kernel-covariance", covariance),
    Entry("linear-kernel-weights", weights_of_latent_values),
    Entry("linear-kernel-norm", norm_of_weights),
    Entry("linear-kernel-least-norm", least_norm),
    Entry("svm-representer", representer),
)
