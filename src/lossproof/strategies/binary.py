"""From the likelihood of binary labels to the cross-entropy, back again, and its gradient.

Each function reads as the argument does.  The predictor may be a sigmoid node or opaque: the
argument does not look into it, except for the gradient and the stable form of the sigmoid.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from sympy import Expr, Sum, Symbol

from lossproof.kernel.conditions import Declared, Hypothesis, Ranged
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import REAL
from lossproof.kernel.schema import Abstraction
from lossproof.losses import CROSS_ENTROPY
from lossproof.models import BERNOULLI, FEATURES, LOGISTIC, OBSERVATIONS, Bernoulli, Model, SigmoidNode, i, j, x, y
from lossproof.notation.inert import (
    ONE,
    ZERO,
    absolute,
    add,
    derivative,
    exp,
    log,
    maximum,
    mul,
    neg,
    sub,
)
from lossproof.notation.nodes import Sigmoid, Softplus
from lossproof.rulebook import calculus, logarithms, optima, probability, sigmoids, sums
from lossproof.strategies.chain import Chain
from lossproof.strategies.entry import Entry

m = Symbol("m", integer=True)


def negative_log_likelihood(model: Model[Bernoulli]) -> Derivation:
    """``P[Y = y | X = x]`` is the likelihood, and maximising it is minimising the summed loss.

    Raises:
        SideConditionError: if the labels are not declared to be 0 or 1, or the predictor's values
            are not known to be positive and below 1.
    """
    title = f"{model.heading}: maximum likelihood is minimum cross-entropy"
    chain = Chain(model.name, model.hypotheses, model.parameters, model.joint, title)
    t, labels = Symbol("t_label"), Abstraction((i,), y[i])
    chain.assume("conditional independence")
    chain.rewrite(probability.SPLIT_BY_LABEL, a=Abstraction((i, t), model.marginal(t)), y=labels)
    chain.rewrite(probability.COMPLEMENT).assume("model")
    chain.rewrite(probability.LABEL_ONE_AS_EXPONENT, y=labels).rewrite(probability.LABEL_ZERO_AS_EXPONENT, y=labels)
    chain.rewrite(sums.MERGE_PRODUCTS).fold(model.likelihood)
    chain.at_root(optima.NEGATIVE_LOGARITHM).unfold(model.likelihood.definition)
    chain.exhaust(logarithms.LOG_OF_PRODUCT, logarithms.LOG_OF_FACTORS, logarithms.LOG_OF_POWER)
    chain.exhaust(sums.MINUS_INTO_SUM)
    chain.fold(model.noise.loss).fold(model.loss)
    return chain.done()


def equation(model: Model[Bernoulli]) -> Derivation:
    """``-log L(w) = J(w)``: the part of the argument that is an equation."""
    title = f"{model.heading}: the negative log-likelihood is the cross-entropy"
    return negative_log_likelihood(model).equations[-1].called(f"{model.name}-equation", title)


def converse(model: Model[Bernoulli]) -> Derivation:
    """``exp(-J(w)) = L(w)``."""
    title = f"{model.heading}: from the loss back to the likelihood"
    chain = Chain(f"{model.name}-converse", model.hypotheses, model.parameters, exp(neg(model.loss)), title)
    chain.unfold(model.loss.definition).rewrite(sums.MINUS_INTO_SUM).rewrite(logarithms.EXP_OF_SUM)
    chain.unfold(model.noise.loss).rewrite(sums.DOUBLE_NEGATION)
    chain.exhaust(logarithms.EXP_OF_TERMS, logarithms.EXP_OF_LOG_MULTIPLE)
    return chain.fold(model.likelihood).done()


# ------------------------------------------------------------------ gradients


def _with_feature(model: Model[Bernoulli]) -> tuple[Hypothesis, ...]:
    """The model's hypotheses and a free feature index ``j``."""
    return (*model.hypotheses, Ranged(FEATURES))


@cache
def prediction_gradient(model: Model[Bernoulli]) -> Derivation:
    """``d f_w(x_i) / d w_j = f_w(x_i) (1 - f_w(x_i)) x_ij``."""
    if not isinstance(model.predictor, SigmoidNode):
        raise TypeError("the gradient of an opaque predictor stays as it is")
    (w,), f = model.parameters, model.predictor.definition
    hypotheses = (*_with_feature(model), Ranged(OBSERVATIONS))
    title = f"{model.heading}: gradient of the prediction"
    chain = Chain(f"{model.name}-prediction-gradient", hypotheses, (w,), derivative(model.prediction, w[j]), title)
    chain.unfold(f).exhaust(
        calculus.DERIVATIVE_OF_SIGMOID,
        calculus.DERIVATIVE_OF_SUM,
        calculus.DERIVATIVE_OF_LINEAR_TERM,
        calculus.DERIVATIVE_OF_COORDINATE,
        sums.SIFT,
    )
    return chain.fold(model.prediction).done()


def loss_gradient(model: Model[Bernoulli]) -> Derivation:
    """``dJ / d w_j = sum_i (f_w(x_i) - y_i) x_ij``."""
    (w,), f = model.parameters, model.prediction
    title = f"{model.heading}: gradient of the loss"
    chain = Chain(f"{model.name}-gradient", _with_feature(model), (w,), derivative(model.loss, w[j]), title)
    chain.unfold(model.loss.definition).rewrite(calculus.DERIVATIVE_OF_SUM)
    chain.unfold(model.noise.loss).exhaust(
        calculus.DERIVATIVE_OF_MULTIPLE,
        calculus.DERIVATIVE_OF_DIFFERENCE_FROM_CONSTANT,
        calculus.DERIVATIVE_OF_TERMS,
        calculus.DERIVATIVE_OF_LOG,
    )
    chain.cite(prediction_gradient(model))
    return chain.algebra(mul(sub(f, y[i]), x[i, j]), at=_body_of_sum(chain.here)).done()


