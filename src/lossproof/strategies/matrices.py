"""Least squares in matrix notation: from the sum to the norm, its gradient, its minimum.

Each function reads as the argument does.  The minimum is not found by setting a gradient to zero
alone: completing the square shows that no weights do better, whatever they are.
"""

from __future__ import annotations

from collections.abc import Callable

from sympy import Basic, IndexedBase

from lossproof.kernel.conditions import Declared, DeclaredMatrix, Property
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import NONNEGATIVE, POSITIVE, REAL
from lossproof.models import FEATURES, d, i, j, n
from lossproof.models import w as weights
from lossproof.models import x as inputs
from lossproof.models import y as observations
from lossproof.models.linear import (
    COVARIANCE,
    FULL_RANK,
    HYPOTHESES,
    Sigma,
    X,
    least_squares_weights,
    residuals,
    w,
    weighted_loss,
    weighted_weights,
    y,
)
from lossproof.notation.inert import ONE, TWO, add, mul, power, sub, total
from lossproof.notation.matrices import (
    Component,
    Form,
    Gradient,
    Inverse,
    MatrixProduct,
    ScalarMultiple,
    SquaredNorm,
    Transpose,
    column,
    minus,
    quadratic,
)
from lossproof.rulebook import matrices
from lossproof.strategies.chain import Chain
from lossproof.strategies.entry import Entry

T, Product = Transpose, MatrixProduct
GRAM, MOMENT = Product(T(X), X), Product(T(X), y)
_HERE = (weights,)

#: The sum of the squared residuals, written with entries.
SQUARES = total(power(sub(observations[i], total(mul(weights[j], inputs[i, j]), j, ONE, d)), TWO), i, ONE, n)


def _is(part: Basic) -> Callable[[Basic], bool]:
    return lambda e: bool(e == part)


def notation() -> Derivation:
    """``sum_i (y_i - sum_j w_j x_ij)^2 = ||y - X w||^2 = (y - X w)^T (y - X w)``."""
    title = "Least squares: the sum of squares in matrix notation"
    chain = Chain("least-squares-matrix", HYPOTHESES, _HERE, SQUARES, title)
    chain.entry_by_entry(Component(residuals(), i), at=_is(SQUARES.args[0].args[0]))
    chain.entry_by_entry(SquaredNorm(residuals()))
    return chain.rewrite(matrices.SQUARED_NORM).done()


def gradient() -> Derivation:
    """``nabla_w ||y - X w||^2 = 2 (X^T X w - X^T y)``."""
    title = "Least squares: the gradient, and so the normal equations"
    loss = SquaredNorm(residuals())
    chain = Chain("normal-equations", HYPOTHESES, _HERE, Gradient(loss, w), title)
    linear, square = Form(Product(T(w), MOMENT)), quadratic(w, GRAM)
    chain.matrix_algebra(add(SquaredNorm(y), sub(square, mul(TWO, linear))), at=_is(loss))
    return differentiated(chain).matrix_algebra(ScalarMultiple(TWO, minus(Product(GRAM, w), MOMENT))).done()


def differentiated(chain: Chain) -> Chain:
    """The gradient of a constant, a quadratic and a linear form, term by term."""
    chain.rewrite(matrices.GRADIENT_WITHOUT_CONSTANT).rewrite(matrices.GRADIENT_OF_TERMS)
    chain.rewrite(matrices.GRADIENT_OF_QUADRATIC_FORM).exhaust(matrices.GRADIENT_OF_MULTIPLE)
    return chain.rewrite(matrices.GRADIENT_OF_LINEAR_FORM)


def solution() -> Derivation:
    """``X^T X w_hat = X^T y`` for ``w_hat := (X^T X)^(-1) X^T y``, if X has full column rank."""
    what = least_squares_weights()
    title = "Least squares: the closed form solves the normal equations"
    chain = Chain("least-squares", (*HYPOTHESES, FULL_RANK), _HERE, Product(T(X), X, what), title)
    return chain.unfold(what.definition).matrix_algebra(MOMENT).done()


def minimum() -> Derivation:
    """``||y - X w||^2 - ||y - X w_hat||^2 = ||X (w - w_hat)||^2 >= 0``: no weights do better."""
    what = least_squares_weights()
    title = "Least squares: completing the square, so the closed form is a minimiser"
    best, away = SquaredNorm(residuals(what)), SquaredNorm(Product(X, minus(w, what)))
    start = sub(SquaredNorm(residuals()), best)
    chain = Chain("least-squares-minimum", (*HYPOTHESES, FULL_RANK), _HERE, start, title)
    solved = Product(T(X), X, what)
    cross = Form(Product(T(minus(what, w)), minus(MOMENT, solved)))
    chain.matrix_algebra(add(mul(TWO, cross), away)).cite(solution())
    return chain.matrix_algebra(away).done(claim=NONNEGATIVE)


