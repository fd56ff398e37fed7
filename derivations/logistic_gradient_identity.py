"""Logistic regression: the gradient of the loss from that of the likelihood.

``dJ / dw_j = -(1 / L(w)) dL / dw_j``

python derivations/logistic_gradient_identity.py --format text
"""

from logistic_cross_entropy import derivation as likelihood_to_loss

from lossproof import LOGISTIC, Chain, Ranged
from lossproof.cli import script
from lossproof.models import FEATURES, j
from lossproof.notation.inert import derivative
from lossproof.rulebook import calculus

model = LOGISTIC
(w,) = model.parameters
minus_log_likelihood_is_loss = likelihood_to_loss.equations[-1].called(
    "logistic-equation", "Logistic regression: the negative log-likelihood is the cross-entropy"
)

chain = Chain(
    "logistic-gradient-identity",
    (*model.hypotheses, Ranged(FEATURES)),
    (w,),
    start=derivative(model.loss, w[j]),
    title="Logistic regression: the gradient of the loss from that of the likelihood",
)
chain.cite(minus_log_likelihood_is_loss, reverse=True)
chain.rewrite(calculus.DERIVATIVE_OF_MULTIPLE)
chain.rewrite(calculus.DERIVATIVE_OF_LOG)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