def factor_gradient(model: Model[Bernoulli]) -> Derivation:
    """``d/d w_j f^y (1 - f)^(1 - y) = (y_i - f) x_ij f^y (1 - f)^(1 - y)``, for one observation."""
    (w,), f = model.parameters, model.prediction
    factor = model.noise.mass(f, y[i])
    hypotheses = (*_with_feature(model), Ranged(OBSERVATIONS))
    title = f"{model.heading}: gradient of one factor of the likelihood"
    chain = Chain(f"{model.name}-factor-gradient", hypotheses, model.parameters, derivative(factor, w[j]), title)
    chain.rewrite(calculus.PRODUCT_RULE).rewrite(calculus.DERIVATIVE_OF_POWER)
    chain.rewrite(calculus.DERIVATIVE_OF_DIFFERENCE_FROM_CONSTANT)
    chain.cite(prediction_gradient(model)).rewrite(calculus.POWER_LESS_ONE)
    return chain.algebra(mul(mul(sub(y[i], f), x[i, j]), factor)).done()


def likelihood_gradient(model: Model[Bernoulli]) -> Derivation:
    """``dL / d w_j = L(w) sum_i (y_i - f_w(x_i)) x_ij``, by the product rule: the reason for the log."""
    (w,), f = model.parameters, model.prediction
    factor = model.noise.mass(f, y[i])
    title = f"{model.heading}: gradient of the likelihood, by the product rule"
    start = derivative(model.likelihood, w[j])
    chain = Chain(f"{model.name}-likelihood-gradient", _with_feature(model), (w,), start, title)
    chain.unfold(model.likelihood.definition).rewrite(calculus.DERIVATIVE_OF_PRODUCT, k=m)
    chain.cite(factor_gradient(model))
    chain.rewrite(sums.RESTORE_FACTOR, i=i, a=Abstraction((i,), factor))
    return chain.fold(model.likelihood).rewrite(sums.CONSTANT_OUT_OF_SUM).done()


def gradient_identity(model: Model[Bernoulli]) -> Derivation:
    """``dJ / d w_j = -(1 / L(w)) dL / d w_j``."""
    (w,) = model.parameters
    title = f"{model.heading}: the gradient of the loss from that of the likelihood"
    chain = Chain(f"{model.name}-gradient-identity", _with_feature(model), (w,), derivative(model.loss, w[j]), title)
    chain.cite(equation(model), reverse=True).rewrite(calculus.DERIVATIVE_OF_MULTIPLE)
    return chain.rewrite(calculus.DERIVATIVE_OF_LOG).done()


def _body_of_sum(here: Expr) -> Callable[[Expr], bool]:
    assert isinstance(here, Sum)
    return lambda e: e is here.args[0]


# ------------------------------------------------------------------ the stable form

z, label = Symbol("z", real=True), Symbol("y", real=True)


def stable_loss() -> Derivation:
    """``l(sigma(z), y) = softplus(z) - y z = max(z, 0) - y z + log(1 + exp(-|z|))``."""
    hypotheses = (Declared(z, REAL), Declared(label, REAL))
    title = "Logistic regression: cross-entropy of a logit, without overflow"
    chain = Chain("logistic-stable", hypotheses, (), CROSS_ENTROPY(Sigmoid(z), label), title)
    chain.unfold(CROSS_ENTROPY)
    chain.rewrite(sigmoids.LOG_OF_SIGMOID).rewrite(sigmoids.LOG_OF_SIGMOID_COMPLEMENT)
    chain.algebra(sub(Softplus(z), mul(label, z)))
    chain.rewrite(sigmoids.SOFTPLUS_WITHOUT_OVERFLOW)
    rest = log(add(ONE, exp(neg(absolute(z)))))
    return chain.algebra(add(maximum(z, ZERO), neg(mul(label, z)), rest)).done()


_LOG_LOSS = ("sklearn.metrics.log_loss", "torch.nn.BCELoss", "scipy.stats.bernoulli")
_LINEAR = (*_LOG_LOSS, "torch.distributions.Bernoulli", "statsmodels.api.Logit")
_WITH_LOGITS = ("sklearn._loss.HalfBinomialLoss", "torch.nn.BCEWithLogitsLoss")

FAMILY = "Logistic regression: one sigmoid node"
ENTRIES = (
    Entry("logistic", lambda: negative_log_likelihood(LOGISTIC), _LINEAR, LOGISTIC),
    Entry("logistic-equation", lambda: equation(LOGISTIC), _LINEAR, LOGISTIC),
    Entry("logistic-converse", lambda: converse(LOGISTIC), (), LOGISTIC),
    Entry("logistic-gradient", lambda: loss_gradient(LOGISTIC), (), LOGISTIC),
    Entry("logistic-prediction-gradient", lambda: prediction_gradient(LOGISTIC), (), LOGISTIC),
    Entry("logistic-factor-gradient", lambda: factor_gradient(LOGISTIC), (), LOGISTIC),
    Entry("logistic-likelihood-gradient", lambda: likelihood_gradient(LOGISTIC), (), LOGISTIC),
    Entry("logistic-gradient-identity", lambda: gradient_identity(LOGISTIC), (), LOGISTIC),
    Entry("logistic-stable", stable_loss, _WITH_LOGITS),
    Entry("bernoulli", lambda: negative_log_likelihood(BERNOULLI), _LOG_LOSS),
    Entry("bernoulli-converse", lambda: converse(BERNOULLI)),
)
