"""Cross-entropy of logits as a log-sum-exp, because the labels add up to 1.

``- sum_k y_k log softmax_k = log sum_k exp(z_k) - sum_k y_k z_k``, also for soft labels ``y_k``
in [0, 1] (torch.nn.CrossEntropyLoss takes logits for this reason).

    python derivations/softmax_log_sum_exp.py --standalone --out softmax_log_sum_exp.tex
"""

from sympy import IndexedBase, Symbol

from lossproof import Chain
from lossproof.cli import script
from lossproof.kernel.conditions import Assumed, Declared
from lossproof.kernel.domains import CLOSED_UNIT, POSITIVE_COUNT, REAL
from lossproof.models import CLASSES, K, k, y
from lossproof.notation.inert import ONE, add, exp, inverse, log, mul, neg, sub, total
from lossproof.rulebook import logarithms, sums

z = IndexedBase("z", real=True)
other = Symbol("l", integer=True)
softmax = mul(exp(z[k]), inverse(total(exp(z[other]), other, ONE, K)))

chain = Chain(
    "softmax-log-sum-exp",
    (
        Declared(K, POSITIVE_COUNT),
        Declared(z[k], REAL, (CLASSES,)),
        Declared(y[k], CLOSED_UNIT, (CLASSES,)),
        Assumed("one-hot", total(y[k], k, ONE, K), ONE),
    ),
    (),
    start=neg(total(mul(y[k], log(softmax)), k, ONE, K)),
    title="Cross-entropy of logits as a log-sum-exp",
)

# The logarithm of the softmax is a difference, of which the second term is the same for every class.
chain.rewrite(logarithms.LOG_OF_FACTORS)
chain.rewrite(logarithms.LOG_OF_EXP)
chain.rewrite(logarithms.LOG_OF_INVERSE)
log_sum_exp = log(total(exp(z[other]), other, ONE, K))
chain.algebra(add(mul(y[k], z[k]), mul(neg(log_sum_exp), y[k])), at=chain.here.args[1].args[0].__eq__)
chain.rewrite(sums.SUM_OF_TERMS)
chain.rewrite(sums.CONSTANT_FACTOR_OUT_OF_SUM, at=chain.here.args[1].args[1].__eq__)

# The labels add up to 1.
chain.assume("one-hot")
chain.laws(sub(log(total(exp(z[k]), k, ONE, K)), total(mul(y[k], z[k]), k, ONE, K)))

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
