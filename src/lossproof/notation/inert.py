"""Inert SymPy: expressions that stay as they were written.

SymPy evaluates on construction: ``exp(a)*exp(b)`` becomes ``exp(a + b)``, ``x + y`` may come back
as ``y + x``, and the step that a reader wants to see is gone.  Everything in a derivation is
therefore built by the constructors below and rebuilt by `rebuild`; equality is structural,
argument order included, and argument order is reading order.

What this module knows: how expressions are built, walked and substituted without evaluation and
without capturing a bound index.  What it does not know: what is true of them.

A class outside SymPy takes part by three attributes: ``limits_at`` (which argument holds the
``(index, low, high)`` that it binds), ``parameters_at`` (which argument holds the tuple of
parameters that it binds), ``variables_at`` (which arguments are random variables) and ``slope_at``
(which argument holds what is differentiated in).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from sympy import (
    Abs,
    Add,
    Basic,
    Derivative,
    Eq,
    Expr,
    Function,
    Indexed,
    IndexedBase,
    Integer,
    Integral,
    Max,
    Mul,
    Ne,
    Pow,
    Product,
    Sum,
    Symbol,
    Tuple,
)
from sympy import erf as _erf
from sympy import exp as _exp
from sympy import factorial as _factorial
from sympy import gamma as _gamma
from sympy import log as _log

from lossproof.errors import UnsupportedExpression

MINUS_ONE, ZERO, ONE, TWO = Integer(-1), Integer(0), Integer(1), Integer(2)

# ------------------------------------------------------------------ constructors


def add(*terms: Expr) -> Expr:
    """``a + b + ...`` in the order given; nested sums stay nested."""
    return build(Add, terms)


def mul(*factors: Expr) -> Expr:
    """``a b ...`` in the order given; nested products stay nested."""
    return build(Mul, factors)


def neg(a: Expr) -> Expr:
    """``-a``, as ``(-1) a``."""
    return mul(MINUS_ONE, a)


def sub(a: Expr, b: Expr) -> Expr:
    """``a - b``, as ``a + (-1) b``."""
    return add(a, neg(b))


def power(a: Expr, b: Expr) -> Expr:
    """``a^b``."""
    return build(Pow, (a, b))


def inverse(a: Expr) -> Expr:
    """``1 / a``, as ``a^(-1)``."""
    return power(a, MINUS_ONE)


def log(a: Expr) -> Expr:
    """The natural logarithm."""
    return build(_log, (a,))


def exp(a: Expr) -> Expr:
    """The exponential."""
    return build(_exp, (a,))


def absolute(a: Expr) -> Expr:
    """``|a|``."""
    return build(Abs, (a,))


def factorial(a: Expr) -> Expr:
    """``a!``."""
    return build(_factorial, (a,))


def gamma_function(a: Expr) -> Expr:
    """The gamma function."""
    return build(_gamma, (a,))


def error_function(a: Expr) -> Expr:
    """``erf a = 2 / sqrt(pi) int_0^a exp(-t^2) dt``."""
    return build(_erf, (a,))


def maximum(a: Expr, b: Expr) -> Expr:
    """``max(a, b)``, arguments in the order given."""
    return build(Max, (a, b))


def total(body: Expr, index: Symbol, low: Expr, high: Expr) -> Expr:
    """``sum_{index=low}^{high} body``, over the integers in ``[low, high]``; 0 if there are none."""
    return build(Sum, (body, Tuple(index, low, high)))


def product(body: Expr, index: Symbol, low: Expr, high: Expr) -> Expr:
    """``prod_{index=low}^{high} body``, over the integers in ``[low, high]``; 1 if there are none."""
    return build(Product, (body, Tuple(index, low, high)))


def integral(body: Expr, variable: Symbol, low: Expr, high: Expr) -> Expr:
    """``int_low^high body d variable``: Lebesgue's, over the open interval; 0 if there is nothing between the ends.

    It has a value if the body has one almost everywhere and converges absolutely.  An end may be infinite.
    Functions of which nothing is known but what is declared are taken to be measurable.
    """
    return build(Integral, (body, Tuple(variable, low, high)))


def derivative(body: Expr, variable: Expr) -> Expr:
    """``d body / d variable`` for a symbol or an element ``w[j]``."""
    return build(Derivative, (body, Tuple(variable, ONE)))


def equation(a: Expr, b: Expr) -> Basic:
    """``a = b`` as a condition on an index."""
    return build(Eq, (a, b))


def distinct(a: Expr, b: Expr) -> Basic:
    """``a != b`` as a condition on an index."""
    return build(Ne, (a, b))


def build(kind: type[Basic], arguments: Sequence[Basic]) -> Expr:
    """An expression of this kind with these arguments, nothing evaluated or reordered.

    SymPy's constructors evaluate or sort some nodes even when told not to, turn a sum of one term
    into the term, and are slow for functions, so they are passed by.

    Raises:
        UnsupportedExpression: if the arguments are nested too deeply for Python.
    """
    try:
        return _shared(_built(kind, arguments))
    except RecursionError:
        raise UnsupportedExpression("an expression nested too deeply", "lossproof") from None


@lru_cache(maxsize=1 << 15, typed=True)
def _shared(node: Expr) -> Expr:
    """The first expression built that is equal to this one, so that equal parts are one object and compared at once."""
    return node


def _built(kind: type[Basic], arguments: Sequence[Basic]) -> Expr:
    if kind in (Eq, Ne):
        return kind(*arguments, evaluate=False)
    if kind not in _BARE and not issubclass(kind, Function):
        return kind(*arguments)
    node = Expr.__new__(kind, *map(_part, arguments))
    if kind in _FLAGGED:
        node.is_commutative = True
    elif kind is Max:
        node._argset = frozenset(arguments)
    elif issubclass(kind, Function):
        node.nargs = _arities(kind)  # type: ignore[arg-type]
    return node


def _part(a: Basic) -> Basic:
    """An argument: elements of arrays shared, Python's integers as SymPy's."""
    if type(a) is Indexed:
        return _shared(a)
    return Integer(a) if type(a) is int else a


#: Kinds whose constructor keeps whether they commute on the instance, and all whose constructor is passed by.
_FLAGGED = (Add, Mul, Pow, Sum, Product, Integral)
_BARE = (*_FLAGGED, Derivative, Max)


@lru_cache
def _arities(kind: type[Function]) -> Basic:
    """What SymPy keeps on every application of a function; making it anew each time is most of the cost."""
    return kind.nargs


def rebuild(node: Basic, arguments: Sequence[Basic]) -> Expr:
    """The node with other arguments; the node itself if they are the ones it has."""
    if len(arguments) == len(node.args) and all(a is b for a, b in zip(arguments, node.args, strict=True)):
        return node
    return build(node.func, arguments)


# ------------------------------------------------------------------ binders and free symbols


def limits_of(node: Basic) -> Tuple | None:
    """The ``(index, low, high)`` that a sum, product or integral binds, else None."""
    if isinstance(node, (Sum, Product, Integral)):
        if len(node.args) != 2 or len(node.args[1]) != 3:
            return None
        return node.args[1]
    at = getattr(node, "limits_at", None)
    return None if at is None else node.args[at]


def parameters_of(node: Basic) -> Tuple | None:
    """The tuple of parameters that a definition binds, else None."""
    at = getattr(node, "parameters_at", None)
    return None if at is None else node.args[at]


def is_leaf(node: Basic) -> bool:
    """Symbols, numbers, and an array's name have no parts that matter here."""
    return not node.args or isinstance(node, IndexedBase)


