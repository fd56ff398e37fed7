"""What is written for Coq says what the derivation says: both are evaluated at the same numbers, without Coq."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any

import coq_matrices
import numpy as np
import pytest
from coq_terms import M, Node, Row, Statement, World, conclusion, curried, near, premises, sentences
from sympy import Basic, Indexed

import lossproof as lp
from lossproof.certificates.files import Section, cited
from lossproof.certificates.statements import lemma_of
from lossproof.errors import NoFiniteValue
from lossproof.kernel.conditions import Declared, bounds_of
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import COUNT
from lossproof.kernel.relations import Kind, Relation
from lossproof.notation.inert import free, symbol_of, walk
from lossproof.notation.matrices import MatrixTerm, OpaqueColumn
from lossproof.numeric.evaluate import Instance, Precise, evaluate
from lossproof.referees.instances import Manner, Setting, draw
from lossproof.strategies.catalogue import CATALOGUE

NUMBERS = Precise(150)
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
    ranks = {str(p.base.label): len(p.indices) for e in expressions(d) for p in walk(e) if isinstance(p, Indexed)}
    declared = {s.name: s.says[1] for s in found if s.kind == "Variable" and s.says[1] != "Type"}
    bound = {name for s in found if s.kind != "Variable" for name, kind in binders(s.says) if kind}
    values: dict[str, Any] = {}
    for name in (*declared, *bound):
        symbol = meant(name, {*known, *ranks})
        if symbol in known:
            value = known[symbol]
            values[name] = array(symbol, value, instance.beyond) if np.ndim(value) else number(value)
        elif symbol and instance.beyond:
            values[name] = array(symbol, np.zeros((0,) * ranks[symbol]), instance.beyond)
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
                partial(call, instance.functions[meant(name, set(instance.functions))]), arguments_of(kind)
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


def meant(name: str, known: set[str]) -> str:
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


def drawn(d: Derivation) -> Iterator[Instance]:
    """A few instances of the hypotheses, the smallest among them."""
    parts = (*cited(d), d)
    hypotheses = tuple(dict.fromkeys(h for part in parts for h in part.theorem.hypotheses))
    declared = {h.term for h in hypotheses if isinstance(h, Declared)}
    sizes = {s for h in hypotheses for bound in bounds_of(h) for s in free(bound)} - declared
    setting = Setting((*(Declared(s, COUNT) for s in sizes), *hypotheses), d.parameters, tuple(expressions(d)))
    every = (draw(setting, random.Random(f"{d.name}/{seed}"), m) for seed, m in enumerate(MANNERS))
    without = (f if isinstance(f, str) else supplied(d, f) for f in every)
    moderate = (f for f in without if isinstance(f, Instance) and all(abs(v) < 9 for v in numbers_in(f)))
    yield from islice(moderate, 3)


def supplied(d: Derivation, instance: Instance) -> Instance:
    """With some numbers for parameters that only an opaque function sees."""
    assert instance.beyond is not None
    names = {str(symbol_of(p)) for p in d.parameters} - set(instance.values)
    more = {name: np.array([instance.beyond(name, (k,)) for k in (1, 2)], dtype=object) for name in names}
    return replace(instance, values={**instance.values, **more})


def numbers_in(instance: Instance) -> Iterator[Any]:
    for value in instance.values.values():
        yield from np.asarray(value, dtype=object).flat


def agree(told: Any, e: Basic, instance: Instance) -> bool:
    """Whether a term and an expression have one value; where the expression has none, the term may have any."""
    try:
        wanted = evaluate(e, instance, NUMBERS)
    except NoFiniteValue:
        return True
    if not isinstance(e, MatrixTerm):
        return near(told(), M.mpf(wanted))
    rows, columns = wanted.shape
    entries = {(i, j): wanted[i - 1, j - 1] for i in range(1, rows + 1) for j in range(1, columns + 1)}
    around = [(i, j) for i in range(rows + 2) for j in range(columns + 2)]
    return all(near(told()(M.mpf(i))(M.mpf(j)), number(entries.get((i, j), 0))) for i, j in around)


def disagreements(d: Derivation, section: Section) -> list[str]:
    """Where what the section says differs in value from what the derivation says."""
    found = sentences(section.text)
    wrong = []
    compared = 0
    for instance in drawn(d):
        here = world(d, found, instance)
        lemmas = {s.name: s.says for s in found if s.kind in ("Lemma", "Theorem")}
        for h in found:
            if h.kind == "Hypothesis" and not here.holds(h.says, {}):
                wrong.append(f"hypothesis {h.name}")
        for part in (*cited(d), d):
            stem = lemma_of(part.name)
            claims = [(f"{stem}_step_{k}", s.relation, s.before, s.after) for k, s in enumerate(part, start=1)]
            for name, relation, before, after in (*claims, (stem, part.relation, part.lhs, part.rhs)):
                if name not in lemmas:
                    continue
                compared += 1
                says = lemmas[name]
                wrong += [f"premise of {name}" for p in premises(says) if not here.holds(p, {"t": here.at})]
                how, left, right = sides(conclusion(says), here)
                if how != expected(relation, theorem=name == stem):
                    wrong.append(f"relation of {name}")
                wrong += [
                    f"{name}: {e}" for told, e in ((left, before), (right, after)) if not agree(told, e, instance)
                ]
    assert compared
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


@pytest.mark.parametrize("name", CATALOGUE)
def test_what_coq_reads_has_the_value_of_what_the_derivation_says(name: str) -> None:
    d = lp.derive(name)
    assert disagreements(d, Section.of(d)) == []
