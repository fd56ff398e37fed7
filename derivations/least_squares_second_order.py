"""Least squares: the second-order condition, ``v^T (2 X^T X) v = 2 ||X v||^2 > 0`` for ``v`` other than 0.

python derivations/least_squares_second_order.py --format text
"""

from sympy import IndexedBase

from lossproof import POSITIVE, REAL, Chain, Declared, DeclaredMatrix, Property
from lossproof.cli import script
from lossproof.models import FEATURES, d, j, linear, w
from lossproof.models.linear import FULL_RANK, X
from lossproof.notation.inert import TWO, mul
from lossproof.notation.matrices import MatrixProduct, ScalarMultiple, SquaredNorm, Transpose, column, quadratic

direction = IndexedBase("v", real=True)
v = column(direction, d)
second_derivatives = ScalarMultiple(TWO, MatrixProduct(Transpose(X), X))

chain = Chain(
    "least-squares-strict",
    (
        *linear.HYPOTHESES,
        Declared(direction[j], REAL, (FEATURES,)),
        FULL_RANK,
        DeclaredMatrix(v, Property.NONZERO),
    ),
    (w,),
    start=quadratic(v, second_derivatives),
    title="Least squares: the second-order condition, strictly",
)

# X v is not zero, because v is not and X has full column rank.
chain.matrix_algebra(mul(TWO, SquaredNorm(MatrixProduct(X, v))))

derivation = chain.done(claim=POSITIVE)

if __name__ == "__main__":
    script(derivation, __doc__)
