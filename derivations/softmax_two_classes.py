"""Softmax with two classes is logistic regression: ``- sum_{k=1}^2 y_k log softmax_k = l(sigma(z_2 - z_1), y_2)``.

python derivations/softmax_two_classes.py --standalone --out two_classes.tex
"""

from sympy import IndexedBase, Symbol

from lossproof import Assumed, Chain, Declared
from lossproof.cli import script
from lossproof.kernel.conditions import Range
from lossproof.kernel.domains import CLOSED_UNIT, REAL
from lossproof.losses import CROSS_ENTROPY
from lossproof.models import k, y
from lossproof.notation.inert import ONE, TWO, add, exp, inverse, log, mul, neg, sub, total
from lossproof.notation.nodes import Sigmoid
from lossproof.rulebook import sigmoids, sums

z, other = IndexedBase("z", real=True), Symbol("l", integer=True)
both = Range(k, ONE, TWO)
softmax = mul(exp(z[k]), inverse(total(exp(z[other]), other, ONE, TWO)))

chain = Chain(
    "softmax-two-classes",
    (
        Declared(z[k], REAL, (both,)),
        Declared(y[k], CLOSED_UNIT, (both,)),
        Assumed("one-hot", y[ONE], sub(ONE, y[TWO])),
    ),
    (),
    start=neg(total(mul(y[k], log(softmax)), k, ONE, TWO)),
    title="Softmax with two classes is logistic regression",
)

# Two terms outside, two inside; the first label is 1 minus the second.
chain.rewrite(sums.WRITTEN_OUT)
chain.rewrite(sums.WRITTEN_OUT)
chain.assume("one-hot")

# The two probabilities add up to 1, and the second is a sigmoid.
powers = add(exp(z[ONE]), exp(z[TWO]))
first, second = mul(exp(z[ONE]), inverse(powers)), mul(exp(z[TWO]), inverse(powers))
difference = sub(z[TWO], z[ONE])
chain.algebra(sub(ONE, second), at=first.__eq__)
chain.laws(inverse(add(ONE, exp(neg(difference)))), at=second.__eq__)
chain.laws(inverse(add(ONE, exp(neg(difference)))), at=second.__eq__)
chain.rewrite(sigmoids.AS_SIGMOID)

# That is the cross-entropy of logistic regression.
loss = CROSS_ENTROPY(Sigmoid(difference), y[TWO])
chain.algebra(loss.body)
chain.fold(loss)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
