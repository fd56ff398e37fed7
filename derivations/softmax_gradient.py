"""Softmax regression: the gradient, ``dJ / dw_cj = sum_i (softmax_c(x_i) - [y_i = c]) x_ij``.

Probability minus label, times the feature, for each class ``c`` and feature ``j`` (Bishop 2006, eq. 4.109).

    python derivations/softmax_gradient.py --standalone --out softmax_gradient.tex
"""

from sympy import Expr, KroneckerDelta, Symbol

from lossproof import Chain, Model
from lossproof.cli import script
from lossproof.kernel.conditions import Declared, Hypothesis, Labelled, Range, Ranged
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import POSITIVE_COUNT
from lossproof.models import CLASSES, FEATURES, OBSERVATIONS, Categorical, K, LinearScores, i, j, k, w, x, y
from lossproof.models.noise import chance_of
from lossproof.notation.inert import ONE, build, derivative, exp, inverse, mul, sub, total
from lossproof.rulebook import calculus, sums

scores = LinearScores()
model = Model("softmax", Categorical(), scores, "Softmax regression")
c, some_classes = Symbol("c", integer=True), Declared(K, POSITIVE_COUNT)
one_class, observed_class = Ranged(Range(c, ONE, K)), Labelled(y[i], ONE, K, (OBSERVATIONS,))


def delta(a: Expr, b: Expr) -> Expr:
    """1 if ``a = b``, else 0."""
    return build(KroneckerDelta, (a, b))


def score_gradient(of: Expr, name: str, range_of_it: Hypothesis) -> Derivation:
    """``d f_{w,of}(x_i) / d w_cj = [of = c] x_ij``: needed for every class, and for the observed one."""
    known = (*scores.hypotheses, some_classes, range_of_it, one_class, Ranged(FEATURES), Ranged(OBSERVATIONS))
    inner = Chain(name, known, (w,), derivative(scores.score(of), w[c, j]), "Linear scores: gradient of a score")
    inner.unfold(scores.definition)
    inner.rewrite(calculus.DERIVATIVE_OF_SUM)
    inner.rewrite(calculus.DERIVATIVE_OF_LINEAR_TERM)
    inner.rewrite(calculus.DERIVATIVE_OF_ENTRY)
    body, (index, *_) = inner.here.args
    inner.algebra(mul(delta(index, j), mul(delta(of, c), x[i, index])), at=body.__eq__)
    inner.rewrite(sums.SIFT)
    return inner.done()


chain = Chain(
    "softmax-gradient",
    (*model.hypotheses, one_class, Ranged(FEATURES)),
    (w,),
    start=derivative(model.loss, w[c, j]),
    title="Softmax regression: gradient of the loss",
)

# Through the sum over the observations, the logarithm, and the sum over the classes, down to the scores.
chain.unfold(model.loss.definition)
chain.rewrite(calculus.DERIVATIVE_OF_SUM)
chain.rewrite(calculus.DERIVATIVE_OF_TERMS)
chain.rewrite(calculus.DERIVATIVE_OF_MULTIPLE)
chain.rewrite(calculus.DERIVATIVE_OF_LOG)
chain.rewrite(calculus.DERIVATIVE_OF_SUM)
chain.rewrite(calculus.DERIVATIVE_OF_EXP)
chain.cite(score_gradient(k, "linear-score-gradient", Ranged(CLASSES)))
chain.cite(score_gradient(y[i], "linear-observed-score-gradient", observed_class))

# Of the sum over the classes only the term of c remains.
chain.algebra(
    mul(delta(k, c), mul(exp(scores.score(k)), x[i, j])),
    at=mul(exp(scores.score(k)), mul(delta(k, c), x[i, j])).__eq__,
)
chain.rewrite(sums.SIFT)

# The quotient is the softmax of c.
partition = total(exp(scores.score(k)), k, ONE, K)
softmax = mul(exp(scores.score(c)), inverse(partition))
chain.algebra(mul(sub(softmax, delta(y[i], c)), x[i, j]), at=chain.here.args[0].__eq__)
chain.fold(chance_of(scores, c))

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
