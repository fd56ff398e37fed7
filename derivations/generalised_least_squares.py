"""Generalised least squares: no weights do better than the closed form, when the noise is correlated.

``w_hat := (X^T Sigma^(-1) X)^(-1) X^T Sigma^(-1) y``

    python derivations/generalised_least_squares.py --standalone --out generalised.tex
"""

from lossproof import NONNEGATIVE, Chain
from lossproof.cli import script
from lossproof.models import linear
from lossproof.models import w as weights
from lossproof.models.linear import COVARIANCE, FULL_RANK, Sigma, X, w, y
from lossproof.notation.inert import TWO, add, mul, sub
from lossproof.notation.matrices import Form, Inverse, MatrixProduct, Transpose, minus, quadratic

hypotheses = (*linear.HYPOTHESES, FULL_RANK, COVARIANCE)
what = linear.weighted_weights()
precision = Inverse(Sigma)
moment = MatrixProduct(Transpose(X), precision, y)

# The closed form solves the normal equations: X^T Sigma^(-1) X is invertible, for Sigma is positive definite.
solved = Chain(
    "generalised-least-squares",
    hypotheses,
    (weights,),
    start=MatrixProduct(Transpose(X), precision, X, what),
    title="Generalised least squares: the closed form solves the normal equations",
)
solved.unfold(what.definition)
solved.matrix_algebra(moment)

# Completing the square: the mixed term is zero by the normal equations.
chain = Chain(
    "generalised-least-squares-minimum",
    hypotheses,
    (weights,),
    start=sub(quadratic(linear.residuals(), precision), quadratic(linear.residuals(what), precision)),
    title="Generalised least squares: completing the square, so the closed form is a minimiser",
)
square = quadratic(MatrixProduct(X, minus(w, what)), precision)
mixed = Form(MatrixProduct(Transpose(minus(what, w)), minus(moment, solved.start)))
chain.matrix_algebra(add(mul(TWO, mixed), square))
chain.cite(solved.done())
chain.matrix_algebra(square)

derivation = chain.done(claim=NONNEGATIVE)

if __name__ == "__main__":
    script(derivation, __doc__)
