"""Matrices: from sums over indices to matrix notation and back, matrix algebra, gradients.

Matrix algebra is decided by a normal form, as algebra is: a number becomes a polynomial in numbers
and forms ``v^T A w``, a matrix a sum of words ``A B ... C`` with such coefficients.  What is used of
matrices: products distribute over sums, ``(A B)^T = B^T A^T``, ``S^T = S`` for a symmetric ``S``,
``A^-1 A = I``, a form equals its transpose.  Every letter must be real, and everything inverted
must be invertible; the kernel shows both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from sympy import Add, Basic, Expr, Integer, Mul, Pow, Rational, Sum

from lossproof.errors import UnsupportedExpression
from lossproof.kernel.conditions import (
    Condition,
    Constant,
    Differentiable,
    ForAll,
    Has,
    Member,
    Property,
    Range,
    Within,
)
from lossproof.kernel.domains import COUNT, REAL
from lossproof.kernel.facts import Facts
from lossproof.kernel.rules import Conclusion, Identity, Rule
from lossproof.kernel.schema import Each, Value
from lossproof.notation.inert import (
    ONE,
    TWO,
    add,
    alpha_equal,
    fresh,
    is_leaf,
    limits_of,
    mul,
    rebuild,
    rename,
    symbols_in,
)
from lossproof.notation.matrices import (
    Component,
    Form,
    Gradient,
    IdentityMatrix,
    Inverse,
    MatrixProduct,
    MatrixSum,
    MatrixTerm,
    ScalarMultiple,
    SquaredNorm,
    Transpose,
    by_entries,
)
from lossproof.notation.plain import written
from lossproof.notation.shapes import check_term
from lossproof.rulebook.metavariables import A, a, b, c, u, w

_COOKBOOK = "Petersen and Pedersen (2012), The Matrix Cookbook"
_STRANG = "Strang (2016), Introduction to Linear Algebra"

# ------------------------------------------------------------------ identities

SQUARED_NORM = Identity(
    "squared norm",
    SquaredNorm(a),
    Form(MatrixProduct(Transpose(a), a)),
    reference=f"{_STRANG}, section 1.2",
)
TIMES_INVERSE = Identity(
    "a matrix times its inverse",
    MatrixProduct(A, MatrixProduct(Inverse(A), b)),
    b,
    when=(Has(A, Property.INVERTIBLE), Has(b, Property.REAL)),
    reference=f"{_STRANG}, section 2.5 (definition of the inverse)",
)
GRADIENT_OF_TERMS = Identity(
    "gradient of a sum",
    Gradient(add(Each(u, u)), w),
    MatrixSum(Each(Gradient(u, w), u)),
    when=(Differentiable(Each(u, u), w),),
    reference=f"{_COOKBOOK}, section 2 (eq. 35, for each element)",
)
GRADIENT_WITHOUT_CONSTANT = Identity(
    "a constant has no gradient",
    Gradient(add(c, u), w),
    Gradient(u, w),
    when=(Constant(c, (w,)), Member(c, REAL), Differentiable(u, w)),
    reference=f"{_COOKBOOK}, section 2 (eqs. 33 and 35, for each element)",
)
GRADIENT_OF_MULTIPLE = Identity(
    "gradient of a multiple",
    Gradient(mul(c, u), w),
    ScalarMultiple(c, Gradient(u, w)),
    when=(Constant(c, (w,)), Member(c, REAL), Differentiable(u, w)),
    reference=f"{_COOKBOOK}, section 2 (eq. 34, for each element)",
)
GRADIENT_OF_LINEAR_FORM = Identity(
    "gradient of a linear form",
    Gradient(Form(MatrixProduct(Transpose(w), b)), w),
    b,
    when=(Constant(b, (w,)), Has(b, Property.REAL), Differentiable(Form(MatrixProduct(Transpose(w), b)), w)),
    reference=f"{_COOKBOOK}, eq. 69",
)
GRADIENT_OF_QUADRATIC_FORM = Identity(
    "gradient of a quadratic form",
    Gradient(Form(MatrixProduct(Transpose(w), A, w)), w),
    ScalarMultiple(TWO, MatrixProduct(A, w)),
    when=(
        Constant(A, (w,)),
        Has(A, Property.SYMMETRIC),
        Differentiable(Form(MatrixProduct(Transpose(w), A, w)), w),
    ),
    reference=f"{_COOKBOOK}, eq. 81",
)

# ------------------------------------------------------------------ entries


@dataclass(frozen=True, repr=False)
class EntryByEntry(Rule):
    """A number made of a matrix is what its entries say: ``(X w)_i = sum_j x_ij w_j``, and in reverse.

    The two factors of a product may stand in either order, and indices may be called as they are.
    """

    name: str = "entry by entry"
    reference: str = f"{_STRANG}, sections 1.2 and 2.4 (definitions of the dot product and the matrix product)"

    def conclude(self, before: Expr, given: Mapping[str, Value], facts: Facts) -> Conclusion:
        target = given.get("to")
        if not isinstance(target, Expr) or not isinstance(before, Expr):
            raise self.misfit(before, "'to' must be the expression of a number to reach")
        check_term(target)
        conditions: dict[Condition, None] = {}
        try:
            ours, theirs = (_written_out(e, conditions) for e in (before, target))
        except UnsupportedExpression as error:
            raise self.misfit(before, str(error)) from None
        if not _alike(ours, theirs):
            raise self.misfit(before, f"{written(target)} is {written(theirs)}")
        return Conclusion(target, tuple(conditions))


def _written_out(e: Basic, conditions: dict[Condition, None]) -> Expr:
    """Components, forms and squared norms by entries, outside of other matrices; notes what must hold."""
    if isinstance(e, (Component, Form, SquaredNorm)):
        matrix = e.args[0]
        conditions[Has(matrix, Property.REAL)] = None
        if isinstance(e, Component):
            conditions[Within(e.args[1], ONE, matrix.size[0])] = None
        out = _written_out(by_entries(e), {})  # the matrix is defined, so all that comes out is
        check_term(out)  # of bearable size: names in names may write out to more
        return out
    if is_leaf(e) or not isinstance(e, (Add, Mul, Pow, Sum)):
        return e
    limits = limits_of(e)
    if limits is None:
        done = {part: _written_out(part, conditions) for part in dict.fromkeys(e.args)}
        return rebuild(e, [done[part] for part in e.args])
    inside: dict[Condition, None] = {}
    body = _written_out(e.args[0], inside)
    conditions.update(dict.fromkeys(ForAll(Range(*limits), condition) for condition in inside))
    return rebuild(e, [body, limits])


def _alike(a: Basic, b: Basic) -> bool:
    """Whether two expressions differ at most in the names of bound indices and the order of two factors."""
    if alpha_equal(a, b):
        return True
    if a.func is not b.func or is_leaf(a) or is_leaf(b) or len(a.args) != len(b.args):
        return False
    ours, theirs = limits_of(a), limits_of(b)
    if ours is not None and theirs is not None:
        taken = frozenset(symbols_in(a)) | frozenset(symbols_in(b))
        common = fresh(ours[0], taken)
        a, b = rename(a, ours[0], common), rename(b, theirs[0], common)
    pairs = list(zip(a.args, b.args, strict=True))
    if all(_alike(p, q) for p, q in pairs):
        return True
    return isinstance(a, Mul) and len(pairs) == 2 and a.args == tuple(reversed(b.args))


ENTRY_BY_ENTRY = EntryByEntry()

# ------------------------------------------------------------------ matrix algebra

#: A letter of a word: a matrix or the inverse of a normal form, and whether it is transposed.
Atom: TypeAlias = "MatrixTerm | _Inverted"
Letter: TypeAlias = "tuple[Atom, bool]"
Word: TypeAlias = "tuple[Letter, ...]"
#: A number is a polynomial in numbers and in words for the entries of 1 x 1 matrices.
Monomial: TypeAlias = "frozenset[tuple[Expr | Word, int]]"
Polynomial: TypeAlias = "dict[Monomial, Fraction]"
#: A matrix is a sum of words with monomials as coefficients.
Words: TypeAlias = "dict[tuple[Monomial, Word], Fraction]"

_UNIT: Monomial = frozenset()
_EMPTY: Word = ()
_LARGEST_EXPONENT = 8
_MOST_WORK = 200_000
_MOST_BITS = 4096


class _TooLarge(Exception):
    """The normal form would not fit a page."""


@dataclass(frozen=True, eq=False)
class _Inverted:
    """The inverse of a matrix whose normal form this is; there is one for each normal form."""

    of: frozenset[tuple[tuple[Monomial, Word], Fraction]]


@dataclass(frozen=True, repr=False)
class MatrixAlgebra(Rule):
    """``A`` may be replaced by any ``B`` of its size that the laws of matrix algebra make equal to it."""

    name: str = "matrix algebra"
    reference: str = f"{_STRANG}, sections 2.4, 2.5 and 2.7"

    def conclude(self, before: Expr, given: Mapping[str, Value], facts: Facts) -> Conclusion:
        target = given.get("to")
        if not isinstance(target, (Expr, MatrixTerm)):
            raise self.misfit(before, "'to' must be the expression to reach")
        check_term(target)
        matrix = isinstance(before, MatrixTerm)
        if matrix is not isinstance(target, MatrixTerm) or (matrix and before.size != target.size):
            raise self.misfit(before, f"{written(target)} is not of its size")
        form = _NormalForm(facts)
        try:
            same = form.words(before) == form.words(target) if matrix else form.number(before) == form.number(target)
        except _TooLarge:
            raise self.misfit(before, "its normal form is too large") from None
        if not same:
            raise self.misfit(before, f"matrix algebra does not make it equal to {written(target)}")
        return Conclusion(target, tuple(form.conditions))


MATRIX_ALGEBRA = MatrixAlgebra()


class _NormalForm:
    """Numbers as polynomials, matrices as sums of words; notes what must be real, symmetric, invertible.

    The work is bounded, whatever the expressions.
    """

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.conditions: dict[Condition, None] = {}
        self._inverses: dict[frozenset[object], _Inverted] = {}
        self._rank: dict[Atom, int] = {}
        self._spent = 0

    # -------------------------------------------------------------- numbers

    def number(self, e: Expr) -> Polynomial:
        """A number as a polynomial."""
        match e:
            case Rational():
                return {_UNIT: Fraction(int(e.p), int(e.q))} if e != 0 else {}
            case Add():
                return _sum(map(self.number, e.args))
            case Mul():
                out: Polynomial = {_UNIT: Fraction(1)}
                for factor in e.args:
                    out = self._times(out, self.number(factor))
                return out
            case Pow() if e.exp == -1 and isinstance(e.base, Rational) and e.base != 0:
                return {_UNIT: 1 / Fraction(int(e.base.p), int(e.base.q))}
            case Pow() if isinstance(e.exp, Integer) and 0 <= int(e.exp) <= _LARGEST_EXPONENT:
                out, base = {_UNIT: Fraction(1)}, self.number(e.base)
                for _ in range(int(e.exp)):
                    out = self._times(out, base)
                return out
            case SquaredNorm():
                return self._scalar(MatrixProduct(Transpose(e.args[0]), e.args[0]))
            case Form():
                return self._scalar(e.args[0])
        self.conditions[Member(e, REAL)] = None
        return {frozenset(((e, 1),)): Fraction(1)}

    def _scalar(self, a: MatrixTerm) -> Polynomial:
        """The entry of a 1 x 1 matrix; a word and its transpose are the same number."""
        out: Polynomial = {}
        for (monomial, word), coefficient in self.words(a).items():
            _put(out, _times_monomial(monomial, self._entry(word)), coefficient)
        return out

    def _entry(self, word: Word) -> Monomial:
        if not word:
            return _UNIT
        return frozenset(((min(word, self._turned(word), key=self._order), 1),))

    def _order(self, word: Word) -> list[tuple[int, bool]]:
        """Words in the order in which their letters were met."""
        return [(self._rank.setdefault(atom, len(self._rank)), turned) for atom, turned in word]

    def _times(self, p: Polynomial, q: Polynomial) -> Polynomial:
        self._spend(len(p) * len(q), (*p, *q))
        out: Polynomial = {}
        for left, x in p.items():
            for right, y in q.items():
                _put(out, _times_monomial(left, right), x * y)
        return out

    def _spend(self, pairs: int, keys: tuple[frozenset[object] | tuple[object, ...], ...]) -> None:
        self._spent += pairs * (1 + max(map(len, keys), default=0))
        if self._spent > _MOST_WORK:
            raise _TooLarge

    # -------------------------------------------------------------- matrices

    def words(self, a: MatrixTerm) -> Words:
        """A matrix as a sum of words."""
        match a:
            case MatrixSum():
                return _sum(map(self.words, a.args))
            case ScalarMultiple():
                return self._scaled(self.number(a.args[0]), self.words(a.args[1]))
            case MatrixProduct():
                out: Words = {(_UNIT, _EMPTY): Fraction(1)}
                for factor in a.args:
                    out = self._joined(out, self.words(factor))
                return out
            case Transpose():
                return self._transposed(self.words(a.args[0]))
            case Inverse():
                self.conditions[Has(a.args[0], Property.INVERTIBLE)] = None
                return self._inverse(self.words(a.args[0]))
            case IdentityMatrix():
                self.conditions[Member(a.args[0], COUNT)] = None
                return {(_UNIT, _EMPTY): Fraction(1)}
        self.conditions[Has(a, Property.REAL)] = None
        return {(_UNIT, ((a, False),)): Fraction(1)}

    def _scaled(self, p: Polynomial, a: Words) -> Words:
        self._spend(len(p) * len(a), tuple(p))
        out: Words = {}
        for monomial, x in p.items():
            for (other, word), y in a.items():
                _put(out, (_times_monomial(monomial, other), word), x * y)
        return out

    def _joined(self, a: Words, b: Words) -> Words:
        self._spend(len(a) * len(b), tuple(word for _, word in (*a, *b)))
        out: Words = {}
        for (left, first), x in a.items():
            for (right, second), y in b.items():
                _put(out, (_times_monomial(left, right), _reduced(first + second)), x * y)
        return out

    def _transposed(self, a: Words) -> Words:
        out: Words = {}
        for (monomial, word), x in a.items():
            _put(out, (monomial, self._turned(word)), x)
        return out

    def _turned(self, word: Word) -> Word:
        return tuple(self._flipped(letter) for letter in reversed(word))

    def _flipped(self, letter: Letter) -> Letter:
        """The transpose of a letter: ``S^T = S`` if it is symmetric, ``(A^-1)^T = (A^T)^-1``."""
        atom, turned = letter
        if isinstance(atom, _Inverted):
            return self._inverted(self._transposed(dict(atom.of))), False
        if self.facts.has(atom, Property.SYMMETRIC) is not None:
            self.conditions[Has(atom, Property.SYMMETRIC)] = None
            return atom, False
        return atom, not turned

    def _inverse(self, a: Words) -> Words:
        """The inverse of one that is: of a number times a word, that of each; of a sum, a letter of its own."""
        if len(a) == 1:
            (((monomial, word), x),) = a.items()
            if monomial == _UNIT and x != 0:
                if not word:
                    return {(_UNIT, _EMPTY): 1 / x}
                if len(word) == 1 and isinstance(word[0][0], _Inverted):
                    return {key: value / x for key, value in word[0][0].of}
                return {(_UNIT, ((self._inverted({(_UNIT, word): Fraction(1)}), False),)): 1 / x}
        return {(_UNIT, ((self._inverted(a), False),)): Fraction(1)}

    def _inverted(self, a: Words) -> _Inverted:
        of = frozenset(a.items())
        self._spend(len(of), tuple(word for (_, word), _ in of))
        return self._inverses.setdefault(of, _Inverted(of))


def _reduced(word: Word) -> Word:
    """Without ``A^-1 A`` and ``A A^-1``, for the inverse of a word ``A``."""
    for k, (atom, _) in enumerate(word):
        inner = _word_of(atom)
        if inner is None:
            continue
        for start in (k + 1, k - len(inner)):
            low, high = min(k, start), max(k + 1, start + len(inner))
            if start >= 0 and word[start : start + len(inner)] == inner:
                return _reduced(word[:low] + word[high:])
    return word


def _word_of(atom: Atom) -> Word | None:
    """``A`` if the letter is the inverse of a word ``A``."""
    if not isinstance(atom, _Inverted) or len(atom.of) != 1:
        return None
    (((monomial, word), x),) = atom.of
    return word if monomial == _UNIT and x == 1 and word else None


def _times_monomial(left: Monomial, right: Monomial) -> Monomial:
    powers = dict(left)
    for atom, k in right:
        powers[atom] = powers.get(atom, 0) + k
    return frozenset(powers.items())


def _put(out: dict, key: object, value: Fraction) -> None:  # type: ignore[type-arg]
    """Add a term; a coefficient 0 is no term."""
    total = out.get(key, Fraction(0)) + value
    if max(total.numerator.bit_length(), total.denominator.bit_length()) > _MOST_BITS:
        raise _TooLarge
    if total:
        out[key] = total
    else:
        out.pop(key, None)


def _sum(parts: Iterator[dict]) -> dict:  # type: ignore[type-arg]
    out: dict = {}  # type: ignore[type-arg]
    for part in parts:
        for key, value in part.items():
            _put(out, key, value)
    return out
