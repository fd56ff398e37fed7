"""Least squares: the gradient, ``nabla_w ||y - X w||^2 = 2 (X^T X w - X^T y)``.

Where it is zero, the normal equations ``X^T X w = X^T y`` hold.

    python derivations/least_squares_gradient.py --format text
"""

from lossproof import Chain
from lossproof.cli import script
from lossproof.models import linear
from lossproof.models import w as weights
from lossproof.models.linear import X, w, y
from lossproof.notation.inert import TWO, add, mul, sub
from lossproof.notation.matrices import (
    Form,
    Gradient,
    MatrixProduct,
    ScalarMultiple,
    SquaredNorm,
    Transpose,
    minus,
    quadratic,
)
from lossproof.rulebook import matrices

loss = SquaredNorm(linear.residuals())
gram, moment = MatrixProduct(Transpose(X), X), MatrixProduct(Transpose(X), y)

chain = Chain(
    "normal-equations",
    linear.HYPOTHESES,
    (weights,),
    start=Gradient(loss, w),
    title="Least squares: the gradient, and so the normal equations",
)

# Multiplied out, the loss is a constant, a quadratic form and a linear form.
linear_form = Form(MatrixProduct(Transpose(w), moment))
chain.matrix_algebra(add(SquaredNorm(y), sub(quadratic(w, gram), mul(TWO, linear_form))), at=loss.__eq__)

# Term by term.
chain.rewrite(matrices.GRADIENT_WITHOUT_CONSTANT)
chain.rewrite(matrices.GRADIENT_OF_TERMS)
chain.rewrite(matrices.GRADIENT_OF_QUADRATIC_FORM)
chain.rewrite(matrices.GRADIENT_OF_MULTIPLE)
chain.rewrite(matrices.GRADIENT_OF_MULTIPLE)
chain.rewrite(matrices.GRADIENT_OF_LINEAR_FORM)
chain.matrix_algebra(ScalarMultiple(TWO, minus(MatrixProduct(gram, w), moment)))

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
