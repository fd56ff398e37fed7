"""How expressions read, whatever they are typeset in: the order of terms, brackets, fractions.

`Layout` walks an inert expression in the order it was built and leaves the marks on the page to a
few primitives that LaTeX (`lossproof.render.latex`) and plain text (`lossproof.notation.plain`)
supply.  Brackets are chosen last, from the inside out (`lossproof.notation.breaking`): round around
what holds no bracket of its own, then square, then round again, as a textbook does.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from sympy import (
    Abs,
    Add,
    Basic,
    Derivative,
    Expr,
    Indexed,
    IndexedBase,
    Integer,
    Integral,
    KroneckerDelta,
    Max,
    Mul,
    Ne,
    Pow,
    Product,
    Rational,
    Sum,
    Symbol,
    Tuple,
    besseli,
    cos,
    digamma,
    erf,
    exp,
    factorial,
    gamma,
    log,
    sign,
    sin,
    trigamma,
)
from sympy.printing.printer import Printer

from lossproof.notation.breaking import (
    CALL,
    END_CALL,
    END_GROUP,
    FACTOR,
    GROUP,
    SQUARE,
    TERM,
    Breaking,
    stands_free,
    unbroken,
)
from lossproof.notation.inert import ONE, ZERO, is_leaf, mul, rebuild
from lossproof.notation.letters import USUAL, Letter, Notation
from lossproof.notation.matrices import (
    Column,
    Component,
    Determinant,
    Entries,
    Form,
    Gradient,
    IdentityMatrix,
    Inverse,
    Matrix,
    MatrixProduct,
    MatrixSum,
    OpaqueColumn,
    ScalarMultiple,
    SquaredNorm,
    Transpose,
)
from lossproof.notation.nodes import (
    Chance,
    Curve,
    Definition,
    Named,
    Opaque,
    ProductOver,
    Series,
    Sigmoid,
    Softplus,
    Where,
)
from lossproof.notation.shapes import MOST_WRITTEN, check_bulk

P = TypeVar("P", bound="Layout")

_SUM, _TERM, _POWER, _ATOM = range(4)  # how tightly an expression holds together
_HALF = Rational(1, 2)


@dataclass(frozen=True)
class _Piece:
    """A factor of a product, typeset."""

    text: str
    factor: Expr
    grouped: bool = False

    @property
    def whole(self) -> bool:
        """Whether a factor may follow without a sign between."""
        return self.grouped or _is_whole(self.factor)


@lru_cache(maxsize=1 << 14)
def _printed(printer: Layout, e: Basic) -> str:
    """An expression with its marks; it is the same wherever it stands, and the lines of a chain share most parts."""
    return str(Printer._print(printer, e))


class Layout(Breaking, Printer):
    """A printer that keeps the order in which an expression was built.

    Two printers that write everything alike are equal, so that what one has written serves the other.

    Args:
        notation: how names, logarithms and probabilities are written.
        implied: the ranges ``(index, low, high)`` of sums and products that are written without limits.
    """

    printmethod = "_lossproof"

    def __init__(self, notation: Notation = USUAL, implied: frozenset[Tuple] = frozenset()) -> None:
        super().__init__()
        self.notation, self.implied = notation, implied
        self._key = (type(self), notation, implied)
        self._hash = hash(self._key)

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Layout) and self._key == other._key)

    def __hash__(self) -> int:
        return self._hash

    def _print(self, expr: Basic, **_: Any) -> str:
        check_bulk(expr, MOST_WRITTEN)
        return _printed(self, expr)

    def as_kind(self, kind: type[P]) -> P:
        """A printer of another kind that follows the same notation."""
        return kind(self.notation, self.implied)

    def name(self, name: str) -> str:
        """A name, as the reader wants it or else as usual."""
        chosen = self.notation.letters.get(name)
        return self.usual(name) if chosen is None else self.chosen(chosen)

    def called(self, name: str) -> str:
        """The name of a function that stands before its arguments."""
        return self.name(name)

    def written(self, e: Basic) -> str:
        """The expression, typeset."""
        return self.brackets(self._print(e))

    def marked(self, e: Basic, *, alone: bool = True) -> str:
        """The expression with marks for brackets and breaks; a sum that does not stand alone in square brackets."""
        return self._print(e) if alone or _holds(e) > _SUM else f"{SQUARE}{self._print(e)}{END_GROUP}"

    # -------------------------------------------------------------- primitives

    times = " "
    dot = " . "
    after_fraction = " "
    dots = "..."
    minus = "-"
    transposed = "T"
    infinity = "∞"

    @abstractmethod
    def usual(self, name: str) -> str:
        """A name as it is written if nothing else is asked for."""

    @abstractmethod
    def chosen(self, letter: Letter) -> str:
        """What a reader has chosen for a name."""

    @abstractmethod
    def fraction(self, top: str, bottom: str, *, loose: bool = False) -> str:
        """A fraction; loose if the top would fall apart, or swallow the bottom, on one line."""

    @abstractmethod
    def root(self, inside: str, *, simple: bool) -> str: ...
    @abstractmethod
    def superscript(self, base: str, exponent: str, *, simple: bool) -> str: ...
    @abstractmethod
    def subscript(self, base: str, below: str) -> str: ...
    @abstractmethod
    def big(self, operator: str, below: str, above: str) -> str: ...
    @abstractmethod
    def function(self, name: str) -> str: ...
    @abstractmethod
    def bars(self, inside: str) -> str: ...
    @abstractmethod
    def norm(self, inside: str) -> str: ...
    @abstractmethod
    def nabla(self, variable: str) -> str: ...
    @abstractmethod
    def span(self, index: str, last: str) -> str: ...
    @abstractmethod
    def slope(self, body: str | None, variable: str) -> str: ...
    @abstractmethod
    def chance(self, kind: type[Chance], variable: str, value: str, given: str, at: str) -> str: ...
    @abstractmethod
    def differential(self, body: str, variable: str) -> str: ...
    @abstractmethod
    def cases(self, yes: str, condition: tuple[str, str], no: str) -> str:
        """``yes`` where the first of two numbers is at most the second, else ``no``."""

    @abstractmethod
    def condition(self, left: str, right: str, *, equal: bool) -> str: ...

    # -------------------------------------------------------------- brackets

    def _group(self, e: Basic) -> str:
        return f"{GROUP}{self._print(e)}{END_GROUP}"

    def _at_least(self, e: Expr, level: int) -> str:
        return self._print(e) if _holds(e) >= level else self._group(e)

    def _call(self, name: str, *arguments: Basic) -> str:
        return f"{name}{CALL}{', '.join(self._print(a) for a in arguments)}{END_CALL}"

    # -------------------------------------------------------------- atoms

    def _print_Symbol(self, e: Symbol) -> str:
        return self.name(e.name)

    def _print_Pi(self, e: Expr) -> str:
        return self.usual("pi")

    def _print_IndexedBase(self, e: IndexedBase) -> str:
        return self._print(e.label)

    def _print_Indexed(self, e: Indexed) -> str:
        indices = [unbroken(self._print(i)) for i in e.indices]
        return self.subscript(self._print(e.base), self._indices(indices))

    def _indices(self, printed: list[str]) -> str:
        """Indices one after another: letters and digits side by side, others with commas between."""
        return ("" if all(len(i) == 1 for i in printed) else ", ").join(printed)

    def _print_Integer(self, e: Integer) -> str:
        return f"{self.minus}{-e}" if e < 0 else str(e)

    def _print_Rational(self, e: Rational) -> str:
        written = self.fraction(str(abs(e.p)), str(e.q))
        return f"{self.minus}{written}" if e < 0 else written

    def _print_Tuple(self, e: Tuple) -> str:
        return ", ".join(self._print(a) for a in e)

    # -------------------------------------------------------------- arithmetic

    def _print_Add(self, e: Add) -> str:
        if _is_repeated(e):
            return self._repeated(e, " + %s + ")
        return f" {TERM}".join(self._terms(e))

    def _terms(self, e: Add) -> list[str]:
        """The terms with their signs; the first without a plus."""
        out = [self._print(e.args[0])]
        for term in e.args[1:]:
            negative = _without_sign(term)
            out.append(f"+ {self._term(term)}" if negative is None else f"{self.minus} {self._term(negative)}")
        return out

    def _term(self, e: Expr) -> str:
        return self._at_least(e, _TERM)

    def _print_Mul(self, e: Mul) -> str:
        if _is_repeated(e):
            return self._repeated(e, " %s ")
        bare = _without_sign(e)
        if bare is not None:
            return f"{self.minus}{self._term(bare)}"
        pieces: list[_Piece] = []
        fractions = 0  # how many pieces the last fraction and what stands before it take
        factors = _factors(e)
        for k, factor in enumerate(factors):
            last = k == len(factors) - 1
            if _is_inverse(factor):
                top, loose = self._numerator(pieces[fractions:])
                pieces[fractions:] = [_Piece(self.fraction(top, self._print(factor.base), loose=loose), factor)]
            elif _is_product(factor) and not last and _is_product(factors[k + 1]):
                text = self._print(factor)  # in brackets if it holds the sign that is to follow it
                pieces.append(_Piece(self._group(factor) if stands_free(self.dot.strip(), text) else text, factor))
            elif _open_ended(factor) and not last and not (_is_whole(factor) and _is_inverse(factors[k + 1])):
                pieces.append(_Piece(self._group(factor), factor, grouped=True))
            else:
                pieces.append(_Piece(self._at_least(factor, _TERM), factor, grouped=_holds(factor) < _TERM))
            if not _is_whole(factor):
                fractions = len(pieces)
        return self._join(pieces)

    def _numerator(self, pieces: list[_Piece]) -> tuple[str, bool]:
        """What stands above the line, and whether it is loose."""
        if not pieces:
            return "1", False
        last = pieces[-1].factor
        if len(pieces) == 1:
            return self._print(last), _holds(last) == _SUM or _open_ended(last)
        return self._join(pieces), _open_ended(last) and not pieces[-1].grouped

    def _join(self, pieces: list[_Piece]) -> str:
        out = pieces[0].text
        for piece, before in zip(pieces[1:], pieces, strict=False):
            number = piece.text[0].isdigit() or (piece.factor.is_Number and not piece.factor.is_Integer)
            products = _is_product(before.factor) and _is_product(piece.factor)
            between = self.times if before.whole else self.after_fraction
            out += FACTOR + (self.dot if number or products else between) + piece.text
        return out

    def _print_Pow(self, e: Pow) -> str:
        if e.exp == -1:
            return self.fraction("1", self._print(e.base))
        if _is_root(e):
            return self.root(self._print(e.base), simple=_holds(e.base) == _ATOM)
        base = self._at_least(e.base, _ATOM)
        return self.superscript(base, self.exponent(e.exp), simple=_holds(e.exp) == _ATOM)

    def exponent(self, e: Expr) -> str:
        """What is set small and high: a plain fraction with a slash."""
        bare = _without_sign(e)
        top, bottom = _plain_fraction(e if bare is None else bare)
        if bottom is None:
            return self._print(e)
        return f"{'' if bare is None else self.minus}{self._print(top)}/{self._print(bottom)}"

    # -------------------------------------------------------------- functions

    def _print_log(self, e: log) -> str:
        argument = e.args[0]
        if _plain_argument(argument):
            return f"{self.function(self.notation.logarithm)} {self._print(argument)}"
        return self._call(self.function(self.notation.logarithm), argument)

    def _print_exp(self, e: exp) -> str:
        return self._call(self.function("exp"), e.args[0])

    def _print_Sigmoid(self, e: Sigmoid) -> str:
        return self._call(self.usual("sigma"), e.args[0])

    def _print_Softplus(self, e: Softplus) -> str:
        return self._call(self.function("softplus"), e.args[0])

    def _print_Max(self, e: Max) -> str:
        return self._call(self.function("max"), *e.args)

    def _print_Abs(self, e: Abs) -> str:
        return self.bars(unbroken(self._print(e.args[0])))

    def _print_gamma(self, e: gamma) -> str:
        return self._call(self.usual("Gamma"), *e.args)

    def _print_digamma(self, e: digamma) -> str:
        return self._call(self.usual("psi"), *e.args)

    def _print_trigamma(self, e: trigamma) -> str:
        return self._call(self.usual("psi") + "'", *e.args)

    def _print_besseli(self, e: besseli) -> str:
        return self._call(self.subscript("I", self._print(e.args[0])), e.args[1])

    def _print_factorial(self, e: factorial) -> str:
        return f"{self._at_least(e.args[0], _ATOM)}!"

    def _print_erf(self, e: erf) -> str:
        return self._call(self.function("erf"), *e.args)

    def _print_Infinity(self, e: Expr) -> str:
        return self.infinity

    def _print_NegativeInfinity(self, e: Expr) -> str:
        return f"{self.minus}{self.infinity}"

    def _print_Where(self, e: Where) -> str:
        gap, yes, no = e.args
        negative = _without_sign(gap.args[1]) if isinstance(gap, Add) and len(gap.args) == 2 else None
        sides = (ZERO, gap) if negative is None else (negative, gap.args[0])
        low, high, first, last = (unbroken(self._print(a)) for a in (*sides, yes, no))
        return self.cases(first, (low, high), last)

    def _print_cos(self, e: cos) -> str:
        return self._call(self.function("cos"), *e.args)

    def _print_sin(self, e: sin) -> str:
        return self._call(self.function("sin"), *e.args)

    def _print_sign(self, e: sign) -> str:
        return self._call(self.function("sign"), *e.args)

    def _print_KroneckerDelta(self, e: KroneckerDelta) -> str:
        return self.subscript(self.usual("delta"), self._indices([self._print(a) for a in e.args]))

    def _print_Named(self, e: Named | Opaque) -> str:
        printed, count = e.arguments, e.head.subscripts
        name = self.name(e.head.name) if count else self.called(e.head.name)
        if count:
            name = self.subscript(name, ", ".join(self._print(a) for a in printed[:count]))
        return self._call(name, *printed[count:]) if printed[count:] else name

    _print_Opaque = _print_Named

    def _print_Definition(self, e: Definition) -> str:
        return f"{self._print(e(*e.parameters))} := {self._print(e.body)}"

    def _print_Chance(self, e: Chance) -> str:
        return self.chance(type(e), *(unbroken(self._print(a)) for a in e.args[:4]))

    def _print_Curve(self, e: Curve) -> str:
        return self._call(self.name(e.head.name) + "'" * e.order, e.args[2])

    # -------------------------------------------------------------- matrices

    def _print_Matrix(self, e: Matrix) -> str:
        return self.name(e.head.name)

    def _print_Column(self, e: Column) -> str:
        return self._print(e.array[tuple(e.args[1])] if len(e.args[1]) else e.array)

    def _print_OpaqueColumn(self, e: OpaqueColumn) -> str:
        return self._print_Named(e)

    def _print_NamedMatrix(self, e: Named) -> str:
        return self._print_Named(e)

    def _print_IdentityMatrix(self, e: IdentityMatrix) -> str:
        return self.subscript("I", self._print(e.args[0]))

    def _print_MatrixSum(self, e: MatrixSum) -> str:
        return self._repeated(e, " + %s + ") if _is_repeated(e) else f" {TERM}".join(self._terms(e))

    def _print_MatrixProduct(self, e: MatrixProduct) -> str:
        last = len(e.args) - 1
        loose = [(k and isinstance(a, ScalarMultiple)) or (k < last and _open_ended(a)) for k, a in enumerate(e.args)]
        parts = zip(e.args, loose, strict=True)
        return f"{FACTOR} ".join(self._group(a) if open_ else self._at_least(a, _TERM) for a, open_ in parts)

    def _print_ScalarMultiple(self, e: ScalarMultiple) -> str:
        bare = _without_sign(e)
        if bare is not None:
            return f"{self.minus}{self._term(bare)}"
        number, matrix = e.args
        if _open_ended(number) or isinstance(matrix, ScalarMultiple):
            return f"{self._group(number)} {self._group(matrix)}"
        return f"{self._term(number)} {self._term(matrix)}"

    def _print_Transpose(self, e: Transpose) -> str:
        return self.superscript(self._at_least(e.args[0], _ATOM), self.transposed, simple=True)

    def _print_Inverse(self, e: Inverse) -> str:
        return self.superscript(self._at_least(e.args[0], _ATOM), f"{self.minus}1", simple=True)

    def _print_Gradient(self, e: Gradient) -> str:
        body, variable = e.args
        return f"{self.nabla(self._print(variable))}{self.times}{self._at_least(body, _POWER)}"

    def _print_Component(self, e: Component) -> str:
        return self.subscript(self._group(e.args[0]), self._print(e.args[1]))

    def _print_Form(self, e: Form) -> str:
        return self._print(e.args[0])

    def _print_SquaredNorm(self, e: SquaredNorm) -> str:
        return self.superscript(self.norm(unbroken(self._print(e.args[0]))), "2", simple=True)

    def _print_Determinant(self, e: Determinant) -> str:
        return self.bars(unbroken(self._print(e.args[0])))

    def _print_Entries(self, e: Entries) -> str:
        body, *limits = e.args
        spans = ", ".join(self.span(self._print(index), self._print(last)) for index, last in limits)
        return self.subscript(self._group(body), spans)

    # -------------------------------------------------------------- metavariables of rules

    def _print_Applied(self, e: Expr) -> str:
        return self.subscript(self._print(e.args[0]), ", ".join(self._print(a) for a in e.args[1:]))

    def _repeated(self, e: Expr, between: str) -> str:
        template, sequence = e.args[0].args
        first, last = (self._at_least(_numbered(template, sequence, k), _TERM) for k in "1r")
        return first + between % self.dots + last

    # -------------------------------------------------------------- big operators

    def _print_Sum(self, e: Sum) -> str:
        return self._big("sum", e)

    def _print_Product(self, e: Product) -> str:
        return self._big("prod", e)

    def _print_Series(self, e: Series) -> str:
        return self._big("sum", e)

    def _print_Integral(self, e: Integral) -> str:
        index, low, high = (self._print(a) for a in e.args[1])
        body = f"{self.big('int', low, high)} {self._at_least(e.args[0], _TERM)}"
        return self.differential(body, index)

    def _big(self, operator: str, e: Expr) -> str:
        index, low, high = e.args[1]
        if e.args[1] in self.implied:
            return f"{self.big(operator, self._print(index), '')} {self._at_least(e.args[0], _TERM)}"
        below = f"{self._print(index)}={self._print(low)}"
        return f"{self.big(operator, below, self._print(high))} {self._at_least(e.args[0], _TERM)}"

    def _print_ProductOver(self, e: ProductOver) -> str:
        body, limits, chosen = e.args
        left, right = (self._print(a) for a in chosen.args)
        test = self.condition(left, right, equal=not isinstance(chosen, Ne))
        return f"{self.big('prod', f'{self._print(limits[0])} : {test}', '')} {self._at_least(body, _TERM)}"

    def _print_Derivative(self, e: Derivative) -> str:
        body, variable = e.args[0], self._print(e.args[1][0])
        if _closed_slope(e):
            return self.slope(self._print(body), variable)
        operand = self._group(body) if isinstance(body, (Add, Mul, Pow)) else self._at_least(body, _TERM)
        return f"{self.slope(None, variable)} {operand}"


def _numbered(template: Basic, sequence: Symbol, number: str) -> Basic:
    """The template for one element of the sequence: ``a_1``, or ``a_{1, i}`` where it depends on ``i``."""
    if template == sequence:
        return Symbol(f"{sequence.name}_{number}")
    if type(template).__name__ == "Applied" and template.args[0] == sequence:
        return rebuild(template, (sequence, Symbol(number), *template.args[1:]))
    return template if is_leaf(template) else rebuild(template, [_numbered(a, sequence, number) for a in template.args])


def _without_sign(e: Expr) -> Expr | None:
    """``a`` if the expression is written ``-a``."""
    if isinstance(e, Mul) and e.args[0] == -1:
        return e.args[1] if len(e.args) == 2 else mul(*e.args[1:])
    if isinstance(e, ScalarMultiple) and e.args[0] == -1:
        return e.args[1]
    if isinstance(e, Form):
        bare = _without_sign(e.args[0])
        return None if bare is None else Form(bare)
    return -e if isinstance(e, Rational) and e < 0 else None


def _factors(e: Expr) -> list[Expr]:
    """Factors, with nested products laid flat."""
    out: list[Expr] = []
    for a in e.args:
        flat = isinstance(a, Mul) and _without_sign(a) is None and not any(map(_is_inverse, a.args))
        out.extend(_factors(a) if flat else [a])
    return out


def _is_inverse(e: Expr) -> bool:
    return isinstance(e, Pow) and bool(e.exp == -1)


def _plain_fraction(e: Expr) -> tuple[Expr, Expr | None]:
    """Top and bottom of ``1/2`` and ``k/2``, which may be set with a slash; else no bottom."""
    if isinstance(e, Rational) and not e.is_Integer:
        return Integer(e.p), Integer(e.q)
    top, below = (ONE, e) if _is_inverse(e) else e.args if isinstance(e, Mul) and len(e.args) == 2 else (e, e)
    if _is_inverse(below) and isinstance(top, (Symbol, Integer)) and isinstance(below.args[0], (Symbol, Integer)):
        return top, below.args[0]
    return e, None


def _is_root(e: Expr) -> bool:
    return isinstance(e, Pow) and bool(e.exp == _HALF)


def _is_whole(e: Expr) -> bool:
    """Whether it is written without a line between a top and a bottom, so that it may stand above another."""
    if isinstance(e, Mul):
        return all(map(_is_whole, e.args))
    return not (_is_inverse(e) or isinstance(e, Derivative) or (e.is_Rational and not e.is_Integer))


def _is_repeated(e: Expr) -> bool:
    return len(e.args) == 1 and type(e.args[0]).__name__ == "Each"


def _is_product(e: Expr) -> bool:
    return isinstance(e, (Product, ProductOver))


def _closed_slope(e: Expr) -> bool:
    """Whether it is a derivative with what is differentiated above the line."""
    return isinstance(e, Derivative) and isinstance(e.args[0], (Named, Opaque, Symbol, Indexed))


def _plain_argument(e: Expr) -> bool:
    """Whether a function's argument needs no brackets: ``log f_w(x_i)``, ``log prod_i ...``."""
    plain = (Symbol, Indexed, Integer, Named, Opaque, Curve, Chance, Product, ProductOver)
    functions = (Sigmoid, gamma, besseli, Abs, Determinant)
    return isinstance(e, (*plain, *functions)) or type(e).__name__ == "Applied" or _is_root(e)


def _open_ended(e: Expr) -> bool:
    """Whether what follows would be read as belonging to it."""
    if isinstance(e, (Sum, Series, Product, ProductOver, Gradient)):
        return True
    if isinstance(e, Derivative):
        return not _closed_slope(e)
    return isinstance(e, log) and _plain_argument(e.args[0])


def _holds(e: Basic) -> int:
    if isinstance(e, Form):
        return _holds(e.args[0])
    if isinstance(e, (Add, MatrixSum)) or _without_sign(e) is not None:
        return _SUM
    if (isinstance(e, Pow) and e.exp != -1) or isinstance(e, (Transpose, Inverse, SquaredNorm)):
        return _POWER
    if (
        isinstance(e, (Mul, Pow, Derivative, Integral, MatrixProduct, ScalarMultiple))
        or _open_ended(e)
        or (e.is_Rational and not e.is_Integer)
    ):
        return _TERM
    return _ATOM
