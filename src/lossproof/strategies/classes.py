"""One of K classes: softmax regression, its gradients, and the forms of its cross-entropy.

The loss comes from the chain that serves every noise model; what is particular to classes is the
derivative of a score in an entry of the weights, of which only one class and one feature remain, and
that the observed class is one term of a sum over all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

from sympy import Expr, IndexedBase, KroneckerDelta, Symbol

from lossproof.errors import LossproofError
from lossproof.kernel.conditions import Assumed, Declared, Hypothesis, Labelled, Range, Ranged
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import CLOSED_UNIT, POSITIVE_COUNT, REAL
from lossproof.kernel.schema import Abstraction
from lossproof.losses import CROSS_ENTROPY
from lossproof.models import (
    CLASSES,
    FEATURES,
    OBSERVATIONS,
    Categorical,
    K,
    LinearScores,
    Model,
    Multinomial,
    NoiseModel,
    OneHot,
    OpaqueScores,
    i,
    j,
    k,
    theta,
    w,
    x,
    y,
)
from lossproof.models.noise import chance_of, partition, softmax
from lossproof.notation.inert import (
    ONE,
    TWO,
    add,
    build,
    derivative,
    exp,
    inverse,
    log,
    mul,
    neg,
    sub,
    total,
)
from lossproof.notation.nodes import Sigmoid
from lossproof.rulebook import calculus, logarithms, sigmoids, sums
from lossproof.strategies import likelihood
from lossproof.strategies.chain import Chain
from lossproof.strategies.entry import Entry

SOFTMAX = Model("softmax", Categorical(), LinearScores(), "Softmax regression")
ONE_HOT = Model("softmax-one-hot", OneHot(), LinearScores(), "Softmax regression with one-hot labels")
MULTINOMIAL = Model("multinomial", Multinomial(), LinearScores(), "Multinomial regression")
CATEGORICAL = Model("categorical", Categorical(), OpaqueScores(), "Any network with a logit for each class")

#: All of them by name, also those into which no table of data can be put.
MODELS = {model.name: model for model in (SOFTMAX, ONE_HOT, MULTINOMIAL, CATEGORICAL)}

#: A class of its own, logits that are variables, a label, and a number to subtract.
c = Symbol("c", integer=True)
z = IndexedBase("z", real=True)
label, shift = Symbol("y", integer=True), Symbol("m", real=True)
ONE_CLASS = Range(c, ONE, K)

_SOME_CLASSES = Declared(K, POSITIVE_COUNT)
_LOGITS = (_SOME_CLASSES, Declared(z[k], REAL, (CLASSES,)))
_SHARES = (Declared(y[k], CLOSED_UNIT, (CLASSES,)), Assumed("one-hot", total(y[k], k, ONE, K), ONE))


def _delta(a: Expr, b: Expr) -> Expr:
    return build(KroneckerDelta, (a, b))


def _part(e: Expr) -> Callable[[Expr], bool]:
    return lambda part: part is e


# ------------------------------------------------------------------ back to the likelihood


def converse(model: Model[Categorical]) -> Derivation:
    """``exp(-J(w)) = L(w)``."""
    title = f"{model.heading}: from the loss back to the likelihood"
    chain = Chain(f"{model.name}-converse", model.hypotheses, model.parameters, exp(neg(model.loss)), title)
    chain.unfold(model.loss.definition).rewrite(sums.MINUS_INTO_SUM).rewrite(logarithms.EXP_OF_SUM)
    return chain.laws(model.likelihood.body.args[0], at=_part(chain.here.args[0])).fold(model.likelihood).done()


# ------------------------------------------------------------------ gradients


@cache
def score_gradient(of: Expr, name: str, *more: Hypothesis) -> Derivation:
    """``d f_{w,of}(x_i) / d w_cj = [of = c] x_ij`` for the scores that are linear in the weights."""
    scores = LinearScores()
    hypotheses = (*scores.hypotheses, *more, Ranged(ONE_CLASS), Ranged(FEATURES), Ranged(OBSERVATIONS))
    title = "Linear scores: gradient of a score"
    chain = Chain(f"linear-{name}-gradient", hypotheses, (w,), derivative(scores.score(of), w[c, j]), title)
    chain.unfold(scores.definition).rewrite(calculus.DERIVATIVE_OF_SUM).rewrite(calculus.DERIVATIVE_OF_LINEAR_TERM)
    chain.rewrite(calculus.DERIVATIVE_OF_ENTRY)
    body, (index, *_) = chain.here.args
    chain.algebra(mul(_delta(index, j), mul(_delta(of, c), x[i, index])), at=_part(body))
    return chain.rewrite(sums.SIFT).done()


#: Through the sum over the observations, the logarithm, and the sum over the classes.
_TO_THE_SCORES = (
    calculus.DERIVATIVE_OF_SUM,
    calculus.DERIVATIVE_OF_DIFFERENCE_FROM_CONSTANT,
    calculus.DERIVATIVE_OF_TERMS,
    calculus.DERIVATIVE_OF_MULTIPLE,
    calculus.DERIVATIVE_OF_LOG,
    calculus.DERIVATIVE_OF_EXP,
)


def loss_gradient(model: Model[NoiseModel]) -> Derivation:
    """The gradient of the loss of a model with a score for each class.

    Raises:
        LossproofError: for one-hot labels or counts behind an opaque network.
    """
    if isinstance(model.noise, Categorical):
        linear = isinstance(model.predictor, LinearScores)
        return weight_gradient(model) if linear else network_gradient(model)
    if not isinstance(model.predictor, LinearScores):
        raise LossproofError(
            f"the gradient of '{model.name}' is found for labels in 1..K, Categorical(), or LinearScores()"
        )
    return shares_gradient(model, "one-hot" if isinstance(model.noise, OneHot) else "number of trials")


def weight_gradient(model: Model[NoiseModel]) -> Derivation:
    """``dJ / d w_cj = sum_i (softmax_c(x_i) - [y_i = c]) x_ij``."""
    scores = LinearScores()
    hypotheses = (*model.hypotheses, Ranged(ONE_CLASS), Ranged(FEATURES))
    title = f"{model.heading}: gradient of the loss"
    chain = Chain(f"{model.name}-gradient", hypotheses, (w,), derivative(model.loss, w[c, j]), title)
    chain.unfold(model.loss.definition).exhaust(*_TO_THE_SCORES)
    labelled = next(h for h in model.hypotheses if isinstance(h, Labelled))
    chain.cite(score_gradient(k, "score", _SOME_CLASSES, Ranged(CLASSES)))
    chain.cite(score_gradient(y[i], "observed-score", _SOME_CLASSES, labelled))
    slope = mul(exp(scores.score(k)), mul(_delta(k, c), x[i, j]))
    chain.algebra(mul(_delta(k, c), mul(exp(scores.score(k)), x[i, j])), at=slope.__eq__).rewrite(sums.SIFT)
    ratio = mul(exp(scores.score(c)), inverse(partition(scores)))
    chain.algebra(mul(sub(ratio, _delta(y[i], c)), x[i, j]), at=_part(chain.here.args[0]))
    return chain.fold(chance_of(scores, c)).done()


@cache
def _observation_log_sum_exp(model: Model[NoiseModel], counted: str) -> Derivation:
    """``- sum_k y_ik log softmax_k = m_i log sum_k exp f_k - sum_k y_ik f_k``, for one observation."""
    scores = LinearScores()
    hypotheses, start = (*model.hypotheses, Ranged(OBSERVATIONS)), model.pointwise_loss
    title = f"{model.heading}: the loss of one observation as a log-sum-exp"
    chain = Chain(f"{model.name}-log-sum-exp", hypotheses, (w,), start, title).unfold(softmax(scores))
    _logarithm_in_front(chain, y[i, k], scores.score(k)).assume(counted)
    assumed = next(h for h in model.hypotheses if isinstance(h, Assumed) and h.name == counted)
    whole = log(partition(scores))
    first = whole if assumed.right == ONE else mul(assumed.right, whole)
    return chain.laws(sub(first, total(mul(y[i, k], scores.score(k)), k, ONE, K))).done()


def shares_gradient(model: Model[NoiseModel], counted: str) -> Derivation:
    """``dJ / d w_cj = sum_i (m_i softmax_c(x_i) - y_ic) x_ij``; for one-hot labels ``m_i = 1``."""
    scores, hypotheses = LinearScores(), (*model.hypotheses, Ranged(ONE_CLASS), Ranged(FEATURES))
    title = f"{model.heading}: gradient of the loss"
    chain = Chain(f"{model.name}-gradient", hypotheses, (w,), derivative(model.loss, w[c, j]), title)
    chain.unfold(model.loss.definition).cite(_observation_log_sum_exp(model, counted))
    chain.exhaust(*_TO_THE_SCORES).cite(score_gradient(k, "score", _SOME_CLASSES, Ranged(CLASSES)))
    for factor in (exp(scores.score(k)), y[i, k]):
        reordered = mul(_delta(k, c), mul(factor, x[i, j]))
        chain.algebra(reordered, at=mul(factor, mul(_delta(k, c), x[i, j])).__eq__)
    chain.rewrite(sums.SIFT)
    assumed = next(h for h in model.hypotheses if isinstance(h, Assumed) and h.name == counted)
    ratio = mul(exp(scores.score(c)), inverse(partition(scores)))
    expected = ratio if assumed.right == ONE else mul(assumed.right, ratio)
    chain.algebra(mul(sub(expected, y[i, c]), x[i, j]), at=_part(chain.here.args[0]))
    return chain.fold(chance_of(scores, c)).done()


def network_gradient(model: Model[NoiseModel]) -> Derivation:
    """``dJ / d theta_j = sum_i sum_k (softmax_k(x_i) - [y_i = k]) d f_k(x_i) / d theta_j``.

    From there on back-propagation takes over.
    """
    scores = OpaqueScores()
    title = f"{model.heading}: gradient of the loss"
    hypotheses = (*model.hypotheses, Ranged(FEATURES))
    chain = Chain(f"{model.name}-gradient", hypotheses, model.parameters, derivative(model.loss, theta[j]), title)
    chain.unfold(model.loss.definition).exhaust(*_TO_THE_SCORES)

    def slope(of: Expr) -> Expr:
        return derivative(scores.score(of), theta[j])

    observed = slope(y[i])
    every = Abstraction((k,), slope(k))
    chain.rewrite(sums.AS_SIFTED_SUM, at=observed.__eq__, a=every, i=k, k=y[i], m=ONE, n=K)
    chain.rewrite(sums.MINUS_INTO_SUM).rewrite(sums.FACTOR_INTO_SUM).rewrite(sums.MERGE_SUMS)
    inner = chain.here.args[0].args[0]
    ratio = mul(exp(scores.score(k)), inverse(partition(scores)))
    chain.algebra(mul(sub(ratio, _delta(k, y[i])), slope(k)), at=_part(inner))
    return chain.fold(chance_of(scores, k)).done()


def _log_sum_exp(of: Expr = z) -> Expr:
    return log(total(exp(z[k]), k, ONE, K))


def logit_gradient() -> Derivation:
    """``d/dz_c [log sum_k exp z_k - z_y] = softmax_c - [y = c]``, the logits being variables."""
    hypotheses = (*_LOGITS, Labelled(label, ONE, K), Ranged(ONE_CLASS))
    start = derivative(sub(_log_sum_exp(), z[label]), z[c])
    title = "Cross-entropy of logits: gradient in a logit"
    chain = Chain("softmax-logit-gradient", hypotheses, (), start, title)
    _in_a_logit(chain)
    return chain.algebra(sub(_softmax_of(c), _delta(label, c))).done()


def one_hot_logit_gradient() -> Derivation:
    """``d/dz_c [- sum_k y_k log softmax_k] = softmax_c - y_c``, the logits being variables."""
    hypotheses = (*_LOGITS, *_SHARES, Ranged(ONE_CLASS))
    title = "Cross-entropy of logits, one-hot labels: gradient in a logit"
    chain = Chain("softmax-one-hot-logit-gradient", hypotheses, (), derivative(_cross_entropy(), z[c]), title)
    chain.cite(log_sum_exp())
    _in_a_logit(chain)
    return chain.algebra(sub(_softmax_of(c), y[c])).done()


def _in_a_logit(chain: Chain) -> Chain:
    """Every derivative down to the logits, of which only one is the variable."""
    chain.exhaust(
        calculus.DERIVATIVE_OF_TERMS,
        calculus.DERIVATIVE_OF_SUM,
        calculus.DERIVATIVE_OF_MULTIPLE,
        calculus.DERIVATIVE_OF_LOG,
        calculus.DERIVATIVE_OF_EXP,
        calculus.DERIVATIVE_OF_COORDINATE,
    )
    return chain.rewrite(sums.SIFT_BEHIND)


def _softmax_of(of: Expr, high: Expr = K) -> Expr:
    """``exp(z_c) / sum_k exp(z_k)``; the index of the sum is another one than ``k`` where that is taken."""
    index = Symbol("l", integer=True) if of == k else k
    return mul(exp(z[of]), inverse(total(exp(z[index]), index, ONE, high)))


def _cross_entropy(high: Expr = K) -> Expr:
    return neg(total(mul(y[k], log(_softmax_of(k, high))), k, ONE, high))


# ------------------------------------------------------------------ forms of the cross-entropy


@cache
def log_sum_exp() -> Derivation:
    """``- sum_k y_k log softmax_k = log sum_k exp z_k - sum_k y_k z_k``, because ``sum_k y_k = 1``."""
    title = "Cross-entropy of logits as a log-sum-exp"
    chain = Chain("softmax-log-sum-exp", (*_LOGITS, *_SHARES), (), _cross_entropy(), title)
    _logarithm_in_front(chain, y[k], z[k]).assume("one-hot")
    rest = log(total(exp(z[k]), k, ONE, K))
    return chain.laws(sub(rest, total(mul(y[k], z[k]), k, ONE, K))).done()


def _logarithm_in_front(chain: Chain, share: Expr, score: Expr) -> Chain:
    """``- sum_k y_k log(exp(z_k) / s)`` becomes ``-(sum_k y_k z_k + (-log s) sum_k y_k)``."""
    chain.exhaust(logarithms.LOG_OF_FACTORS, logarithms.LOG_OF_EXP, logarithms.LOG_OF_INVERSE)
    body = chain.here.args[1].args[0]
    whole = body.args[1].args[1]
    chain.algebra(add(mul(share, score), mul(whole, share)), at=_part(body)).rewrite(sums.SUM_OF_TERMS)
    return chain.rewrite(sums.CONSTANT_FACTOR_OUT_OF_SUM, at=_part(chain.here.args[1].args[1]))


def stable() -> Derivation:
    """``log sum_k exp z_k = m + log sum_k exp(z_k - m)`` for every real ``m``: the largest, to be safe."""
    title = "Log-sum-exp without overflow: any number may be subtracted, such as the largest"
    chain = Chain("softmax-stable", (*_LOGITS, Declared(shift, REAL)), (), _log_sum_exp(), title)
    chain.laws(mul(exp(shift), exp(sub(z[k], shift))), at=exp(z[k]).__eq__)
    chain.rewrite(sums.CONSTANT_FACTOR_OUT_OF_SUM)
    return chain.exhaust(logarithms.LOG_OF_FACTORS, logarithms.LOG_OF_EXP).done()


_TWO_LOGITS = (Declared(z[k], REAL, (Range(k, ONE, TWO),)),)
_DIFFERENCE = sub(z[TWO], z[ONE])


def two_classes_probability() -> Derivation:
    """``exp(z_2) / sum_{k=1}^2 exp(z_k) = sigma(z_2 - z_1)``."""
    title = "Softmax with two classes is the sigmoid of the difference of the logits"
    chain = Chain("softmax-two-classes-probability", _TWO_LOGITS, (), _softmax_of(TWO, TWO), title)
    chain.rewrite(sums.WRITTEN_OUT).laws(inverse(add(ONE, exp(neg(_DIFFERENCE)))))
    return chain.rewrite(sigmoids.AS_SIGMOID).done()


def _share(of: Expr) -> Expr:
    return mul(exp(z[of]), inverse(add(exp(z[ONE]), exp(z[TWO]))))


def two_classes() -> Derivation:
    """``- sum_{k=1}^2 y_k log softmax_k = l(sigma(z_2 - z_1), y_2)`` for labels with ``y_1 = 1 - y_2``."""
    labels = (Declared(y[k], CLOSED_UNIT, (Range(k, ONE, TWO),)), Assumed("one-hot", y[ONE], sub(ONE, y[TWO])))
    title = "Softmax with two classes is logistic regression"
    chain = Chain("softmax-two-classes", (*_TWO_LOGITS, *labels), (), _cross_entropy(TWO), title)
    chain.rewrite(sums.WRITTEN_OUT).rewrite(sums.WRITTEN_OUT).assume("one-hot")
    chain.algebra(sub(ONE, _share(TWO)), at=_share(ONE).__eq__)
    probability = Sigmoid(_DIFFERENCE)
    chain.laws(inverse(add(ONE, exp(neg(_DIFFERENCE)))), at=_share(TWO).__eq__)
    chain.laws(inverse(add(ONE, exp(neg(_DIFFERENCE)))), at=_share(TWO).__eq__).rewrite(sigmoids.AS_SIGMOID)
    terms = CROSS_ENTROPY(probability, y[TWO])
    return chain.algebra(terms.body).fold(terms).done()


_PEERS = (
    "torch.nn.CrossEntropyLoss",
    "torch.distributions.Categorical",
    "sklearn.metrics.log_loss",
    "sklearn._loss.HalfMultinomialLoss",
)

FAMILY = "One of K classes"
ENTRIES = (
    Entry("softmax", partial(likelihood.negative_log_likelihood, SOFTMAX), _PEERS, SOFTMAX),
    Entry("softmax-equation", partial(likelihood.equation, SOFTMAX), _PEERS, SOFTMAX),
    Entry("softmax-converse", partial(converse, SOFTMAX), (), SOFTMAX),
    Entry("softmax-gradient", partial(loss_gradient, SOFTMAX), (), SOFTMAX),
    Entry("softmax-one-hot", partial(likelihood.negative_log_likelihood, ONE_HOT), _PEERS, ONE_HOT),
    Entry("softmax-one-hot-gradient", partial(loss_gradient, ONE_HOT), (), ONE_HOT),
    Entry(
        "multinomial",
        partial(likelihood.negative_log_likelihood, MULTINOMIAL),
        ("scipy.stats.multinomial",),
        MULTINOMIAL,
    ),
    Entry("multinomial-gradient", partial(loss_gradient, MULTINOMIAL)),
    Entry("categorical", partial(likelihood.negative_log_likelihood, CATEGORICAL), _PEERS),
    Entry("categorical-converse", partial(converse, CATEGORICAL)),
    Entry("categorical-gradient", partial(loss_gradient, CATEGORICAL)),
    Entry("softmax-logit-gradient", logit_gradient),
    Entry("softmax-one-hot-logit-gradient", one_hot_logit_gradient),
    Entry("softmax-log-sum-exp", log_sum_exp),
    Entry("softmax-stable", stable, ("scipy.special.logsumexp",)),
    Entry("softmax-two-classes-probability", two_classes_probability, ("scipy.special.softmax",)),
    Entry("softmax-two-classes", two_classes),
)
