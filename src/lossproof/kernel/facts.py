"""What is known, and what follows from it.

`Facts` answers one kind of question: does a condition hold, given the declared hypotheses, the
ranges of the enclosing sums and products, and the assumptions that SymPy symbols carry?  A
positive answer comes with its reason.  Silence means nothing: entailment may fail to see what is
true, but must never affirm what is false.

The work is one function, `Facts.domain_of`: an enclosure of an expression's values, computed from
the enclosures of its parts.  An expression that has one is defined and real.

Parameters (the symbols a loss is minimised over) are special: a hypothesis that speaks of an opaque
function of a parameter or of a probability that depends on it, such as the range of ``f_w(x_i)``,
is read as holding for every value of the parameter in its declared domain.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator
from fractions import Fraction
from functools import lru_cache

from sympy import (
    Abs,
    Add,
    Basic,
    Derivative,
    E,
    Expr,
    Indexed,
    IndexedBase,
    Integer,
    Integral,
    KroneckerDelta,
    Max,
    Mul,
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
    pi,
    sign,
    sin,
    trigamma,
)

from lossproof.errors import SideConditionError, UnsupportedExpression
from lossproof.kernel import matrices
from lossproof.kernel.conditions import (
    Assumed,
    Between,
    Condition,
    Constant,
    Declared,
    DeclaredMatrix,
    Differentiable,
    Fact,
    ForAll,
    Has,
    Hypothesis,
    Labelled,
    Maps,
    Member,
    Property,
    Range,
    Ranged,
    Smooth,
    Within,
    bounds_of,
    symbols_of,
    terms_of,
)
from lossproof.kernel.domains import (
    BINARY,
    CLOSED_UNIT,
    COUNT,
    INTEGER,
    NONNEGATIVE,
    NONZERO,
    POSITIVE,
    REAL,
    SIGNS,
    UNIT,
    Domain,
    point,
)
from lossproof.kernel.missing import missing
from lossproof.notation.inert import (
    ONE,
    free,
    fresh,
    is_leaf,
    limits_of,
    rename,
    sub,
    substitute,
    symbol_of,
    symbols_in,
)
from lossproof.notation.matrices import (
    Column,
    Component,
    Determinant,
    Form,
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
)
from lossproof.notation.nodes import (
    Chance,
    Curve,
    Density,
    Named,
    Opaque,
    Probability,
    ProductOver,
    Sigmoid,
    Softplus,
    Survival,
    Where,
    written_out,
)
from lossproof.notation.plain import written
from lossproof.notation.shapes import INFINITIES

_F = Fraction
AT_MOST_ONE = Domain(_F(0), _F(1), False, True)
AT_LEAST_ONE = Domain(low=_F(1), low_closed=True)
ABOVE_ONE = Domain(low=_F(1))
NONPOSITIVE = Domain(high=_F(0), high_closed=True)
SYMMETRIC = Domain(_F(-1), _F(1), True, True)

#: For functions of one argument: if the argument is in the first set, the value is in the second.
FUNCTIONS: dict[type[Basic], tuple[tuple[Domain, Domain, str], ...]] = {
    Sigmoid: ((REAL, UNIT, "a sigmoid of a real number"),),
    Softplus: ((REAL, POSITIVE, "a softplus of a real number"),),
    exp: (
        (-POSITIVE, UNIT, "exp of a number < 0"),
        (POSITIVE, ABOVE_ONE, "exp of a number > 0"),
        (NONPOSITIVE, AT_MOST_ONE, "exp of a number <= 0"),
        (NONNEGATIVE, AT_LEAST_ONE, "exp of a number >= 0"),
        (REAL, POSITIVE, "an exponential"),
    ),
    log: (
        (UNIT, -POSITIVE, ""),
        (ABOVE_ONE, POSITIVE, ""),
        (AT_MOST_ONE, NONPOSITIVE, ""),
        (AT_LEAST_ONE, NONNEGATIVE, ""),
        (POSITIVE, REAL, ""),
    ),
    Abs: ((NONZERO, POSITIVE, ""), (REAL, NONNEGATIVE, "")),
    sign: ((NONZERO, SIGNS, ""), (REAL, Domain(_F(-1), _F(1), True, True, integer=True), "")),
    cos: ((REAL, SYMMETRIC, "a cosine"),),
    sin: ((REAL, SYMMETRIC, "a sine"),),
    erf: ((POSITIVE, UNIT, ""), (REAL, Domain(_F(-1), _F(1)), "a value of the error function")),
    gamma: ((POSITIVE, POSITIVE, "the gamma function of a positive number"),),
    digamma: ((POSITIVE, REAL, ""),),
    trigamma: ((POSITIVE, REAL, ""),),
    factorial: ((COUNT, Domain(low=_F(1), low_closed=True, integer=True), "a factorial"),),
}

#: For ``u^b``: if u is in the first set and b in the second, the power is in the third (0^0 = 1).
POWERS: tuple[tuple[Domain, Domain, Domain], ...] = (
    (UNIT, POSITIVE, UNIT),
    (ABOVE_ONE, POSITIVE, ABOVE_ONE),
    (AT_MOST_ONE, NONNEGATIVE, AT_MOST_ONE),
    (AT_LEAST_ONE, NONNEGATIVE, AT_LEAST_ONE),
    (POSITIVE, REAL, POSITIVE),
    (CLOSED_UNIT, NONNEGATIVE, CLOSED_UNIT),
    (NONNEGATIVE, NONNEGATIVE, NONNEGATIVE),
    (INTEGER, COUNT, INTEGER),
    (NONZERO, INTEGER, NONZERO),
    (REAL, COUNT, REAL),
)

#: A finite product (the empty one is 1) of factors in the first set is in the second.
PRODUCTS: tuple[tuple[Domain, Domain], ...] = (
    (AT_MOST_ONE, AT_MOST_ONE),
    (POSITIVE, POSITIVE),
    (CLOSED_UNIT, CLOSED_UNIT),
    (NONNEGATIVE, NONNEGATIVE),
    (NONZERO, NONZERO),
    (REAL, REAL),
)

#: A finite sum (the empty one is 0) of terms in the first set is in the second.
SUMS: tuple[tuple[Domain, Domain], ...] = (
    (COUNT, COUNT),
    (INTEGER, INTEGER),
    (NONNEGATIVE, NONNEGATIVE),
    (NONPOSITIVE, NONPOSITIVE),
    (REAL, REAL),
)

#: The same for a sum that has at least one term.
SUMS_OF_SOME: tuple[tuple[Domain, Domain], ...] = ((POSITIVE, POSITIVE), (-POSITIVE, -POSITIVE), *SUMS)

#: What the assumptions carried by a SymPy symbol say.
ASSUMPTIONS: tuple[tuple[str, Domain], ...] = (
    ("is_positive", POSITIVE),
    ("is_negative", -POSITIVE),
    ("is_nonnegative", NONNEGATIVE),
    ("is_nonpositive", NONPOSITIVE),
    ("is_real", REAL),
)


class Facts:
    """Hypotheses and, inside sums and products, what their indices are known to satisfy.

    In one branch of a function in pieces, `cases` says what is known there; an inner sum or a derivative
    does not inherit it.  Immutable: `under` and `differentiating` return new objects.
    """

    def __init__(
        self,
        hypotheses: Iterable[Hypothesis] = (),
        parameters: tuple[Expr, ...] = (),
        scope: tuple[Range | Between, ...] = (),
        equations: tuple[tuple[Expr, Expr], ...] = (),
        cases: tuple[tuple[Expr, Domain], ...] = (),
    ) -> None:
        self.hypotheses, self.parameters = tuple(hypotheses), parameters
        self.scope, self.equations, self.cases = scope, equations, cases
        self._known: dict[Basic, Fact | None] = {}
        around = [e for r in self.scope for e in (r.index, r.low, r.high)] + [e for q in equations for e in q]
        self._around = tuple(around)
        self._taken = frozenset().union(*map(free, around), *map(symbols_of, self.hypotheses))
        self._smooth: dict[tuple[Basic, Basic], Fact | None] = {}
        self._matrices: dict[tuple[MatrixTerm, Property], Fact | None] = {}
        self._inside: dict[object, Facts] = {}
        self._by_head: dict[object, list[Declared]] = {}
        for h in self.hypotheses:
            if isinstance(h, Declared):
                self._by_head.setdefault(_head(h.term), []).append(h)

    # -------------------------------------------------------------- going inside

    def under(self, binder: Basic) -> Facts:
        """The facts inside a sum or product, whose index is an integer within its bounds, or inside an integral."""
        limits = limits_of(binder)
        if limits is None:
            raise UnsupportedExpression(written(binder), "the kernel (one index per sum or product)")
        if isinstance(binder, Integral):
            return self._indexed(Between(*limits))
        filtered = binder.equation if isinstance(binder, ProductOver) else None
        return self._indexed(Range(*limits), filtered)

    def opened(self, binder: Expr) -> tuple[Expr, Facts]:
        """A sum or product, its index renamed if need be, and the facts that hold inside."""
        limits = limits_of(binder)
        if limits is not None and limits[0] in self._taken:
            binder = rename(binder, limits[0], fresh(limits[0], self._taken | frozenset(symbols_in(binder))))
        return binder, self.under(binder)

    def _indexed(self, over: Range | Between, equation: tuple[Expr, Expr] | None = None) -> Facts:
        if over.index in self._taken:
            raise SideConditionError(
                "congruence", f"an index of its own in {over}", f"rename {over.index}: it has a meaning outside"
            )
        key = (over, equation)
        if key not in self._inside:
            equations = self.equations + ((equation,) if equation else ())
            self._inside[key] = Facts(self.hypotheses, self.parameters, (*self.scope, over), equations)
        return self._inside[key]

    @property
    def taken(self) -> frozenset[Symbol]:
        """The symbols that mean something here, so that no index may be called that."""
        return self._taken

    def ranged(self, over: Range) -> Facts:
        """The facts that hold of an index of its own in a range."""
        return self._indexed(over)

    def differentiating(self, variable: Basic) -> tuple[Facts, Fact]:
        """The facts that still hold in a neighbourhood of the variable's value, and why there is one.

        An equation may be used under a derivative only if it holds around the point, not just at
        it: ``y^2 = y`` holds on ``{0, 1}`` and says nothing about the derivative of ``y^2``.

        Raises:
            SideConditionError: if the variable is not known to range over an open set, or the range
                of an index around the place depends on it.
        """
        if isinstance(variable, Column):
            (row, _), ranged = matrices.opened(self, variable)
            within, around_each = ranged.differentiating(variable.entry(row))
            return Facts(within.hypotheses, self.parameters, self.scope, self.equations), around_each
        symbol, around = symbol_of(variable), self._open_around(variable)
        if around is None:
            known = self.domain_of(variable)
            why = "nothing is known of it" if known is None else f"it is confined: {known.claim}"
            raise SideConditionError("congruence", f"an open domain for {written(variable)}", why)
        if any(symbol in free(e) for e in self._around):
            raise SideConditionError(
                "congruence", f"ranges that do not contain {symbol}", f"an index around depends on {symbol}"
            )
        kept = [h for h in self.hypotheses if self._survives(h, symbol)]
        return Facts(kept, self.parameters, self.scope, self.equations), around

    def _survives(self, h: Hypothesis, symbol: Symbol) -> bool:
        """Whether a hypothesis holds around a point and not just at it.

        It does if it does not speak of the variable; if it is the variable's own, open, domain; and
        if it speaks of an opaque function of a parameter or a probability that depends on it, for
        then it is read as holding for every value of the parameter.
        """
        if symbol not in symbols_of(h):
            return True
        if isinstance(h, Declared) and symbol_of(h.term) == symbol:
            return symbol not in free(Tuple(*getattr(h.term, "indices", ()))) and not _bounds_mention(h, symbol)
        return symbol in map(symbol_of, self.parameters) and universal(h, symbol) and not _bounds_mention(h, symbol)

    def _open_around(self, variable: Expr) -> Fact | None:
        """That the variable, and every other element of its array, ranges over an open set."""
        around, symbol = self.domain_of(variable), symbol_of(variable)
        confined = (
            isinstance(h, (Declared, Labelled))
            and symbol_of(h.term) == symbol
            and not (isinstance(h, Declared) and h.domain.open)
            for h in self.hypotheses
        )
        return around if around is not None and _domain(around).open and not any(confined) else None

    # -------------------------------------------------------------- conditions

    def discharge(self, rule: str, condition: Condition) -> Fact:
        """Show that a condition holds.

        Raises:
            SideConditionError: if it cannot be shown; it names the fact that is missing.
        """
        match condition:
            case ForAll(over, inner):
                return Fact(condition, "", (self._indexed(over).discharge(rule, inner),))
            case Member(expression, domain):
                known = self.domain_of(expression)
                if known is not None and _domain(known).within(domain):
                    because = known.because
                    return Fact(condition, because, (known,)) if because else Fact(condition, "", known.premises)
            case Constant(expression, variables):
                if not free(expression) & {symbol_of(v) for v in variables}:
                    return Fact(condition, "by inspection")
            case Differentiable(expression, variable):
                shown = self.differentiable(expression, variable)
                if shown is not None:
                    return shown
            case Within():
                shown = self.within(condition)
                if shown is not None:
                    return shown
            case Has(matrix, wanted):
                shown = self.has(matrix, wanted) if isinstance(matrix, MatrixTerm) else None
                if shown is not None:
                    return shown if shown.claim == condition else Fact(condition, "", (shown,))
        raise SideConditionError(rule, str(condition), missing(self, condition))

    def within(self, claim: Within) -> Fact | None:
        """Whether an index is known to lie between two bounds."""
        position, low, high = claim.position, claim.low, claim.high
        for over in self.scope:
            if isinstance(over, Range) and (over.index, over.low, over.high) == (position, low, high):
                return Fact(claim, "an index of the sum or product")
        for h in self.hypotheses:
            if isinstance(h, Ranged) and (h.over.index, h.over.low, h.over.high) == (position, low, high):
                return Fact(claim, "declared", (), h)
            if isinstance(h, Labelled):
                inside = self._labelled(h, claim)
                if inside is not None:
                    return Fact(claim, "declared", inside, h)
        if all(isinstance(v, Integer) for v in (position, low, high)) and int(low) <= int(position) <= int(high):
            return Fact(claim, "by inspection")
        return None

    def position(self, index: Expr, size: Expr) -> Fact | None:
        """That an index lies in ``1..size``."""
        return self.within(Within(index, ONE, size))

    # -------------------------------------------------------------- matrices

    def has(self, e: MatrixTerm, wanted: Property) -> Fact | None:
        """That a matrix is defined and has a property, or None."""
        if (e, wanted) not in self._matrices:
            self._matrices[e, wanted] = matrices.shown(self, e, wanted)
        return self._matrices[e, wanted]

    def declared_matrices(self, e: MatrixTerm) -> Iterable[tuple[DeclaredMatrix, tuple[Fact, ...]]]:
        """The hypotheses about a letter for a matrix, and why its indices lie in their ranges."""
        for h in self.hypotheses:
            if isinstance(h, DeclaredMatrix):
                inside = self._about(h, e)
                if inside is not None:
                    yield h, inside

    def _labelled(self, h: Labelled, claim: Within) -> tuple[Fact, ...] | None:
        values = match(h.term, claim.position, {r.index for r in h.ranges})
        if values is None or (substitute(h.low, values), substitute(h.high, values)) != (claim.low, claim.high):
            return None
        return self._in_ranges(h.ranges, values)

    # -------------------------------------------------------------- enclosures

    def domain_of(self, e: Expr) -> Fact | None:
        """A `Member` fact that encloses the values of an expression, or None if nothing is known.

        Having one means that the expression is defined and real.
        """
        if e in self._known:
            return self._known[e]
        computed, declared = self._computed(e), self.declared(e)
        fact = computed or declared
        if computed is not None and declared is not None:
            fact = computed if _domain(computed).within(_domain(declared)) else declared
            both = _domain(computed).meet(_domain(declared))
            if both != _domain(fact):
                fact = Fact(Member(e, both), "", (computed, declared))
        self._known[e] = fact
        return fact

    def shows(self, e: Expr, domain: Domain) -> bool:
        """Whether an expression is known to lie in a set."""
        known = self.domain_of(e)
        return known is not None and _domain(known).within(domain)

    def declared(self, e: Expr) -> Fact | None:
        """What the hypotheses say of an expression as it stands."""
        found: list[Fact] = []
        for h in self._by_head.get(_head(e), ()):
            inside = self._about(h, e)
            if inside is not None:
                found.append(Fact(Member(e, h.domain), "declared", inside, h))
        for label in (h for h in self.hypotheses if isinstance(h, Labelled)):
            inside = self._about(label, e)
            if inside is not None:
                found.append(
                    Fact(Member(e, _span(Range(label.term, label.low, label.high))), "declared", inside, label)
                )
        for left, right in self.equations:
            if left == e and isinstance(right, Rational):
                found.append(Fact(Member(e, point(_F(int(right.p), int(right.q)))), "by the choice of indices"))
        if isinstance(e, Symbol):
            found.extend(self._of_symbol(e))
        found.extend(Fact(Member(e, domain), "the case at hand") for case, domain in self.cases if case == e)
        found.extend(
            Fact(Member(e, POSITIVE), "the range of the integral")
            for over in self.scope
            if isinstance(over, Between) and e in _distances(over)
        )
        if not found:
            return None
        domain = _domain(found[0])
        for other in found[1:]:
            domain = domain.meet(_domain(other))
        best = next((f for f in found if _domain(f) == domain), None)
        return best or Fact(Member(e, domain), "", tuple(found))

    def _of_symbol(self, e: Symbol) -> list[Fact]:
        """What is known of an index by its range; of any other symbol, by what it carries.

        The assumptions that an index carries are ignored: its sum says where it runs.
        """
        found = [self._ranging(r) for r in self.scope if r.index == e]
        for h in self.hypotheses:
            if isinstance(h, Ranged) and h.over.index == e:
                found.append(Fact(Member(e, _span(h.over)), "declared", (), h))
        return found or _carried(e)

    def _ranging(self, over: Range | Between) -> Fact:
        """Where an index of a sum or product, or a variable of integration, lies."""
        if isinstance(over, Range):
            return Fact(Member(over.index, _span(over)), "an index of the sum or product")
        low, high = self.domain_of(over.low), self.domain_of(over.high)
        least = REAL.low if low is None else _domain(low).low
        most = REAL.high if high is None else _domain(high).high
        premises = tuple(fact for fact in (low, high) if fact is not None)
        return Fact(Member(over.index, Domain(least, most)), "the range of the integral", premises)

    def _about(self, h: Declared | Labelled | Smooth | DeclaredMatrix, e: Basic) -> tuple[Fact, ...] | None:
        """Why a hypothesis speaks of an expression: it has the form of its term, with indices in their ranges."""
        values = match(h.term, e, {r.index for r in h.ranges})
        return None if values is None else self._in_ranges(h.ranges, values)

    def _in_ranges(self, ranges: tuple[Range, ...], values: dict[Symbol, Expr]) -> tuple[Fact, ...] | None:
        """That the values of the indices lie in their ranges."""
        return _every(self.within(over.at(values)) for over in ranges)

    def _computed(self, e: Expr) -> Fact | None:
        if isinstance(e, Rational):
            return Fact(Member(e, point(_F(int(e.p), int(e.q)))))
        if e is pi or e is E:
            return Fact(Member(e, Domain(_F(3), _F(4)) if e is pi else Domain(_F(2), _F(3))))
        if type(e) in FUNCTIONS:
            return self._function(e)
        handler = _ENCLOSURES.get(type(e))
        return None if handler is None else handler(self, e)

    def _all(self, parts: Iterable[Expr]) -> tuple[Fact, ...] | None:
        return _every(map(self.domain_of, parts))

    def _function(self, e: Expr) -> Fact | None:
        argument = self.domain_of(e.args[0])
        if argument is None:
            return None
        for where, value, because in FUNCTIONS[type(e)]:
            if _domain(argument).within(where):
                return Fact(Member(e, value), because, (argument,))
        return None

    def _sum_of(self, e: Expr) -> Fact | None:
        terms = self._all(e.args)
        if terms is None:
            return None
        domain = _total(map(_domain, terms))
        pairs = self._logarithms_below(e)
        if pairs is not None and not domain.within(pairs):
            return Fact(Member(e, domain.meet(pairs)), "log u <= u - 1", terms)
        return Fact(Member(e, domain), "", terms)

    def _logarithms_below(self, e: Expr) -> Domain | None:
        """An enclosure by ``u - log u >= 1`` for ``u > 0``, if terms of the sum pair up so; else None.

        Binmore (1977), Mathematical Analysis: A Straightforward Approach, section 14.3 (2).
        """
        logs = {t.args[0]: t for plus, t in _signed(e, ()) if not plus and isinstance(t, log)}
        terms, pairs = Counter(_signed(e, logs)) if logs else Counter(), 0
        for u, logarithm in logs.items():
            known, plus, minus = self.domain_of(u), (True, u), (False, logarithm)
            if known is not None and _domain(known).within(POSITIVE):
                both = min(terms[plus], terms[minus])
                terms.subtract({plus: both, minus: both})
                pairs += both
        rest = list(terms.elements())
        others = self._all(t for _, t in rest)
        if not pairs or others is None:
            return None
        signed = (_domain(d) if plus else -_domain(d) for (plus, _), d in zip(rest, others, strict=True))
        return _total((*[AT_LEAST_ONE] * pairs, *signed))

    def _product_of(self, e: Expr) -> Fact | None:
        factors = self._all(e.args)
        if factors is None:
            return None
        domain = point(1)
        for factor in factors:
            domain = domain * _domain(factor)
        return Fact(Member(e, domain), "", factors)

    def _power(self, e: Expr) -> Fact | None:
        parts = self._all(e.args)
        if parts is None:
            return None
        base, exponent = map(_domain, parts)
        if exponent == point(-1):
            inverse = base.reciprocal()
            return None if inverse is None else Fact(Member(e, inverse), "", parts)
        if exponent == point(2) and base.within(NONZERO):
            return Fact(Member(e, POSITIVE), "", parts)
        if exponent == point(2):
            return Fact(Member(e, NONNEGATIVE), "", parts)
        for u, b, value in POWERS:
            if base.within(u) and exponent.within(b):
                return Fact(Member(e, value), "", parts)
        return None

    def _repeated(self, e: Expr) -> Fact | None:
        opened, inside = self.opened(e)
        over = Range(*opened.args[1])
        bounds, body = self._all((over.low, over.high)), inside.domain_of(opened.args[0])
        if isinstance(e, ProductOver) and bounds is not None:
            chosen = self._indexed(over)._all(opened.args[2].args)
            bounds = None if chosen is None else (*bounds, *chosen)
        if body is None or bounds is None:
            return None
        for each, whole in self._table(e, over):
            if _domain(body).within(each):
                return Fact(Member(e, whole), "", (body, *bounds))
        return None

    def _table(self, e: Expr, over: Range) -> tuple[tuple[Domain, Domain], ...]:
        """What is known of a repeated sum or product; more of a sum that has a term for certain."""
        if not isinstance(e, Sum):
            return PRODUCTS
        high = self.domain_of(over.high)
        some = isinstance(over.low, Integer) and high is not None and _domain(high).low >= int(over.low)
        return SUMS_OF_SOME if some else SUMS

    def _bessel(self, e: Expr) -> Fact | None:
        """``I_k(x)`` for ``k = 0, 1, ...``; ``I_0 >= 1``."""
        order, argument = int(e.args[0]), self.domain_of(e.args[1])
        if argument is None:
            return None
        positive = POSITIVE if _domain(argument).within(POSITIVE) else REAL
        return Fact(Member(e, AT_LEAST_ONE if order == 0 else positive), "a Bessel function", (argument,))

    def _curve(self, e: Curve) -> Fact | None:
        argument = self.domain_of(e.args[2])
        found = [h for h in self._maps(e) if argument is not None and _domain(argument).within(h.source)]
        if argument is None or not found:
            return None
        domain = found[0].target
        return Fact(Member(e, domain), "declared", (argument,), found[0])

    def _maps(self, e: Curve, above: int = 0) -> list[Maps]:
        """What is declared of a function's derivative of this order, or of one above it."""
        return [h for h in self.hypotheses if isinstance(h, Maps) and (h.head, h.order) == (e.head, e.order + above)]

    def _maximum(self, e: Expr) -> Fact | None:
        parts = self._all(e.args)
        if parts is None:
            return None
        domains = [_domain(p) for p in parts]
        low, low_closed = max((d.low, not d.low_closed) for d in domains)
        high, high_closed = max((d.high, d.high_closed) for d in domains)
        integer = all(d.integer for d in domains)
        return Fact(Member(e, Domain(low, high, not low_closed, high_closed, integer)), "", parts)

    def _where(self, e: Where) -> Fact | None:
        """The smallest interval around both branches, each under what is known where it is chosen."""
        gap, yes, no = e.args
        held, failed = self._where_gap(gap, NONNEGATIVE), self._where_gap(gap, -POSITIVE)
        parts = _every((self.domain_of(gap), held.domain_of(yes), failed.domain_of(no)))
        if parts is None:
            return None
        first, last = (_domain(p) for p in parts[1:])
        low, low_open = min((d.low, not d.low_closed) for d in (first, last))
        high, high_closed = max((d.high, d.high_closed) for d in (first, last))
        marks = (first.integer and last.integer, first.nonzero and last.nonzero)
        return Fact(Member(e, Domain(low, high, not low_open, high_closed, *marks)), "", parts)

    def _where_gap(self, gap: Expr, domain: Domain) -> Facts:
        """The facts where a gap lies in a set; of a symbol against a number, what that says of the symbol."""
        known = [(gap, domain)]
        high, low = gap.args if isinstance(gap, Add) and len(gap.args) == 2 else (gap, None)
        low = _negated(low)
        if isinstance(low, Symbol) and isinstance(high, Rational):
            known.append((low, point(_F(int(high.p), int(high.q))) + -domain))
        if isinstance(high, Symbol) and isinstance(low, Rational):
            known.append((high, point(_F(int(low.p), int(low.q))) + domain))
        return Facts(self.hypotheses, self.parameters, self.scope, self.equations, (*self.cases, *known))

    def _delta(self, e: Expr) -> Fact | None:
        parts = self._all(e.args)
        return None if parts is None else Fact(Member(e, BINARY), "", parts)

    def _named(self, e: Named) -> Fact | None:
        body = self.domain_of(e.body)
        return None if body is None else Fact(Member(e, _domain(body)), body.because, (body,))

    def _chance(self, e: Chance) -> Fact | None:
        """A probability or a density, if what is asked for exists: values are arrays, their elements, or numbers."""
        asked: list[Expr] = []
        for at in (e.args[1], e.args[3]):
            asked.extend(at.indices if isinstance(at, Indexed) else () if isinstance(at, IndexedBase) else (at,))
        for variable in (e.args[0], e.args[2]):
            asked.extend(getattr(variable, "indices", ()))
        values = self._all(asked)
        if values is None:
            return None
        known = (NONNEGATIVE, "a density") if isinstance(e, Density) else (CLOSED_UNIT, "a probability")
        return Fact(Member(e, known[0]), known[1], values)

    def _slope(self, e: Expr) -> Fact | None:
        shown = self.differentiable(e.args[0], e.args[1][0])
        return None if shown is None else Fact(Member(e, REAL), "", (shown,))

    # -------------------------------------------------------------- smoothness

    def defined(self, e: Basic) -> Fact | None:
        """That a number or a matrix is defined, or None if that is not known."""
        return self.has(e, Property.REAL) if isinstance(e, MatrixTerm) else self.domain_of(e)

    def differentiable(self, e: Basic, variable: Basic) -> Fact | None:
        """Whether an expression is known to be differentiable in a symbol, an array element, or a whole column."""
        if (e, variable) not in self._smooth:
            self._smooth[e, variable] = self._differentiable(e, variable)
        return self._smooth[e, variable]

    def _differentiable(self, e: Basic, variable: Basic) -> Fact | None:
        claim, symbol = Differentiable(e, variable), symbol_of(variable)
        if isinstance(variable, Column):
            (row, _), ranged = matrices.opened(self, variable, e)
            partial = ranged.differentiable(e, variable.entry(row))
            return None if partial is None else Fact(claim, partial.because, (partial,))
        if symbol not in free(e):
            real = self.defined(e)
            return None if real is None else Fact(claim, "constant", (real,))
        around = self._open_around(variable)
        if around is None:
            return None
        if isinstance(e, (Symbol, Indexed)):
            coordinate = symbol_of(e) == symbol and not any(symbol in free(i) for i in getattr(e, "indices", ()))
            real = self.domain_of(e)
            return Fact(claim, "a coordinate", (real, around)) if coordinate and real is not None else None
        for h in self.hypotheses:
            if isinstance(h, Smooth) and symbol_of(h.variable) == symbol:
                inside = self._about(h, e)
                if inside is not None:
                    return Fact(claim, "declared", (*inside, around), h)
        parts = self.smooth_parts(e, symbol)
        if parts is None:
            return None
        premises = [facts.differentiable(part, variable) for part, facts in parts]
        premises += [self.defined(e), *map(self.domain_of, _confined(e))]
        shown = tuple(p for p in (around, *premises) if p is not None)
        complete = len(shown) == 1 + len(premises)
        return Fact(claim, "built from differentiable functions", shown) if complete else None

    def smooth_parts(self, e: Basic, symbol: Symbol) -> list[tuple[Basic, Facts]] | None:
        """Parts whose differentiability gives that of the whole, or None if it takes more."""
        if isinstance(e, (MatrixSum, MatrixProduct, ScalarMultiple, Transpose, Inverse, *_OF_MATRICES)):
            fixed = isinstance(e, Component) and symbol in free(e.args[1])
            return None if fixed else [(a, self) for a in (e.args[:1] if isinstance(e, Component) else e.args)]
        if isinstance(e, (Matrix, Column)) and symbol not in free(Tuple(*e.size)):
            at, inside = matrices.opened(self, e)
            return [(e.entry(*at), inside)]
        if isinstance(e, (Add, Mul, exp, Sigmoid, Softplus, log, cos, sin, erf, gamma, digamma)):
            return [(a, self) for a in e.args]
        if isinstance(e, besseli):
            return [(e.args[1], self)]
        if isinstance(e, Curve):
            argument = self.domain_of(e.args[2])
            on = [h for h in self._maps(e, above=1) if argument is not None and _domain(argument).within(h.source)]
            return [(e.args[2], self)] if any(h.source.open for h in on) else None
        if isinstance(e, (Named, NamedMatrix)):
            return [(e.body, self)]
        if isinstance(e, (Sum, Product)) and symbol not in free(e.args[1][1]) | free(e.args[1][2]):
            opened, inside = self.opened(e)
            return [(opened.args[0], inside)]
        if isinstance(e, Pow):
            base, exponent = e.args
            steep = self.domain_of(base)
            positive = steep is not None and _domain(steep).within(POSITIVE)
            regular = steep is not None and _domain(steep).within(NONZERO)
            if isinstance(exponent, Integer) and (exponent >= 0 or regular):
                return [(base, self)]
            return [(base, self), (exponent, self)] if positive else None
        if isinstance(e, (Abs, sign, Where, Max)):
            away = [self.domain_of(a) for a in _confined(e)]
            regular = all(a is not None and _domain(a).within(NONZERO) for a in away)
            return [(a, self) for a in e.args] if regular else None
        return None

    # -------------------------------------------------------------- modelling assumptions

    def assumed(self, name: str) -> Assumed | None:
        """The modelling assumption of this name, if it may be used here."""
        return next((h for h in self.hypotheses if isinstance(h, Assumed) and h.name == name), None)


