"""What is written for Coq says what the derivation says: both are evaluated at the same numbers, without Coq."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any

import coq_matrices
import numpy as np
import pytest
from coq_terms import M, Node, NotRead, Row, Statement, World, conclusion, curried, near, premises, sentences
from sympy import Add, Basic, Expr, Indexed, IndexedBase, Integral, Mul, Ne, Pow, Product, Sum, Symbol, Tuple, erf, log

import lossproof as lp
from lossproof.certificates import context, files, terms
from lossproof.certificates.context import cited, theorem_name
from lossproof.certificates.files import Section, certificate
from lossproof.certificates.statements import RELATIONS, Pattern, lemma_of, prelude, proved, statement
from lossproof.certificates.terms import Scope
from lossproof.errors import DataError, LossproofError, MissingExtra, NoFiniteValue, ReplayError, UnsupportedExpression
from lossproof.kernel.conditions import Assumed, Condition, Declared, Hypothesis, Range, Ranged, bounds_of
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import COUNT, NONNEGATIVE, POSITIVE, REAL, UNIT
from lossproof.kernel.relations import Kind, Relation
from lossproof.kernel.rules import Identity
from lossproof.notation.inert import (
    ONE,
    TWO,
    absolute,
    add,
    derivative,
    exp,
    free,
    mul,
    neg,
    rebuild,
    symbol_of,
    total,
    walk,
)
from lossproof.notation.matrices import Form, Gradient, MatrixTerm, OpaqueColumn, SquaredNorm, opposite
from lossproof.notation.nodes import Definition, Head, ProductOver, Sigmoid
from lossproof.numeric.evaluate import Instance, Precise, evaluate
from lossproof.referees import ABSENT, coq, verify
from lossproof.referees.instances import Manner, Setting, draw
from lossproof.rulebook import SHIPPED, calculus, integrals
from lossproof.rulebook.logarithms import LOG_OF_EXP
from lossproof.rulebook.optima import DROP_POSITIVE_FACTOR, NEGATIVE_LOGARITHM
from lossproof.strategies.catalogue import CATALOGUE
from lossproof.strategies.chain import Chain

#: Digits: where a sigmoid is saturated, 1 minus it is small; an integral of as many would take long.
DIGITS, DIGITS_OF_AN_INTEGRAL = 150, 20
DIGITS_OF_A_TAIL = 500  # 1 - erf(17) begins at the 128th, and a difference quotient takes a third of them
MANNERS = (Manner.SMALLEST, Manner.ENDS, *([Manner.ANY] * 40))


# ------------------------------------------------------------------ a world in which a section is true


def array(name: str, cells: Any, beyond: Callable[[str, tuple[int, ...]], Any] | None, at: tuple[int, ...] = ()) -> Any:
    """An array as Coq has it: a function of its indices, counted from 1."""
    cells = np.asarray(cells, dtype=object)
    if cells.ndim == len(at):
        inside = all(1 <= k <= size for k, size in zip(at, cells.shape, strict=True))
        value = cells[tuple(k - 1 for k in at)] if inside else beyond(name, at) if beyond else 0
        return number(value)
    return Row(lambda k: array(name, cells, beyond, (*at, int(k))), cells.shape[len(at) :], (name, at))


def number(value: Any) -> Any:
    return M.mpf(value.numerator) / value.denominator if hasattr(value, "numerator") else M.mpf(value)


def cells(value: Any) -> Any:
    """A function of indices as an array again, for a Python function that takes one."""
    if not isinstance(value, Row):
        return value
    parts = [cells(value(M.mpf(k + 1))) for k in range(value.shape[0])]
    return np.array(parts, dtype=object).reshape(value.shape)


def same(a: Any, b: Any) -> bool:
    return bool(a == b)


class Laws:
    """The laws of random variables, as the hypotheses of a section give them."""

    def __init__(self, world: World, hypotheses: Iterable[Statement]) -> None:
        self.world = world
        self.given: list[tuple[str, tuple[str, ...], list[Node], Node]] = []
        for h in hypotheses:
            says = conclusion(h.says)
            if says[0] == "=" and (head := applied(says[1]))[0].startswith(("probability_", "density_", "survival_")):
                self.given.append((head[0], tuple(n for n, _ in binders(h.says)), head[1], says[2]))

    def __call__(self, name: str, *arguments: Any) -> Any:
        for law, bound, patterns, says in self.given:
            if law != name:
                continue
            local = {p[1]: a for p, a in zip(patterns, arguments, strict=True) if p[0] == "name" and p[1] in bound}
            others = [(p, a) for p, a in zip(patterns, arguments, strict=True) if p[0] != "name" or p[1] not in bound]
            if all(same(self.world.value(p, local), a) for p, a in others):
                return self.world.value(says, local)
        if len(arguments) > 2 and arguments[1] == 0 and name.startswith("probability_"):
            return 1 - self(name, arguments[0], M.one, *arguments[2:])  # it takes no values but 0 and 1
        return M.mpf(1) / 3  # nothing is supposed of it there


def applied(e: Node) -> tuple[str, list[Node]]:
    """The name of a function and its arguments."""
    given: list[Node] = []
    while e[0] == "apply":
        given.insert(0, e[2])
        e = e[1]
    return (e[1], given) if e[0] == "name" else ("", [])


def binders(e: Node) -> list[tuple[str, str]]:
    """The names that a proposition is for all values of, with their types."""
    found = []
    while e[0] in ("forall", "->"):
        if e[0] == "forall":
            found.append((e[1], e[2]))
        e = e[-1]
    return found


def world(d: Derivation, found: list[Statement], instance: Instance) -> World:
    """The numbers of an instance under the names that the section has for them."""
    known = {**instance.values, **instance.indices}
    indexed = {str(p.base.label) for e in expressions(d) for p in walk(e) if isinstance(p, Indexed)}
    declared = {s.name: s.says[1] for s in found if s.kind == "Variable" and s.says[1] != "Type"}
    kinds = dict(b for s in found if s.kind != "Variable" for b in binders(s.says) if b[1] and b[0] != "D") | declared
    values: dict[str, Any] = {}
    for name, kind in kinds.items():
        symbol = meant(name, known.keys() | indexed)
        if symbol in known:
            value = known[symbol]
            values[name] = array(symbol, value, instance.beyond) if np.ndim(value) else number(value)
        elif symbol and instance.beyond:
            values[name] = array(symbol, np.zeros((0,) * arguments_of(kind)), instance.beyond)
    places = ([k for k in values if meant(k, {str(symbol_of(q))})][:1] for q in d.parameters)
    at = pair([values[k] for place in places for k in place])
    made = World({**coq_matrices.LIBRARY, **values}, at)
    columns = {p.head.name for e in expressions(d) for p in walk(e) if isinstance(p, OpaqueColumn)}
    laws = Laws(made, (s for s in found if s.kind == "Hypothesis"))
    for name, kind in declared.items():
        if name in values or name in ("Gamma", "Bessel"):
            continue
        if name.startswith(("probability_", "density_", "survival_")):
            made.values[name] = curried(partial(laws, name), arguments_of(kind))
        else:
            call = entry if meant(name, columns) else called
            made.values[name] = curried(
                partial(call, instance.functions[meant(name, instance.functions)]), arguments_of(kind)
            )
    for s in found:
        if s.kind == "Definition":
            made.define(s)
    return made


def called(function: Callable[..., Any], *arguments: Any) -> Any:
    """A Python function of arrays, called as in Coq."""
    return M.mpf(np.asarray(function(*map(cells, arguments)), dtype=object)[()])


def entry(function: Callable[..., Any], *arguments: Any) -> Any:
    """An element of a column that a Python function gives, which a function of an index is in Coq."""
    *given, k = arguments
    values = np.asarray(function(*map(cells, given)), dtype=object)
    return number(values[int(k) - 1]) if 1 <= k <= len(values) else M.zero


def meant(name: str, known: Collection[str]) -> str:
    """The symbol that a name stands for, which has something behind it if it meant something already."""
    return next((c for c in (name, name.removesuffix("_"), re.sub(r"_\d+$", "", name)) if c in known), "")


def expressions(d: Derivation) -> list[Basic]:
    return [e for part in (*cited(d), d) for e in (part.start, *(step.after for step in part))]


def arguments_of(kind: str) -> int:
    """How many arguments a function takes, by its type: ``(R -> R) -> R`` takes one."""
    depth, count = 0, 0
    for k, c in enumerate(kind):
        depth += {"(": 1, ")": -1}.get(c, 0)
        count += kind[k : k + 2] == "->" and depth == 0
    return count


def pair(values: list[Any]) -> Any:
    """Values as nested pairs."""
    if not values:
        return None
    first, *rest = values
    return (first, pair(rest)) if rest else first


# ------------------------------------------------------------------ the same value on both sides


def drawn(d: Derivation, count: int) -> Iterator[Instance]:
    """A few instances of the hypotheses, the smallest among them."""
    parts = (*cited(d), d)
    hypotheses = tuple(dict.fromkeys(h for part in parts for h in part.theorem.hypotheses))
    declared = {h.term for h in hypotheses if isinstance(h, Declared)}
    sizes = {s for h in hypotheses for bound in bounds_of(h) for s in free(bound)} - declared
    setting = Setting((*(Declared(s, COUNT) for s in sizes), *hypotheses), d.parameters, tuple(expressions(d)))
    every = (draw(setting, random.Random(f"{d.name}/{seed}"), m) for seed, m in enumerate(MANNERS))
    without = (f if isinstance(f, str) else supplied(d, f) for f in every)
    moderate = (f for f in without if isinstance(f, Instance) and all(abs(v) < 9 for v in numbers_in(f)))
    yield from islice(moderate, count)


def supplied(d: Derivation, instance: Instance) -> Instance:
    """With some numbers for parameters that only an opaque function sees."""
    assert instance.beyond is not None
    names = {str(symbol_of(p)) for p in d.parameters} - set(instance.values)
    more = {name: np.array([instance.beyond(name, (k,)) for k in (1, 2)], dtype=object) for name in names}
    return replace(instance, values={**instance.values, **more})


def numbers_in(instance: Instance) -> Iterator[Any]:
    for value in instance.values.values():
        yield from np.asarray(value, dtype=object).flat


def value(e: Basic, instance: Instance) -> Any:
    """The value of an expression, or None if it has none there; the term in Coq may have any then."""
    try:
        return evaluate(e, instance, Precise(M.dps))
    except (NoFiniteValue, DataError):  # a matrix that is inverted may be singular
        return None


def same_value(told: Any, e: Basic, wanted: Any) -> bool:
    """Whether a term is worth what an expression is; a matrix is a function of two indices, 0 outside."""
    if not isinstance(e, MatrixTerm):
        return near(told, M.mpf(wanted))
    rows, columns = wanted.shape
    entries = {(i, j): wanted[i - 1, j - 1] for i in range(1, rows + 1) for j in range(1, columns + 1)}
    around = [(i, j) for i in range(rows + 2) for j in range(columns + 2)]
    return all(near(told(M.mpf(i))(M.mpf(j)), number(entries.get((i, j), 0))) for i, j in around)


def disagreements(d: Derivation, section: Section, instances: int = 3) -> list[str]:
    """Where what the section says differs in value from what the derivation says."""
    kinds = {type(p) for e in expressions(d) for p in walk(e)}
    digits = DIGITS_OF_AN_INTEGRAL if Integral in kinds else DIGITS_OF_A_TAIL if erf in kinds else DIGITS
    with M.workdps(digits):
        return compared(d, section, instances)


def compared(d: Derivation, section: Section, instances: int) -> list[str]:
    """The same, in the digits that are set."""
    found = sentences(section.text)
    wrong = []
    values = 0
    for instance in drawn(d, instances):
        here = world(d, found, instance)
        lemmas = {s.name: s.says for s in found if s.kind in ("Lemma", "Theorem")}
        for h in found:
            if h.kind == "Hypothesis" and not here.holds(h.says, {}):
                wrong.append(f"hypothesis {h.name}")
        for part in (*cited(d), d):
            stem = theorem_name(part)
            claims = [(f"{stem}_step_{k}", s.relation, s.before, s.after) for k, s in enumerate(part, start=1)]
            for name, relation, before, after in (*claims, (stem, part.relation, part.lhs, part.rhs)):
                if name not in lemmas:
                    continue
                says = lemmas[name]
                wrong += [f"premise of {name}" for p in premises(says) if not here.holds(p, {})]
                how, left, right = sides(conclusion(says), here)
                if how != expected(relation, theorem=name == stem):
                    wrong.append(f"relation of {name}")
                pairs = ((told, e, value(e, instance)) for told, e in ((left, before), (right, after)))
                known = [(told, e, wanted) for told, e, wanted in pairs if wanted is not None]
                wrong += [f"{name}: {e}" for told, e, wanted in known if not same_value(told(), e, wanted)]
                values += len(known)
    assert values > 1
    return wrong


def expected(relation: Relation, *, theorem: bool) -> str:
    """How a relation is written in Coq."""
    turned = "true" if relation.reverses else "false"
    if relation.kind is Kind.SAME_OPTIMA:
        return f"maximiser {'minimiser' if relation.reverses else 'maximiser'}" if theorem else f"ordered {turned}"
    return {Kind.EQUAL: "=", Kind.UP_TO_CONSTANT: "up_to_constant", Kind.PROPORTIONAL: "proportional"}[relation.kind]


def sides(e: Node, here: World) -> tuple[str, Callable[[], Any], Callable[[], Any]]:
    """The relation that is stated and the values on its two sides."""
    if e[0] == "/\\":
        assert here.holds(e[2], {})  # what is claimed besides
        e = e[1]
    if e[0] == "=":
        return "=", lambda: here.value(e[1]), lambda: here.value(e[2])
    if e[0] == "<->":
        (first, (_, f, _)), (second, (_, g, _)) = applied(e[1]), applied(e[2])
        how = f"{first} {second}"
    else:
        head, (*turned, _, f, g) = applied(e)
        how = " ".join((head, *(t[1] for t in turned)))
    return how, lambda: here.value(f)(here.at), lambda: here.value(g)(here.at)


#: Derivations that are certified, but at whose terms this test has no numbers to put in, with the reason.
NOT_EVALUATED = {
    "linear-kernel-covariance": "an expectation has no value at numbers",
    "linear-kernel-norm": "the numbers that are drawn do not always give a matrix of full row rank",
    "gaussian-process-kernel-ridge": "a relation between functions of different vectors is not read here",
}


@pytest.mark.parametrize("name", [name for name in CATALOGUE if name not in NOT_EVALUATED])
def test_what_coq_reads_has_the_value_of_what_the_derivation_says(name: str) -> None:
    d = lp.derive(name)
    assert disagreements(d, Section.of(d)) == []


# ------------------------------------------------------------------ a wrong translation is seen


def wrong_letter(e: Basic, scope: Scope) -> str:
    """The bound letter is written as it is, whatever else goes by that name."""
    index, low, high = e.args[1]
    inside = scope.put(index, index.name)
    return f"(Sum {terms.term(low, scope)} {terms.term(high, scope)} (fun {index} => {terms.term(e.args[0], inside)}))"


def no_move(variable: Basic, scope: Scope) -> tuple[str, Scope]:
    return scope.bind(Symbol("t'"), "t")


_OVER, _PRODUCT_OVER, _INDEXED = (terms._WRITERS[kind] for kind in (Sum, ProductOver, Indexed))
#: What is done wrong, and a derivation in which it matters.
MISTRANSLATIONS: dict[str, tuple[str, Callable[[pytest.MonkeyPatch], Any]]] = {
    "bounds of a sum swapped": (
        "poisson",
        lambda patch: patch.setitem(terms._WRITERS, Sum, lambda e, s: _OVER(e, s).replace("Sum 1 n", "Sum n 1", 1)),
    ),
    "a sum one term longer": (
        "poisson",
        lambda patch: patch.setitem(terms._WRITERS, Sum, lambda e, s: _OVER(e, s).replace("(Sum 1 ", "(Sum 0 ", 1)),
    ),
    "a sum for a product": (
        "logistic",
        lambda patch: patch.setitem(terms._WRITERS, Product, lambda e, s: _OVER(e, s)),
    ),
    "a factor dropped": (
        "gaussian",
        lambda patch: patch.setitem(terms._WRITERS, Mul, lambda e, s: terms.term(e.args[0], s)),
    ),
    "a term dropped": (
        "logistic",
        lambda patch: patch.setitem(terms._WRITERS, Add, lambda e, s: terms.term(e.args[-1], s)),
    ),
    "no brackets around sums": (
        "logistic",
        lambda patch: patch.setitem(terms._WRITERS, Add, lambda e, s: " + ".join(terms.term(a, s) for a in e.args)),
    ),
    "base and exponent swapped": (
        "gaussian",
        lambda patch: patch.setitem(
            terms._WRITERS, Pow, lambda e, s: f"(power {terms.term(e.args[1], s)} {terms.term(e.args[0], s)})"
        ),
    ),
    "exp for log": ("logistic", lambda patch: patch.setitem(terms.FUNCTIONS, log, "exp")),
    "softplus for the sigmoid": ("logistic", lambda patch: patch.setitem(terms.FUNCTIONS, Sigmoid, "softplus")),
    "a bound letter captured": ("shared", lambda patch: patch.setitem(terms._WRITERS, Sum, wrong_letter)),
    "the variable of a derivative does not move": (
        "logistic-gradient",
        lambda patch: patch.setattr(terms, "slope", no_move),
    ),
    "the other array changed": (
        "logistic-gradient",
        lambda patch: patch.setattr(terms, "changed", lambda array, indices, value: f"(update x {indices[0]} {value})"),
    ),
    "the labels chosen that are not": (
        "logistic",
        lambda patch: patch.setitem(
            terms._WRITERS, ProductOver, lambda e, s: _PRODUCT_OVER(rebuild(e, [*e.args[:2], Ne(*e.args[2].args)]), s)
        ),
    ),
    "indices in reverse": (
        "softmax-one-hot",
        lambda patch: patch.setitem(
            terms._WRITERS, Indexed, lambda e, s: _INDEXED(e.func(e.args[0], *e.args[:0:-1]), s)
        ),
    ),
    "a declared set with its ends swapped": (
        "bernoulli",
        lambda patch: patch.setattr(context, "membership", lambda v, domain: f"{v} < 0" if domain == UNIT else ""),
    ),
    "a relation turned round": (
        "gaussian",
        lambda patch: patch.setattr(files, "RELATIONS", {**RELATIONS, Kind.PROPORTIONAL: "up_to_constant"}),
    ),
}


@pytest.mark.parametrize("what", MISTRANSLATIONS)
def test_a_wrong_translation_is_seen(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name, spoil = MISTRANSLATIONS[what]
    d = shared() if name == "shared" else lp.derive(name)
    right = Section.of(d).text
    spoil(monkeypatch)
    wrong = Section.of(d)
    assert wrong.text != right
    try:
        seen = disagreements(d, wrong, 8)
    except (TypeError, NotRead) as error:  # as Coq, which finds that a number is not a function
        seen = [str(error)]
    assert seen


# ------------------------------------------------------------------ lemmas


MATRICES = (MatrixTerm, Form, Gradient, SquaredNorm)
IDENTITIES = [rule for rule in SHIPPED.values() if type(rule) is Identity]
_BETA = "the product of two gamma functions is an integral over two variables, which Coquelicot does not have"
#: The rules without a lemma, and why; theorems that use one say so.
WITHOUT_LEMMA: dict[str, str] = {
    integrals.BETA_INTEGRAL.name: _BETA,
    integrals.STUDENT_INTEGRAL.name: _BETA,
    integrals.LOGISTIC_INTEGRAL.name: _BETA,
}
WITH_LEMMA = [rule for rule in IDENTITIES if rule.name not in WITHOUT_LEMMA]


@pytest.mark.parametrize("rule", IDENTITIES, ids=lambda rule: rule.name)
def test_every_rule_has_its_lemma_but_those_that_are_listed(rule: Identity) -> None:
    assert proved(rule) is (rule.name not in WITHOUT_LEMMA)


def test_a_rule_without_a_lemma_is_one_that_ships() -> None:
    assert set(WITHOUT_LEMMA) <= {rule.name for rule in IDENTITIES}


def test_every_lemma_under_the_rules_belongs_to_one() -> None:
    (part,) = re.findall(r"\(\* -+ the rules \*\)\n(.*?)\n\(\* -+ steps \*\)", prelude(), re.DOTALL)
    names = re.findall(r"^(?:Lemma|Theorem|Corollary|Fact|Remark|Proposition) (\w+)", part, re.MULTILINE)
    owned = {lemma_of(rule.name) for rule in WITH_LEMMA}
    assert len(names) == len(set(names))
    assert set(names) <= owned
    about_matrices = {lemma_of(r.name) for r in WITH_LEMMA if any(isinstance(e, MATRICES) for e in walk(r.left))}
    assert owned - set(names) == about_matrices  # whose lemmas stand under a heading of their own


def changed_rules() -> Iterator[tuple[str, Identity]]:
    """Every rule with a lemma, made a little wrong in each of several ways."""
    for rule in WITH_LEMMA:
        for k, condition in enumerate(rule.when):
            kept = replace(rule, when=(*rule.when[:k], *rule.when[k + 1 :]))
            if statement_or_none(kept) != statement(rule) or says_something(rule, condition):
                yield f"{rule.name} without condition {k}", kept
        if rule.kind is Kind.EQUAL:
            minus = neg if isinstance(rule.right, Expr) else opposite
            yield f"{rule.name} with a sign", replace(rule, right=minus(rule.right))
        else:
            yield f"{rule.name} turned round", replace(rule, reverses=not rule.reverses)


def statement_or_none(rule: Identity) -> str | None:
    try:
        return statement(rule)
    except UnsupportedExpression:
        return None


def says_something(rule: Identity, condition: Condition) -> bool:
    """Whether Coq, in which every expression has a real value, has to be told a condition."""
    return bool(Pattern(rule).condition(condition, Pattern(rule).scope))


CHANGED = dict(changed_rules())


@pytest.mark.parametrize("what", CHANGED)
def test_a_changed_rule_is_not_proved(what: str) -> None:
    assert not proved(CHANGED[what])


def test_nothing_is_taken_for_granted_in_the_lemmas() -> None:
    words = set(re.findall(r"\w+", re.sub(r"\(\*.*?\*\)", "", prelude(), flags=re.DOTALL)))
    assert not words & {
        *("Admitted", "admit", "give_up", "Axiom", "Axioms", "Parameter", "Parameters", "Conjecture", "Abort", "Unset"),
        *("bypass_check", "Guard", "Variable", "Variables", "Hypothesis", "Hypotheses", "Context", "Declare", "Load"),
        *("Primitive", "Redirect", "Drop", "Cd", "vm_cast_no_check", "exact_no_check", "native_cast_no_check"),
    }


# ------------------------------------------------------------------ hostile names and texts


def optima(letters: Mapping[str, str] = MappingProxyType({}), name: str = "optima", title: str = "") -> Derivation:
    """Optima over an array and a number, of a loss with a constant factor, a sum in a sum, and names."""
    s, a, head = alphabet(letters)
    (n, d, i, k, b, c), (w, x, y) = map(s, "ndikbc"), map(a, "wxy")
    f = Definition(head("f"), Tuple(w, x), total(mul(w[k], x[k]), k, ONE, d))
    loss = Definition(head("J"), Tuple(w, b), total(absolute(add(y[i], neg(f(w, x[i])), b, c)), i, ONE, n))
    rows, columns = Range(i, ONE, n), Range(k, ONE, d)
    hypotheses = (
        *(Declared(n, COUNT), Declared(d, COUNT), Declared(c, POSITIVE), Declared(b, NONNEGATIVE)),
        *(Declared(w[k], REAL, (columns,)), Declared(x[i, k], REAL, (rows, columns)), Declared(y[i], REAL, (rows,))),
    )
    chain = Chain(name, hypotheses, (w, b), exp(neg(mul(c, loss(w, b)))), title)
    chain.at_root(NEGATIVE_LOGARITHM).rewrite(LOG_OF_EXP).algebra(mul(c, loss(w, b))).at_root(DROP_POSITIVE_FACTOR)
    return chain.unfold(loss).unfold(f).done()


def gradient(letters: Mapping[str, str] = MappingProxyType({}), name: str = "gradient", title: str = "") -> Derivation:
    """The derivative of a sum, in a definition, in one element of an array."""
    s, a, head = alphabet(letters)
    (n, d, i, j, k), (w, x) = map(s, "ndijk"), map(a, "wx")
    f = Definition(head("f"), Tuple(w, x), total(mul(w[k], x[k]), k, ONE, d))
    chain = Chain(name, _linear(n, d, i, j, k, w, x), (w,), derivative(f(w, x[i]), w[j]), title)
    chain.unfold(f).rewrite(calculus.DERIVATIVE_OF_SUM).rewrite(calculus.DERIVATIVE_OF_LINEAR_TERM)
    return chain.rewrite(calculus.DERIVATIVE_OF_COORDINATE).done()


def shared(letters: Mapping[str, str] = MappingProxyType({}), name: str = "shared", title: str = "") -> Derivation:
    """``d/dw_j sum_j w_j x_ij``: the index of the sum has the name of the one outside, and is another."""
    s, a, _ = alphabet(letters)
    (n, d, i, j, k), (w, x) = map(s, "ndijk"), map(a, "wx")
    slope = derivative(total(mul(w[j], x[i, j]), j, ONE, d), w[j])
    return Chain(name, _linear(n, d, i, j, k, w, x), (w,), add(slope, slope), title).algebra(mul(TWO, slope)).done()


def _linear(
    n: Symbol, d: Symbol, i: Symbol, j: Symbol, k: Symbol, w: IndexedBase, x: IndexedBase
) -> tuple[Hypothesis, ...]:
    rows, columns = Range(i, ONE, n), Range(k, ONE, d)
    elements = (Declared(w[k], REAL, (columns,)), Declared(x[i, k], REAL, (rows, columns)))
    return (Declared(n, COUNT), Declared(d, COUNT), *elements, Ranged(rows), Ranged(Range(j, ONE, d)))


def alphabet(
    letters: Mapping[str, str],
) -> tuple[Callable[[str], Symbol], Callable[[str], IndexedBase], Callable[[str], Head]]:
    """Symbols, arrays and names of functions, by what they are called in this file."""
    integers = {k: Symbol(letters.get(k, k), integer=True) for k in "ijk"}
    return (
        lambda letter: integers.get(letter, Symbol(letters.get(letter, letter))),
        lambda letter: IndexedBase(Symbol(letters.get(letter, letter), real=True)),
        lambda letter: Head(letters.get(letter, letter)),
    )


LETTERS = {
    "as they are": {},
    "of functions": {"w": "Sum", "x": "power", "y": "ln", "n": "Product", "d": "Rabs", "j": "Rmax", "i": "exp"},
    "of the language": {"w": "forall", "x": "fun", "y": "Prop", "n": "Type", "d": "let", "j": "match", "i": "if"},
    "of what is around": {"w": "t", "x": "D", "y": "T", "n": "T1", "d": "D_is", "j": "hole", "i": "in", "c": "t_in"},
    "t in the data": {"c": "t", "k": "t_1", "i": "t_2"},
    "of hypotheses": {"w": "n_is", "x": "y_is", "y": "w_is", "n": "d_is", "d": "j_is", "j": "i_is", "i": "x_is"},
    "of lemmas": {"w": "gradient_step_1", "x": "optima_step_1", "y": "optima", "d": "Sum_ext", "j": "D_is"},
    "of derivatives": {"w": "Derive", "x": "update", "y": "Derive_n", "n": "ex_derive", "d": "Kronecker", "j": "t"},
    "that look numbered": {"w": "i_1", "x": "i_2", "y": "j_1", "n": "k", "d": "l", "k": "t", "c": "n", "b": "k_1"},
    "of the reals": {"w": "R", "x": "Req_EM_T", "y": "INR", "n": "IZR", "d": "R0", "j": "Rplus", "i": "Rmult"},
    "the same index": {"i": "k", "k": "i"},
    "an index as a name": {"i": "f", "k": "J", "f": "k", "J": "i"},
    "heads of functions": {"f": "Rabs", "J": "Rmax"},
    "heads of the language": {"f": "fun", "J": "forall"},
    "heads of theorems": {"f": "gradient", "J": "optima"},
    "heads of steps": {"f": "gradient_step_1", "J": "optima_step_2"},
    "heads of lemmas": {"f": "derivative_of_a_coordinate", "J": "logarithm_of_an_exponential"},
    "heads of tactics": {"f": "side", "J": "use"},
    "heads that are bound": {"f": "t", "J": "D"},
    "heads of arrays": {"f": "w", "J": "b"},
}


@pytest.mark.parametrize("letters", LETTERS.values(), ids=LETTERS)
@pytest.mark.parametrize("derive", [optima, gradient, shared])
def test_letters_may_be_called_anything(derive: Callable[..., Derivation], letters: dict[str, str]) -> None:
    try:
        d = derive(letters)
        assert d.theorem
    except LossproofError as error:
        pytest.skip(f"the kernel does not take them: {error}")
    assert disagreements(d, Section.of(d)) == []


TEXTS = (
    "*) Axiom a : False. (*",
    "(*",
    "*)",
    '"',
    '(*)"*)',
    "Axiom a : False.",
    "λ → ∀",
)
NO_LINES = ("a\nAxiom a : False.", "λ → ∀ \u202e", "\x00\x1b[2J", "\ud800")


@pytest.mark.parametrize("text", TEXTS)
def test_words_stay_in_comments(text: str) -> None:
    section = Section.of(optima(title=text))
    words, depth = outside_comments(section.text), section.text.count("(*") - section.text.count("*)")
    assert depth == 0
    assert words == outside_comments(Section.of(optima()).text)
    assert section.text.encode()


@pytest.mark.parametrize("text", NO_LINES)
def test_words_that_are_more_than_a_line_of_text_get_no_certificate(text: str) -> None:
    with pytest.raises(ReplayError, match="a line of text"):
        Section.of(optima(title=text))


def outside_comments(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"\(\*.*?\*\)", "", text))


@pytest.mark.parametrize("text", ["*) Axiom a : False. (*", "forall", "Axiom a : False.", "ä b", "n is", "λ"])
def test_assumptions_and_derivations_may_be_called_anything(text: str) -> None:
    n = Symbol("n")
    assumed = Assumed(text, n, ONE)
    d = Chain(text, (Declared(n, COUNT), assumed), (), add(n, n)).assume(text).done()
    section = Section.of(d)
    assert not section.gaps
    assert re.fullmatch(r"[A-Za-z_]\w*", section.name, re.ASCII)
    assert "Axiom" not in outside_comments(section.text).replace("Axiom_a", "")
    assert {s.kind for s in sentences(section.text)} <= {"Variable", "Hypothesis", "Lemma", "Theorem"}
    assert disagreements(d, section) == []


# ------------------------------------------------------------------ the command line


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "lossproof", "derive", *arguments, "--format", "coq"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_file_is_printed_whole() -> None:
    done = run("logistic")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(prelude())
    assert done.stdout.rstrip().endswith("Print Assumptions logistic.")
    assert done.stdout.rstrip() == certificate(lp.derive("logistic")).rstrip()
    assert not re.search(r"Require Import rules", done.stdout)


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(OWN_RULE)
    done = run(f"{tmp_path / 'own.py'}:CHAIN")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "step 1 (a rule of mine)" in done.stderr
    assert "Traceback" not in done.stderr


OWN_RULE = """
from sympy import Symbol
from lossproof import Chain
from lossproof.kernel.conditions import Declared, Member
from lossproof.kernel.domains import REAL
from lossproof.kernel.rules import Identity
from lossproof.kernel.schema import Meta
from lossproof.notation.inert import TWO, add, mul

