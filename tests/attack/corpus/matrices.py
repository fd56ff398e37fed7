"""Matrices: products, transposes, inverses, determinants, gradients of forms."""

from __future__ import annotations

from attack.claims import claim
from attack.writing import *
from lossproof.rulebook.matrices import (
    ENTRY_BY_ENTRY,
    GRADIENT_OF_LINEAR_FORM,
    GRADIENT_OF_MULTIPLE,
    GRADIENT_OF_QUADRATIC_FORM,
    GRADIENT_OF_TERMS,
    GRADIENT_WITHOUT_CONSTANT,
    MATRIX_ALGEBRA,
    SQUARED_NORM,
    TIMES_INVERSE,
)

_A, _B = matrix("A", "a", d, d), matrix("B", "b", d, d)
_X = matrix("X", "x", n, d)
_w, _g, _y = column(w, d), column(theta, d), column(y, n)
_REAL = (*entries(_A), *entries(_B))
_BOTH_INVERTIBLE = (*_REAL, *matrix_is(_A, Property.INVERTIBLE), *matrix_is(_B, Property.INVERTIBLE))
_INVERTIBLE = (*entries(_A), *matrix_is(_A, Property.INVERTIBLE))
_SYMMETRIC = matrix_is(_A, Property.SYMMETRIC)
_COLUMNS = (*entries(_w), *entries(_g))
_DATA = (*entries(_X), *entries(_w), *entries(_y))
_I = identity(d)

