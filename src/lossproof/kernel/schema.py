"""Patterns: how an identity is written once and instantiated many times.

A pattern is an inert expression in which some symbols are metavariables:

* ``Meta("a")`` stands for any expression that does not use the indices bound around it;
* ``Meta("a")(i)`` stands for an expression that may depend on the bound index ``i``;
* ``Each(t, a)``, as an argument of a sum or product of terms written out, stands for one copy of
  ``t`` for every element of the sequence given for ``a``: expressions, or, where ``t`` has ``a(i)``,
  functions of ``i``.

Instantiation substitutes; it does not search.  Whoever applies a rule says what its metavariables
stand for, and the kernel checks that the pattern, so instantiated, is the expression at hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from sympy import Basic, Expr, IndexedBase, Symbol, Tuple

from lossproof.kernel.conditions import Between, Condition, Constant, Differentiable, ForAll, Has, Member, Range, Within
from lossproof.notation.inert import free, is_leaf, limits_of, rebuild, substitute


class Meta(Symbol):
    """A metavariable of a pattern."""

    __slots__ = ()

    def __call__(self, *arguments: Expr) -> Applied:
        return Applied(self, *arguments)


class Applied(Expr):
    """A metavariable that may depend on the given expressions."""

    is_commutative = True

    def __new__(cls, meta: Meta, *arguments: Expr) -> Applied:
        return Expr.__new__(cls, meta, *arguments)


class Each(Expr):
    """One copy of the template for every element of the sequence that a metavariable stands for."""

    is_commutative = True

    def __new__(cls, template: Expr, sequence: Meta) -> Each:
        return Expr.__new__(cls, template, sequence)


@dataclass(frozen=True)
class Abstraction:
    """An expression as a function of some of its symbols: ``i |-> f_w(x_i)``."""

    parameters: tuple[Symbol, ...]
    body: Expr

    def __call__(self, *arguments: Expr) -> Expr:
        return substitute(self.body, dict(zip(self.parameters, arguments, strict=True)))

    @property
    def free(self) -> frozenset[Symbol]:
        """The symbols of the body that are not its parameters."""
        return free(self.body) - frozenset(self.parameters)


Value: TypeAlias = Expr | Abstraction | tuple[Expr | Abstraction, ...]
Given: TypeAlias = tuple[tuple[str, Value], ...]


class Misfit(Exception):
    """An instantiation that is incomplete, of the wrong kind, or would capture an index."""


def metas(pattern: Basic) -> Iterator[Meta]:
    """The metavariables of a pattern."""
    stack = [pattern]
    while stack:
        here = stack.pop()
        if isinstance(here, IndexedBase):
            here = here.label
        if isinstance(here, Meta):
            yield here
        elif not is_leaf(here):
            stack.extend(here.args)


def instantiate(pattern: Basic, given: Mapping[str, Value]) -> Expr:
    """The pattern with its metavariables replaced.

    Raises:
        Misfit: if a metavariable has no value or one of the wrong kind, or if a value mentions an
            index that the pattern binds around it.
    """
    if isinstance(pattern, Meta):
        return _expression(pattern, given)
    if isinstance(pattern, Applied):
        function = given.get(pattern.args[0].name)
        if not isinstance(function, Abstraction) or len(function.parameters) != len(pattern.args) - 1:
            raise Misfit(f"{pattern.args[0].name} needs a function of {len(pattern.args) - 1} indices")
        return function(*(instantiate(a, given) for a in pattern.args[1:]))
    if isinstance(pattern, IndexedBase) and isinstance(pattern.label, Meta):
        array = _expression(pattern.label, given)
        if not isinstance(array, IndexedBase):
            raise Misfit(f"{pattern.label.name} needs an array")
        return array
    if is_leaf(pattern):
        return pattern
    limits = limits_of(pattern)
    if limits is not None:
        _keep_apart(limits[0], pattern, given)
    arguments: list[Basic] = []
    for a in pattern.args:
        arguments.extend(_copies(a, given) if isinstance(a, Each) else [instantiate(a, given)])
    return rebuild(pattern, arguments)


def _expression(meta: Meta, given: Mapping[str, Value]) -> Expr:
    value = given.get(meta.name)
    if not isinstance(value, Basic):
        raise Misfit(f"{meta.name} needs an expression")
    return value


def _copies(each: Each, given: Mapping[str, Value]) -> list[Expr]:
    template, sequence = each.args
    values = given.get(sequence.name)
    if not isinstance(values, tuple):
        raise Misfit(f"{sequence.name} needs a sequence")
    return [instantiate(template, {**given, sequence.name: value}) for value in values]


def _keep_apart(index: Basic, pattern: Basic, given: Mapping[str, Value]) -> None:
    """A bound index must be a symbol, and no value put inside its scope may mention it."""
    actual = given.get(index.name) if isinstance(index, Meta) else index
    if not isinstance(actual, Symbol) or isinstance(actual, Meta):
        raise Misfit(f"the index {index} needs a symbol")
    for meta in metas(pattern):
        if meta == index:
            continue
        value = given.get(meta.name)
        parts = value if isinstance(value, tuple) else (value,)
        for part in parts:
            mentioned = part.free if isinstance(part, Abstraction) else free(part) if part is not None else frozenset()
            if actual in mentioned:
                raise Misfit(f"{meta.name} mentions the bound index {actual}")


def instantiate_condition(condition: Condition, given: Mapping[str, Value]) -> list[Condition]:
    """The conditions that a pattern of a condition stands for: one, or one for each element."""
    match condition:
        case Member(Each() as each, domain):
            return [Member(e, domain) for e in _copies(each, given)]
        case Member(e, domain):
            return [Member(instantiate(e, given), domain)]
        case Differentiable(Each() as each, variable):
            return [Differentiable(e, instantiate(variable, given)) for e in _copies(each, given)]
        case Differentiable(e, variable):
            return [Differentiable(instantiate(e, given), instantiate(variable, given))]
        case Constant(e, variables):
            return [Constant(instantiate(e, given), tuple(instantiate(v, given) for v in variables))]
        case Has(e, wanted):
            return [Has(instantiate(e, given), wanted)]
        case Within(position, low, high):
            return [Within(instantiate(position, given), instantiate(low, given), instantiate(high, given))]
        case ForAll(over, inner):
            limits = Tuple(over.index, over.low, over.high)
            index, low, high = (instantiate(a, given) for a in limits)
            kind = Between if isinstance(over, Between) else Range
            return [ForAll(kind(index, low, high), c) for c in instantiate_condition(inner, given)]