#: Numbers made of one matrix.
_OF_MATRICES = (Component, Form, SquaredNorm, Determinant)
_ENCLOSURES: dict[type[Basic], Callable[[Facts, Expr], Fact | None]] = {
    Add: Facts._sum_of,
    Mul: Facts._product_of,
    Pow: Facts._power,
    Sum: Facts._repeated,
    Product: Facts._repeated,
    ProductOver: Facts._repeated,
    Max: Facts._maximum,
    Where: Facts._where,
    KroneckerDelta: Facts._delta,
    Named: Facts._named,
    Probability: Facts._chance,
    Density: Facts._chance,
    Survival: Facts._chance,
    besseli: Facts._bessel,
    Curve: Facts._curve,
    Derivative: Facts._slope,
    **dict.fromkeys(_OF_MATRICES, matrices.number),
}


def _domain(fact: Fact) -> Domain:
    assert isinstance(fact.claim, Member)
    return fact.claim.domain


def _total(domains: Iterable[Domain]) -> Domain:
    total = point(0)
    for domain in domains:
        total = total + domain
    return total


def _signed(e: Expr, whole: Container[Expr], plus: bool = True) -> Iterator[tuple[bool, Expr]]:
    """The terms of a sum, nested sums and minus signs resolved, each with whether it is added; some stay whole."""
    if isinstance(e, Add) and e not in whole:
        for a in e.args:
            yield from _signed(a, whole, plus)
    elif isinstance(e, Mul) and len(e.args) == 2 and e.args[0] == -1 and e not in whole:
        yield from _signed(e.args[1], whole, not plus)
    else:
        yield plus, e


