"""Any exponential family: the loss is convex in the weights, because ``A'' >= 0``.

python derivations/exponential_family_convexity.py --standalone --out convexity.tex
"""

from sympy import IndexedBase, Symbol, Tuple

from lossproof import Chain, Declared, Derivation, Ranged
from lossproof.cli import script
from lossproof.kernel.domains import COUNT, NONNEGATIVE, REAL
from lossproof.models import FEATURES, OBSERVATIONS, LinearPredictor, d, i, j, n, w, x, y
from lossproof.notation.inert import ONE, TWO, add, derivative, mul, neg, power, sub, total
from lossproof.notation.nodes import Curve, Definition, Head, Opaque
from lossproof.rulebook import calculus
from lossproof.strategies.exponential_family import LOSS, MODEL

# Along the line w + t v the prediction is f_t(x_i) and the loss is g(t).
t, v = Symbol("t", real=True), IndexedBase("v", real=True)
f = Definition(Head("f", 1), Tuple(t, x), total(mul(add(w[j], mul(t, v[j])), x[j]), j, ONE, d))
g = Definition(Head("g"), Tuple(t), total(LOSS(f(t, x[i]), y[i]), i, ONE, n))
step = total(mul(v[j], x[i, j]), j, ONE, d)
cumulant, statistic = Head("A"), Opaque(Head("T"), y[i])
line = (Declared(v[j], REAL, (FEATURES,)), Declared(t, REAL))
observed = Declared(y[i], REAL, (OBSERVATIONS,))
hypotheses = (Declared(n, COUNT), *LinearPredictor().hypotheses, *MODEL.noise.declared, observed, *line)


def prediction_slope() -> Derivation:
    """The prediction is linear in ``t``."""
    inner = Chain(
        "linear-prediction-slope",
        (*LinearPredictor().hypotheses, *line, Declared(n, COUNT), Ranged(OBSERVATIONS)),
        (),
        start=derivative(f(t, x[i]), t),
        title="Linear predictor: slope along a line",
    )
    inner.unfold(f)
    inner.rewrite(calculus.DERIVATIVE_OF_SUM)
    inner.rewrite(calculus.DERIVATIVE_OF_LINEAR_TERM)
    inner.rewrite(calculus.DERIVATIVE_OF_TERMS)
    inner.rewrite(calculus.DERIVATIVE_OF_CONSTANT, at=derivative(w[j], t).__eq__)
    inner.rewrite(calculus.DERIVATIVE_OF_LINEAR_TERM)
    inner.rewrite(calculus.DERIVATIVE_OF_VARIABLE)
    inner.algebra(mul(v[j], x[i, j]), at=inner.here.args[0].__eq__)
    return inner.done()


def slope() -> Derivation:
    """The first derivative, by the chain rule for ``A``."""
    inner = Chain(
        "exponential-family-line-slope",
        hypotheses,
        (),
        start=derivative(g(t), t),
        title=f"{MODEL.heading}: slope of the loss along a line",
    )
    inner.unfold(g)
    inner.rewrite(calculus.DERIVATIVE_OF_SUM)
    inner.unfold(LOSS)
    inner.rewrite(calculus.DERIVATIVE_OF_TERMS)
    inner.rewrite(calculus.DERIVATIVE_OF_MULTIPLE)
    inner.rewrite(calculus.DERIVATIVE_OF_MULTIPLE)
    inner.rewrite(calculus.DERIVATIVE_OF_CURVE)
    inner.cite(prediction_slope())
    residual = sub(Curve(cumulant, 1, f(t, x[i])), statistic)
    inner.algebra(mul(residual, step), at=inner.here.args[0].__eq__)
    return inner.done()


chain = Chain(
    "exponential-family-convexity",
    hypotheses,
    (),
    start=derivative(derivative(g(t), t), t),
    title=f"{MODEL.heading}: the loss is convex",
)
chain.cite(slope())
chain.rewrite(calculus.DERIVATIVE_OF_SUM)
chain.rewrite(calculus.DERIVATIVE_OF_LINEAR_TERM)
chain.rewrite(calculus.DERIVATIVE_OF_TERMS)
chain.rewrite(calculus.DERIVATIVE_OF_CONSTANT, at=derivative(neg(statistic), t).__eq__)
chain.rewrite(calculus.DERIVATIVE_OF_CURVE)
chain.cite(prediction_slope())

# A second derivative that is not negative, times a square: the kernel sees that the sum is not negative.
chain.algebra(mul(Curve(cumulant, 2, f(t, x[i])), power(step, TWO)), at=chain.here.args[0].__eq__)

derivation = chain.done(claim=NONNEGATIVE)

if __name__ == "__main__":
    script(derivation, __doc__)
