"""Softmax regression: the gradient of the loss, ``dJ / dw_cj = sum_i (softmax_c(x_i) - [y_i = c]) x_ij``.

python derivations/softmax_gradient.py --standalone --out softmax_gradient.tex
"""

from sympy import Expr, KroneckerDelta

from lossproof import Chain, Declared, Derivation, Ranged
from lossproof.cli import script
from lossproof.kernel.conditions import Hypothesis, Labelled
from lossproof.kernel.domains import POSITIVE_COUNT
from lossproof.models import CLASSES, FEATURES, OBSERVATIONS, K, LinearScores, i, j, k, w, x, y
from lossproof.models.noise import chance_of, partition
from lossproof.notation.inert import build, derivative, exp, inverse, mul, sub
from lossproof.rulebook import calculus, sums
from lossproof.strategies.classes import ONE_CLASS, SOFTMAX, c

model, scores = SOFTMAX, LinearScores()
classes = Declared(K, POSITIVE_COUNT)


def delta(a: Expr, b: Expr) -> Expr:
    """1 if the two indices are equal, else 0."""
    return build(KroneckerDelta, (a, b))


def score_gradient(of: Expr, name: str, *more: Hypothesis) -> Derivation:
    """Of a score, only the weights of its own class count, and of those only the one of feature ``j``."""
    inner = Chain(
        f"linear-{name}-gradient",
        (*scores.hypotheses, *more, Ranged(ONE_CLASS), Ranged(FEATURES), Ranged(OBSERVATIONS)),
        (w,),
        start=derivative(scores.score(of), w[c, j]),
        title="Linear scores: gradient of a score",
    )
    inner.unfold(scores.definition)
    inner.rewrite(calculus.DERIVATIVE_OF_SUM)
    inner.rewrite(calculus.DERIVATIVE_OF_LINEAR_TERM)
    inner.rewrite(calculus.DERIVATIVE_OF_ENTRY)
    body, (feature, *_) = inner.here.args
    inner.algebra(mul(delta(feature, j), mul(delta(of, c), x[i, feature])), at=body.__eq__)
    inner.rewrite(sums.SIFT)
    return inner.done()


chain = Chain(
    "softmax-gradient",
    (*model.hypotheses, Ranged(ONE_CLASS), Ranged(FEATURES)),
    (w,),
    start=derivative(model.loss, w[c, j]),
    title="Softmax regression: gradient of the loss",
)

# The derivative goes through the sum over the observations, the logarithm, and the sum over the classes.
chain.unfold(model.loss.definition)
chain.rewrite(calculus.DERIVATIVE_OF_SUM)
chain.rewrite(calculus.DERIVATIVE_OF_TERMS)
chain.rewrite(calculus.DERIVATIVE_OF_MULTIPLE)
chain.rewrite(calculus.DERIVATIVE_OF_LOG)
chain.rewrite(calculus.DERIVATIVE_OF_SUM)
chain.rewrite(calculus.DERIVATIVE_OF_EXP)

# The score of class k depends on w_cj if k = c; the score of the observed class if y_i = c.
label = next(h for h in model.hypotheses if isinstance(h, Labelled))
chain.cite(score_gradient(k, "score", classes, Ranged(CLASSES)))
chain.cite(score_gradient(y[i], "observed-score", classes, label))

# So one term of the sum over the classes remains.
slope = mul(exp(scores.score(k)), mul(delta(k, c), x[i, j]))
chain.algebra(mul(delta(k, c), mul(exp(scores.score(k)), x[i, j])), at=slope.__eq__)
chain.rewrite(sums.SIFT)

# What stands in front of x_ij is the probability of class c, minus 1 if c was observed.
ratio = mul(exp(scores.score(c)), inverse(partition(scores)))
chain.algebra(mul(sub(ratio, delta(y[i], c)), x[i, j]), at=chain.here.args[0].__eq__)
chain.fold(chance_of(scores, c))

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
