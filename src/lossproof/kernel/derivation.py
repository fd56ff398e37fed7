"""Derivations and theorems; the only place where a `Theorem` is made.

A `Derivation` is data: hypotheses, a first expression, and steps, each of which says which rule was
applied where, with what, and what came out.  Anyone may build one.  Its `theorem` is what `replay`
makes of it: every rule is applied again, every side condition is shown again from the hypotheses,
and what comes out must be what the step says.  `replay` knows nothing of how a step was found.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NoReturn, overload

from sympy import Basic, E, Expr, Indexed, IndexedBase, NumberSymbol, Symbol, Tuple

from lossproof.errors import LossproofError, ReplayError, UnsupportedExpression
from lossproof.kernel.conditions import (
    Assumed,
    Condition,
    Declared,
    DeclaredMatrix,
    Fact,
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
    ranges_of,
    symbols_of,
    terms_of,
)
from lossproof.kernel.domains import Domain
from lossproof.kernel.facts import Facts, universal
from lossproof.kernel.matrices import LETTERS, SQUARE_ONLY
from lossproof.kernel.presenting import Presentable, provided
from lossproof.kernel.relations import EQUAL, Kind, Relation
from lossproof.kernel.rules import Assume, Conclusion, Fold, Rule, Unfold
from lossproof.kernel.schema import Value
from lossproof.kernel.steps import Step, apply, related
from lossproof.notation.inert import ZERO, alpha_equal, free, symbol_of, walk
from lossproof.notation.matrices import Column, IdentityMatrix, Matrix, NamedMatrix, OpaqueColumn, is_square
from lossproof.notation.nodes import Chance, Curve, Definition, Head, Named, Opaque
from lossproof.notation.plain import LETTERS_OF, written
from lossproof.notation.shapes import chances, check_expression, check_term, elements, roles

#: The longest derivation that is replayed.
MOST_STEPS = 10_000


@dataclass(frozen=True, repr=False)
class Derivation(Presentable):
    """A chain of steps from one expression to another, under hypotheses.

    Attributes:
        name: the name of the result, lower case with hyphens.
        title: the result in words.
        hypotheses: everything that is declared or assumed.
        parameters: what the optima range over, such as the weights ``w``.
        start: the first expression.
        steps: the steps, in order.
        claim: a set in which the last expression is shown to lie, such as ``NONNEGATIVE``; only for a
            chain of equations, so that the first expression lies there too.
        part: of a part of a longer derivation, the number that its first step has there, and how many steps the
            whole has; so that its steps keep their numbers wherever they are printed.
    """

    name: str
    hypotheses: tuple[Hypothesis, ...]
    parameters: tuple[Expr, ...]
    start: Expr
    steps: tuple[Step, ...] = ()
    title: str = ""
    claim: Domain | None = None
    part: tuple[int, int] | None = None

    @property
    def lhs(self) -> Expr:
        """The first expression."""
        return self.start

    @property
    def rhs(self) -> Expr:
        """The last expression."""
        return self.steps[-1].after if self.steps else self.start

    @property
    def relation(self) -> Relation:
        """How the first and last expressions are related: the weakest of the steps' relations."""
        relation = EQUAL
        for step in self.steps:
            relation = relation.then(step.relation)
        return relation

    @property
    def theorem(self) -> Theorem:
        """What the derivation proves; it is replayed now, unless it was before.

        Raises:
            ReplayError: if a step does not hold.
        """
        key = id(self)
        if key not in _REPLAYED:
            _REPLAYED[key] = replay(self)
            weakref.finalize(self, _REPLAYED.pop, key, None)
        return _REPLAYED[key]

    @property
    def facts(self) -> Facts:
        """The hypotheses, ready to be asked."""
        return Facts(self.hypotheses, self.parameters)

    def __len__(self) -> int:
        return len(self.steps)

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    @property
    def numbers(self) -> range:
        """The numbers of the steps: from 1, or those that they have in the whole of which this is a part.

        >>> import lossproof as lp
        >>> lp.derive("logistic")[9:12].numbers
        range(10, 13)
        """
        first = 1 if self.part is None else self.part[0]
        return range(first, first + len(self.steps))

    @overload
    def __getitem__(self, which: int) -> Step: ...
    @overload
    def __getitem__(self, which: slice) -> Derivation: ...
    def __getitem__(self, which: int | slice) -> Step | Derivation:
        """One step, or the derivation that consists of some consecutive steps, which keep their numbers.

        Raises:
            LossproofError: if the steps of a slice are not consecutive.
            IndexError: if there is no such step.
        """
        if not isinstance(which, slice):
            if not -len(self) <= which < len(self):
                raise IndexError(f"'{self.name}' has {len(self)} steps, [0] to [{len(self) - 1}]; not [{which}]")
            return self.steps[which]
        if which.step not in (None, 1):
            raise LossproofError("the steps of a slice must be consecutive: d[3:6], not every second one")
        first, last, _ = which.indices(len(self))
        steps = self.steps[first:last]
        if len(steps) == len(self):
            return self
        start = steps[0].before if steps else (self.steps[first].before if first < len(self) else self.rhs)
        claim = self.claim if last == len(self) else None
        part = (self.numbers.start + first, len(self) if self.part is None else self.part[1]) if steps else None
        found = replace(
            self, start=start, steps=steps, title=self.title.removesuffix(self._said), claim=claim, part=part
        )
        return replace(found, title=found.title + found._said) if found.title else found

    @property
    def _said(self) -> str:
        """What the title of a part ends with."""
        if self.part is None:
            return ""
        (first, whole), last = self.part, self.numbers.stop - 1
        steps = f"step {first}" if first == last else f"steps {first} to {last}"
        return f" ({steps} of {whole})"

    def called(self, name: str, title: str) -> Derivation:
        """The same derivation under another name; a part becomes a whole, with numbers of its own."""
        return replace(self, name=name, title=title, part=None)

    @property
    def equations(self) -> tuple[Derivation, ...]:
        """The longest runs of steps that are equations, each a derivation of its own."""
        turns = [k for k, step in enumerate(self.steps) if step.relation.kind is not Kind.EQUAL]
        starts, ends = [0, *(k + 1 for k in turns)], [*turns, len(self.steps)]
        return tuple(self[a:b] for a, b in zip(starts, ends, strict=True) if b > a)

    def _says(self) -> str:
        (first, whole), last = self.part or (1, len(self)), self.numbers.stop - 1
        steps = f"{whole} step{'s' * (whole != 1)}" if self.part is None else f"steps {first} to {last} of {whole}"
        return f" {self.name}: {related(self.lhs, self.relation, self.rhs)}, {steps}"