direction = column(IndexedBase("v", real=True), d)
_DIRECTION = Declared(direction.array[j], REAL, (FEATURES,))


def second_order() -> Derivation:
    """``v^T (2 X^T X) v = 2 ||X v||^2 >= 0``: the second derivatives bend upwards in every direction.

    The matrix is that of the second derivatives of ``||y - X w||^2``, the Jacobian of its gradient.
    """
    title = "Least squares: the second-order condition"
    hypotheses = (*HYPOTHESES, _DIRECTION)
    start = quadratic(direction, ScalarMultiple(TWO, GRAM))
    chain = Chain("least-squares-second-order", hypotheses, _HERE, start, title)
    return chain.matrix_algebra(mul(TWO, SquaredNorm(Product(X, direction)))).done(claim=NONNEGATIVE)


def strict() -> Derivation:
    """``v^T (2 X^T X) v = 2 ||X v||^2 > 0`` for every ``v`` that is not zero, if X has full column rank."""
    title = "Least squares: the second-order condition, strictly"
    hypotheses = (*HYPOTHESES, _DIRECTION, FULL_RANK, DeclaredMatrix(direction, Property.NONZERO))
    start = quadratic(direction, ScalarMultiple(TWO, GRAM))
    chain = Chain("least-squares-strict", hypotheses, _HERE, start, title)
    return chain.matrix_algebra(mul(TWO, SquaredNorm(Product(X, direction)))).done(claim=POSITIVE)


# ------------------------------------------------------------------ correlated noise

PRECISION = Inverse(Sigma)
WEIGHTED_GRAM, WEIGHTED_MOMENT = Product(T(X), PRECISION, X), Product(T(X), PRECISION, y)


def weighted_gradient() -> Derivation:
    """``nabla_w J(w) = 2 (X^T Sigma^(-1) X w - X^T Sigma^(-1) y)`` for ``J(w) := (y - X w)^T Sigma^(-1) (y - X w)``."""
    title = "Generalised least squares: the gradient"
    loss = weighted_loss()
    chain = Chain("generalised-least-squares-gradient", (*HYPOTHESES, COVARIANCE), _HERE, Gradient(loss, w), title)
    chain.unfold(loss.definition)
    linear, square = Form(Product(T(w), WEIGHTED_MOMENT)), quadratic(w, WEIGHTED_GRAM)
    chain.matrix_algebra(add(quadratic(y, PRECISION), sub(square, mul(TWO, linear))), at=_is(loss.body))
    solved = ScalarMultiple(TWO, minus(Product(WEIGHTED_GRAM, w), WEIGHTED_MOMENT))
    return differentiated(chain).matrix_algebra(solved).done()


def weighted_solution() -> Derivation:
    """``X^T Sigma^(-1) X w_hat = X^T Sigma^(-1) y``."""
    what = weighted_weights()
    title = "Generalised least squares: the closed form solves the normal equations"
    hypotheses = (*HYPOTHESES, FULL_RANK, COVARIANCE)
    chain = Chain("generalised-least-squares", hypotheses, _HERE, Product(T(X), PRECISION, X, what), title)
    return chain.unfold(what.definition).matrix_algebra(WEIGHTED_MOMENT).done()


def weighted_minimum() -> Derivation:
    """The loss at ``w`` less that at ``w_hat`` is ``(X (w - w_hat))^T Sigma^(-1) X (w - w_hat) >= 0``."""
    what = weighted_weights()
    title = "Generalised least squares: completing the square, so the closed form is a minimiser"
    hypotheses = (*HYPOTHESES, FULL_RANK, COVARIANCE)
    best, away = quadratic(residuals(what), PRECISION), quadratic(Product(X, minus(w, what)), PRECISION)
    start = sub(quadratic(residuals(), PRECISION), best)
    chain = Chain("generalised-least-squares-minimum", hypotheses, _HERE, start, title)
    solved = Product(T(X), PRECISION, X, what)
    cross = Form(Product(T(minus(what, w)), minus(WEIGHTED_MOMENT, solved)))
    chain.matrix_algebra(add(mul(TWO, cross), away)).cite(weighted_solution())
    return chain.matrix_algebra(away).done(claim=NONNEGATIVE)


FAMILY = "Least squares with matrices"
ENTRIES = (
    Entry("least-squares-matrix", notation),
    Entry("normal-equations", gradient),
    Entry("least-squares", solution),
    Entry("least-squares-minimum", minimum),
    Entry("least-squares-second-order", second_order),
    Entry("least-squares-strict", strict),
    Entry("generalised-least-squares-gradient", weighted_gradient),
    Entry("generalised-least-squares", weighted_solution),
    Entry("generalised-least-squares-minimum", weighted_minimum),
)