def walk(*nodes: Basic) -> Iterator[Basic]:
    """Every part of some expressions, outermost first, definitions included; a shared object once."""
    stack = list({id(node): node for node in reversed(nodes)}.values())
    seen = set(map(id, stack))
    while stack:
        here = stack.pop()
        yield here
        if not is_leaf(here):
            new = [a for a in reversed(here.args) if id(a) not in seen]
            seen.update(map(id, new))
            stack.extend(new)


@lru_cache(maxsize=1 << 14)
def free(node: Basic) -> frozenset[Symbol]:
    """The symbols that occur free; an array counts by its name, a bound index does not."""
    if isinstance(node, Symbol):
        return frozenset((node,))
    if isinstance(node, IndexedBase):
        return free(node.label)
    if not node.args:
        return frozenset()
    limits = limits_of(node)
    if limits is not None:
        inside = frozenset().union(*(free(a) for a in node.args if a is not limits))
        return (inside - {limits[0]}) | free(limits[1]) | free(limits[2])
    parameters = parameters_of(node)
    if parameters is not None:
        inside = frozenset().union(*(free(a) for a in node.args if a is not parameters))
        return inside - free(parameters)
    return frozenset().union(*(free(a) for a in node.args))


def slope_of(node: Basic) -> Basic | None:
    """The variable, or the column of variables, that a derivative or gradient is taken in, else None."""
    if isinstance(node, Derivative):
        return node.args[1][0]
    at = getattr(node, "slope_at", None)
    return None if at is None else node.args[at]


def symbol_of(variable: Basic) -> Symbol:
    """The symbol that names a variable: itself, or the name of the array whose elements it is made of."""
    if isinstance(variable, Indexed):
        return variable.base.label
    variable = getattr(variable, "array", variable)
    return variable.label if isinstance(variable, IndexedBase) else variable


_LETTERS = "ijklmpqrst"


def fresh(index: Symbol, avoid: frozenset[Symbol]) -> Symbol:
    """A symbol like this index whose name is not among those to avoid: the next letter, if one is left."""
    names = {s.name for s in avoid}
    letters = _LETTERS[_LETTERS.find(index.name) + 1 :] if index.name in _LETTERS else ""
    numbered = (f"{index.name}_{k}" for k in range(1, len(names) + 2))
    name = next(n for n in (*letters, *numbered) if n not in names)
    return Symbol(name, **index._assumptions_orig)


