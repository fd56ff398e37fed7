"""A step as a proof: go down to the place, apply the lemma of the rule, show its conditions.

Nothing here is trusted: a wrong tactic can only make `coqc` refuse the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from sympy import Basic, Derivative, Eq, Expr, Indexed, Integral, Product, Symbol

from lossproof.certificates.convergence import INFINITE, convergence, has_integrals
from lossproof.certificates.matrices import SIZE, Letter, array
from lossproof.certificates.statements import Pattern, lemma_of, membership, proved, statement
from lossproof.certificates.terms import Scope, assumed, bare, end, fresh, moving, slope, term
from lossproof.errors import UnsupportedExpression
from lossproof.kernel.conditions import Hypothesis, Member
from lossproof.kernel.derivation import Cite
from lossproof.kernel.facts import Facts
from lossproof.kernel.rules import Assume, Fold, Identity, Rule, Unfold
from lossproof.kernel.schema import Abstraction, Meta, Value, instantiate
from lossproof.kernel.steps import Path, Place, Step, apply
from lossproof.notation.inert import limits_of, rebuild, walk
from lossproof.notation.matrices import Column, Gradient, MatrixTerm
from lossproof.notation.nodes import Chance, ProductOver
from lossproof.rulebook.algebra import ALGEBRA, LAWS
from lossproof.rulebook.calculus import DERIVATIVE_OF_CURVE
from lossproof.rulebook.matrices import ENTRY_BY_ENTRY, MATRIX_ALGEBRA
from lossproof.rulebook.sums import WRITTEN_OUT

#: Rules without a lemma of their own, which are proved anew at every use, by the tactic that does it.
TACTICS: Mapping[str, str] = {
    ALGEBRA.name: "algebra",
    LAWS.name: "laws",
    WRITTEN_OUT.name: "written_out",
    DERIVATIVE_OF_CURVE.name: "chain_rule",
    MATRIX_ALGEBRA.name: "matrix_algebra",
    ENTRY_BY_ENTRY.name: "entry_by_entry",
}


@dataclass(frozen=True)
class Stated:
    """What was stated before: its name, the symbols it is stated for, in order, and how many conditions on them."""

    name: str
    over: tuple[Symbol, ...] = ()
    conditions: int = 0

    def at(self, scope: Scope, *more: Expr) -> str:
        """Applied to what those symbols stand for, and to more; that the conditions hold is left to show."""
        held = [fresh(f"condition_{k + 1}", scope.taken) for k in range(self.conditions if more else 0)]
        applied = (self.name, *(term(s, scope) for s in self.over), *held, *(term(e, scope) for e in more))
        return " ".join(("fun", *held, "=>", *applied) if held else applied)


@dataclass(frozen=True)
class Known:
    """What a proof may use, and where it starts."""

    hypotheses: Mapping[Hypothesis, Stated]
    theorems: Mapping[str, Stated]
    facts: Facts
    scope: Scope


def equation(step: Step, known: Known) -> list[str]:
    """The proof of ``before = after``, a tactic on each line; of what `convergence` asks for too, where it does.

    Raises:
        UnsupportedExpression: if the rule, or the way to the place, has no lemma.
    """
    if has_integrals(step.before, step.after):
        return _with_convergence(step, known)
    if isinstance(step.rule, (Unfold, Fold)):
        return ["reflexivity."]
    lines: list[str] = []
    here = step.before
    for place in step.places:
        there = apply(step.rule, (place,), here, known.facts).after
        proof = list(_descend(step.rule, place.path, place, here, known))
        if place is not step.places[-1]:
            proof = [f"transitivity {term(there, known.scope)}.", *_braced(proof)]
        lines += proof
        here = there
    return lines


def _braced(lines: Iterable[str]) -> list[str]:
    first, *rest = lines
    *middle, last = (f"{{ {first}", *rest)
    return [*middle, f"{last} }}"]


def _with_convergence(step: Step, known: Known) -> list[str]:
    """The proof of ``before = after`` and that what is in ``before`` converges, where that in ``after`` does."""
    lines = [] if convergence(step.before, known.scope) else ["apply (proj1 (B := True))."]
    if isinstance(step.rule, (Unfold, Fold)):
        return [*lines, "split; [reflexivity | converging]."]
    here, last = step.before, term(step.after, known.scope)
    for place in step.places:
        there = apply(step.rule, (place,), here, known.facts).after
        proof = list(_at_place(step.rule, place, here, there, known))
        if place is not step.places[-1]:
            parts = (
                *(term(e, known.scope) for e in (here, there)),
                last,
                *(_together(e, known) for e in (here, there)),
            )
            proof = [f"apply (linked {' '.join(parts)}).", *_braced(["suppose.", *proof])]
        lines += proof
        here = there
    return lines


def _part(e: Basic, path: Path) -> Basic:
    for position in path:
        e = e.args[position]
    return e


def _together(e: Basic, known: Known) -> str:
    every = " /\\ ".join(convergence(e, known.scope))
    return f"({every or 'True'})"


def _at_place(rule: Rule, place: Place, here: Basic, there: Basic, known: Known) -> Iterator[str]:
    """Inside of an integral or a series, what is there is equal at every point; else the rule may speak of some."""
    equal, scope = known.scope.bind(Symbol("equal"))
    depth = next((k for k in range(len(place.path)) if isinstance(_part(here, place.path[:k]), INFINITE)), None)
    e = _part(here, place.path if depth is None else place.path[:depth])
    inside = replace(known, scope=scope)
    if depth is not None:
        after = _part(there, place.path[:depth])
        variable, low, high = e.args[1]
        letter, scope = inside.scope.bind(variable)
        held, scope = scope.bind(Symbol(f"{letter}_is"))
        body, becomes = bare(e.args[0], scope), bare(after.args[0], scope.put(after.args[1][0], letter))
        if isinstance(e, Integral):
            held_by, under = f"between {end(low, known.scope)} {end(high, known.scope)}", "under_integral"
        else:
            held_by, under = f"following {term(low, known.scope)}", "under_series"
        yield f"assert (forall {letter}, {held_by} {letter} -> {body} = {becomes}) as {equal}."
        rest = _descend(rule, place.path[depth + 1 :], place, e.args[0], replace(known, scope=scope))
        yield from _braced([f"intros {letter} {held}; {under} {held}.", *rest])
        yield "split."
        yield from _braced([*_down(place.path[:depth], here, inside), f"by_same {equal}."])
        yield f"converging_by {equal}."
        return
    if isinstance(rule, Identity) and has_integrals(rule.left, rule.right):
        yield f"take ({application(rule, dict(place.given), e, known.scope)}) {equal}."
    elif isinstance(rule, Cite) and has_integrals(rule.derivation.lhs, rule.derivation.rhs):
        if rule.reverse:
            raise UnsupportedExpression(f"the theorem '{rule.derivation.name}' from right to left", "Coq")
        yield f"take ({_cited(rule, known).at(known.scope)}) {equal}."
    else:
        yield "split."
        yield from _braced(_descend(rule, place.path, place, here, known))
        yield "converging."
        return
    yield "split."
    yield from _braced([*_down(place.path, here, inside), f"exact {equal}."])
    yield "converging."


def _cited(rule: Cite, known: Known) -> Stated:
    if rule.derivation.name not in known.theorems:
        raise UnsupportedExpression(f"the theorem '{rule.derivation.name}', which has no certificate", "Coq")
    return known.theorems[rule.derivation.name]


def _down(path: Path, e: Basic, known: Known) -> Iterator[str]:
    """To a part of an expression that no letter is bound around."""
    for position in path:
        yield _into(e, position, known)
        e = e.args[position]


def _into(e: Basic, position: int, known: Known) -> str:
    hole, inside_hole = known.scope.bind(Symbol("hole"))
    part = e.args[position]
    empty = Letter(Symbol("hole"), *part.size) if isinstance(part, MatrixTerm) else Symbol("hole")
    parts = [*e.args[:position], empty, *e.args[position + 1 :]]
    return f"refine (f_equal (fun {hole} => {bare(rebuild(e, parts), inside_hole)}) _)."


def _descend(rule: Rule, path: Path, place: Place, e: Basic, known: Known) -> Iterator[str]:
    """Down the path, one argument at a time, then the rule."""
    for position in path:
        scope = known.scope
        limits = limits_of(e)
        if limits is not None:
            letter, scope = scope.bind(limits[0])
            inside, scope = scope.bind(Symbol(f"{letter}_is"))
            kind = "Product" if isinstance(e, (Product, ProductOver)) else "Sum"
            yield f"apply {kind}_ext; intros {letter} {inside}; cbv beta."
            if isinstance(e, ProductOver):
                chosen, scope = scope.bind(Symbol(f"{letter}_chosen"))
                left, right = (term(a, scope) for a in e.args[2].args)
                others = "[| reflexivity]" if isinstance(e.args[2], Eq) else "[reflexivity |]"
                yield f"destruct (Req_EM_T {left} {right}) as [{chosen} | {chosen}]; {others}."
        elif isinstance(e, Derivative):
            variable = e.args[1][0]
            letter, scope = slope(variable, scope)
            yield f"{_around(variable, letter, known)}; cbv beta."
        elif isinstance(e, Gradient):
            letter, scope = slope(e.args[1], scope)
            yield f"apply gradient_ext; intros {letter}; cbv beta."
        else:
            yield _into(e, position, known)
        known = replace(known, scope=scope)
        e = e.args[position]
    yield from _leaf(rule, dict(place.given), e, known)


def _around(variable: Expr, letter: str, known: Known) -> str:
    """That a derivative is that of a function which is equal around the point."""
    domain = _domain(variable, known.facts)
    holds = membership(letter, domain.domain) if domain is not None and not isinstance(variable, Indexed) else ""
    if not holds:
        return f"apply Derive_ext; intros {letter}"
    return f"apply (Derive_ext_on (fun {letter} => {holds})); [open_set | side | intros {letter} {letter}_is]"


def _domain(e: Expr, facts: Facts) -> Member | None:
    fact = facts.domain_of(e)
    return fact.claim if fact is not None and isinstance(fact.claim, Member) else None


def _leaf(rule: Rule, given: Mapping[str, Value], e: Basic, known: Known) -> Iterator[str]:
    if rule.name in TACTICS:
        yield f"{TACTICS[rule.name]}."
    elif isinstance(rule, (Unfold, Fold)):
        yield "reflexivity."
    elif isinstance(rule, Assume):
        assumed = known.facts.assumed(rule.assumption)
        assert assumed is not None
        stated = known.hypotheses[assumed]
        yield f"apply ({stated.at(known.scope, *(given[r.index.name] for r in assumed.ranges))}); side."
    elif isinstance(rule, Cite):
        turned = "symmetry; " if rule.reverse else ""
        yield f"{turned}apply ({_cited(rule, known).at(known.scope)}); side."
    elif isinstance(rule, Identity):
        yield f"use ({application(rule, given, e, known.scope)})."
    else:
        raise UnsupportedExpression(f"the rule '{rule.name}'", "Coq")


def application(
    rule: Identity,
    given: Mapping[str, Value],
    e: Basic,
    scope: Scope,
    first: str = "",
    across: Callable[[Expr], str] | None = None,
) -> str:
    """The lemma of a rule, applied to what its letters stand for; its conditions are left to show.

    Args:
        rule: the rule.
        given: what its letters stand for.
        e: where it is applied.
        scope: the scope there.
        first: arguments that come before the letters.
        across: how an expression is written as a function of the parameters, for a rule about optima.

    Raises:
        UnsupportedExpression: if the lemma is missing; it says what it would have to state.
    """
    if not proved(rule):
        raise UnsupportedExpression(f"the rule '{rule.name}'; missing lemma: {statement(rule)}", "Coq")
    pattern = Pattern(rule)
    for name in pattern.special:
        first = f"{first} {scope.values[assumed(name)]}"
    if pattern.chance:
        chance = next(p for p in walk(e) if isinstance(p, Chance))
        value, inside = scope.bind(Symbol("value"))
        asked = rebuild(chance, [chance.args[0], Symbol("value"), *chance.args[2:]])
        first = f"{first} (fun {value} => {bare(asked, inside)})"
    arguments = (_value(m, given, pattern, scope, across) for m in pattern.letters)
    return " ".join((lemma_of(rule.name) + first, *arguments))


def _value(
    m: Meta, given: Mapping[str, Value], pattern: Pattern, scope: Scope, across: Callable[[Expr], str] | None
) -> str:
    if m == SIZE and pattern.matrices:
        matrices = (given[x.name] for x in pattern.matrices)
        return next(term(a.size[0], scope) for a in matrices if isinstance(a, MatrixTerm))
    value = given[m.name]
    if isinstance(value, Column) and m == pattern.variable:
        return array(value, scope, term)
    if across is not None and m in pattern.moves:
        assert isinstance(value, Expr)
        return across(value)
    if isinstance(value, tuple):
        return f"[{'; '.join(_single(m, part, given, pattern, scope) for part in value)}]"
    return _single(m, value, given, pattern, scope)


def _single(m: Meta, value: Expr | Abstraction, given: Mapping[str, Value], pattern: Pattern, scope: Scope) -> str:
    if isinstance(value, Abstraction):
        letters = []
        for p in value.parameters:
            letter, scope = scope.bind(p)
            letters.append(letter)
        return f"(fun {' '.join(letters)} => {_moved(m, value.body, given, pattern, scope)})"
    return _moved(m, value, given, pattern, scope)


def _moved(m: Meta, e: Expr, given: Mapping[str, Value], pattern: Pattern, scope: Scope) -> str:
    if m in pattern.ends:
        return end(e, scope)
    if m not in pattern.moves:
        return term(e, scope)
    assert pattern.variable is not None
    return moving(e, instantiate(pattern.variable, given), scope)[0]
