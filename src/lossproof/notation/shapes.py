"""Which nodes there are, and which arguments each takes.

Everything that reads expressions from outside (the kernel, the JSON format) asks here whether a
node is well formed before it looks at what it says, so that nothing below has to expect nonsense.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache

from sympy import (
    Abs,
    Add,
    Basic,
    Derivative,
    E,
    Eq,
    Expr,
    Float,
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
    S,
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
    pi,
    sign,
    sin,
    trigamma,
)
from sympy.core.symbol import Str

from lossproof.errors import UnsupportedExpression
from lossproof.notation.inert import free, is_leaf, slope_of, symbol_of
from lossproof.notation.matrices import (
    UNIT_SIZE,
    Column,
    Component,
    Determinant,
    Form,
    Gradient,
    IdentityMatrix,
    Inverse,
    Matrix,
    MatrixProduct,
    MatrixSum,
    MatrixTerm,
    NamedMatrix,
    OpaqueColumn,
    ScalarMultiple,
    SquaredNorm,
    Transpose,
    fit,
    is_matrix,
    is_square,
    same_size,
)
from lossproof.notation.nodes import (
    MOST_SLOPES,
    Chance,
    Curve,
    Definition,
    Density,
    Head,
    Name,
    Named,
    Opaque,
    Probability,
    ProductOver,
    Series,
    Sigmoid,
    Softplus,
    Survival,
    Where,
)

#: The largest expression, counted as a tree, and the deepest; the longest number, in bits, and name.
MOST_PARTS, DEEPEST, MOST_BITS, LONGEST_NAME = 100_000, 100, 4000, 60
#: The largest that is put into words or typeset; a page holds some two hundred parts.
MOST_WRITTEN = 50_000
BY = "lossproof"

#: Names that are printed for something else.
RESERVED = frozenset(
    {"log", "exp", "max", "sigma", "softplus", "delta", "sum", "prod", "pi", "e", "E", "P", "p"}
    | {"Gamma", "psi", "erf", "oo", "cos", "sin", "sign", "I"}
)

#: No numbers, but ends of the range of an integral or a series.
INFINITIES = (S.NegativeInfinity, S.Infinity)

Arguments = Sequence[Basic]
Test = Callable[[Basic], bool]


def _number(e: Basic) -> bool:
    return isinstance(e, Expr) and not isinstance(e, IndexedBase) and e not in INFINITIES


def _variable(e: Basic) -> bool:
    return type(e) in (Symbol, IndexedBase, Indexed)


def _array(e: Basic) -> bool:
    return type(e) in (IndexedBase, Indexed)


def is_name(name: str) -> bool:
    """Names are ASCII identifiers, so that no two of them look alike, and not too long to print."""
    return len(name) <= LONGEST_NAME and name.isascii() and name.isidentifier()


def _head(arguments: Arguments) -> bool:
    """A name of a function must not be one that means something else already."""
    if not _each(_is(Str), lambda e: isinstance(e, Integer) and 0 <= e <= 10)(arguments):
        return False
    return is_name(arguments[0].name) and arguments[0].name not in RESERVED


def _limits(e: Basic) -> bool:
    if type(e) is not Tuple or len(e.args) != 3:
        return False
    index, low, high = e.args
    return type(index) is Symbol and _number(low) and _number(high) and index not in free(low) | free(high)


def _range_of_integral(e: Basic) -> bool:
    """An end may be infinite, on its own side."""
    if type(e) is not Tuple or len(e.args) != 3:
        return False
    index, low, high = e.args
    ends = (low is S.NegativeInfinity or _number(low)) and (high is S.Infinity or _number(high))
    return type(index) is Symbol and ends and index not in free(low) | free(high)


def _range_of_series(e: Basic) -> bool:
    return _range_of_integral(e) and _number(e.args[1]) and e.args[2] is S.Infinity


def _differentiation(e: Basic) -> bool:
    if type(e) is not Tuple or len(e.args) != 2 or e.args[1] != 1:
        return False
    variable = e.args[0]
    if type(variable) is Indexed:
        return variable.base.label not in free(Tuple(*variable.indices))
    return type(variable) is Symbol


def _is_column(e: Basic) -> bool:
    return is_matrix(e) and e.size[1] == 1


def _of_one_size(arguments: Arguments) -> bool:
    return _many(is_matrix, 2)(arguments) and same_size(tuple(arguments))


def _fitting(arguments: Arguments) -> bool:
    return _many(is_matrix, 2)(arguments) and fit(tuple(arguments))


def _square(arguments: Arguments) -> bool:
    return _each(is_matrix)(arguments) and is_square(arguments[0])


def _gradient(arguments: Arguments) -> bool:
    """In a whole column of variables, whose number does not depend on them."""
    if not _each(_number, _is(Column))(arguments):
        return False
    array, indices, size = arguments[1].args
    return len(indices) == 0 and array.label not in free(size)


def _opaque_column(arguments: Arguments) -> bool:
    return len(arguments) >= 2 and _is(Head)(arguments[0]) and all(map(_expression, arguments[1:]))


def _is(*kinds: type[Basic]) -> Test:
    return lambda e: type(e) in kinds


def _each(*tests: Test) -> Callable[[Arguments], bool]:
    return lambda arguments: len(arguments) == len(tests) and all(t(a) for t, a in zip(tests, arguments, strict=True))


def _many(test: Test, least: int, first: Test | None = None) -> Callable[[Arguments], bool]:
    def check(arguments: Arguments) -> bool:
        rest = arguments[1:] if first else arguments
        return (
            len(arguments) > 0
            and len(rest) >= least
            and (first is None or first(arguments[0]))
            and all(map(test, rest))
        )

    return check


def _definition(arguments: Arguments) -> bool:
    """Parameters are distinct symbols or arrays; the body uses each as what it is, and differentiates in none."""
    if not _each(_is(Head), _is(Tuple), lambda e: _number(e) or is_matrix(e))(arguments):
        return False
    parameters = arguments[1].args
    names = [p.label if type(p) is IndexedBase else p for p in parameters]
    if not all(type(p) in (Symbol, IndexedBase) for p in parameters) or len(set(names)) != len(names):
        return False
    numbers, arrays = roles(arguments[2])
    if set(names) & (differentiated(arguments[2]) | chances(arguments[2])):
        return False
    return not any((p in arrays) if type(p) is Symbol else (p.label in numbers) for p in parameters)


def _repeated(shape: Callable[[Arguments], bool]) -> Callable[[Arguments], bool]:
    """An index is a number: inside, it names no array and no random variable, and nothing is differentiated in it."""

    def check(arguments: Arguments) -> bool:
        if not shape(arguments):
            return False
        index, inside = arguments[1].args[0], [a for a in arguments if type(a) is not Tuple]
        return not any(index in roles(a)[1] | differentiated(a) | chances(a) for a in inside)

    return check


def _named(arguments: Arguments, *, matrix: bool = False) -> bool:
    """As many arguments as the definition has parameters, numbers for symbols, arrays for arrays."""
    if not arguments or type(arguments[0]) is not Definition or is_matrix(arguments[0].body) is not matrix:
        return False
    parameters, given = arguments[0].parameters, arguments[1:]
    return len(parameters) == len(given) and all(
        _array(g) if type(p) is IndexedBase else _number(g) for p, g in zip(parameters, given, strict=True)
    )


def _expression(e: Basic) -> bool:
    return isinstance(e, Expr) and e not in INFINITIES


def _numbers(e: Basic) -> bool:
    return type(e) is Tuple and all(map(_number, e.args))


def _plain_name(e: Basic) -> bool:
    return type(e) is Head and e.subscripts == 0


def _small(e: Basic) -> bool:
    return isinstance(e, Integer) and 0 <= e <= MOST_SLOPES


def _expressions(e: Basic) -> bool:
    return type(e) is Tuple and all(map(_expression, e.args))


_CHANCE = _each(_variable, _expression, _variable, _expression, _expressions)


#: For every kind of node with parts: which arguments it takes.
SHAPES: dict[type[Basic], Callable[[Arguments], bool]] = {
    Abs: _each(_number),
    Add: _many(_number, 2),
    Column: _each(_is(IndexedBase), _numbers, _number),
    Component: _each(_is_column, _number),
    Curve: _each(_is(Head), _small, _number),
    Definition: _definition,
    Density: _CHANCE,
    Derivative: _each(_number, _differentiation),
    Determinant: _square,
    Eq: _each(_number, _number),
    Form: lambda arguments: _each(is_matrix)(arguments) and arguments[0].size == UNIT_SIZE,
    Gradient: _gradient,
    Head: _head,
    IdentityMatrix: _each(_number),
    Indexed: _many(_number, 1, first=_is(IndexedBase)),
    IndexedBase: _each(_is(Symbol)),
    Integral: _repeated(_each(_number, _range_of_integral)),
    Inverse: _square,
    KroneckerDelta: _each(_number, _number),
    Matrix: _each(_plain_name, _is(IndexedBase), _number, _number),
    MatrixProduct: _fitting,
    MatrixSum: _of_one_size,
    Max: _each(_number, _number),
    Mul: _many(_number, 2),
    Named: _named,
    NamedMatrix: lambda arguments: _named(arguments, matrix=True),
    Ne: _each(_number, _number),
    Opaque: _many(_expression, 0, first=_is(Head)),
    OpaqueColumn: _opaque_column,
    Pow: _each(_number, _number),
    Probability: _CHANCE,
    Product: _repeated(_each(_number, _limits)),
    ProductOver: _repeated(_each(_number, _limits, _is(Eq, Ne))),
    ScalarMultiple: _each(_number, is_matrix),
    Series: _repeated(_each(_number, _range_of_series)),
    Sigmoid: _each(_number),
    Softplus: _each(_number),
    SquaredNorm: _each(_is_column),
    Sum: _repeated(_each(_number, _limits)),
    Transpose: _each(is_matrix),
    Survival: _CHANCE,
    Tuple: lambda arguments: all(isinstance(e, Expr) for e in arguments),
    Where: _each(_number, _number, _number),
    besseli: _each(_small, _number),
    cos: _each(_number),
    digamma: _each(_number),
    erf: _each(_number),
    exp: _each(_number),
    factorial: _each(_number),
    gamma: _each(_number),
    log: _each(_number),
    sign: _each(_number),
    sin: _each(_number),
    trigamma: _each(_number),
}


def well_formed(kind: type[Basic], arguments: Arguments) -> bool:
    """Whether a node of this kind may have these arguments."""
    return kind in SHAPES and SHAPES[kind](arguments)


def check_expression(e: object) -> None:
    """Refuse what is not an expression of known nodes, each well formed, of bearable size.

    Raises:
        UnsupportedExpression: naming the offending part.
    """
    if not isinstance(e, Expr) or e in INFINITIES:
        raise UnsupportedExpression(f"a {type(e).__name__}, which is not an expression of a number,", BY)
    _check(e)


def check_term(e: object) -> None:
    """The same where a matrix may stand as well as a number.

    Raises:
        UnsupportedExpression: naming the offending part.
    """
    if not isinstance(e, (Expr, MatrixTerm)) or e in INFINITIES:
        raise UnsupportedExpression(f"a {type(e).__name__}, which is not an expression,", BY)
    _check(e)


def _check(e: Basic) -> None:
    try:
        measured(e)
    except RecursionError:
        raise UnsupportedExpression("an expression nested too deeply", BY) from None


@lru_cache(maxsize=1 << 16)
def bulk(e: Basic) -> tuple[int, int]:
    """Size, counted as a tree, and height of an expression, whatever its nodes are.

    Raises:
        UnsupportedExpression: if it is larger or deeper than anything that is handled.
    """
    if is_leaf(e):
        name = getattr(e.label if isinstance(e, IndexedBase) else e, "name", "")
        if _is_long(e) or len(name) > LONGEST_NAME:
            raise UnsupportedExpression("a number or a name that is too long", BY)
        return 1, 1
    size, height = 1, 1
    for part, tall in map(bulk, e.args):
        size, height = size + part, max(height, 1 + tall)
        if size > MOST_PARTS or height > DEEPEST:
            raise UnsupportedExpression("an expression that is too large or nested too deeply", BY)
    return size, height


def bearable(e: Basic, most: int = MOST_PARTS, deepest: int = DEEPEST) -> bool:
    """Whether an expression has at most so many parts, and is not nested too deeply."""
    try:
        size, height = bulk(e)
        return size <= most and height <= deepest
    except (UnsupportedExpression, RecursionError):
        return False


def check_bulk(e: Basic, most: int = MOST_PARTS) -> None:
    """Refuse an expression that has more than so many parts, or is nested too deeply.

    Raises:
        UnsupportedExpression: if it is.
    """
    if not bearable(e, most):
        raise UnsupportedExpression("an expression that is too large or nested too deeply", BY)


def _is_long(e: Basic) -> bool:
    return isinstance(e, Rational) and max(abs(int(e.p)).bit_length(), int(e.q).bit_length()) > MOST_BITS


@lru_cache(maxsize=1 << 16)
def measured(e: Basic) -> tuple[int, int]:
    """Size and height of an expression that is well formed throughout.

    Raises:
        UnsupportedExpression: if it is not, or if it is too large or nested too deeply.
    """
    if _is_atom(e):
        return 1, 1
    for a in e.args:
        measured(a)
    found = bulk(e)
    if not well_formed(type(e), e.args):
        raise UnsupportedExpression(f"a malformed {type(e).__name__}", BY)
    return found


def _is_atom(e: Basic) -> bool:
    if type(e) in SHAPES:
        return False
    if isinstance(e, Float):
        raise UnsupportedExpression(f"{e} (Float); write numbers exactly, as Rational", BY)
    if type(e) is Symbol and not is_name(e.name):
        raise UnsupportedExpression(f"the name {e.name!r:.60}, which is not a short ASCII identifier,", BY)
    if _is_long(e):
        raise UnsupportedExpression("a number of more than a thousand digits", BY)
    if isinstance(e, Rational) and (e.q < 1 or math.gcd(int(e.p), int(e.q)) != 1):
        raise UnsupportedExpression(f"the fraction {e}, which is not in lowest terms,", BY)
    if type(e) in (Symbol, Str) or isinstance(e, Rational) or e in (pi, E, *INFINITIES):
        return True
    raise UnsupportedExpression(f"{e!s:.60} ({type(e).__name__})", BY)


@lru_cache(maxsize=1 << 14)
def differentiated(e: Basic) -> frozenset[Symbol]:
    """The symbols in which something is differentiated, bound ones included."""
    if is_leaf(e):
        return frozenset()
    variable = slope_of(e)
    here = frozenset() if variable is None else frozenset((symbol_of(variable),))
    return here.union(*map(differentiated, e.args))


@lru_cache(maxsize=1 << 14)
def chances(e: Basic) -> frozenset[Symbol]:
    """The names of random variables."""
    if is_leaf(e):
        return frozenset()
    here = frozenset(symbol_of(e.args[k]) for k in (0, 2)) if isinstance(e, Chance) else frozenset()
    return here.union(*map(chances, e.args))


@lru_cache(maxsize=1 << 14)
def elements(e: Basic) -> frozenset[Indexed]:
    """The elements of arrays that stand as numbers; what a function takes as a row is none."""
    if is_leaf(e):
        return frozenset()
    here: frozenset[Indexed] = frozenset()
    parts: list[Basic] = list(e.args)
    if isinstance(e, Indexed):
        here, parts = frozenset((e,)), list(e.indices)
    elif isinstance(e, (Name, Opaque, OpaqueColumn)):
        taken = list(e.definition.parameters) if isinstance(e, Name) else [None] * len(e.arguments)
        rows = [a for a, p in zip(e.arguments, taken, strict=True) if type(a) is Indexed and type(p) is not Symbol]
        parts = [a for a in parts if a not in rows] + [index for row in rows for index in row.indices]
    return here.union(*map(elements, parts))


@lru_cache(maxsize=1 << 14)
def roles(e: Basic) -> tuple[frozenset[Symbol], frozenset[Symbol]]:
    """The names that occur free as numbers, and those that occur free as arrays; random variables are neither."""
    if type(e) is Symbol:
        return frozenset((e,)), frozenset()
    if isinstance(e, IndexedBase):
        return frozenset(), free(e)
    if is_leaf(e):
        return frozenset(), frozenset()
    parts: Arguments = e.args
    if isinstance(e, Chance):
        indices = (i for k in (0, 2) for i in getattr(e.args[k], "indices", ()))
        parts = (e.args[1], *e.args[3:], *indices)
    found = [roles(a) for a in parts]
    visible = free(e)
    numbers = frozenset().union(*(n for n, _ in found)) & visible
    arrays = frozenset().union(*(a for _, a in found)) & visible
    return numbers, arrays
