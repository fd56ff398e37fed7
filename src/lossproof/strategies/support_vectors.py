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
    KERNEL,
    LATENT,
    LINEAR,
    LINEAR_KERNEL,
    MARGINS,
    WEIGHTED,
    C,
    K,
    a,
    coefficients,
    f,
    hinge_at,
    process_density,
    pseudo_likelihood,
    standard_normal_weights,
    values,
)
from lossproof.models.linear import X, w
from lossproof.models.multivariate import HALF
from lossproof.notation.inert import ONE, TWO, add, log, mul, neg, power, sub, total
from lossproof.notation.matrices import (
    Component,
    Determinant,
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


def prior_of_weights() -> Derivation:
    """``-log rho(w) = d/2 log(2 pi) + 1/2 ||w||^2`` for independent standard normal weights."""
    title = "Standard normal weights: minus the logarithm of their density"
    rho = standard_normal_weights()
    chain = Chain("standard-normal-weights", LINEAR, (b, weights), neg(log(rho)), title)
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
    chain.cite(factors(XW, "svm-factors", hypotheses, *parameters)).cite(prior_of_weights())
    constant, penalty = chain.here.args[1].args
    chain.algebra(add(constant, add(margins(XW), penalty))).at_root(optima.DROP_CONSTANT_TERM)
    return chain.unfold(HINGE).done()


def _minus_logarithms(chain: Chain, pseudo: Expr, rho: Expr) -> Chain:
    """From ``Q rho`` to ``-log Q - log rho``."""
    chain.at_root(optima.NEGATIVE_LOGARITHM).rewrite(logarithms.LOG_OF_FACTORS)
    return chain.algebra(add(neg(log(pseudo)), neg(log(rho))))


# ------------------------------------------------------------------ in the latent values


def prior_of_latent_values() -> Derivation:
    """``-log rho(f) = n/2 log(2 pi) + 1/2 log |K| + 1/2 f^T K^(-1) f``."""
    title = "Gaussian process: minus the logarithm of its density"
    rho = process_density()
    chain = Chain("gaussian-process-density", (COUNTED, LATENT, KERNEL), (b, values), neg(log(rho)), title)
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
    chain.cite(factors(f, "svm-gaussian-process-factors", hypotheses, *parameters)).cite(prior_of_latent_values())
    constant, penalty = chain.here.args[1].args
    chain.algebra(add(constant, add(margins(f), penalty))).at_root(optima.DROP_CONSTANT_TERM)
    return chain.unfold(HINGE).done()


ENTRIES = (
    Entry("standard-normal-weights", prior_of_weights),
    Entry("svm-factors", lambda: factors(XW, "svm-factors", (*LINEAR, *MARGINS), b, weights)),
    Entry("svm-map", most_probable_weights),
    Entry("gaussian-process-density", prior_of_latent_values),
    Entry("svm-gaussian-process", most_probable_latent_values),
)
