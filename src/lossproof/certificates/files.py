"""A derivation as a file for Coq: its hypotheses, a lemma for each step, a theorem for the whole.

The file says what the derivation says (`Context` writes variables, definitions and hypotheses).  A
theorem that is not an equation is about every set ``D`` of parameters that are what they are declared
to be, and what ranges over it is called ``t``.  After the section is closed the theorem is about every
``n``, every network, every data set.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sympy import Derivative, Expr, Symbol

from lossproof.certificates.context import Context, comment, for_all, theorem_name
from lossproof.certificates.convergence import convergence, has_integrals
from lossproof.certificates.proofs import Known, Stated, application, equation
from lossproof.certificates.statements import RELATIONS, membership, prelude, smooth
from lossproof.certificates.terms import Scope, bare, fresh
from lossproof.certificates.types import REAL
from lossproof.errors import UnsupportedExpression
from lossproof.kernel.conditions import (
    Declared,
    Hypothesis,
    Ranged,
    symbols_of,
)
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.relations import Kind, Relation
from lossproof.kernel.rules import Identity
from lossproof.notation.inert import free, walk


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


class _File(Context):
    """The whole section."""

    def __init__(self, derivation: Derivation, gaps: dict[tuple[str, int], str]) -> None:
        super().__init__(derivation)
        self.gaps = gaps
        self.theorems: dict[str, Stated] = {}

    def text(self) -> str:
        name = theorem_name(self.main)
        body = [*self._variables(), "", *self._defined(), *self._assumed()]
        for d in self.parts:
            body += ["", *self._derivation(d)]
        types = [f"Variable {t} : Type." for t in self.unknown.values()]
        head = [comment(line) for line in (self.main.title, str(self.main.theorem)) if line]
        asked = [f"Print Assumptions {name}."] if self.main.name in self.theorems else []
        return "\n".join([*head, "Section certificate.", *types, *body, "End certificate.", *asked, ""])

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
        for k, step in zip(d.numbers, d, strict=True):
            if step.relation.kind is not Kind.EQUAL or (d.name, k) in self.gaps:
                continue
            try:
                says = f"{bare(step.before, self.scope)} = {bare(step.after, self.scope)}"
                whole = " /\\ ".join((says, *convergence(step.before, self.scope)))
                given = convergence(step.after, self.scope)
                proof = equation(step, known)
            except UnsupportedExpression as error:
                self.gaps[d.name, k] = str(error)
                continue
            yield comment(step.rule.name)
            yield f"Lemma {name}_step_{k} : {for_all(binders, [*(p for _, p in premises), *given], whole)}."
            yield "Proof."
            yield from (f"  {line}" for line in (start, *["intros."] * bool(given and intros), *proof))
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
        given = " ".join(("", *start.removesuffix(".").split()[1:]))
        expressions = (d.lhs, *(step.after for step in d))
        if has_integrals(*expressions):
            yield from self._converging(d, expressions, (says, *besides), (binders, [p for _, p in premises], given))
            return
        whole = " /\\ ".join((says, *besides))
        yield f"Theorem {name} : {for_all(binders, [p for _, p in premises], whole)}."
        yield "Proof."
        yield f"  {start}"
        yield f"  assert (chain : {says})."
        yield f"  {{ {_chained([f'{name}_step_{k}{given}' for k in d.numbers])} }}"
        yield "  split; [exact chain | rewrite ?chain; repeat split; side]." if besides else "  exact chain."
        yield "Qed."

    def _converging(
        self,
        d: Derivation,
        expressions: Sequence[Expr],
        claims: Sequence[str],
        over: tuple[list[str], list[str], str],
    ) -> Iterator[str]:
        """The equation, and that all on its left converges, given that all on its right does; from the last step on."""
        binders, premises, given = over
        name, steps = theorem_name(d), d.numbers
        needs = [convergence(e, self.scope) for e in expressions]
        held = [[self._free_name(f"converges_{k}_{j}") for j in range(1, len(n) + 1)] for k, n in enumerate(needs)]
        links = [self._free_name(f"link_{k}") for k in range(1, len(needs))]
        says, *besides = claims
        whole = " /\\ ".join((says, *needs[0], *besides))
        yield f"Theorem {name} : {for_all(binders, [*premises, *needs[-1]], whole)}."
        yield "Proof."
        named = " ".join((given, *held[-1])).strip()
        yield f"  intros {named}." if named else "  intros."
        for k in range(len(links), 0, -1):
            yield f"  pose proof ({' '.join((name + f'_step_{steps[k - 1]}{given}', *held[k]))}) as {links[k - 1]}."
            if held[k - 1]:
                yield f"  destruct {links[k - 1]} as {_pattern([links[k - 1], *held[k - 1]])}."
        yield f"  assert (chain : {says})."
        yield f"  {{ {_chained(links)} }}"
        conjuncts = ["chain", *held[0], *["_"] * bool(besides)]
        proof = conjuncts[-1] if len(conjuncts) == 1 else _conjoined(conjuncts)
        yield f"  refine {proof}.{' rewrite ?chain; repeat split; side.' if besides else ''}"
        yield "Qed."

    def _free_name(self, wanted: str) -> str:
        return fresh(wanted, self.scope.taken)

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
        for k, step in zip(d.numbers, d, strict=True):
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
            yield f"Lemma {name}_step_{k} : {for_all(binders, conditions, says)}."
            yield f"Proof.\n  intros {' '.join(given)}.\n  {tactic} ({applied}).\nQed."
        turned = "minimiser" if d.relation.reverses else "maximiser"
        optima = f"forall t, maximiser D {space(d.lhs)} t <-> {turned} D {space(d.rhs)} t"
        loose = d.relation.kind is Kind.SAME_OPTIMA
        says = optima if loose else _relates(d.relation, space(d.lhs), space(d.rhs))
        yield f"Theorem {name} : {for_all(binders, conditions, says)}."
        yield f"Proof.\n  intros {' '.join(given)}."
        kind = "ordered" if loose else RELATIONS[d.relation.kind]
        links: list[str] = []
        for run in _runs(d):
            links.append(f"link_{len(links) + 1}")
            first, last = (d.steps[d.numbers.index(k)] for k in (run[0], run[-1]))
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


def _pattern(names: Sequence[str]) -> str:
    """The pattern that takes a conjunction apart: ``[a [b c]]``."""
    return names[0] if len(names) == 1 else f"[{names[0]} {_pattern(names[1:])}]"


def _conjoined(proofs: Sequence[str]) -> str:
    return proofs[0] if len(proofs) == 1 else f"(conj {proofs[0]} {_conjoined(proofs[1:])})"


def _relates(relation: Relation, before: str, after: str) -> str:
    turned = f" {str(relation.reverses).lower()}" if relation.kind is Kind.SAME_OPTIMA else ""
    return f"{RELATIONS[relation.kind]}{turned} D {before} {after}"


def _joins(kind: str, before: str, after: str) -> str:
    """The relation that equal functions have."""
    return f"{kind}{' false' if kind == 'ordered' else ''} D {before} {after}"


def _runs(d: Derivation) -> list[list[int]]:
    """The numbers of the steps, equations that follow each other together."""
    runs: list[list[int]] = []
    for k, step in zip(d.numbers, d, strict=True):
        equal = step.relation.kind is Kind.EQUAL
        if equal and runs and d.steps[d.numbers.index(runs[-1][0])].relation.kind is Kind.EQUAL:
            runs[-1].append(k)
        else:
            runs.append([k])
    return runs


def _chained(steps: Sequence[str]) -> str:
    """The proof that the first expression is the last, from those of the steps."""
    if not steps:
        return "reflexivity."
    return "".join(f"eapply eq_trans; [exact ({s}) |]. " for s in steps[:-1]) + f"exact ({steps[-1]})."
