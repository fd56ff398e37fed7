"""Finding what a rule's metavariables stand for.

Untrusted: a wrong answer makes the kernel refuse, it cannot make it believe.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations, product

from sympy import Add, Basic, Expr, IndexedBase, Mul, Symbol

from lossproof.kernel.facts import match
from lossproof.kernel.schema import Abstraction, Applied, Each, Meta, Misfit, Value, instantiate, metas
from lossproof.kernel.steps import Path
from lossproof.notation.inert import MINUS_ONE, ONE, build, free, is_leaf, limits_of, neg
from lossproof.notation.matrices import (
    Column,
    Gradient,
    IdentityMatrix,
    Matrix,
    MatrixTerm,
    NamedMatrix,
    OpaqueColumn,
)
from lossproof.notation.nodes import Definition, Named

#: Letters for matrices have no parts that can be rewritten.
_ATOMS = (Matrix, Column, OpaqueColumn, NamedMatrix, IdentityMatrix)


def places(e: Expr) -> Iterator[tuple[Path, Expr]]:
    """Every part of an expression with its path, outermost first, from left to right."""
    stack: list[tuple[Path, Expr]] = [((), e)]
    while stack:
        path, here = stack.pop()
        yield path, here
        if not is_leaf(here) and not isinstance(here, _ATOMS):
            first = 1 if isinstance(here, Named) else 0
            binds = limits_of(here) is not None or isinstance(here, Gradient)
            inside = here.args[:1] if binds else here.args[first:]
            for k in reversed(range(len(inside))):
                if isinstance(inside[k], (Expr, MatrixTerm)):
                    stack.append(((*path, k + first), inside[k]))


def part_at(e: Expr, path: Path) -> Expr:
    """The part of an expression at a path."""
    for position in path:
        e = e.args[position]
    return e


def find(pattern: Expr, e: Expr, given: dict[str, Value]) -> dict[str, Value] | None:
    """Values for the metavariables that make the pattern the expression, extending those given."""
    values = dict(given)
    return values if _match(pattern, e, values) else None


def _match(pattern: Basic, e: Basic, values: dict[str, Value]) -> bool:
    if isinstance(pattern, Meta):
        return values.setdefault(pattern.name, e) == e
    if isinstance(pattern, Applied):
        return _match_applied(pattern, e, values)
    if isinstance(pattern, IndexedBase):
        meta = isinstance(pattern.label, Meta)
        return values.setdefault(pattern.label.name, e) == e if meta else pattern == e
    if is_leaf(pattern):
        return bool(pattern == e)
    if pattern.func is not e.func:
        return False
    if isinstance(pattern, (Add, Mul)) and len(pattern.args) == 1 and isinstance(pattern.args[0], Each):
        return _match_each(pattern.args[0], e, values)
    if len(pattern.args) != len(e.args):
        return False
    limits, actual = limits_of(pattern), limits_of(e)
    if limits is not None and (actual is None or not _match(limits, actual, values)):
        return False
    same = all(_match(p, q, values) for p, q in zip(pattern.args, e.args, strict=True) if p is not limits)
    return same and (limits is None or actual is None or not _captures(pattern, limits[0], actual[0], values))


def _captures(pattern: Basic, index: Basic, actual: Basic, values: dict[str, Value]) -> bool:
    """Whether a metavariable that may not depend on the bound index was given something that does."""
    given = [values.get(meta.name) for meta in metas(pattern) if meta != index]
    parts = [part for value in given for part in (value if isinstance(value, tuple) else (value,))]
    return any(isinstance(part, Basic) and actual in free(part) for part in parts)


def _match_applied(pattern: Applied, e: Basic, values: dict[str, Value]) -> bool:
    name, arguments = pattern.args[0].name, pattern.args[1:]
    if name in values:
        try:
            return bool(instantiate(pattern, values) == e)
        except Misfit:
            return False
    actual = [values.get(a.name) if isinstance(a, Meta) else None for a in arguments]
    if not all(isinstance(a, Symbol) for a in actual) or len(set(actual)) != len(actual):
        return False
    values[name] = Abstraction(tuple(actual), e)
    return True


def _match_each(each: Each, e: Basic, values: dict[str, Value]) -> bool:
    template, sequence = each.args
    found: list[Value] = []
    for part in e.args:
        if not _match(template, part, values):
            return False
        found.append(values.pop(sequence.name))
    values[sequence.name] = tuple(found)
    return True


def recognise(definition: Definition, e: Expr) -> Named | None:
    """The expression under the name of a definition whose body it is an instance of."""
    parameters = tuple(definition.parameters)
    values = match(definition.body, e, set(parameters))
    return None if values is None else definition(*(values[p] for p in parameters))


def arranged(definition: Definition, e: Expr) -> Expr | None:
    """The expression with terms and factors in the order in which a definition has them, if it is an instance then.

    A minus sign in front stays there.
    """
    if type(e) is not type(definition.body) or (isinstance(e, Mul) and e.args[0] == MINUS_ONE):
        return None
    found = (e, *_arrangements(definition.body, e, frozenset(definition.parameters)))
    return next((one for one in found if recognise(definition, one) is not None), None)


def _arrangements(pattern: Expr, e: Expr, parameters: frozenset[Basic]) -> Iterator[Expr]:
    """What an expression is, but for the order of terms and factors, that may have the form of a pattern."""
    if pattern in parameters:
        yield e
    elif pattern == neg(ONE) and e in (MINUS_ONE, pattern):
        yield pattern
    elif isinstance(pattern, (Add, Mul)) and type(pattern) is type(e):
        for chosen, rest in _chosen(_operands(type(e), e), len(pattern.args) - 1):
            last = rest[0] if len(rest) == 1 else build(type(e), rest)
            yield from _with_parts(pattern, (*chosen, last), parameters)
            yield from _with_parts(pattern, (last, *chosen), parameters)
    elif is_leaf(pattern) or type(pattern) is not type(e) or len(pattern.args) != len(e.args):
        if pattern == e:
            yield e
    else:
        yield from _with_parts(pattern, e.args, parameters)


def _with_parts(pattern: Expr, parts: tuple[Expr, ...], parameters: frozenset[Basic]) -> Iterator[Expr]:
    """An expression of the kind of a pattern, whose parts are arranged as those of the pattern."""
    each = (tuple(_arrangements(p, q, parameters)) for p, q in zip(pattern.args, parts, strict=True))
    yield from (build(type(pattern), chosen) for chosen in product(*each))


def _operands(kind: type[Expr], e: Expr) -> tuple[Expr, ...]:
    """Terms or factors, nested ones laid flat."""
    return tuple(part for a in e.args for part in _operands(kind, a)) if type(e) is kind else (e,)


def _chosen(parts: tuple[Expr, ...], count: int) -> Iterator[tuple[tuple[Expr, ...], tuple[Expr, ...]]]:
    """So many of the parts in any order, and the others, of which there is at least one."""
    for picked in permutations(range(len(parts)), count) if len(parts) > count else ():
        yield tuple(parts[k] for k in picked), tuple(p for k, p in enumerate(parts) if k not in picked)
