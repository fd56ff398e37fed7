"""Least squares: no weights do better than the closed form, by completing the square.

``||y - X w||^2 - ||y - X w_hat||^2 = ||X (w - w_hat)||^2 >= 0``

    python derivations/least_squares_minimum.py --standalone --out minimum.tex
"""

from least_squares_closed_form import derivation as normal_equations
from least_squares_closed_form import what

from lossproof import NONNEGATIVE, Chain
from lossproof.cli import script
from lossproof.models import linear
from lossproof.models import w as weights
from lossproof.models.linear import FULL_RANK, X, w, y
from lossproof.notation.inert import TWO, add, mul, sub
from lossproof.notation.matrices import Form, MatrixProduct, SquaredNorm, Transpose, minus

chain = Chain(
    "least-squares-minimum",
    (*linear.HYPOTHESES, FULL_RANK),
    (weights,),
    start=sub(SquaredNorm(linear.residuals()), SquaredNorm(linear.residuals(what))),
    title="Least squares: completing the square, so the closed form is a minimiser",
)

# With y - X w = (y - X w_hat) - X (w - w_hat), there is a square and a mixed term.
square = SquaredNorm(MatrixProduct(X, minus(w, what)))
gap = minus(MatrixProduct(Transpose(X), y), MatrixProduct(Transpose(X), X, what))
mixed = Form(MatrixProduct(Transpose(minus(what, w)), gap))
chain.matrix_algebra(add(mul(TWO, mixed), square))

# By the normal equations the mixed term is zero.
chain.cite(normal_equations)
chain.matrix_algebra(square)

derivation = chain.done(claim=NONNEGATIVE)

if __name__ == "__main__":
    script(derivation, __doc__)
