"""Least squares: ``w_hat := (X^T X)^(-1) X^T y`` solves the normal equations, if X has full column rank.

python derivations/least_squares_closed_form.py --format text
"""

from lossproof import Chain
from lossproof.cli import script
from lossproof.models import linear, w
from lossproof.models.linear import FULL_RANK, X, y
from lossproof.notation.matrices import MatrixProduct, Transpose

what = linear.least_squares_weights()

chain = Chain(
    "least-squares",
    (*linear.HYPOTHESES, FULL_RANK),
    (w,),
    start=MatrixProduct(Transpose(X), X, what),
    title="Least squares: the closed form solves the normal equations",
)

# X^T X is invertible, because its columns are independent; so it cancels against its inverse.
chain.unfold(what.definition)
chain.matrix_algebra(MatrixProduct(Transpose(X), y))

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
