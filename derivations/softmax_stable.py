"""Log-sum-exp without overflow: any number may be subtracted from the logits, such as the largest.

``log sum_k exp(z_k) = m + log sum_k exp(z_k - m)`` for every real ``m`` (Blanchard, Higham and
Higham 2021).

    python derivations/softmax_stable.py --standalone --out softmax_stable.tex
"""

from sympy import IndexedBase, Symbol

from lossproof import Chain
from lossproof.cli import script
from lossproof.kernel.conditions import Declared
from lossproof.kernel.domains import POSITIVE_COUNT, REAL
from lossproof.models import CLASSES, K, k
from lossproof.notation.inert import ONE, exp, log, mul, sub, total
from lossproof.rulebook import logarithms, sums

z, m = IndexedBase("z", real=True), Symbol("m", real=True)

chain = Chain(
    "softmax-stable",
    (Declared(K, POSITIVE_COUNT), Declared(z[k], REAL, (CLASSES,)), Declared(m, REAL)),
    (),
    start=log(total(exp(z[k]), k, ONE, K)),
    title="Log-sum-exp without overflow: any number may be subtracted, such as the largest",
)

# Every term has exp(m) as a factor, which comes out of the sum and out of the logarithm.
chain.laws(mul(exp(m), exp(sub(z[k], m))), at=exp(z[k]).__eq__)
chain.rewrite(sums.CONSTANT_FACTOR_OUT_OF_SUM)
chain.rewrite(logarithms.LOG_OF_FACTORS)
chain.rewrite(logarithms.LOG_OF_EXP)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
