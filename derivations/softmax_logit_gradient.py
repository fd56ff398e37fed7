"""Cross-entropy of logits: the gradient in a logit is probability minus label.

``d/dz_c [log sum_k exp z_k - z_y] = exp(z_c) / sum_k exp(z_k) - [y = c]``, the logits being
variables: where back-propagation starts (Bishop 2006, eq. 4.108 and 4.109).

    python derivations/softmax_logit_gradient.py --standalone --out softmax_logit_gradient.tex
"""

from sympy import IndexedBase, KroneckerDelta, Symbol

from lossproof import Chain
from lossproof.cli import script
from lossproof.kernel.conditions import Declared, Labelled, Range, Ranged
from lossproof.kernel.domains import POSITIVE_COUNT, REAL
from lossproof.models import CLASSES, K, k
from lossproof.notation.inert import ONE, build, derivative, exp, inverse, log, mul, sub, total
from lossproof.rulebook import calculus, sums

z, c = IndexedBase("z", real=True), Symbol("c", integer=True)
label = Symbol("y", integer=True)
partition = total(exp(z[k]), k, ONE, K)

chain = Chain(
    "softmax-logit-gradient",
    (
        Declared(K, POSITIVE_COUNT),
        Declared(z[k], REAL, (CLASSES,)),
        Labelled(label, ONE, K),
        Ranged(Range(c, ONE, K)),
    ),
    (),
    start=derivative(sub(log(partition), z[label]), z[c]),
    title="Cross-entropy of logits: gradient in a logit",
)

# Through the logarithm and the sum over the classes, down to the logits.
chain.rewrite(calculus.DERIVATIVE_OF_TERMS)
chain.rewrite(calculus.DERIVATIVE_OF_MULTIPLE)
chain.rewrite(calculus.DERIVATIVE_OF_LOG)
chain.rewrite(calculus.DERIVATIVE_OF_SUM)
chain.rewrite(calculus.DERIVATIVE_OF_EXP)

# A logit is the variable if it is that of c, and else it does not contain it.
chain.rewrite(calculus.DERIVATIVE_OF_COORDINATE)
chain.rewrite(sums.SIFT_BEHIND)
chain.algebra(sub(mul(exp(z[c]), inverse(partition)), build(KroneckerDelta, (label, c))))

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
