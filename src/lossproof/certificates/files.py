"""A derivation as a file for Coq: its hypotheses, a lemma for each step, a theorem for the whole.

The file says what the derivation says.  What is free in it becomes a variable of the section, and what
is declared or assumed a hypothesis; what the optima range over, what is differentiated in and a free
index are bound in every lemma, so that it can be used for other values.  A hypothesis about an
opaque function of the parameters, or a probability that depends on them, holds for every value of
theirs, as it does in the kernel.  After the section is closed the theorem is about every ``n``, every
network, every data set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sympy import Basic, Derivative, Expr, Indexed, IndexedBase, Symbol, besseli, digamma, gamma

from lossproof.certificates.matrices import MATRIX, has
from lossproof.certificates.proofs import Known, Stated, application, equation
from lossproof.certificates.statements import RELATIONS, lemma_of, lemmas, membership, prelude, smooth
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
from lossproof.kernel.relations import Kind, Relation
from lossproof.kernel.rules import Identity
from lossproof.notation.inert import free, limits_of, slope_of, symbol_of, walk
from lossproof.notation.matrices import Column, Gradient, Matrix, MatrixTerm, NamedMatrix, OpaqueColumn
from lossproof.notation.nodes import Chance, Curve, Definition, Named, Opaque
from lossproof.notation.shapes import chances

GAMMA_IS = "Gamma(1) = 1; for x > 0: Gamma(x) > 0, Gamma(x + 1) = x Gamma(x), Gamma is differentiable"
BESSEL_IS = "the modified Bessel function I_0 is positive"


def theorem_name(derivation: Derivation) -> str:
    """What the theorem is called in the file."""
    return identifier(lemma_of(derivation.name))


def certificate(derivation: Derivation) -> str:
    """The self-contained file.

    Raises:
        UnsupportedExpression: if a step, a hypothesis or an expression has no translation; it says which.
    """
    section = Section.of(derivation)
    for step, why in section.gaps.items():
        raise UnsupportedExpression(f"step {step} ({derivation.steps[step - 1].rule.name}): {why}", "Coq")
    return f"{prelude()}\n{section.text}"


@dataclass(frozen=True)
class Section:
    """What Coq is given of a derivation, after the `prelude`.

    Attributes:
        name: of the theorem.
        text: the section: variables, hypotheses, lemmas, the theorem.
        gaps: the steps that have no lemma, by number, each with what is missing; with gaps there is no theorem.
        given: what is assumed of functions that the library does not have, in words.
    """

    name: str
    text: str
    gaps: Mapping[int, str]
    given: tuple[str, ...] = ()

    @classmethod
    def of(cls, derivation: Derivation, without: Mapping[tuple[str, int], str] | None = None) -> Section:
        """The section for a derivation, which is replayed first.

        Args:
            derivation: what is to be certified.
            without: steps, by derivation and number, whose lemmas are left out, and why.

        Raises:
            UnsupportedExpression: if a hypothesis has no translation.
        """
        file = _File(derivation, dict(without or {}))
        text = file.text()
        gaps = {k: why for (name, k), why in file.gaps.items() if name == derivation.name}
        return cls(theorem_name(derivation), text, dict(sorted(gaps.items())), file.given)


@dataclass(frozen=True)
class _Part:
    """A derivation of the file with what its lemmas are stated for."""

    derivation: Derivation
    over: tuple[Symbol, ...]
    premises: tuple[Hypothesis, ...]


class _File:
    def __init__(self, derivation: Derivation, gaps: dict[tuple[str, int], str]) -> None:
        self.main = derivation
        self.gaps = gaps
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
        self.theorems: dict[str, Stated] = {}

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
        steps = {f"{theorem_name(d)}_step_{k}" for d in self.parts for k in range(1, len(d) + 1)}
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

    # -------------------------------------------------------------- the text

    def text(self) -> str:
        name = theorem_name(self.main)
        body = [*self._variables(), "", *self._defined(), *self._assumed()]
        for d in self.parts:
            body += ["", *self._derivation(d)]
        types = [f"Variable {t} : Type." for t in self.unknown.values()]
        head = [comment(line) for line in (self.main.title, str(self.main.theorem)) if line]
        asked = [f"Print Assumptions {name}."] if self.main.name in self.theorems else []
        return "\n".join([*head, "Section certificate.", *types, *body, "End certificate.", *asked, ""])

    @property
    def given(self) -> tuple[str, ...]:
        """What is assumed of special functions."""
        has_gamma = any(isinstance(p, (gamma, digamma)) for p in self.nodes)
        has_bessel = any(isinstance(p, besseli) for p in self.nodes)
        return (GAMMA_IS,) * has_gamma + (BESSEL_IS,) * has_bessel

    def _variables(self) -> Iterator[str]:
        for s in sorted(self._free() - set(self.bound), key=str):
            yield f"Variable {self.scope.values[s]} : {self._type(s)}."
        for s in self.bound:
            self._type(s)
        for name, slots in self._functions():
            words = (self.types.written(t, self.unknown) for t in slots)
            kinds = (f"({w})" if "->" in w else w for w in words)
            yield f"Variable {self.scope.values[function(name)]} : {' -> '.join((*kinds, REAL))}."
        if any(isinstance(p, (gamma, digamma)) for p in self.nodes):
            yield "Variable Gamma : R -> R."
            yield "Hypothesis Gamma_is : gamma_function Gamma."
        if any(isinstance(p, besseli) for p in self.nodes):
            yield "Variable Bessel : R -> R -> R."
            yield "Hypothesis Bessel_is : forall x, 0 < Bessel 0 x."

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
        return _for_all(binders, conditions, self._body(h, scope))

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
        return _for_all(letters, [], says)

    def _maps(self, name: str, order: int, source: Domain, target: Domain) -> str:
        """That a derivative of a function of one number exists on a set, and where its values lie."""
        at = fresh("t", self.scope.taken)
        value = membership(f"Derive_n {name} {order} {at}" if order else f"{name} {at}", target)
        says = [f"ex_derive_n {name} {order} {at}"] * bool(order) + [value] * bool(value)
        inside = membership(at, source)
        return _for_all([at], [inside] * bool(inside), " /\\ ".join(says))

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
            says.append(_for_all(letters, [f"within {low} {high} {index}"], f"{both} = 1"))
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
        return _for_all(letters, conditions, says(scope))

    def _parameter(self, s: Symbol) -> str:
        """What is declared of a parameter; of a number, also what its symbol carries."""
        declared = [h for h in self.hypotheses if isinstance(h, Declared) and symbol_of(h.term) == s]
        if not declared and self._type(s) == REAL:
            return membership(self.scope.values[s], self._domain(s))
        return " /\\ ".join(f"({says})" for h in declared if (says := self._body(h, self.scope)))

    # -------------------------------------------------------------- lemmas

    def _part(self, d: Derivation) -> _Part:
        hypotheses = self._hypotheses(d)
        spoken = {s for e in (d.start, *(x.after for x in d)) for s in free(e)} | {
            s for h in hypotheses for s in symbols_of(h) - set(self.stated[h].over)
        }
        over = tuple(s for s in self.bound if s in spoken)
        premises = tuple(
            h
            for h in hypotheses
            if isinstance(h, Ranged) or h not in self.own or set(over) & symbols_of(h) - set(self.stated[h].over)
        )
        return _Part(d, over, premises)

    def _premises(self, part: _Part) -> list[tuple[str, str]]:
        named = [(self.stated[h].name, self._body(h, self.scope)) for h in part.premises]
        declared = {h.term for h in part.premises if isinstance(h, Declared)}
        for s in part.over:
            holds = (
                membership(self.scope.values[s], self._domain(s)) if s not in declared and self._type(s) == REAL else ""
            )
            if holds and not any(isinstance(h, Ranged) and h.over.index == s for h in part.premises):
                named.append((f"{self.scope.values[s]}_is", holds))
        return [(n, p) for n, p in named if p]

    def _derivation(self, d: Derivation) -> Iterator[str]:
        part = self._part(d)
        premises = self._premises(part)
        name = theorem_name(d)
        known = Known(self.stated, self.theorems, d.facts, self.scope)
        binders = [f"({self.scope.values[s]} : {self._type(s)})" for s in part.over]
        intros = " ".join((*(self.scope.values[s] for s in part.over), *(n for n, _ in premises)))
        start = f"intros {intros}." if intros else "intros."
        for k, step in enumerate(d, start=1):
            if step.relation.kind is not Kind.EQUAL or (d.name, k) in self.gaps:
                continue
            try:
                says = f"{bare(step.before, self.scope)} = {bare(step.after, self.scope)}"
                proof = equation(step, known)
            except UnsupportedExpression as error:
                self.gaps[d.name, k] = str(error)
                continue
            yield comment(step.rule.name)
            yield f"Lemma {name}_step_{k} : {_for_all(binders, [p for _, p in premises], says)}."
            yield "Proof."
            yield from (f"  {line}" for line in (start, *proof))
            yield "Qed."
        if self._has_gaps(d):
            return
        if d.relation.kind is Kind.EQUAL:
            yield from self._equal(d, name, binders, premises, start)
        else:
            yield from self._related(d, name, part, premises)
        if not self._has_gaps(d):
            self.theorems[d.name] = Stated(name, part.over)

    def _has_gaps(self, d: Derivation) -> bool:
        return any(name == d.name for name, _ in self.gaps)

    def _equal(
        self, d: Derivation, name: str, binders: list[str], premises: list[tuple[str, str]], start: str
    ) -> Iterator[str]:
        says = f"{bare(d.lhs, self.scope)} = {bare(d.rhs, self.scope)}"
        besides = [membership(bare(d.lhs, self.scope), d.claim)] if d.claim is not None else []
        if isinstance(d.lhs, Derivative) and not any(isinstance(p, Derivative) for p in walk(d.lhs.args[0])):
            besides.append(smooth(d.lhs.args[0], d.lhs.args[1][0], self.scope))  # for Coq's derivatives are total
        whole = " /\\ ".join((says, *besides))
        yield f"Theorem {name} : {_for_all(binders, [p for _, p in premises], whole)}."
        yield "Proof."
        yield f"  {start}"
        given = " ".join(("", *start.removesuffix(".").split()[1:]))
        yield f"  assert (chain : {says})."
        yield f"  {{ {_chained([f'{name}_step_{k}{given}' for k in range(1, len(d) + 1)])} }}"
        yield "  split; [exact chain | rewrite ?chain; repeat split; side]." if besides else "  exact chain."
        yield "Qed."

    def _related(self, d: Derivation, name: str, part: _Part, premises: list[tuple[str, str]]) -> Iterator[str]:
        """Optima over a set ``D`` of parameters, for every such set in which they are what they are declared to be."""
        outer = [s for s in part.over if s not in self.parameters]
        within = dict(self._premises(_Part(d, tuple(outer), tuple(h for h in part.premises if isinstance(h, Ranged)))))
        inner = [(n, p) for n, p in premises if n not in within]
        space = _Space(self.parameters, [self._type(s) for s in self.parameters], self.scope)
        binders = [*(f"({self.scope.values[s]} : {self._type(s)})" for s in outer), f"(D : {space.type} -> Prop)"]
        declared = space.for_all([p for _, p in inner]) if inner else ""
        conditions = [*within.values(), *([declared] if declared else [])]
        given = [*(self.scope.values[s] for s in outer), "D", *within, *(["D_is"] if declared else [])]
        known = Known(self.stated, self.theorems, d.facts, self.scope)
        for k, step in enumerate(d, start=1):
            if step.relation.kind is Kind.EQUAL:
                continue
            says = _relates(step.relation, space(step.before), space(step.after))
            assert isinstance(step.rule, Identity)
            try:
                applied = application(step.rule, dict(step.places[0].given), step.before, known.scope, " _ D", space)
            except UnsupportedExpression as error:
                self.gaps[d.name, k] = str(error)
                return
            tactic = "use_over D_is" if declared else "use"
            yield comment(step.rule.name)
            yield f"Lemma {name}_step_{k} : {_for_all(binders, conditions, says)}."
            yield f"Proof.\n  intros {' '.join(given)}.\n  {tactic} ({applied}).\nQed."
        turned = "minimiser" if d.relation.reverses else "maximiser"
        optima = f"forall t, maximiser D {space(d.lhs)} t <-> {turned} D {space(d.rhs)} t"
        loose = d.relation.kind is Kind.SAME_OPTIMA
        says = optima if loose else _relates(d.relation, space(d.lhs), space(d.rhs))
        yield f"Theorem {name} : {_for_all(binders, conditions, says)}."
        yield f"Proof.\n  intros {' '.join(given)}."
        kind = "ordered" if loose else RELATIONS[d.relation.kind]
        links: list[str] = []
        for run in _runs(d):
            links.append(f"link_{len(links) + 1}")
            first, last = d.steps[run[0] - 1], d.steps[run[-1] - 1]
            if first.relation.kind is Kind.EQUAL:
                equal = _joins(kind, space(first.before), space(last.after))
                yield f"  assert ({links[-1]} : {equal})."
                yield f"  {{ apply equal_is_{kind}; intros t t_in{space.opened(inner)}."
                at = " ".join(
                    (
                        "",
                        *(space.at(s) if s in self.parameters else self.scope.values[s] for s in part.over),
                        *(n for n, _ in premises),
                    )
                )
                yield "    " + _chained([f"{name}_step_{k}{at}" for k in run]) + " }"
            else:
                proof = f"{name}_step_{run[0]} {' '.join(given)}"
                weaker = loose and first.relation.kind is not Kind.SAME_OPTIMA
                proof = f"{RELATIONS[first.relation.kind]}_is_ordered _ _ _ _ ({proof})" if weaker else proof
                yield f"  pose proof ({proof}) as {links[-1]}."
        here = links[0]
        for k, link in enumerate(links[1:], start=1):
            unknowns = "_ _ _ _ _ _ _" if loose else "_ _ _ _ _"
            yield f"  pose proof ({kind}_trans {unknowns} {here} {link}) as chain_{k}."
            here = f"chain_{k}"
        which = "maximisers_are_minimisers" if d.relation.reverses else "same_maximisers"
        yield f"  exact ({which} _ _ _ _ {here})." if loose else f"  exact {here}."
        yield "Qed."


class _Space:
    """The parameters together, as one variable ``t``."""

    def __init__(self, symbols: Sequence[Symbol], types: Sequence[str], scope: Scope) -> None:
        if not symbols:
            raise UnsupportedExpression("optima over no parameters", "Coq")
        self._scope = scope
        self._places = {}
        place = "t"
        for s in symbols[:-1]:
            self._places[s] = f"(fst {place})"
            place = f"(snd {place})"
        self._places[symbols[-1]] = place
        words = [f"({t})" if "->" in t else t for t in types]
        self.type = words[-1]
        for word in reversed(words[:-1]):
            self.type = f"({word} * {self.type})"

    def at(self, symbol: Symbol) -> str:
        """A parameter, as a part of the variable."""
        return self._places[symbol]

    def _inside(self) -> Scope:
        scope = replace(self._scope, taken=self._scope.taken | {"t"})
        for s, place in self._places.items():
            scope = scope.put(s, place)
        return scope

    def __call__(self, e: Expr) -> str:
        """An expression as a function of the parameters."""
        return f"(fun t : {self.type} => {bare(e, self._inside())})"

    def for_all(self, says: Sequence[str]) -> str:
        """What holds of the parameters in ``D``; propositions are about the parameters by name."""
        names = " ".join(self._scope.values[s] for s in self._places)
        every = " /\\ ".join(f"({p})" for p in says)
        bound = f"(fun {names} => {every})"
        return f"forall t : {self.type}, D t -> {bound} {' '.join(self._places.values())}"

    def opened(self, inner: Sequence[tuple[str, str]]) -> str:
        """The tactic that names what holds of the parameters."""
        if not inner:
            return ""
        names = " & ".join(n for n, _ in inner)
        return f"; destruct (D_is t t_in) as ({names})" if len(inner) > 1 else f"; pose proof (D_is t t_in) as {names}"


def _relates(relation: Relation, before: str, after: str) -> str:
    turned = f" {str(relation.reverses).lower()}" if relation.kind is Kind.SAME_OPTIMA else ""
    return f"{RELATIONS[relation.kind]}{turned} D {before} {after}"


def _joins(kind: str, before: str, after: str) -> str:
    """The relation that equal functions have."""
    return f"{kind}{' false' if kind == 'ordered' else ''} D {before} {after}"


def _runs(d: Derivation) -> list[list[int]]:
    """The numbers of the steps, equations that follow each other together."""
    runs: list[list[int]] = []
    for k, step in enumerate(d, start=1):
        equal = step.relation.kind is Kind.EQUAL
        if equal and runs and d.steps[runs[-1][0] - 1].relation.kind is Kind.EQUAL:
            runs[-1].append(k)
        else:
            runs.append([k])
    return runs


def _chained(steps: Sequence[str]) -> str:
    """The proof that the first expression is the last, from those of the steps."""
    if not steps:
        return "reflexivity."
    return "".join(f"eapply eq_trans; [exact ({s}) |]. " for s in steps[:-1]) + f"exact ({steps[-1]})."


def _for_all(binders: Sequence[str], conditions: Iterable[str], says: str) -> str:
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
