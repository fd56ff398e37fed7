"""Geometric regression: the number of the first success, with a logit that is linear.

``P[Y_i = y] = (1 - p)^(y - 1) p`` for ``y = 1, 2, ...`` with ``p = sigma(f_w(x_i))``, and
``J(w) = sum_i [y_i softplus(f_w(x_i)) - f_w(x_i)]``.  Nothing is dropped: minus the logarithm of the
likelihood is the loss itself (scipy.stats.geom).

    python derivations/geometric.py --standalone --out geometric.tex
"""

from lossproof import Chain, Model
from lossproof.cli import script
from lossproof.models import GEOMETRIC, LinearPredictor, i, y
from lossproof.notation.inert import mul, sub
from lossproof.notation.nodes import Softplus
from lossproof.rulebook import logarithms, optima, sigmoids, sums

model = Model("geometric", GEOMETRIC, LinearPredictor(), "Geometric regression")
f = model.prediction

chain = Chain(
    "geometric",
    model.hypotheses,
    model.parameters,
    start=model.joint,
    title="Geometric regression: maximum likelihood is minimum loss",
)

# The observations are independent given the inputs: the product of their probabilities is the likelihood.
chain.assume("conditional independence")
chain.assume("geometric distribution")
chain.fold(model.likelihood)

# Maximising L is minimising -log L, because -log decreases.
chain.at_root(optima.NEGATIVE_LOGARITHM)
chain.unfold(model.likelihood.definition)

# The logarithm of the product is a sum, and that of each factor a sum of logarithms.
chain.rewrite(logarithms.LOG_OF_PRODUCT)
chain.rewrite(logarithms.LOG_OF_FACTORS)
chain.rewrite(logarithms.LOG_OF_POWER)

# log p = z - softplus(z) and log(1 - p) = -softplus(z) for the logit z of p.
chain.rewrite(sigmoids.LOG_OF_SIGMOID)
chain.rewrite(sigmoids.LOG_OF_SIGMOID_COMPLEMENT)
chain.rewrite(sums.MINUS_INTO_SUM)

# The softplus is there y_i - 1 times and once more.
chain.laws(sub(mul(y[i], Softplus(f)), f), at=chain.here.args[0].__eq__)
chain.fold(model.pointwise_loss)
chain.fold(model.loss)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
