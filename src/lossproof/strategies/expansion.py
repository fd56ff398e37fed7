"""Expanding the logarithms of an ordinary SymPy expression, each step with what makes it true.

What this module knows: how an expression built by SymPy is written with the nodes of
`lossproof.notation`, and which laws of the logarithm to try.  It decides nothing about signs: the
kernel does, from hypotheses that the theorem lists.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from sympy import Basic, Expr, Idx, Indexed, IndexedBase, Integer, Product, Sum, Symbol
from sympy.core.function import AppliedUndef

from lossproof.errors import UnsupportedExpression
from lossproof.kernel.conditions import Declared, Hypothesis, Range, symbols_of
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import POSITIVE, Domain
from lossproof.kernel.facts import carried
from lossproof.notation.inert import build, free, is_leaf, limits_of, walk
from lossproof.notation.nodes import Head, Opaque
from lossproof.notation.shapes import SHAPES, check_bulk, check_expression, roles
from lossproof.rulebook import logarithms
from lossproof.strategies.chain import Chain

LAWS = (
    logarithms.LOG_OF_PRODUCT,
    logarithms.LOG_OF_FACTORS,
    logarithms.LOG_OF_INVERSE,
    logarithms.LOG_OF_POWER,
    logarithms.LOG_OF_EXP,
)


def expand_log(expression: Expr, *hypotheses: Hypothesis) -> Derivation:
    """The logarithms of an expression, expanded as far as can be shown.

    A logarithm of a product over an index becomes a sum over the same index, that of factors a sum,
    that of a power a multiple, and ``log exp a`` becomes ``a``; each step states its conditions and
    why they hold.  What cannot be shown is left as it is.

    SymPy's ``expand_log`` decides such conditions by the assumptions that symbols carry, which know
    signs but no intervals, and otherwise expands only when told not to ask (its issue 17728); and a
    rewrite by wildcards loses the name of the index (its issue 13781).

    Args:
        expression: an ordinary SymPy expression of real numbers.  Sums and products run over the
            integers between their bounds; the empty sum is 0, the empty product 1.
        hypotheses: what is declared besides, such as ``Declared(p[i], UNIT, (Range(i, 1, N),))``.
            What symbols, elements of an ``IndexedBase`` and applied functions carry as SymPy
            assumptions is added, as hypotheses that the theorem lists.

    Returns:
        The derivation, replayed; without steps if there is nothing to expand.

    Raises:
        SideConditionError: if there are logarithms to expand and none of them can be; it names the
            fact that is missing.
        UnsupportedExpression: if the expression has parts that lossproof does not handle, such as
            floats, complex numbers or infinite bounds.

    >>> from sympy import IndexedBase, Product, Symbol, log, symbols
    >>> import lossproof as lp
    >>> i, N = symbols("i N", integer=True)
    >>> a = IndexedBase("a", positive=True)
    >>> d = lp.expand_log(log(Product(a[i]**2, (i, 1, N))))
    >>> d.theorem
    <Theorem expand-log: |- log ∏_{i=1}^N a_i^2  =  ∑_{i=1}^N 2 log a_i>
    >>> [str(h) for h in d.theorem.hypotheses]
    ['N in Z', '0 < a_i for i = 1..N']
    >>> d.rhs
    Sum(2*log(a[i]), (i, 1, N))

    Intervals are beyond SymPy's assumptions; here they are declared:

    >>> p, y = IndexedBase("p"), IndexedBase("y", real=True)
    >>> likelihood = Product(p[i]**y[i] * (1 - p[i])**(1 - y[i]), (i, 1, N))
    >>> over = lp.Range(i, 1, N)
    >>> lp.expand_log(log(likelihood), lp.Declared(p[i], lp.UNIT, (over,))).rhs
    Sum((1 - y[i])*log(1 - p[i]) + log(p[i])*y[i], (i, 1, N))
    >>> lp.expand_log(log(likelihood))
    Traceback (most recent call last):
    lossproof.errors.SideConditionError: rule 'logarithm of a product' needs ...
    """
    if not isinstance(expression, Expr):
        raise UnsupportedExpression(f"{expression!r:.60}, which is not an expression", "expand_log")
    check_bulk(expression)
    try:
        _check_names(expression)
        start = _inert(expression)
    except RecursionError:
        raise UnsupportedExpression("an expression nested too deeply", "expand_log") from None
    check_expression(start)
    declared = dict.fromkeys((*map(_restated, hypotheses), *_declared(expression, start)))
    chain = Chain("expand-log", declared, (), start, "Expansion of the logarithm")
    refusals = chain.exhaust(*LAWS).refusals
    if refusals and not chain.steps:
        raise refusals[0]
    derivation = chain.done()
    _ = derivation.theorem
    return derivation


def _check_names(e: Basic) -> None:
    """Refuse two indices, or two functions, that would become one: they differ in SymPy, but not by name."""
    meant: dict[str, Basic | type[Basic]] = {}
    stack, seen = [e], {e}
    while stack:
        here = stack.pop()
        indices = isinstance(here, (Idx, Symbol))
        if indices or isinstance(here, AppliedUndef):
            name, what = (here.name, here) if indices else (here.func.__name__, here.func)
            if meant.setdefault(name, what) != what:
                raise UnsupportedExpression(f"two different things called {name!r:.60}", "expand_log")
        new = () if indices else [a for a in here.args if a not in seen]
        seen.update(new)
        stack.extend(new)


@lru_cache(maxsize=1 << 12, typed=True)
def _inert(e: object) -> Expr:
    """The same expression in the nodes of lossproof, as it is written."""
    match e:
        case int() if type(e) is int:
            return Integer(e)
        case Idx():
            return Symbol(e.name, integer=True)
        case IndexedBase():
            return IndexedBase(e.label)  # without its shape, which only guards against wrong indices
        case AppliedUndef():
            return Opaque(Head(e.func.__name__), *map(_inert, e.args))
        case Sum() | Product() if len(e.args) > 2:
            body, *every = map(_inert, e.args)
            for limits in every:  # the innermost index comes first
                body = build(e.func, (body, limits))
            return body
        case Basic() if is_leaf(e):
            return e
        case Basic() if type(e) in SHAPES:
            return build(e.func, [_inert(a) for a in e.args])
    raise UnsupportedExpression(f"{e!s:.60} ({type(e).__name__})", "expand_log")


def _restated(h: Hypothesis) -> Hypothesis:
    """A declaration in the nodes of lossproof."""
    if not isinstance(h, Hypothesis):
        raise UnsupportedExpression(f"{h!r:.60} as a hypothesis", "expand_log")
    if not isinstance(h, Declared):
        return h
    return Declared(_inert(h.term), h.domain, tuple(Range(*map(_inert, (r.index, r.low, r.high))) for r in h.ranges))


def _declared(expression: Expr, start: Expr) -> list[Declared]:
    """What symbols, elements of arrays and applied functions carry as SymPy assumptions, as hypotheses.

    A name that is an index of some sum or product is left alone: there, its range says what it is.
    Positive symbols the kernel and the referees know by themselves; the theorem lists those that count.
    """
    numbers = sorted(roles(start)[0], key=str)
    known = [Declared(s, domain) for s in numbers if (domain := carried(s)) not in (None, POSITIVE)]
    parts = (e for e in walk(expression) if isinstance(e, (Indexed, AppliedUndef)))
    elements = {_inert(e): domain for e in parts if (domain := carried(e)) is not None}
    indices = {limits[0] for part in walk(start) if (limits := limits_of(part)) is not None}
    return [h for h in (*known, *_everywhere(start, elements, {})) if not symbols_of(h) & indices]


def _everywhere(e: Basic, elements: Mapping[Expr, Domain], around: Mapping[Symbol, Range]) -> Iterator[Declared]:
    """The domains of elements ``a[i]``, for all indices of the sums and products around each."""
    if e in elements:
        yield Declared(e, elements[e], tuple(r for index, r in around.items() if index in free(e)))
    limits = limits_of(e)
    if limits is not None:
        around = {**around, limits[0]: Range(*limits)}
    if not is_leaf(e):
        for a in e.args:
            yield from _everywhere(a, elements, around)
