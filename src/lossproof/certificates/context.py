"""What a file for Coq says before its lemmas: names, types, definitions, variables and hypotheses.

What is free in a derivation becomes a variable of the section, and what is declared or assumed a
hypothesis; what the optima range over, what is differentiated in and a free index are bound in every
lemma, so that it can be used for other values.  A hypothesis about an opaque function of the
parameters, or a probability that depends on them, holds for every value of theirs, as it does in the kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from sympy import Basic, Derivative, Expr, Indexed, IndexedBase, Symbol, besseli, digamma, gamma, trigamma

from lossproof.certificates.convergence import has_integrals
from lossproof.certificates.matrices import MATRIX, has
from lossproof.certificates.proofs import Stated
from lossproof.certificates.statements import lemma_of, lemmas, membership, smooth
from lossproof.certificates.terms import RESERVED, Scope, assumed, bare, first, fresh, function, identifier, law, term
from lossproof.certificates.types import REAL, Type, Types
from lossproof.errors import UnsupportedExpression
from lossproof.kernel.conditions import (
    Assumed,
    Declared,
    DeclaredMatrix,
    Hypothesis,
    Labelled,
    Maps,
    Member,
    Range,
    Ranged,
    Smooth,
    bounds_of,
    symbols_of,
    terms_of,
)
from lossproof.kernel.derivation import Cite, Derivation
from lossproof.kernel.domains import BINARY, Domain
from lossproof.kernel.domains import REAL as EVERY_NUMBER
from lossproof.kernel.facts import universal
from lossproof.notation.inert import free, limits_of, slope_of, symbol_of, walk
from lossproof.notation.matrices import Column, Gradient, Matrix, MatrixTerm, NamedMatrix, OpaqueColumn
from lossproof.notation.nodes import Chance, Curve, Definition, Named, Opaque
from lossproof.notation.shapes import chances

GAMMA_IS = (
    "Gamma(1) = 1; for x > 0: Gamma(x) > 0, Gamma(x + 1) = x Gamma(x), Gamma is twice differentiable, "
    "and Gamma(x) is the integral of t^(x - 1) exp(-t) from 0 to infinity"
)
BESSEL_IS = "the modified Bessel function I_0 is positive, and pi I_0(x) is the integral of exp(x cos t) from 0 to pi"
LAST_LINE_CONVERGES = "the integrals and series of the last line converge absolutely"


def theorem_name(derivation: Derivation) -> str:
    """What the theorem is called in the file."""
    return identifier(lemma_of(derivation.name))


class Context:
    """A derivation and those that it cites, with a name for everything in them."""

    def __init__(self, derivation: Derivation) -> None:
        self.main = derivation
        self.parts = [*cited(derivation), derivation]
        self.parameters = tuple(map(symbol_of, derivation.parameters))
        self.hypotheses = list(dict.fromkeys(h for d in self.parts for h in self._hypotheses(d)))
        self.own = frozenset(self._hypotheses(derivation))
        everything = [e for d in self.parts for e in (d.start, *(s.after for s in d))]
        everything += [e for h in self.hypotheses for e in (*terms_of(h), *bounds_of(h))]
        self.nodes = list(walk(*everything))
        self.definitions = list(_definitions(everything))
        self.nodes += [p for d in self.definitions for p in walk(d.body)]
        self.random = frozenset().union(*map(chances, everything), *(chances(d.body) for d in self.definitions))
        self.types = Types(e for e in everything if not _is_random(e, self.random))
        self.bound = self._bound()
        self.unknown: dict[int, str] = {}
        self.scope = self._names()
        self.stated: dict[Hypothesis, Stated] = {}

    # -------------------------------------------------------------- what there is

    def _hypotheses(self, d: Derivation) -> tuple[Hypothesis, ...]:
        """What a theorem assumes, and the domains of the parameters for every value of which it assumes something."""
        stated = d.theorem.hypotheses
        ranging = {s for s in self.parameters if any(universal(h, s) for h in stated)}
        declared = (h for h in self.main.hypotheses if isinstance(h, Declared) and h.domain != EVERY_NUMBER)
        return tuple(dict.fromkeys((*stated, *(h for h in declared if symbol_of(h.term) in ranging))))

    def _bound(self) -> tuple[Symbol, ...]:
        """What every lemma is stated for, besides what the section is about."""
        moved = [symbol_of(slope_of(p)) for p in self.nodes if isinstance(p, (Derivative, Gradient))]
        ranged = [h.over.index for h in self.hypotheses if isinstance(h, Ranged)]
        return tuple(dict.fromkeys((*self.parameters, *moved, *ranged)))

    def _free(self) -> set[Symbol]:
        found = {s for d in self.parts for e in (d.start, *(x.after for x in d)) for s in free(e)}
        found |= {s for h in self.hypotheses for s in symbols_of(h)}
        return {s for s in found if s not in self.random}

    def _names(self) -> Scope:
        steps = {f"{theorem_name(d)}_step_{k}" for d in self.parts for k in d.numbers}
        proofs = {"t", "t_in", "D_is", "chain", *lemmas()}  # t is what optima range over
        scope = Scope({}, RESERVED | steps | proofs | set(map(theorem_name, self.parts)))
        for s in sorted(self._free() | set(self.bound), key=str):
            scope = scope.bind(s)[1]
        heads = [p.head.name for p in self.nodes if isinstance(p, (Opaque, OpaqueColumn, Curve))]
        self._check_heads()
        heads += [d.head.name for d in self.definitions] + [law(p) for p in self.nodes if isinstance(p, Chance)]
        for name in sorted(set(heads)):
            scope = scope.bind(function(name), name.replace(" ", "_"))[1]
        for name in ("Gamma", "Bessel"):
            scope = scope.put(assumed(name), name)
        also = {}
        indices = {limits[0] for p in self.nodes if (limits := limits_of(p)) is not None}
        for d in self.definitions:
            inner = free(d.body) - set(map(symbol_of, d.parameters))
            if captured := inner & indices - set(self.bound):
                raise UnsupportedExpression(
                    f"'{d.head.name}', which speaks of the index {min(map(str, captured))},", "Coq"
                )
            also[function(d.head.name)] = tuple(s for s in self.bound if s in inner)
        return replace(scope, taken=scope.taken - {"t"}, also=also)  # what ranges over D is called t, and nothing else

    def _check_heads(self) -> None:
        """A name stands for one function, in the theorems that are cited too."""
        meant: dict[str, tuple[type[Basic], Basic]] = {}
        for p in self.nodes:
            if isinstance(p, (Named, NamedMatrix, Opaque, OpaqueColumn, Curve)):
                what = (type(p), p.args[0])
                if meant.setdefault(p.head.name, what) != what:
                    raise UnsupportedExpression(f"'{p.head.name}', which stands for two different things,", "Coq")

    def _domain(self, symbol: Symbol) -> Domain:
        fact = self.main.facts.domain_of(symbol)
        return fact.claim.domain if fact is not None and isinstance(fact.claim, Member) else EVERY_NUMBER

    def _type(self, symbol: Symbol) -> str:
        return self.types.written(self.types.of(symbol), self.unknown)

    @property
    def given(self) -> tuple[str, ...]:
        """What is assumed of special functions, and of integrals in the last line."""
        has_gamma = any(isinstance(p, (gamma, digamma, trigamma)) for p in self.nodes)
        has_bessel = any(isinstance(p, besseli) for p in self.nodes)
        conditional = has_integrals(self.main.rhs)
        return (GAMMA_IS,) * has_gamma + (BESSEL_IS,) * has_bessel + (LAST_LINE_CONVERGES,) * conditional

    def _variables(self) -> Iterator[str]:
        for s in sorted(self._free() - set(self.bound), key=str):
            yield f"Variable {self.scope.values[s]} : {self._type(s)}."
        for s in self.bound:
            self._type(s)
        for name, slots in self._functions():
            words = (self.types.written(t, self.unknown) for t in slots)
            kinds = (f"({w})" if "->" in w else w for w in words)
            yield f"Variable {self.scope.values[function(name)]} : {' -> '.join((*kinds, REAL))}."
        if any(isinstance(p, (gamma, digamma, trigamma)) for p in self.nodes):
            yield "Variable Gamma : R -> R."
            yield "Hypothesis Gamma_is : gamma_function Gamma."
        if any(isinstance(p, besseli) for p in self.nodes):
            yield "Variable Bessel : R -> R -> R."
            yield "Hypothesis Bessel_is : bessel_function Bessel."

    def _functions(self) -> Iterator[tuple[str, tuple[Type, ...]]]:
        seen = set()
        for p in self.nodes:
            known = isinstance(p, (Opaque, OpaqueColumn, Curve))
            name = law(p) if isinstance(p, Chance) else p.head.name if known else None
            if name is not None and name not in seen:
                seen.add(name)
                slots = (REAL,) if isinstance(p, Curve) else self.types.slots(name)
                yield name, (*slots, REAL) if isinstance(p, OpaqueColumn) else slots

    def _defined(self) -> Iterator[str]:
        names = []
        for d in self.definitions:
            scope, bound = self.scope, []
            for s in self.scope.also[function(d.head.name)]:
                bound.append(f"({self.scope.values[s]} : {self._type(s)})")
            for p, t in zip(d.parameters, self.types.definitions[d], strict=True):
                own = self.scope.values.get(symbol_of(p), "")  # the same symbol outside gives its name up, no other
                letter, scope = replace(scope, taken=scope.taken - {own}).bind(symbol_of(p))
                bound.append(f"({letter} : {self.types.written(t, self.unknown)})")
            names.append(self.scope.values[function(d.head.name)])
            kind = MATRIX if isinstance(d.body, MatrixTerm) else REAL
            yield f"Definition {' '.join((names[-1], *bound))} : {kind} := {bare(d.body, scope)}."
        if names:
            yield f"Ltac names ::= unfold {', '.join(reversed(names))} in *."

    # -------------------------------------------------------------- hypotheses

    def _assumed(self) -> Iterator[str]:
        taken = self.scope.taken
        declared = {h.term for h in self.own if isinstance(h, Declared)}
        arrays_used = {symbol_of(p) for p in self.nodes if isinstance(p, IndexedBase)}
        for s in sorted(self._free() - set(self.bound) - arrays_used - declared, key=str):
            holds = membership(self.scope.values[s], self._domain(s))
            if holds:
                name = fresh(f"{s}_is", taken)
                taken |= {name}
                yield f"Hypothesis {name} : {holds}."
        for h in self.hypotheses:
            name = fresh(_called(h), taken)
            over = tuple(s for s in self.parameters if universal(h, s))
            local = set(self.bound) & symbols_of(h) - set(over) or h not in self.own
            self.stated[h] = Stated(name, over, sum(bool(self._parameter(s)) for s in over))
            taken |= {name}
            if local or isinstance(h, Ranged):
                continue  # a premise of the lemmas that speak of it, or of the cited theorem that assumes it
            says = self._says(h, over)
            if says:
                yield f"Hypothesis {name} : {says}. {comment(str(h))}"
        self.scope = replace(self.scope, taken=taken)

    def _says(self, h: Hypothesis, over: tuple[Symbol, ...]) -> str:
        """A hypothesis as a proposition, for every value of some parameters; the empty word if it says nothing."""
        scope = self.scope
        binders = [f"({scope.values[s]} : {self._type(s)})" for s in over]
        conditions = [p for s in over if (p := self._parameter(s))]
        return for_all(binders, conditions, self._body(h, scope))

    def _body(self, h: Hypothesis, scope: Scope) -> str:
        match h:
            case Declared(e, domain, ranges) if symbol_of(e) in self.random:
                return self._values_taken(e, domain, ranges)
            case Declared(e, domain, ranges):
                return self._ranged(ranges, scope, lambda inside: membership(bare(e, inside), domain))
            case DeclaredMatrix(e, wanted, ranges):
                assert isinstance(e, MatrixTerm)
                return self._ranged(
                    ranges, scope, lambda inside: has(e, wanted, term(e, inside), lambda size: term(size, inside))
                )
            case Labelled(e, low, high, ranges):
                return self._ranged(
                    ranges,
                    scope,
                    lambda inside: f"within {first(low, inside)} {term(high, inside)} {term(e, inside)}",
                )
            case Assumed(_, left, right, ranges):
                return self._ranged(ranges, scope, lambda inside: f"{bare(left, inside)} = {bare(right, inside)}")
            case Ranged(over):
                return f"within {first(over.low, scope)} {term(over.high, scope)} {scope.values[over.index]}"
            case Smooth(e, variable, ranges):
                return self._smooth(e, variable, ranges, scope)
            case Maps(head, order, source, target):
                return self._maps(scope.values[function(head.name)], order, source, target)
        raise UnsupportedExpression(str(h), "Coq")

    def _smooth(self, e: Expr, variable: Expr, ranges: tuple[Range, ...], scope: Scope) -> str:
        letters = []
        if isinstance(variable, IndexedBase):
            rank = self.types.written(self.types.of(symbol_of(variable)), self.unknown).count("->")
            indices = [Symbol(f"{symbol_of(variable)}_{k}") for k in range(1, rank + 1)]
            for k in indices:
                letter, scope = scope.bind(k, "k")
                letters.append(letter)
            variable = Indexed(variable, *indices)
        says = self._ranged(ranges, scope, lambda inside: smooth(e, variable, inside))
        return for_all(letters, [], says)

    def _maps(self, name: str, order: int, source: Domain, target: Domain) -> str:
        """That a derivative of a function of one number exists on a set, and where its values lie."""
        at = fresh("t", self.scope.taken)
        value = membership(f"Derive_n {name} {order} {at}" if order else f"{name} {at}", target)
        says = [f"ex_derive_n {name} {order} {at}"] * bool(order) + [value] * bool(value)
        inside = membership(at, source)
        return for_all([at], [inside] * bool(inside), " /\\ ".join(says))

    def _values_taken(self, e: Expr, domain: Domain, ranges: tuple[Range, ...]) -> str:
        """A variable that takes no values but 0 and 1 takes them with probabilities that add up to 1."""
        if domain != BINARY or len(ranges) != 1 or getattr(e, "indices", ()) != (ranges[0].index,):
            return ""
        asked = [p for p in self.nodes if isinstance(p, Chance) and p.args[0] == e]
        says = []
        for name in dict.fromkeys(law(p) for p in asked if law(p).startswith("probability")):
            letters, scope = [], self.scope
            for k in range(len(self.types.slots(name)) - 1):
                letter, scope = scope.bind(Symbol(f"{name}[{k}]"), "i" if not k else "given" if k == 1 else "at")
                letters.append(letter)
            index, *rest = letters
            both = " + ".join(" ".join((scope.values[function(name)], index, value, *rest)) for value in "01")
            low, high = first(ranges[0].low, self.scope), term(ranges[0].high, self.scope)
            says.append(for_all(letters, [f"within {low} {high} {index}"], f"{both} = 1"))
        return " /\\ ".join(f"({s})" for s in says) if len(says) > 1 else "".join(says)

    def _ranged(self, ranges: Sequence[Range], scope: Scope, says: Callable[[Scope], str]) -> str:
        letters = []
        for r in ranges:
            letter, scope = scope.bind(r.index)
            letters.append(letter)
        conditions = [
            f"within {first(r.low, scope)} {term(r.high, scope)} {letter}"
            for r, letter in zip(ranges, letters, strict=True)
        ]
        return for_all(letters, conditions, says(scope))

    def _parameter(self, s: Symbol) -> str:
        """What is declared of a parameter; of a number, also what its symbol carries."""
        declared = [h for h in self.hypotheses if isinstance(h, Declared) and symbol_of(h.term) == s]
        if not declared and self._type(s) == REAL:
            return membership(self.scope.values[s], self._domain(s))
        return " /\\ ".join(f"({says})" for h in declared if (says := self._body(h, self.scope)))


def for_all(binders: Sequence[str], conditions: Iterable[str], says: str) -> str:
    """A proposition for all values of some names, under conditions; the empty word if it says nothing."""
    if not says:
        return ""
    premises = "".join(f"({c}) -> " for c in conditions)
    return f"forall {' '.join(binders)}, {premises}{says}" if binders else f"{premises}{says}"


def _called(h: Hypothesis) -> str:
    match h:
        case Assumed(name, _, _, _):
            return identifier(lemma_of(name))
        case Ranged(over):
            return f"{over.index}_is"
        case Maps(head, order, _, _):
            return f"{head.name}_{order}_is"
        case Smooth(e, _, _):
            return f"{_word(e)}_smooth"
        case _:
            return f"{_word(terms_of(h)[0])}_is"


def _word(e: Basic) -> str:
    if isinstance(e, (Opaque, OpaqueColumn, Matrix, Named, Curve)):
        return e.head.name
    return str(symbol_of(e)) if isinstance(e, (Symbol, Indexed, IndexedBase, Column)) else "value"


def comment(text: str) -> str:
    """Words that Coq does not read, whatever they are."""
    printable = "".join(c if c.isprintable() else " " for c in text)
    words = printable.replace("(*", "( *").replace("*)", "* )").replace('"', "'")
    return f"(* {' '.join(words.split())} *)"


def _is_random(e: Basic, random: frozenset[Symbol]) -> bool:
    return isinstance(e, (Symbol, Indexed, IndexedBase)) and symbol_of(e) in random


def cited(d: Derivation) -> Iterator[Derivation]:
    """The theorems that a derivation cites, each once, each after those that it cites itself."""
    seen: dict[str, Derivation] = {}
    for step in d:
        if isinstance(step.rule, Cite):
            for c in (*cited(step.rule.derivation), step.rule.derivation):
                seen.setdefault(c.name, c)
    yield from seen.values()


def _definitions(expressions: Iterable[Basic]) -> Iterator[Definition]:
    """The names in use, each after those in its body."""
    seen: set[Definition] = set()
    for e in expressions:
        for p in walk(e):
            if isinstance(p, (Named, NamedMatrix)) and p.definition not in seen:
                seen.add(p.definition)
                for inner in _definitions([p.definition.body]):
                    if inner not in seen:
                        seen.add(inner)
                        yield inner
                yield p.definition
