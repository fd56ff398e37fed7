"""One observation of one of K classes, in letters: forms of its loss that keep their digits.

A letter ``t`` stands for any class; computed is with the class of the largest score, so that every exponential is
at most 1 and the largest is 1 exactly.  That 1 stands apart from the others, for ``log1p``; and what a probability
lacks to 1 is a sum of the others, not a difference.  Of two classes it is only asked whether they are equal, and so
it does not matter from which number they are counted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

from sympy import Basic, Expr, IndexedBase, Symbol

from lossproof.errors import LossproofError
from lossproof.kernel.conditions import Declared, Hypothesis, Labelled, Ranged
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import BINARY, CLOSED_UNIT, POSITIVE_COUNT, REAL, Domain
from lossproof.kernel.schema import Abstraction
from lossproof.models import (
    CLASSES,
    Categorical,
    K,
    LinearScores,
    Model,
    NoiseModel,
    OpaqueScores,
    i,
    k,
    y,
)
from lossproof.notation.inert import (
    ONE,
    add,
    derivative,
    exp,
    inverse,
    is_leaf,
    log,
    mul,
    neg,
    rebuild,
    sub,
    total,
)
from lossproof.notation.nodes import Named
from lossproof.rulebook import calculus, logarithms, sums
from lossproof.rulebook.floating import LOG1P
from lossproof.strategies.catalogue import of_model
from lossproof.strategies.chain import Chain
from lossproof.strategies.classes import (
    ONE_CLASS,
    _delta,
    _in_a_logit,
    _log_sum_exp,
    _part,
    _softmax_of,
    c,
    label,
    logit_gradient,
    z,
)

#: Any class; computed is with the one of the largest score.
top = Symbol("t", integer=True)
#: A second class, and a direction in which the slope is differentiated.
other = Symbol("b", integer=True)
v = IndexedBase("v", real=True)

_SCORES = (Declared(K, POSITIVE_COUNT), Declared(z[k], REAL, (CLASSES,)))
_TOP = (*_SCORES, Labelled(top, ONE, K))
_DIRECTION = (Declared(v[k], REAL, (CLASSES,)),)
_TRIALS = total(y[k], k, ONE, K)


def _of(a: Expr) -> Hypothesis:
    return Ranged(ONE_CLASS) if a == c else Labelled(a, ONE, K)


def _share(of: Expr) -> Expr:
    """``exp(z_of - z_t)``."""
    return exp(sub(z[of], z[top]))


#: ``sum of exp(z_k - z_t) over k other than t``, and all of them.
_OTHERS = total(mul(sub(ONE, _delta(k, top)), _share(k)), k, ONE, K)
_WHOLE = add(ONE, _OTHERS)


def _probability(a: Expr) -> Expr:
    """``softmax_a``, computed so."""
    return mul(_share(a), inverse(_WHOLE))


@cache
def partition() -> Derivation:
    """``sum_k exp(z_k) = exp(z_t) (1 + sum_{k not t} exp(z_k - z_t))``."""
    title = "Partition function, one class apart"
    chain = Chain("partition-one-apart", _TOP, (), total(exp(z[k]), k, ONE, K), title)
    chain.laws(mul(exp(z[top]), _share(k)), at=exp(z[k]).__eq__).rewrite(sums.CONSTANT_FACTOR_OUT_OF_SUM)
    split = add(mul(_delta(k, top), _share(k)), mul(sub(ONE, _delta(k, top)), _share(k)))
    chain.algebra(split, at=_share(k).__eq__).rewrite(sums.SUM_OF_TERMS).rewrite(sums.SIFT)
    return chain.laws(ONE, at=_share(top).__eq__).done()


@cache
def log_partition() -> Derivation:
    """``log sum_k exp(z_k) = z_t + log1p(sum_{k not t} exp(z_k - z_t))``."""
    title = "Log-sum-exp that keeps its digits"
    chain = Chain("log-partition-one-apart", _TOP, (), log(total(exp(z[k]), k, ONE, K)), title)
    chain.cite(partition()).rewrite(logarithms.LOG_OF_FACTORS).rewrite(logarithms.LOG_OF_EXP)
    return chain.fold(LOG1P).done()


@cache
def equal_classes(a: Expr, b: Expr) -> Derivation:
    """``[a = b] exp(z_a - z_t) = [a = b] exp(z_b - z_t)``."""
    hypotheses = dict.fromkeys((*_TOP, _of(a), _of(b)))
    start = mul(_delta(a, b), _share(a))
    chain = Chain(f"equal-classes-{a}-{b}", hypotheses, (), start, "Equal classes have equal scores")
    inside = Abstraction((k,), mul(_delta(k, b), _share(k)))
    chain.at_root(sums.AS_SIFTED_SUM, a=inside, i=k, k=a, m=ONE, n=K)
    chain.algebra(mul(_delta(k, b), mul(_delta(k, a), _share(k))), at=_part(chain.here.args[0]))
    return chain.rewrite(sums.SIFT).cite(either_way(b, a)).done()


@cache
def either_way(a: Expr, b: Expr) -> Derivation:
    """``[a = b] = [b = a]``."""
    hypotheses = dict.fromkeys((*_TOP, _of(a), _of(b)))
    chain = Chain(f"equal-either-way-{a}-{b}", hypotheses, (), _delta(a, b), "Equality of classes is symmetric")
    chain.at_root(sums.AS_SIFTED_SUM, a=Abstraction((k,), _delta(k, b)), i=k, k=a, m=ONE, n=K)
    chain.algebra(mul(_delta(k, b), _delta(k, a)), at=_part(chain.here.args[0]))
    return chain.rewrite(sums.SIFT).done()


@cache
def rest(a: Expr) -> Derivation:
    """What all classes have beside ``exp(z_a - z_t)``, not as a difference where ``a`` is ``t``."""
    start, is_top = sub(_WHOLE, _share(a)), _delta(a, top)
    chain = Chain(f"rest-of-classes-{a}", dict.fromkeys((*_TOP, _of(a))), (), start, "All classes but one")
    elsewhere = mul(sub(ONE, is_top), start)
    chain.algebra(add(sub(mul(is_top, _WHOLE), mul(is_top, _share(a))), elsewhere)).cite(equal_classes(a, top))
    chain.laws(ONE, at=_share(top).__eq__)
    return chain.algebra(add(mul(is_top, _OTHERS), elsewhere)).done()


@cache
def probability(a: Expr) -> Derivation:
    """``softmax_a = exp(z_a - z_t) / (1 + sum_{k not t} exp(z_k - z_t))``."""
    chain = Chain(f"probability-one-apart-{a}", dict.fromkeys((*_TOP, _of(a))), (), _softmax_of(a), "One apart")
    return chain.cite(partition()).laws(_probability(a)).done()


@cache
def weighted_partition() -> Derivation:
    """``sum_k v_k exp(z_k) = exp(z_t) sum_k v_k exp(z_k - z_t)``."""
    start = total(mul(v[k], exp(z[k])), k, ONE, K)
    chain = Chain("weighted-partition", (*_TOP, *_DIRECTION), (), start, "Sum of exponentials, each with a factor")
    chain.laws(mul(exp(z[top]), mul(v[k], _share(k))), at=mul(v[k], exp(z[k])).__eq__)
    return chain.rewrite(sums.CONSTANT_FACTOR_OUT_OF_SUM).done()


# ------------------------------------------------------------------ one observation

_DERIVATIVES = (
    calculus.DERIVATIVE_OF_CONSTANT,
    calculus.DERIVATIVE_OF_TERMS,
    calculus.DERIVATIVE_OF_SUM,
    calculus.DERIVATIVE_OF_MULTIPLE,
    calculus.PRODUCT_RULE,
    calculus.DERIVATIVE_OF_INVERSE,
    calculus.DERIVATIVE_OF_EXP,
    calculus.DERIVATIVE_OF_COORDINATE,
    sums.SIFT_BEHIND,
)


def _as_scores(chain: Chain) -> None:
    """``- sum_k y_k log softmax_k`` without a quotient under the logarithm."""
    chain.exhaust(logarithms.LOG_OF_FACTORS, logarithms.LOG_OF_EXP, logarithms.LOG_OF_INVERSE)


@dataclass(frozen=True)
class Classwise:
    """One observation of a model with a score ``z_k`` for each class, in letters.

    Attributes:
        name: lower case with hyphens.
        heading: in words.
        observation: a letter for the number of the class, or an array with a share or count for each class.
        hypotheses: what is declared of the scores and of the observation.
        loss: as the theorem of the model has it under the sum, in letters.
        theorem: of the model, whose right side sums the loss; none where only the loss is needed.
    """

    name: str
    heading: str
    observation: Symbol | IndexedBase
    hypotheses: tuple[Hypothesis, ...]
    loss: Expr
    theorem: Derivation | None = None

    @property
    def counted(self) -> bool:
        """Whether there is a share or count for each class, not the number of one class."""
        return isinstance(self.observation, IndexedBase)

    @property
    def domain(self) -> Domain | None:
        """Where the shares or counts are declared to lie."""
        return next((h.domain for h in self.hypotheses if isinstance(h, Declared) and h.term == y[k]), None)

    def _chain(self, name: str, what: str, start: Expr, *more: Hypothesis) -> Chain:
        about = dict.fromkeys((*self.hypotheses, Labelled(top, ONE, K), *more))
        return Chain(f"{self.name}-{name}", about, (), start, f"{self.heading}: {what} of one observation")

    def pointwise(self) -> Derivation:
        """The loss: how far the observed score is below the largest, and ``log1p`` of what the others are."""
        chain, rest_of = self._chain("pointwise", "loss", self.loss), LOG1P(_OTHERS)
        if not self.counted:
            chain.cite(log_partition())
            return chain.algebra(add(sub(z[top], z[self.observation]), rest_of)).done()
        _as_scores(chain)
        chain.cite(log_partition()).rewrite(sums.MINUS_INTO_SUM)
        terms = add(mul(y[k], sub(z[top], z[k])), mul(rest_of, y[k]))
        chain.algebra(terms, at=_part(chain.here.args[0])).rewrite(sums.SUM_OF_TERMS)
        return chain.rewrite(sums.CONSTANT_FACTOR_OUT_OF_SUM).done()

    def slope(self) -> Derivation:
        """``dl / dz_c``; that of the observed class is minus the sum of what the others have."""
        chain = self._chain("slope", "slope", derivative(self.loss, z[c]), Ranged(ONE_CLASS)).cite(self._slope())
        chain.cite(probability(c))
        if self.counted:
            lacking = mul(y[c], mul(sub(_WHOLE, _share(c)), inverse(_WHOLE)))
            return chain.algebra(sub(mul(sub(_TRIALS, y[c]), _probability(c)), lacking)).cite(rest(c)).done()
        here = _delta(c, label)
        chain.cite(either_way(label, c))
        lacking = mul(sub(mul(here, _WHOLE), mul(here, _share(c))), inverse(_WHOLE))
        chain.algebra(add(neg(lacking), mul(sub(ONE, here), _probability(c)))).cite(equal_classes(c, label))
        lacking = mul(here, neg(mul(sub(_WHOLE, _share(label)), inverse(_WHOLE))))
        return chain.algebra(add(lacking, mul(sub(ONE, here), _probability(c)))).cite(rest(label)).done()

    def _slope(self) -> Derivation:
        """``dl / dz_c = m softmax_c - y_c``, with the share ``[y = c]`` and ``m = 1`` for the number of a class."""
        start = derivative(self.loss, z[c])
        if not self.counted:
            return logit_gradient()
        chain = self._chain("slope-in-probabilities", "slope", start, Ranged(ONE_CLASS))
        _as_scores(chain)
        chain.rewrite(sums.MINUS_INTO_SUM)
        chain.algebra(add(mul(_log_sum_exp(), y[k]), neg(mul(y[k], z[k]))), at=_part(chain.here.args[0].args[0]))
        chain.rewrite(sums.SUM_OF_TERMS).rewrite(sums.CONSTANT_FACTOR_OUT_OF_SUM)
        chain.algebra(mul(_TRIALS, _log_sum_exp()), at=mul(_log_sum_exp(), _TRIALS).__eq__)
        _in_a_logit(chain)
        return chain.algebra(sub(mul(_TRIALS, _softmax_of(c)), y[c])).done()

    def _times_trials(self, e: Expr) -> Expr:
        return mul(_TRIALS, e) if self.counted else e

    def curvature_product(self) -> Derivation:
        """``(H v)_c = m p_c (v_c - sum_k p_k v_k)``: the derivative in ``z_c`` of ``sum_k v_k dl/dz_k``."""
        inner = Symbol("l", integer=True)
        partition_function = total(exp(z[inner]), inner, ONE, K)
        count, share = (total(y[inner], inner, ONE, K), y[k]) if self.counted else (ONE, _delta(label, k))
        probability_k = mul(exp(z[k]), inverse(partition_function))
        slope_k = sub(mul(count, probability_k) if self.counted else probability_k, share)
        start = derivative(total(mul(v[k], slope_k), k, ONE, K), z[c])
        chain = self._chain("curvature-product", "curvature times a direction", start, *_DIRECTION, Ranged(ONE_CLASS))
        slopes = mul(inverse(partition_function), mul(v[k], exp(z[k])))
        slopes = mul(count, slopes) if self.counted else slopes
        chain.algebra(add(slopes, neg(mul(v[k], share))), at=_part(chain.here.args[0].args[0]))
        chain.rewrite(sums.SUM_OF_TERMS).exhaust(sums.CONSTANT_FACTOR_OUT_OF_SUM).exhaust(*_DERIVATIVES)
        one = mul(v[k], mul(exp(z[k]), _delta(k, c)))
        chain.algebra(mul(mul(v[k], exp(z[k])), _delta(k, c)), at=one.__eq__).rewrite(sums.SIFT_BEHIND)
        weighted = total(mul(v[k], exp(z[k])), k, ONE, K)
        here, mean = mul(exp(z[c]), inverse(partition_function)), mul(inverse(partition_function), weighted)
        chain.algebra(mul(count, mul(here, sub(v[c], mean))) if self.counted else mul(here, sub(v[c], mean)))
        chain.cite(probability(c)).cite(weighted_partition()).cite(partition())
        mean = mul(inverse(_WHOLE), total(mul(v[k], _share(k)), k, ONE, K))
        return chain.laws(self._times_trials(mul(_probability(c), sub(v[c], mean)))).done()

    def curvature(self) -> Derivation:
        """``d2l / dz_c dz_b = m p_c ([c = b] - p_b)``; on the diagonal ``1 - p_b`` is a sum of the others."""
        start = derivative(self._slope().rhs, z[other])
        chain = self._chain("curvature", "curvature", start, Ranged(ONE_CLASS), _of(other)).exhaust(*_DERIVATIVES)
        same = _delta(c, other)
        here, there = _softmax_of(c), _softmax_of(other)
        chain.algebra(self._times_trials(sub(mul(same, here), mul(here, there))))
        chain.cite(probability(c)).cite(probability(other))
        shared = mul(mul(same, _share(c)), mul(inverse(_WHOLE), mul(sub(_WHOLE, _share(other)), inverse(_WHOLE))))
        apart = mul(sub(ONE, same), neg(mul(_probability(c), _probability(other))))
        chain.algebra(self._times_trials(add(shared, apart))).cite(equal_classes(c, other))
        shared = mul(same, mul(_probability(other), mul(sub(_WHOLE, _share(other)), inverse(_WHOLE))))
        return chain.algebra(self._times_trials(add(shared, apart))).cite(rest(other)).done()


def classwise(model: Model[NoiseModel]) -> Classwise:
    """One observation of a model with a score for each class, in letters.

    Raises:
        LossproofError: if the model has no score for each class.
    """
    if not isinstance(model.predictor, (LinearScores, OpaqueScores)):
        raise LossproofError(f"'{model.name}' has no score for each class")
    theorem = of_model(replace(model, prior=None))
    summed = theorem.rhs
    assert isinstance(summed, Named)
    score = model.predictor.score(k)
    counted = not isinstance(model.noise, Categorical)
    observation = y if counted else label

    def lettered(e: Basic) -> Expr:
        if isinstance(e, type(score)) and e.head == score.head:
            return z[lettered(e.arguments[1])]
        if isinstance(e, Named):
            return lettered(e.body)
        if e == y[i, k]:
            return y[k]
        if e == y[i]:
            return label
        return e if is_leaf(e) else rebuild(e, [lettered(a) for a in e.args])

    declared = [h for h in model.hypotheses if isinstance(h, Declared) and h.term == y[i, k]]
    of_observation = (
        [Declared(y[k], CLOSED_UNIT if h.domain == BINARY else h.domain, (CLASSES,)) for h in declared]
        if counted
        else [Labelled(label, ONE, K)]
    )
    hypotheses = (*_SCORES, *of_observation)
    return Classwise(model.name, model.heading, observation, hypotheses, lettered(summed.body.args[0]), theorem)