a = Meta("a")
MINE = Identity("a rule of mine", add(a, a), mul(TWO, a), (Member(a, REAL),), reference="by hand")
q = Symbol("q")
CHAIN = Chain("own", (Declared(q, REAL),), (), add(q, q)).rewrite(MINE).done()
"""


# ------------------------------------------------------------------ Coq is absent


def test_without_coq_its_rows_say_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(coq, "_library", partial(coq._compiled, tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingExtra, match="libcoq-coquelicot"):
        coq.certify([lp.derive("logistic-stable")])
    report = verify(lp.derive("logistic-stable"), referees="coq")
    assert not report.ok
    assert {row.finding for row in report.rows if row.referee == "coq"} == {ABSENT}
    assert coq.HOW in report.absent["coq"]
    assert verify(lp.derive("logistic-stable"), referees=["replay"]).ok


@pytest.mark.parametrize(
    "arguments", [["verify", "logistic-stable", "--referee", "coq"], ["certify", "logistic-stable"]]
)
def test_the_command_fails_without_coq_and_says_what_to_install(arguments: list[str], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "lossproof", *arguments]
    environment = {**os.environ, "PATH": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode != 0
    assert "libcoq-coquelicot" in " ".join((done.stdout + done.stderr).split())
    assert "Traceback" not in done.stderr