def _confined(e: Basic) -> tuple[Expr, ...]:
    """What must not be 0 for a function with a kink or a jump to be differentiable; of a power, both its parts."""
    if isinstance(e, Max):
        return (sub(*e.args),)
    return e.args if isinstance(e, Pow) else e.args[:1] if isinstance(e, (Abs, sign, Where)) else ()


def universal_in(h: Hypothesis, parameters: Iterable[Expr]) -> tuple[Expr, ...]:
    """The parameters for every value of which a hypothesis is read as holding."""
    return tuple(p for p in parameters if universal(h, symbol_of(p)))


def universal(h: Hypothesis, symbol: Symbol) -> bool:
    """Whether a hypothesis speaks of an opaque function of the symbol, or a probability that depends on it."""
    return any(_opaquely(written_out(e), symbol) for e in terms_of(h))


@lru_cache(maxsize=1 << 14)
def _opaquely(e: Basic, symbol: Symbol) -> bool:
    """Whether the symbol occurs free inside an opaque function or a probability."""
    if symbol not in free(e):
        return False
    limits = limits_of(e)
    if limits is not None and limits[0] == symbol:
        return any(_opaquely(bound, symbol) for bound in limits[1:])
    return isinstance(e, (Opaque, OpaqueColumn, Chance)) or any(_opaquely(a, symbol) for a in e.args)