def substitute(node: Basic, values: Mapping[Basic, Basic]) -> Expr:
    """Put expressions in for symbols and arrays, all at once, without capturing a bound index.

    A value for an array is an array, or an element of one: with ``x`` standing for the row
    ``X[i]``, the element ``x[j]`` becomes ``X[i, j]``.  A bound index that would capture a symbol
    of a value is renamed to the next free letter.

    Raises:
        UnsupportedExpression: if a value would be captured by a derivative (``x`` put in for ``t`` in
            ``d/dx t x``), or put in place of a random variable, which is not a number.
    """
    if not values:
        return node
    if node in values:
        return values[node]
    if is_leaf(node):
        return node
    if isinstance(node, Indexed):
        indices = [substitute(a, values) for a in node.indices]
        base = values.get(node.base, node.base)
        if isinstance(base, Indexed):
            return Indexed(base.base, *base.indices, *indices)
        return rebuild(node, [base, *indices])
    bound = _bound_by(node)
    if bound:
        values = {k: v for k, v in values.items() if free(k) & free(node)}
        clash = bound & frozenset().union(*(free(v) for v in values.values()))
        if clash:
            node = _rename(node, clash, clash | free(node).union(*(free(v) for v in values.values())))
    _refuse_capture(node, values)
    return rebuild(node, [substitute(a, values) for a in node.args])


def _refuse_capture(node: Basic, values: Mapping[Basic, Basic]) -> None:
    """A derivative binds the symbol it differentiates in; a random variable stays what it is."""
    fixed = [node.args[at] for at in getattr(node, "variables_at", ())]
    if any(v in values or (isinstance(v, Indexed) and v.base in values) for v in fixed):
        raise UnsupportedExpression(str(node), "substitution for a random variable")
    variable = slope_of(node)
    if variable is None:
        return
    symbol, inside = symbol_of(variable), free(node)
    for key, value in values.items():
        name = symbol_of(key)
        if name == symbol or (name in inside and symbol in free(value)):
            raise UnsupportedExpression(str(node), f"substitution of {value} for {key} under a derivative")


def _bound_by(node: Basic) -> frozenset[Symbol]:
    limits, parameters = limits_of(node), parameters_of(node)
    if limits is not None:
        return frozenset((limits[0],))
    return free(parameters) if parameters is not None else frozenset()


def _rename(node: Basic, clash: frozenset[Symbol], avoid: frozenset[Symbol]) -> Expr:
    inner = frozenset(symbols_in(node))
    for old in sorted(clash, key=str):
        new = fresh(old, avoid | inner)
        avoid |= {new}
        node = rename(node, old, new)
    return node


def symbols_in(node: Basic) -> Iterator[Symbol]:
    """Every symbol that occurs, free or bound, as a number or as an array."""
    for part in walk(node):
        if isinstance(part, Symbol):
            yield part
        elif isinstance(part, IndexedBase):
            yield part.label


def rename(binder: Basic, old: Symbol, new: Symbol) -> Expr:
    """The same sum, product or definition with its bound symbol ``old`` written ``new``.

    Raises:
        ValueError: if ``new`` occurs in it already, so that it would be captured.
    """
    if new in set(symbols_in(binder)):
        raise ValueError(f"{new} already occurs in {binder}")
    limits = limits_of(binder)
    if limits is None:
        swap: dict[Basic, Basic] = {old: new, IndexedBase(old): IndexedBase(new)}
        return rebuild(binder, [substitute(a, swap) for a in binder.args])
    arguments = [substitute(a, {old: new}) if a is not limits else Tuple(new, *limits[1:]) for a in binder.args]
    return rebuild(binder, arguments)


def apart(node: Basic, avoid: frozenset[Symbol]) -> Expr:
    """The same expression with every bound index that is among ``avoid`` renamed.

    Definitions keep theirs: what a name stands for is closed, and not written out.
    """
    if is_leaf(node) or parameters_of(node) is not None:
        return node
    limits = limits_of(node)
    if limits is not None and limits[0] in avoid:
        node = rename(node, limits[0], fresh(limits[0], avoid | frozenset(symbols_in(node))))
    return rebuild(node, [apart(a, avoid) for a in node.args])


def alpha_equal(a: Basic, b: Basic) -> bool:
    """Whether two expressions differ at most in the names of their bound indices."""
    if a == b:
        return True
    if a.func is not b.func or is_leaf(a) or is_leaf(b) or len(a.args) != len(b.args):
        return False
    ours, theirs = limits_of(a), limits_of(b)
    if ours is None or theirs is None or ours[0] == theirs[0]:
        return all(alpha_equal(p, q) for p, q in zip(a.args, b.args, strict=True))
    taken = frozenset(symbols_in(a)) | frozenset(symbols_in(b))
    common = fresh(ours[0], taken)
    p, q = rename(a, ours[0], common), rename(b, theirs[0], common)
    return all(alpha_equal(s, t) for s, t in zip(p.args, q.args, strict=True))