CLAIMS = {
    "products and transposes": (
        claim("matrices commute", _A @ _B, _B @ _A, _REAL, by=MATRIX_ALGEBRA),
        claim(
            "symmetric matrices commute",
            _A @ _B,
            _B @ _A,
            _SYMMETRIC,
            matrix_is(_B, Property.SYMMETRIC),
            by=MATRIX_ALGEBRA,
        ),
        claim("a product transposed in order", (_A @ _B).T, _A.T @ _B.T, _REAL, by=MATRIX_ALGEBRA),
        claim("any matrix is symmetric", _A.T, _A, _REAL[:1], by=MATRIX_ALGEBRA),
        claim(
            "a product of symmetric matrices is symmetric",
            (_A @ _B).T,
            _A @ _B,
            _SYMMETRIC,
            matrix_is(_B, Property.SYMMETRIC),
            by=MATRIX_ALGEBRA,
        ),
        claim("A^T A is A A^T", _A.T @ _A, _A @ _A.T, _REAL[:1], by=MATRIX_ALGEBRA),
        claim("A^T A is A squared", _A.T @ _A, _A @ _A, _REAL[:1], by=MATRIX_ALGEBRA),
        claim(
            "a matrix squared without the middle", (_A + _B) @ (_A + _B), _A @ _A + _B @ _B, _REAL, by=MATRIX_ALGEBRA
        ),
        claim(
            "a matrix squared as if the two commuted",
            (_A + _B) @ (_A + _B),
            _A @ _A + 2 * (_A @ _B) + _B @ _B,
            _REAL,
            by=MATRIX_ALGEBRA,
        ),
        claim("difference of squares of matrices", (_A + _B) @ (_A - _B), _A @ _A - _B @ _B, _REAL, by=MATRIX_ALGEBRA),
        claim("a sum transposed, one term only", (_A + _B).T, _A.T + _B, _REAL, by=MATRIX_ALGEBRA),
        claim(
            "a multiple taken twice in a product", (c * _A) @ (c * _B), c * (_A @ _B), _REAL, real(c), by=MATRIX_ALGEBRA
        ),
        claim("the identity times 2", _I @ _A, 2 * _A, _REAL[:1], by=MATRIX_ALGEBRA),
        claim("a projection that is the identity", _A @ _A, _A, _SYMMETRIC, by=MATRIX_ALGEBRA),
    ),
    "inverses": (
        claim("a product inverted in order", (_A @ _B).inv, _A.inv @ _B.inv, _BOTH_INVERTIBLE, by=MATRIX_ALGEBRA),
        claim(
            "a sum inverted term by term",
            (_A + _I).inv,
            _A.inv + _I,
            _SYMMETRIC,
            matrix_is(_A, Property.POSITIVE_DEFINITE),
            by=MATRIX_ALGEBRA,
        ),
        claim("an inverse as a transpose", _A.inv, _A.T, _INVERTIBLE, by=MATRIX_ALGEBRA),
        claim("an inverse cancelled from the wrong side", _A.inv @ _B @ _A, _B, _BOTH_INVERTIBLE, by=MATRIX_ALGEBRA),
        claim(
            "a multiple inverted without inverting the number",
            (c * _A).inv,
            c * _A.inv,
            _INVERTIBLE,
            positive(c),
            by=MATRIX_ALGEBRA,
        ),
        claim("an inverse inverted to a transpose", _A.T.inv, _A.inv, _INVERTIBLE, by=MATRIX_ALGEBRA),
        claim(
            "the normal equations inverted factor by factor",
            (_X.T @ _X).inv @ _X.T @ _X @ _w,
            2 * _w,
            _DATA,
            matrix_is(_X, Property.FULL_COLUMN_RANK),
            by=MATRIX_ALGEBRA,
        ),
        claim(
            "the hat matrix is the identity",
            _X @ (_X.T @ _X).inv @ _X.T @ _y,
            _y,
            _DATA,
            matrix_is(_X, Property.FULL_COLUMN_RANK),
            by=MATRIX_ALGEBRA,
        ),
        claim(
            "ridge without the ridge",
            (_X.T @ _X + _I).inv @ _X.T @ _y,
            (_X.T @ _X).inv @ _X.T @ _y,
            _DATA,
            matrix_is(_X, Property.FULL_COLUMN_RANK),
            by=MATRIX_ALGEBRA,
        ),
        claim(
            "least squares with the transpose left out",
            (_X.T @ _X).inv @ _X.T @ (_X @ _w + _y),
            _w,
            _DATA,
            matrix_is(_X, Property.FULL_COLUMN_RANK),
            by=MATRIX_ALGEBRA,
        ),
        claim(
            "an inverse of what need not be invertible",
            _A.inv @ _A @ _w,
            _w,
            entries(_A),
            entries(_w),
            by=MATRIX_ALGEBRA,
            at={"d": 1, "a": [[0]], "w": [1]},
        ),
        claim(
            "a matrix times its inverse, which need not exist",
            _A @ (_A.inv @ _w),
            _w,
            entries(_A),
            entries(_w),
            by=TIMES_INVERSE,
            at={"d": 1, "a": [[0]], "w": [1]},
        ),
        claim(
            "an inverse times itself without rank",
            _A @ _A.inv,
            _I,
            entries(_A),
            by=MATRIX_ALGEBRA,
            at={"d": 1, "a": [[0]]},
        ),
    ),
    "determinants": (
        claim("the determinant of a sum", det(_A + _B), det(_A) + det(_B), _REAL, by=MATRIX_ALGEBRA),
        claim("the determinant of a multiple", det(c * _A), c * det(_A), _REAL[:1], real(c), by=MATRIX_ALGEBRA),
        claim("the determinant of minus A", det(-1 * _A), -det(_A), _REAL[:1], by=MATRIX_ALGEBRA),
        claim("the determinant of an inverse", det(_A.inv), det(_A), _INVERTIBLE, by=MATRIX_ALGEBRA),
        claim("the determinant of the identity as its size", det(_I), d * 1, by=MATRIX_ALGEBRA),
        claim("the determinant of twice the identity", det(2 * _I), 2 + 0 * d, by=MATRIX_ALGEBRA),
        claim("the determinant of A^T A as that of A", det(_A.T @ _A), det(_A), _REAL[:1], by=MATRIX_ALGEBRA),
        claim("the determinant of a product as sum", det(_A @ _B), det(_A) + det(_B), _REAL, by=MATRIX_ALGEBRA),
        claim(
            "the normal constant with sigma for each dimension once",
            log(det((s**2) * _I)),
            2 * log(s),
            positive(s),
            by=MATRIX_ALGEBRA,
        ),
    ),
    "forms, norms and entries": (
        claim("the norm of a sum", norm2(_w + _g), norm2(_w) + norm2(_g), _COLUMNS, by=(MATRIX_ALGEBRA, SQUARED_NORM)),
        claim(
            "the norm of a difference with minus", norm2(_w - _g), norm2(_w) - norm2(_g), _COLUMNS, by=MATRIX_ALGEBRA
        ),
        claim(
            "the norm of a multiple, the number not squared",
            norm2(c * _w),
            c * norm2(_w),
            _COLUMNS,
            real(c),
            by=MATRIX_ALGEBRA,
        ),
        claim(
            "the norm with the cross term once",
            norm2(_w + _g),
            norm2(_w) + form(_w.T @ _g) + norm2(_g),
            _COLUMNS,
            by=MATRIX_ALGEBRA,
        ),
        claim("the norm of an image", norm2(_A @ _w), norm2(_w), _REAL[:1], entries(_w), by=MATRIX_ALGEBRA),
        claim(
            "a form in another order",
            form(_w.T @ _A @ _g),
            form(_g.T @ _A @ _w),
            _REAL[:1],
            _COLUMNS,
            by=MATRIX_ALGEBRA,
        ),
        claim("a form squared", form(_w.T @ _g) ** 2, norm2(_w) * norm2(_g), _COLUMNS, by=MATRIX_ALGEBRA),
        claim(
            "a squared norm as sum of absolute values",
            norm2(_w),
            over_j(absolute(w[j])),
            entries(_w),
            by=ENTRY_BY_ENTRY,
        ),
        claim("a squared norm as square of the sum", norm2(_w), over_j(w[j]) ** 2, entries(_w), by=ENTRY_BY_ENTRY),
        claim(
            "a dot product as product of sums",
            form(_w.T @ _g),
            over_j(w[j]) * over_j(theta[j]),
            _COLUMNS,
            by=ENTRY_BY_ENTRY,
        ),
        claim(
            "an entry of a product as product of entries",
            component(_X @ _w, i),
            over_j(x[i, j]) * w[1],
            _DATA,
            free_index(i),
            positive_count(d),
            by=ENTRY_BY_ENTRY,
        ),
        claim(
            "an entry of the transposed product",
            component(_A @ _w, j),
            total(Array(IndexedBase("a"))[k, j] * w[k], k, 1, d),
            _REAL[:1],
            entries(_w),
            free_index(j),
            by=ENTRY_BY_ENTRY,
        ),
        claim(
            "the residual sum with the norm of the data",
            norm2(_y - _X @ _w),
            norm2(_y) - norm2(_X @ _w),
            _DATA,
            by=MATRIX_ALGEBRA,
        ),
        claim(
            "the residual sum with the cross term once",
            norm2(_y - _X @ _w),
            norm2(_y) - form(_y.T @ _X @ _w) + norm2(_X @ _w),
            _DATA,
            by=MATRIX_ALGEBRA,
        ),
    ),
    "gradients of forms": (
        claim(
            "a quadratic form without the 2",
            gradient(form(_w.T @ _A @ _w), _w),
            _A @ _w,
            entries(_w),
            _SYMMETRIC,
            by=GRADIENT_OF_QUADRATIC_FORM,
        ),
        claim(
            "a quadratic form that is not symmetric",
            gradient(form(_w.T @ _A @ _w), _w),
            2 * (_A @ _w),
            entries(_w),
            _REAL[:1],
            by=GRADIENT_OF_QUADRATIC_FORM,
        ),
        claim(
            "a linear form's gradient transposed",
            gradient(form(_w.T @ (_A @ _g)), _w),
            _A.T @ _g,
            _COLUMNS,
            _REAL[:1],
            by=GRADIENT_OF_LINEAR_FORM,
        ),
        claim(
            "a linear form whose other side moves",
            gradient(form(_w.T @ _w), _w),
            _w,
            entries(_w),
            by=GRADIENT_OF_LINEAR_FORM,
        ),
        claim(
            "a norm's gradient without the 2",
            gradient(norm2(_w), _w),
            _w,
            entries(_w),
            by=(SQUARED_NORM, GRADIENT_OF_QUADRATIC_FORM),
        ),
        claim(
            "a multiple lost in a gradient",
            gradient(c * norm2(_w), _w),
            gradient(norm2(_w), _w),
            entries(_w),
            real(c),
            by=GRADIENT_OF_MULTIPLE,
        ),
        claim(
            "a factor that moves, out of a gradient",
            gradient(norm2(_w) * norm2(_w), _w),
            norm2(_w) * gradient(norm2(_w), _w),
            entries(_w),
            by=GRADIENT_OF_MULTIPLE,
        ),
        claim(
            "a term that moves, dropped from a gradient",
            gradient(form(_w.T @ _g) + norm2(_w), _w),
            gradient(norm2(_w), _w),
            _COLUMNS,
            by=GRADIENT_WITHOUT_CONSTANT,
        ),
        claim(
            "a gradient of a sum, one term lost",
            gradient(norm2(_w) + form(_w.T @ _g), _w),
            gradient(norm2(_w), _w) + 0 * _g,
            _COLUMNS,
            by=GRADIENT_OF_TERMS,
        ),
        claim(
            "least squares' gradient with the sign turned",
            gradient(norm2(_y - _X @ _w), _w),
            2 * (_X.T @ (_y - _X @ _w)),
            _DATA,
            by=GRADIENT_OF_TERMS,
        ),
        claim(
            "least squares' gradient without the design",
            gradient(norm2(_y - _X @ _w), _w),
            -2 * (_X.T @ _y),
            _DATA,
            by=GRADIENT_OF_TERMS,
        ),
        claim(
            "the ridge's gradient without its strength",
            gradient(lam * norm2(_w), _w),
            2 * _w,
            entries(_w),
            positive(lam),
            by=GRADIENT_OF_MULTIPLE,
        ),
    ),
}