def _bounds_mention(h: Hypothesis, symbol: Symbol) -> bool:
    return any(symbol in free(bound) for bound in bounds_of(h))


def _negated(e: Expr | None) -> Expr | None:
    """``a`` of an expression ``-a``."""
    if isinstance(e, Rational):
        return Rational(-e.p, e.q)
    return e.args[1] if isinstance(e, Mul) and len(e.args) == 2 and e.args[0] == -1 else None


def _every(facts: Iterable[Fact | None]) -> tuple[Fact, ...] | None:
    """The facts, if none of them is missing; the rest is not asked for once one is."""
    found: list[Fact] = []
    for fact in facts:
        if fact is None:
            return None
        found.append(fact)
    return tuple(found)


def _distances(over: Between) -> tuple[Expr, ...]:
    """How far a variable of integration is from those ends that are numbers."""
    above = () if over.low in INFINITIES else (sub(over.index, over.low),)
    return above if over.high in INFINITIES else (*above, sub(over.high, over.index))


def _span(over: Range) -> Domain:
    low = _F(int(over.low)) if isinstance(over.low, Integer) else REAL.low
    high = _F(int(over.high)) if isinstance(over.high, Integer) else REAL.high
    return Domain(low, high, low != REAL.low, high != REAL.high, integer=True)


