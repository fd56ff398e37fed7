"""Linear predictor: the gradient of the prediction, ``d f_w(x_i) / d w_j = x_ij``.

Every gradient of a loss behind a linear predictor ends with this one, by the chain rule.

    python derivations/linear_prediction_gradient.py --standalone --out linear_prediction_gradient.tex
"""

from lossproof import Chain
from lossproof.cli import script
from lossproof.kernel.conditions import Declared, Ranged
from lossproof.kernel.domains import COUNT
from lossproof.models import FEATURES, OBSERVATIONS, LinearPredictor, j, n, w
from lossproof.notation.inert import derivative
from lossproof.rulebook import calculus, sums

predictor = LinearPredictor()
f = predictor.prediction

chain = Chain(
    "linear-prediction-gradient",
    (*predictor.hypotheses, Ranged(FEATURES), Ranged(OBSERVATIONS), Declared(n, COUNT)),
    predictor.parameters,
    start=derivative(f, w[j]),
    title="Linear predictor: gradient of the prediction",
)
chain.unfold(predictor.definition)

# A sum of terms, each a weight times a constant ...
chain.rewrite(calculus.DERIVATIVE_OF_SUM)
chain.rewrite(calculus.DERIVATIVE_OF_LINEAR_TERM)

# ... of which only one depends on w_j.
chain.rewrite(calculus.DERIVATIVE_OF_COORDINATE)
chain.rewrite(sums.SIFT)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
