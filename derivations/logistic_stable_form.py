"""Cross-entropy of a logit: where the form that libraries compute comes from.

``l(sigma(z), y) = softplus(z) - y z = max(z, 0) - y z + log(1 + exp(-|z|))``

    python derivations/logistic_stable_form.py --format text
"""

from sympy import Symbol

from lossproof import CROSS_ENTROPY, REAL, Chain, Declared
from lossproof.cli import script
from lossproof.notation.inert import ONE, ZERO, absolute, add, exp, log, maximum, mul, neg, sub
from lossproof.notation.nodes import Sigmoid, Softplus
from lossproof.rulebook import sigmoids

z, y = Symbol("z", real=True), Symbol("y", real=True)

chain = Chain(
    "logistic-stable",
    (Declared(z, REAL), Declared(y, REAL)),
    (),
    start=CROSS_ENTROPY(Sigmoid(z), y),
    title="Logistic regression: cross-entropy of a logit, without overflow",
)
chain.unfold(CROSS_ENTROPY)

# Both logarithms are softplus, and two of its three terms cancel.
chain.rewrite(sigmoids.LOG_OF_SIGMOID)
chain.rewrite(sigmoids.LOG_OF_SIGMOID_COMPLEMENT)
chain.algebra(sub(Softplus(z), mul(y, z)))

# exp(z) overflows for large z; exp(-|z|) does not.
chain.rewrite(sigmoids.SOFTPLUS_WITHOUT_OVERFLOW)
chain.algebra(add(maximum(z, ZERO), neg(mul(y, z)), log(add(ONE, exp(neg(absolute(z)))))))

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
