"""Softmax with two classes is logistic regression in the difference of the logits.

``- sum_{k=1}^2 y_k log softmax_k = l(sigma(z_2 - z_1), y_2)`` with the cross-entropy ``l`` of
logistic_cross_entropy.py, for labels with ``y_1 = 1 - y_2`` (Bishop 2006, section 4.2).

    python derivations/softmax_two_classes.py --standalone --out softmax_two_classes.tex
"""

from sympy import IndexedBase, Symbol

from lossproof import Chain
from lossproof.cli import script
from lossproof.kernel.conditions import Assumed, Declared, Range
from lossproof.kernel.domains import CLOSED_UNIT, REAL
from lossproof.losses import CROSS_ENTROPY
from lossproof.models import k, y
from lossproof.notation.inert import ONE, TWO, add, exp, inverse, log, mul, neg, sub, total
from lossproof.notation.nodes import Sigmoid
from lossproof.rulebook import sigmoids, sums

z, other = IndexedBase("z", real=True), Symbol("l", integer=True)
two_classes = Range(k, ONE, TWO)
difference = sub(z[TWO], z[ONE])
softmax = mul(exp(z[k]), inverse(total(exp(z[other]), other, ONE, TWO)))

chain = Chain(
    "softmax-two-classes",
    (
        Declared(z[k], REAL, (two_classes,)),
        Declared(y[k], CLOSED_UNIT, (two_classes,)),
        Assumed("one-hot", y[ONE], sub(ONE, y[TWO])),
    ),
    (),
    start=neg(total(mul(y[k], log(softmax)), k, ONE, TWO)),
    title="Softmax with two classes is logistic regression",
)

# Two terms, and in each a sum of two.
chain.rewrite(sums.WRITTEN_OUT)
chain.rewrite(sums.WRITTEN_OUT)
first, second = (mul(exp(z[c]), inverse(add(exp(z[ONE]), exp(z[TWO])))) for c in (ONE, TWO))

# What is not the one class is the other: for the label, and for its probability.
chain.assume("one-hot")
chain.algebra(sub(ONE, second), at=first.__eq__)

# The second probability is a sigmoid; it stands in two places.
sigmoid = inverse(add(ONE, exp(neg(difference))))
chain.laws(sigmoid, at=second.__eq__)
chain.laws(sigmoid, at=second.__eq__)
chain.rewrite(sigmoids.AS_SIGMOID)

# That is the cross-entropy of the one label.
cross_entropy = CROSS_ENTROPY(Sigmoid(difference), y[TWO])
chain.algebra(cross_entropy.body)
chain.fold(cross_entropy)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