# ------------------------------------------------------------------ theorems


@dataclass(frozen=True)
class _Content:
    name: str
    hypotheses: tuple[Hypothesis, ...]
    parameters: tuple[Expr, ...]
    left: Expr
    right: Expr
    relation: Relation
    rules: tuple[Rule, ...]
    definitions: tuple[Definition, ...]
    claim: Domain | None


class Theorem(Presentable):
    """``hypotheses |- left relation right``, made by `replay` and by nothing else.

    The instance is only a handle: what it states is kept by the kernel, so that an object obtained
    in any other way states nothing.  (Python has no walls; reaching into this module's private
    table is possible, and is not a proof.)
    """

    __slots__ = ("__weakref__",)

    def __init__(self, *_: object, **__: object) -> None:
        raise TypeError("theorems are made by replaying a derivation: lossproof.replay(derivation)")

    def __init_subclass__(cls) -> NoReturn:
        raise TypeError("Theorem cannot be subclassed")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a theorem is not copied or pickled; save its derivation and replay it")

    def _content(self) -> _Content:
        if self not in _THEOREMS:
            raise TypeError("this object was not made by the kernel and states nothing")
        return _THEOREMS[self]

    @property
    def name(self) -> str:
        """The name of the result."""
        return self._content().name

    @property
    def hypotheses(self) -> tuple[Hypothesis, ...]:
        """What it rests on: the declared hypotheses that were used, in the order declared."""
        return self._content().hypotheses

    @property
    def parameters(self) -> tuple[Expr, ...]:
        """What optima range over."""
        return self._content().parameters

    @property
    def left(self) -> Expr:
        """The first expression."""
        return self._content().left

    @property
    def right(self) -> Expr:
        """The last expression."""
        return self._content().right

    @property
    def relation(self) -> Relation:
        """How they are related."""
        return self._content().relation

    @property
    def claim(self) -> Domain | None:
        """The set in which both sides are shown to lie, if the derivation claims one."""
        return self._content().claim

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules it used, each once."""
        return self._content().rules

    @property
    def unproved(self) -> tuple[str, ...]:
        """The names of the rules it used that have no machine-checked lemma."""
        proved: Callable[[Rule], bool] = provided("proved", "service")
        return tuple(r.name for r in self.rules if type(r) not in NEED_NO_LEMMA and not proved(r))

    @property
    def definitions(self) -> tuple[Definition, ...]:
        """The names that occur in the derivation, with what they stand for."""
        return self._content().definitions

    def __str__(self) -> str:
        stated = f"|- {written(self.left)}  {self.relation}  {written(self.right)}"
        return stated if self.claim is None else f"{stated}  in {self.claim}"

    def _says(self) -> str:
        claim = "" if self.claim is None else f"  in {self.claim}"
        return f" {self.name}: |- {related(self.left, self.relation, self.right)}{claim}"


_THEOREMS: weakref.WeakKeyDictionary[Theorem, _Content] = weakref.WeakKeyDictionary()
_REPLAYED: dict[int, Theorem] = {}


def replay(derivation: Derivation) -> Theorem:
    """Check a derivation from nothing and say what it proves.

    Raises:
        ReplayError: naming the first step that does not hold, and why.
    """
    try:
        return _replay(derivation)
    except RecursionError:
        raise ReplayError(0, "an expression is nested too deeply") from None


def _replay(derivation: Derivation) -> Theorem:
    facts = _start(derivation)
    here, relation = derivation.start, EQUAL
    used: dict[Hypothesis, None] = {}
    rules: dict[str, Rule] = {}
    for number, step in zip(derivation.numbers, derivation.steps, strict=True):
        checked = _check(number, step, here, facts)
        here, relation = checked.after, relation.then(checked.relation)
        for fact in checked.conditions:
            used.update(dict.fromkeys(fact.hypotheses()))
        for rule in (*checked.rule.rests_on(), checked.rule):
            if rules.setdefault(rule.name, rule) != rule:
                raise ReplayError(number, f"two different rules are called '{rule.name}'")
        used.update(dict.fromkeys(checked.rule.assumes(facts)))
    if derivation.claim is not None:
        used.update(dict.fromkeys(_claimed(derivation, here, relation, facts).hypotheses()))
    _check_ties(derivation, relation, used)
    stated, declared = free(derivation.start) | free(here), frozenset(derivation.hypotheses)
    used.update(dict.fromkeys(h for h in derivation.hypotheses if _says_what_it_is(h, stated)))
    definitions = _definitions(derivation, tuple(used))
    content = _Content(
        derivation.name,
        tuple(h for h in derivation.hypotheses if h in used) + tuple(h for h in used if h not in declared),
        derivation.parameters,
        derivation.start,
        here,
        relation,
        tuple(rules.values()),
        definitions,
        derivation.claim,
    )
    theorem: Theorem = object.__new__(Theorem)
    _THEOREMS[theorem] = content
    return theorem


def _claimed(derivation: Derivation, here: Expr, relation: Relation, facts: Facts) -> Fact:
    """That the last expression lies where the derivation claims."""
    if relation.kind is not Kind.EQUAL or type(derivation.claim) is not Domain:
        raise ReplayError(derivation.numbers.stop - 1, "a claim is a set of numbers, made of a chain of equations")
    try:
        return facts.discharge("claim", Member(here, derivation.claim))
    except LossproofError as error:
        raise ReplayError(derivation.numbers.stop - 1, str(error)) from error


def _check_ties(derivation: Derivation, relation: Relation, used: Iterable[Hypothesis]) -> None:
    """Optima range over the parameters, so an equation that holds at one value of them must not be used."""
    if relation.kind is Kind.EQUAL:
        return
    for h in used:
        tied = symbols_of(h) & set(map(symbol_of, derivation.parameters)) if isinstance(h, Assumed) else ()
        if not all(universal(h, symbol) for symbol in tied):
            raise ReplayError(derivation.numbers.stop - 1, f"optima over a parameter, which an assumption fixes: {h}")


def _says_what_it_is(h: Hypothesis, symbols: frozenset[Symbol]) -> bool:
    """Whether a hypothesis declares the domain of a symbol of the statement; readers want those."""
    return isinstance(h, Declared) and h.term in symbols


def _start(derivation: Derivation) -> Facts:
    try:
        if type(derivation) is not Derivation:
            raise UnsupportedExpression(f"a {type(derivation).__name__}", "replay")
        if not all(type(t) is tuple for t in (derivation.hypotheses, derivation.parameters, derivation.steps)):
            raise UnsupportedExpression("a derivation whose hypotheses, parameters or steps are not tuples", "replay")
        if derivation.part is not None and not is_part(derivation.part, len(derivation.steps)):
            raise UnsupportedExpression(f"{derivation.part!r:.60} as the part of a whole", "replay")
        if len(derivation.steps) > MOST_STEPS:
            raise UnsupportedExpression(f"a derivation of more than {MOST_STEPS} steps", "replay")
        for text in (derivation.name, derivation.title):
            _check_words(text)
        for h in derivation.hypotheses:
            _check_hypothesis(h)
        for parameter in derivation.parameters:
            if type(parameter) not in (Symbol, IndexedBase):
                raise UnsupportedExpression(str(parameter), "the kernel (a parameter is a symbol or an array)")
            check_expression(parameter)
        check_term(derivation.start)
        return derivation.facts
    except LossproofError as error:
        raise ReplayError(0, str(error)) from error


def _check_words(text: object) -> None:
    """Refuse a name or a title that is more than a line of text: it could steer what it is printed on."""
    if not isinstance(text, str) or not text.isprintable():
        raise UnsupportedExpression(f"{text!r:.60} as a name or a title: it is to be a line of text", "replay")


def is_part(part: object, steps: int) -> bool:
    """Whether so many steps can have these numbers in a whole."""
    if type(part) is not tuple or len(part) != 2 or not all(type(k) is int for k in part):
        return False
    first, whole = part
    return first >= 1 and steps >= 1 and first + steps - 1 <= whole <= MOST_STEPS


def _check(number: int, step: Step, here: Expr, facts: Facts) -> Step:
    if type(step) is not Step or not isinstance(step.rule, Rule):
        raise ReplayError(number, "it is not a step")
    if step.before != here:
        raise ReplayError(number, f"it starts from {written(step.before)}, but {written(here)} was reached")
    try:
        checked = apply(step.rule, step.places, here, facts)
    except LossproofError as error:
        raise ReplayError(number, str(error)) from error
    for what in ("after", "relation", "conditions", "about"):
        if getattr(checked, what) != getattr(step, what):
            raise ReplayError(number, f"'{what}' is not what rule '{step.rule.name}' gives")
    return checked


# ------------------------------------------------------------------ what replay checks besides steps


def _expressions_of(h: Hypothesis) -> tuple[Expr, ...]:
    return (*terms_of(h), *(r.index for r in ranges_of(h)), *bounds_of(h))


def _check_hypothesis(h: Hypothesis) -> None:
    """Refuse hypotheses that are not what their types say, and ranges that refer to themselves."""
    if type(h) not in (Declared, DeclaredMatrix, Smooth, Assumed, Ranged, Labelled, Maps):
        raise UnsupportedExpression(f"{h!r:.60} as a hypothesis", "the kernel")
    if isinstance(h, Maps):
        well = type(h.head) is Head and type(h.order) is int and type(h.source) is Domain and type(h.target) is Domain
        if not well:
            raise UnsupportedExpression(f"{h!r:.60}", "the kernel")
        check_expression(Curve(h.head, h.order, ZERO))
    ranges = ranges_of(h)
    if type(ranges) is not tuple or not all(type(r) is Range for r in ranges):
        raise UnsupportedExpression(f"the ranges of {h!r:.60}", "the kernel")
    if isinstance(h, Assumed):
        _check_words(h.name)
    if isinstance(h, Declared) and type(h.domain) is not Domain:
        raise UnsupportedExpression(f"the domain of {h!r:.60}", "the kernel")
    about_matrix = isinstance(h, DeclaredMatrix) or (isinstance(h, Smooth) and isinstance(h.term, OpaqueColumn))
    for e in terms_of(h)[:1]:
        (check_term if about_matrix else check_expression)(e)
    for e in _expressions_of(h)[len(terms_of(h)[:1]) :]:
        check_expression(e)
    if isinstance(h, DeclaredMatrix):
        _check_declared_matrix(h)
    indices = [r.index for r in ranges]
    if not all(type(k) is Symbol for k in indices) or len(set(indices)) != len(indices):
        raise UnsupportedExpression(f"{h} (the indices must be different symbols)", "the kernel")
    if any(r.index in free(r.low) | free(r.high) for r in ranges):
        raise UnsupportedExpression(f"{h} (an index bounds itself)", "the kernel")
    if isinstance(h, Smooth) and type(h.variable) not in (Symbol, IndexedBase):
        raise UnsupportedExpression(f"{h} (smoothness is declared in a symbol or a whole array)", "the kernel")


def _check_declared_matrix(h: DeclaredMatrix) -> None:
    """A property is declared of a letter, and only a square matrix may be declared symmetric or invertible."""
    if type(h.property) is not Property or not isinstance(h.term, LETTERS):
        raise UnsupportedExpression(f"{h!r:.60} (a property of a matrix is declared of its letter)", "the kernel")
    if h.property in SQUARE_ONLY and not is_square(h.term):
        raise UnsupportedExpression(f"{h} (it is not square)", "the kernel")


def _definitions(derivation: Derivation, used: tuple[Hypothesis, ...]) -> tuple[Definition, ...]:
    """The names in use.

    What is printed must say what was proved, so a name may have one meaning only: one definition
    for a head, one set of assumptions for a symbol.
    """
    meanings: dict[str, tuple[type[Basic], Basic]] = {}
    symbols: dict[str, Symbol] = {}
    numbers: set[Symbol] = set()
    arrays: set[Symbol] = set()
    looks: dict[str, Basic] = {}
    whole = (derivation.start, *(s.after for s in derivation.steps), *derivation.parameters)
    declared = {h.term for h in derivation.hypotheses if isinstance(h, Declared)}
    whole += tuple(e for h in (*derivation.hypotheses, *used) for e in _expressions_of(h))
    random = frozenset().union(*map(chances, whole))
    for e in whole:
        of_chance = e in declared and symbol_of(e) in random  # the values a random variable may take
        as_number, as_array = roles(Tuple(*getattr(e, "indices", ()))) if of_chance else roles(e)
        numbers |= as_number
        arrays |= as_array
    for part in walk(*whole):
        if isinstance(part, IndexedBase):
            part = part.label
        if isinstance(part, Symbol) and symbols.setdefault(part.name, part) != part:
            raise ReplayError(0, f"two different symbols are called '{part.name}'")
        if isinstance(part, CALLS) and meanings.setdefault(part.head.name, _meant(part)) != _meant(part):
            raise ReplayError(0, f"the name '{part.head.name}' stands for two different things")
        if isinstance(part, LOOKED_AT) and any(looks.setdefault(look, part) != part for look in _looks(part)):
            raise ReplayError(0, f"two different things are written {written(part)}")
    if numbers & arrays:
        raise ReplayError(0, f"'{min(map(str, numbers & arrays))}' is both a number and an array")
    if (numbers | arrays) & random:
        raise ReplayError(0, f"'{min(map(str, (numbers | arrays) & random))}' is both a value and a random variable")
    rows = {(p.array, len(p.args[1])) for p in walk(*whole) if isinstance(p, Column)}
    mixed = rows & {(p.base, len(p.indices)) for e in whole if rows for p in elements(e)}
    if mixed:
        raise ReplayError(0, f"an element of '{min(str(array) for array, _ in mixed)}' is both a number and a column")
    names = [h.name for h in derivation.hypotheses if isinstance(h, Assumed)]
    if len(set(names)) != len(names):
        raise ReplayError(0, "two assumptions have the same name")
    return tuple(d for _, d in meanings.values() if isinstance(d, Definition))


#: What goes by a name of its own, and what must not look like something else.
CALLS = (Named, NamedMatrix, Opaque, OpaqueColumn, Curve)
LOOKED_AT = (Symbol, NumberSymbol, Indexed, *CALLS, Chance, Matrix, Column, IdentityMatrix)


def _meant(part: Basic) -> tuple[type[Basic], Basic]:
    """What the name of a call stands for: a definition, or a kind of unknown function."""
    return type(part), part.args[0]


#: What tells names apart in text but not when typeset: ``x12``, ``x_12`` and the element ``x[12]`` look alike.
_UNSEEN = str.maketrans(dict.fromkeys("_{} ", "") | {letter: name for name, letter in LETTERS_OF.items()})


def _looks(part: Basic) -> tuple[str, ...]:
    """What a reader sees; a column is written as its array or a row of that is, and told apart by itself."""
    if part is E:
        return "e", "E"  # typeset small, large in text
    look = written(part).translate(_UNSEEN)
    return (f"column {look}",) if isinstance(part, Column) else (look,)


# ------------------------------------------------------------------ citing a theorem


@dataclass(frozen=True, repr=False)
class Cite(Rule):
    """An equation proved by another derivation is used, from left to right or in reverse.

    Its hypotheses must hold at the place; a free index of the theorem, ranged over ``1..n``, may
    stand for a bound index with the same range.
    """

    derivation: Derivation
    reverse: bool = False
    reference: str = ""

    @property
    def name(self) -> str:  # type: ignore[override]
        return f"theorem {self.derivation.name}"

    def conclude(self, before: Expr, given: Mapping[str, Value], facts: Facts) -> Conclusion:
        if type(self.derivation) is not Derivation:
            raise self.misfit(before, "what is cited is not a derivation")
        theorem = self.derivation.theorem
        if theorem.relation.kind is not Kind.EQUAL:
            raise self.misfit(before, f"it states '{theorem.relation}', not an equation")
        if theorem.parameters != facts.parameters:
            raise self.misfit(before, "it is about other parameters")
        left, right = (theorem.right, theorem.left) if self.reverse else (theorem.left, theorem.right)
        if not alpha_equal(left, before):
            raise self.misfit(before, f"it speaks of {written(left)}")
        return Conclusion(right, tuple(c for h in theorem.hypotheses for c in self._needs(h, facts, before)))

    def _needs(self, h: Hypothesis, facts: Facts, before: Expr) -> tuple[Condition, ...]:
        match h:
            case _ if h in facts.hypotheses:
                return ()
            case _ if symbols_of(h) & set(map(symbol_of, facts.parameters)):
                pass  # it was used for every value of the parameter, and must be there word for word
            case Ranged(over):
                return (Within(over.index, over.low, over.high),)
            case Declared(term, domain, ()):
                return (Member(term, domain),)
        raise self.misfit(before, f"its hypothesis does not hold here: {h}")

    def rests_on(self) -> tuple[Rule, ...]:
        return self.derivation.theorem.rules

    def assumes(self, facts: Facts) -> tuple[Hypothesis, ...]:
        return tuple(h for h in self.derivation.theorem.hypotheses if h in facts.hypotheses)


#: Rules that are part of the kernel's logic and have nothing to prove.
NEED_NO_LEMMA = frozenset({Unfold, Fold, Assume, Cite})