def _head(e: Basic) -> object:
    """Terms that can match have the same head."""
    if isinstance(e, Indexed):
        return (e.base, len(e.args))
    return e if is_leaf(e) else (e.func, e.args[0])


def carried(e: Expr) -> Domain | None:
    """What the assumptions that SymPy keeps on a name say of its value, or None."""
    known = next((domain for name, domain in ASSUMPTIONS if getattr(e, name)), None)
    if known is not None and e.is_integer:
        known = known.meet(INTEGER)
    return known.meet(NONZERO) if known is not None and e.is_nonzero else known


def _carried(e: Symbol) -> list[Fact]:
    known = carried(e)
    return [] if known is None else [Fact(Member(e, known), "declared", (), Declared(e, known))]


def match(pattern: Basic, e: Basic, variables: set[Symbol]) -> dict[Symbol, Expr] | None:
    """The values of the variables that make the pattern equal to the expression, if there are any."""
    values: dict[Symbol, Expr] = {}
    stack: list[tuple[Basic, Basic]] = [(pattern, e)]
    while stack:
        p, q = stack.pop()
        if p in variables:
            if values.setdefault(p, q) != q:
                return None
        elif is_leaf(p) or isinstance(p, IndexedBase):
            if p != q:
                return None
        elif p.func is not q.func or len(p.args) != len(q.args):
            return None
        else:
            stack.extend(zip(p.args, q.args, strict=True))
    if not variables <= values.keys():
        return None
    try:
        same = substitute(pattern, values) == e
    except UnsupportedExpression:
        return None
    return values if same else None  # an index bound in the expression must not be taken for a value
