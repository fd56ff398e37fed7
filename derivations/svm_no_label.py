"""Hinge loss with three outcomes: what both labels leave of the probability is not negative.

``q(f, y) = exp(-C max(1 - y f, 0)) / (1 + exp(-2 C))`` for the two labels, and the rest for "don't know"
(Sollich 2002).  Both losses together are 2 at least.

    python derivations/svm_no_label.py --standalone --out no_label.tex
"""

from lossproof import NONNEGATIVE, Chain
from lossproof.cli import script
from lossproof.losses import HINGE
from lossproof.models.kernels import C
from lossproof.models.three_outcomes import HYPOTHESES, MOST, OF_LABEL, OF_NONE, latent
from lossproof.notation.inert import MINUS_ONE, ONE, TWO, ZERO, add, exp, inverse, maximum, mul, neg, sub
from lossproof.rulebook import absolute_values

inside, beyond = sub(ONE, latent), add(ONE, latent)
loss, other_loss = maximum(inside, ZERO), maximum(beyond, ZERO)
more = add(maximum(neg(inside), ZERO), maximum(neg(beyond), ZERO))

# The losses of both labels: each is its argument or more.
both = Chain(
    "hinge-of-both-labels",
    HYPOTHESES[1:],
    (),
    start=add(loss, other_loss),
    title="Hinge loss: the losses of both labels add up to 2 at least",
)
both.rewrite(absolute_values.POSITIVE_PART)
both.algebra(add(TWO, more))

chain = Chain(
    "svm-no-label",
    HYPOTHESES,
    (),
    start=OF_NONE(latent),
    title="Hinge loss with three outcomes: the probability of no label is not negative",
)
chain.unfold(OF_NONE)
chain.unfold(OF_LABEL)
chain.unfold(HINGE)
chain.algebra(inside, at=sub(ONE, mul(ONE, latent)).__eq__)
chain.algebra(beyond, at=sub(ONE, mul(MINUS_ONE, latent)).__eq__)

# Two terms that are not negative: a product, and a difference of exponentials.
factor, other, least = exp(neg(mul(C, loss))), exp(neg(mul(C, other_loss))), exp(neg(mul(TWO, C)))
chain.algebra(mul(inverse(MOST), add(mul(sub(ONE, factor), sub(ONE, other)), sub(least, mul(factor, other)))))
chain.laws(exp(neg(mul(C, add(loss, other_loss)))), at=mul(factor, other).__eq__)
chain.cite(both.done())
difference = sub(least, exp(neg(mul(C, add(TWO, more)))))
chain.laws(mul(least, sub(ONE, exp(neg(mul(C, more))))), at=difference.__eq__)

derivation = chain.done(claim=NONNEGATIVE)

if __name__ == "__main__":
    script(derivation, __doc__)
