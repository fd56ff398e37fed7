"""Random applications of every rule, at random places, under random hypotheses; both sides compared in numbers.

    python tests/attack/fuzz_rules.py --applications 100000 --seed 7

prints how often each rule was granted and compared, and every disagreement with its witness; exit
status 1 if there is one.  What the kernel refuses is no application: rules are asked for more than
is true, and refusing is its work.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sympy import Add, Basic, Derivative, Expr, IndexedBase, Integer, Mul, Pow, Symbol, Tuple
from sympy import exp as exponential
from sympy import log as logarithm

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from attack.worlds import (
    CURVE,
    DESIGN,
    FREE_COLUMN,
    FREE_ROW,
    INDICES,
    NUMBERS,
    REGULAR,
    SQUARE,
    TABLE,
    VALUES,
    W_,
    WEIGHTS,
    Y_,
    D,
    Maker,
    N,
    World,
)
from lossproof.errors import LossproofError
from lossproof.kernel.conditions import Condition, Constant, Differentiable, ForAll, Member, Within
from lossproof.kernel.domains import BINARY, COUNT, POSITIVE, REAL, Domain
from lossproof.kernel.facts import Facts
from lossproof.kernel.rules import FOLD, UNFOLD, Identity, Rule
from lossproof.kernel.schema import Abstraction, Applied, Each, Misfit, Value, instantiate, metas
from lossproof.kernel.steps import Path, Place, Step, apply
from lossproof.losses import HALF
from lossproof.notation.inert import (
    MINUS_ONE,
    ONE,
    TWO,
    ZERO,
    add,
    build,
    derivative,
    equation,
    exp,
    inverse,
    limits_of,
    log,
    mul,
    neg,
    power,
    product,
    rebuild,
    sub,
    total,
    walk,
)
from lossproof.notation.matrices import (
    Component,
    Form,
    IdentityMatrix,
    Inverse,
    MatrixProduct,
    MatrixSum,
    MatrixTerm,
    ScalarMultiple,
    SquaredNorm,
    Transpose,
    by_entries,
)
from lossproof.notation.nodes import Curve, Definition, Head, ProductOver, Sigmoid
from lossproof.notation.plain import written
from lossproof.referees import HELD, REFUTED
from lossproof.referees.balls import Sample, Verdict
from lossproof.referees.instances import Setting
from lossproof.rulebook import SHIPPED, calculus, integrals, matrices, optima, probability, sums
from lossproof.rulebook.algebra import ALGEBRA, LAWS
from lossproof.rulebook.matrices import ENTRY_BY_ENTRY, MATRIX_ALGEBRA

# ------------------------------------------------------------------ the referee


def sample_of(world: World, seed: int, points: int = 5) -> Sample:
    """Points that satisfy what a world declares: the smallest sizes, ends, tiny and huge numbers first."""
    return Sample(Setting(world.hypotheses, world.parameters, NUMBERS), seed=seed, points=points)


def judged(step: Step, sample: Sample) -> Verdict:
    """What the referee says of a step: the only line that knows which referee it is."""
    return sample.step(step)


# ------------------------------------------------------------------ what metavariables stand for


@dataclass
class Wanted:
    """What a rule asks of its metavariables."""

    domains: dict[str, Domain] = field(default_factory=dict)
    smooth: set[str] = field(default_factory=set)
    constant: set[str] = field(default_factory=set)
    indices: set[str] = field(default_factory=set)
    ranged: set[str] = field(default_factory=set)
    arities: dict[str, int] = field(default_factory=dict)
    sequences: set[str] = field(default_factory=set)


def wanted_by(rule: Identity) -> Wanted:
    """What can be read off the patterns and conditions of a rule."""
    found = Wanted()
    for part in walk(rule.left, rule.right):
        if isinstance(part, Applied):
            found.arities[part.args[0].name] = len(part.args) - 1
        if isinstance(part, Each):
            found.sequences.add(part.args[1].name)
        limits = limits_of(part)
        if limits is not None:
            found.indices.add(limits[0].name)
    for condition in rule.when:
        _read(condition, found)
    found.constant |= {m.name for c in rule.constant for m in metas(c)}
    return found


def _read(condition: Condition, found: Wanted) -> None:
    match condition:
        case ForAll(_, inner):
            _read(inner, found)
        case Member(e, domain):
            found.domains[_name(e)] = domain
        case Differentiable(e, _):
            found.smooth.add(_name(e))
        case Constant(e, _):
            found.constant.add(_name(e))
        case Within(position, _, _):
            found.ranged.add(_name(position))
        case _:
            pass


def _name(e: Basic) -> str:
    return next((m.name for m in metas(e)), "")


class Instantiation:
    """Random values for the metavariables of a rule."""

    def __init__(self, rule: Identity, maker: Maker) -> None:
        self.rule, self.maker, self.chance = rule, maker, maker.chance
        self.wanted = wanted_by(rule)
        self.variable = maker.variable()

    def values(self) -> dict[str, Value]:
        """A value for each metavariable."""
        sides = (self.rule.left, self.rule.right)
        self.given: dict[str, Value] = {}
        self.index = self.maker.index()
        self.low, self.high = self._bounds()
        for name in sorted({m.name for side in sides for m in metas(side)} | set(self.wanted.arities)):
            self.given[name] = OWN.get((self.rule.name, name), self._value)(self, name) if name not in self.given else 0
        return self.given

    def _bounds(self) -> tuple[Expr, Expr]:
        if self.wanted.ranged:
            high = self.chance.choice((N, D))
            return ONE, high
        return self.chance.choice(
            ((ONE, N), (ONE, D), (ONE, N), (ZERO, TWO), (TWO, TWO), (ONE, ZERO), (MINUS_ONE, ONE))
        )

    def _value(self, _: Instantiation, name: str) -> Value:
        if name in self.wanted.indices and name not in self.wanted.ranged:
            return self._second() if name == "k" and "i" in self.wanted.indices else self.index
        if name in self.wanted.ranged:
            return self._ranged()
        if name in ("m", "n") and name not in self.wanted.domains:
            return self.low if name == "m" else self.high
        if name == "v":
            return self.variable
        if name in self.wanted.sequences:
            return tuple(self._one(name) for _ in range(self.chance.choice((2, 2, 3))))
        return self._one(name)

    def _second(self) -> Symbol:
        taken = {index for index, _ in self.maker.scope} | {self.index}
        return next(index for index in INDICES if index not in taken)

    def _ranged(self) -> Expr:
        found = self.maker.position(self.high)
        if found is None or (type(found) is not Symbol and self.chance.random() < 0.5):
            return FREE_ROW if self.high == N else FREE_COLUMN
        return found

    def _one(self, name: str) -> Expr | Abstraction:
        maker, depth = self.maker, self.chance.choice((0, 1, 1, 2))
        if name in self.wanted.constant and self.chance.random() > maker.sloppy:
            maker = maker.without(self.variable, *self.maker.world.parameters * (not self._differentiates()))
        elif name in self.wanted.smooth or self._differentiates():
            maker = maker.differentiable(self.variable)
        domain = self.wanted.domains.get(name, REAL)
        if name in self.wanted.arities:
            return self._function(name, maker, domain, depth)
        return maker.number(domain, depth)

    def _differentiates(self) -> bool:
        return any(isinstance(p, Derivative) for p in walk(self.rule.left))

    def _function(self, name: str, maker: Maker, domain: Domain, depth: int) -> Abstraction:
        parameter = next(i for i in INDICES if i not in {j for j, _ in maker.scope} and i != self.index)
        body = maker.inside(parameter, self.high).number(domain, depth)
        if self.wanted.arities[name] == 1:
            return Abstraction((parameter,), body)
        label = Symbol("label")
        return Abstraction((parameter, label), self.chance.choice((add, mul, power))(body, label))


def _terms(self: Instantiation, name: str) -> Value:
    """A sequence of functions of the index."""
    self.wanted.arities[name] = 1
    one = [self._function(name, self.maker, REAL, 1) for _ in range(self.chance.choice((2, 3)))]
    return tuple(one)


def _weights(self: Instantiation, name: str) -> Value:
    return WEIGHTS


def _of_weights(self: Instantiation, name: str) -> Value:
    """A number that depends on the weights smoothly, or a sequence of them."""
    form = Form(MatrixProduct(Transpose(WEIGHTS), self.maker.column(1)))
    found = [SquaredNorm(WEIGHTS), form, exp(form), self.maker.number(REAL, 1), mul(form, SquaredNorm(WEIGHTS))]
    return tuple(self.chance.sample(found, 2)) if name in self.wanted.sequences else self.chance.choice(found)


def _fixed_column(self: Instantiation, name: str) -> Value:
    return self.chance.choice((MatrixProduct(Transpose(DESIGN), VALUES), self.maker.column(1)))


def _square(self: Instantiation, name: str) -> Value:
    return self.maker.square(2)


def _position(high: Expr) -> Callable[[Instantiation, str], Value]:
    def choose(self: Instantiation, name: str) -> Value:
        return self.maker.position(high) or (FREE_ROW if high == N else FREE_COLUMN)

    return choose


def _array(array: IndexedBase) -> Callable[[Instantiation, str], Value]:
    return lambda self, name: array


def _count(self: Instantiation, name: str) -> Value:
    return self.chance.choice((N, D, self.maker.number(COUNT, 1)))


def _vector(self: Instantiation, name: str) -> Value:
    return self.maker.column(2)


#: Metavariables whose kind cannot be read off the conditions.
OWN: dict[tuple[str, str], Callable[[Instantiation, str], Value]] = {
    (matrices.SQUARED_NORM.name, "a"): _vector,
    (matrices.GRADIENT_OF_TERMS.name, "u"): _of_weights,
    (matrices.GRADIENT_WITHOUT_CONSTANT.name, "u"): _of_weights,
    (matrices.GRADIENT_OF_MULTIPLE.name, "u"): _of_weights,
    (matrices.GRADIENT_OF_LINEAR_FORM.name, "b"): _fixed_column,
    (matrices.GRADIENT_OF_QUADRATIC_FORM.name, "A"): _square,
    (matrices.TIMES_INVERSE.name, "A"): lambda self, name: self.chance.choice((REGULAR, REGULAR, SQUARE)),
    (matrices.TIMES_INVERSE.name, "b"): _fixed_column,
    (sums.SUM_OF_TERMS.name, "a"): _terms,
    (sums.MERGE_SUMS.name, "a"): _terms,
    (sums.SUM_OF_CONSTANT.name, "n"): _count,
    (calculus.DERIVATIVE_OF_COORDINATE.name, "w"): _array(W_),
    (calculus.DERIVATIVE_OF_COORDINATE.name, "i"): _position(D),
    (calculus.DERIVATIVE_OF_COORDINATE.name, "k"): _position(D),
    (calculus.DERIVATIVE_OF_ENTRY.name, "w"): _array(TABLE),
    (calculus.DERIVATIVE_OF_ENTRY.name, "i"): _position(N),
    (calculus.DERIVATIVE_OF_ENTRY.name, "k"): _position(N),
    (calculus.DERIVATIVE_OF_ENTRY.name, "j"): _position(D),
    (calculus.DERIVATIVE_OF_ENTRY.name, "m"): _position(D),
    **{
        (rule.name, "w"): _weights
        for rule in vars(matrices).values()
        if isinstance(rule, Identity) and rule.name.startswith(("gradient", "a constant has"))
    },
}
for _rule in (probability.SPLIT_BY_LABEL, probability.LABEL_ONE_AS_EXPONENT, probability.LABEL_ZERO_AS_EXPONENT):
    OWN[_rule.name, "y"] = lambda self, name: _labels(self)


def _labels(self: Instantiation) -> Value:
    """A function of the index that is 0 or 1, mostly."""
    index = self.index
    if self.high == N and self.low == ONE and self.chance.random() < 0.8:
        return Abstraction((index,), Y_[index])
    return Abstraction((index,), self.maker.inside(index, self.high).number(BINARY, 1))


# ------------------------------------------------------------------ rewriting, rightly or wrongly


def scrambled(e: Basic, chance: random.Random, times: int = 3) -> Basic:
    """An expression that often equals the given one, if everything in it is defined and positive."""
    for _ in range(times):
        spots = list(_places(e))
        path, part = chance.choice(spots)
        found = [new for law in _LAWS for new in law(part, chance)]
        if found:
            e = put(e, path, chance.choice(found))
    return e


def _places(e: Basic, path: Path = ()) -> Iterator[tuple[Path, Basic]]:
    yield path, e
    if isinstance(e, (Add, Mul, Pow, logarithm, exponential, Sigmoid, MatrixTerm, Form)):
        for k, a in enumerate(e.args):
            if isinstance(a, (Expr, MatrixTerm)) and not isinstance(a, IndexedBase):
                yield from _places(a, (*path, k))


def put(e: Basic, path: Path, part: Basic) -> Basic:
    """The expression with the part at a path replaced."""
    if not path:
        return part
    arguments = list(e.args)
    arguments[path[0]] = put(arguments[path[0]], path[1:], part)
    return rebuild(e, arguments)


def _arithmetic(e: Basic, chance: random.Random) -> Iterator[Basic]:
    if isinstance(e, (Add, Mul)):
        mixed = chance.sample(e.args, len(e.args))
        yield build(type(e), mixed)
        if len(e.args) > 2:
            yield build(type(e), (e.args[0], build(type(e), e.args[1:])))
        inner = [a for a in e.args if type(a) is type(e)]
        if inner:
            yield build(type(e), [b for a in e.args for b in (a.args if a is inner[0] else (a,))])
    if isinstance(e, Mul):
        sums_inside = [a for a in e.args if isinstance(a, Add)]
        if sums_inside:
            rest = [a for a in e.args if a is not sums_inside[0]]
            yield add(*(mul(*rest, t) for t in sums_inside[0].args))
        if any(a == ZERO for a in e.args):
            yield ZERO
    if isinstance(e, Add) and all(isinstance(a, Mul) for a in e.args):
        shared = [f for f in e.args[0].args if all(f in a.args for a in e.args)]
        if shared:
            yield mul(shared[0], add(*(_without(a, shared[0]) for a in e.args)))
    if isinstance(e, Expr) and not isinstance(e, IndexedBase):
        yield neg(neg(e))
        yield mul(e, ONE)
        yield add(e, ZERO)
        yield inverse(inverse(e))
        yield mul(HALF, add(e, e))
    if isinstance(e, Pow) and e.exp == TWO:
        yield mul(e.base, e.base)
    if isinstance(e, Pow) and e.exp == MINUS_ONE and isinstance(e.base, Mul):
        yield mul(*map(inverse, e.base.args))


def _without(e: Expr, factor: Expr) -> Expr:
    rest = list(e.args)
    rest.remove(factor)
    return mul(*rest) if len(rest) > 1 else rest[0]


def _laws(e: Basic, chance: random.Random) -> Iterator[Basic]:
    """The laws of powers and logarithms, without a look at what they need."""
    if type(e) is logarithm:
        inside = e.args[0]
        if isinstance(inside, Mul):
            yield add(*map(log, inside.args))
        if isinstance(inside, Pow):
            yield mul(inside.exp, log(inside.base))
        if type(inside) is exponential:
            yield inside.args[0]
        yield mul(HALF, log(power(inside, TWO)))
    if type(e) is exponential:
        inside = e.args[0]
        if isinstance(inside, Add):
            yield mul(*map(exp, inside.args))
        if type(inside) is logarithm:
            yield inside.args[0]
        if isinstance(inside, Mul):
            yield power(exp(mul(*inside.args[1:]) if len(inside.args) > 2 else inside.args[1]), inside.args[0])
        yield inverse(exp(neg(inside)))
    if isinstance(e, Pow):
        if isinstance(e.base, Mul):
            yield mul(*(power(a, e.exp) for a in e.base.args))
        if isinstance(e.base, Pow):
            yield power(e.base.base, mul(e.base.exp, e.exp))
        if isinstance(e.exp, Add):
            yield mul(*(power(e.base, t) for t in e.exp.args))
        yield exp(mul(e.exp, log(e.base)))
    if isinstance(e, Mul) and all(type(a) is exponential for a in e.args):
        yield exp(add(*(a.args[0] for a in e.args)))
    if isinstance(e, Add) and all(type(a) is logarithm for a in e.args):
        yield log(mul(*(a.args[0] for a in e.args)))
    if isinstance(e, Expr) and not isinstance(e, IndexedBase):
        yield power(power(e, TWO), HALF)
        yield exp(log(e))


def _matrix_laws(e: Basic, chance: random.Random) -> Iterator[Basic]:
    """Matrix algebra, without a look at what it needs."""
    if isinstance(e, MatrixTerm):
        yield Transpose(Transpose(e))
        yield MatrixSum(ScalarMultiple(HALF, e), ScalarMultiple(HALF, e))
        yield MatrixProduct(IdentityMatrix(e.size[0]), e)
    if isinstance(e, MatrixSum):
        yield MatrixSum(*chance.sample(e.args, len(e.args)))
    if isinstance(e, Transpose) and isinstance(e.args[0], MatrixProduct):
        yield MatrixProduct(*map(Transpose, reversed(e.args[0].args)))
    if isinstance(e, Transpose) and e.args[0] in (SQUARE, REGULAR):
        yield e.args[0]
    if isinstance(e, MatrixProduct):
        for k, a in enumerate(e.args):
            if isinstance(a, MatrixSum):
                yield MatrixSum(*(MatrixProduct(*e.args[:k], t, *e.args[k + 1 :]) for t in a.args))
        if e.args[0].size == e.args[-1].size and chance.random() < 0.2:
            yield MatrixProduct(*reversed(e.args))  # wrong, but for luck
        if isinstance(e.args[0], MatrixProduct):
            yield MatrixProduct(*e.args[0].args, *e.args[1:])
    if isinstance(e, MatrixTerm) and e.size == (D, D):
        yield MatrixProduct(e, REGULAR, Inverse(REGULAR))
        yield MatrixProduct(Inverse(SQUARE), SQUARE, e)
    if isinstance(e, Form) and e.args[0].size == (ONE, ONE):
        yield Form(Transpose(e.args[0]))
    if isinstance(e, SquaredNorm):
        yield Form(MatrixProduct(Transpose(e.args[0]), e.args[0]))


_LAWS = (_arithmetic, _laws, _matrix_laws)


# ------------------------------------------------------------------ one application


@dataclass
class Attempt:
    """A rule, the expression that it is applied to, and what it is given."""

    rule: Rule
    before: Basic
    given: dict[str, Value]


def of_identity(rule: Identity, maker: Maker) -> Attempt:
    """A pattern with random values."""
    given = Instantiation(rule, maker).values()
    return Attempt(rule, instantiate(rule.left, given), given)


def of_algebra(maker: Maker) -> Attempt:
    """Something by a normal form, and what it is to become."""
    chance = maker.chance
    rule = chance.choice((ALGEBRA, LAWS, LAWS))
    e = maker.number(chance.choice((REAL, POSITIVE)), 3)
    return Attempt(rule, e, {"to": scrambled(e, chance, chance.randint(1, 5))})


def of_matrix_algebra(maker: Maker) -> Attempt:
    """The same with matrices."""
    chance = maker.chance
    kinds: tuple[Callable[[], Basic], ...] = (
        lambda: maker.column(2),
        lambda: maker.square(2),
        lambda: Form(MatrixProduct(Transpose(maker.column(1)), maker.square(1), maker.column(1))),
        lambda: SquaredNorm(maker.column(2)),
    )
    e = chance.choice(kinds)()
    return Attempt(MATRIX_ALGEBRA, e, {"to": scrambled(e, chance, chance.randint(1, 4))})


def of_entries(maker: Maker) -> Attempt:
    """A number made of a matrix by its entries."""
    position = maker.position(D) or FREE_COLUMN
    column = maker.chance.choice(
        (
            WEIGHTS,
            MatrixProduct(SQUARE, WEIGHTS),
            MatrixSum(WEIGHTS, MatrixProduct(Transpose(DESIGN), VALUES)),
            ScalarMultiple(maker.number(REAL, 1), WEIGHTS),
        )
    )
    e = maker.chance.choice(
        (Component(column, position), SquaredNorm(column), Form(MatrixProduct(Transpose(column), column)))
    )
    e = maker.chance.choice((e, mul(maker.number(REAL, 1), e)))
    inside = next(p for p in walk(e) if isinstance(p, (Component, SquaredNorm, Form)))
    avoid = frozenset(index for index, _ in maker.scope)
    to = by_entries(inside, avoid)
    return Attempt(ENTRY_BY_ENTRY, e, {"to": to if e is inside else mul(e.args[0], to)})


def of_bounds(maker: Maker) -> Attempt:
    """A sum or product between two numbers."""
    low, high, index = maker.chance.randint(-2, 3), maker.chance.randint(-2, 3), maker.index()
    body = maker.inside(index, Integer(max(high, 0))).number(REAL, 2)
    return Attempt(
        sums.WRITTEN_OUT, maker.chance.choice((total, product))(body, index, Integer(low), Integer(high)), {}
    )


def of_curve(maker: Maker) -> Attempt:
    """The derivative of an unknown function of one number."""
    v = maker.variable()
    inside = maker.differentiable(v).number(REAL, 1)
    return Attempt(calculus.DERIVATIVE_OF_CURVE, derivative(Curve(CURVE, maker.chance.randint(0, 2), inside), v), {})


def of_name(maker: Maker) -> Attempt:
    """A name written out, or something given a name."""
    chance, v = maker.chance, Symbol("v")
    bare = Maker(maker.world, chance, (), maker.avoid, maker.sloppy)
    definition = Definition(Head("G"), Tuple(v), chance.choice((add, mul, power, sub))(bare.number(REAL, 2), v))
    named = definition(maker.number(REAL, 1))
    if chance.random() < 0.5:
        return Attempt(UNFOLD, named, {"avoid": tuple(index for index, _ in maker.scope)})
    return Attempt(FOLD, named.body, {"named": named})


SPECIAL: dict[str, Callable[[Maker], Attempt]] = {
    ALGEBRA.name: of_algebra,
    LAWS.name: of_algebra,
    MATRIX_ALGEBRA.name: of_matrix_algebra,
    ENTRY_BY_ENTRY.name: of_entries,
    sums.WRITTEN_OUT.name: of_bounds,
    calculus.DERIVATIVE_OF_CURVE.name: of_curve,
    UNFOLD.name: of_name,
    FOLD.name: of_name,
}
#: Rules that hold of the whole expression only.
AT_ROOT = {rule.name for rule in vars(optima).values() if isinstance(rule, Identity)}
#: About a random variable, whose values nobody draws; instantiated in tests/test_derivations.py.
NOT_HERE = {
    probability.COMPLEMENT.name,
    # Balls take seconds for an integral; these rules are judged one by one in tests/test_rules.py.
    *(rule.name for rule in vars(integrals).values() if isinstance(rule, Identity)),
}


class Wrapper:
    """An expression with a hole, and where the hole is."""

    def __init__(self, fill: Callable[[Any], Basic], path: Path) -> None:
        self.fill, self.path = fill, path


def wrapped(maker: Maker) -> tuple[list[Wrapper], Maker]:
    """Random surroundings of a place, from the outside in, and a maker for what stands there."""
    found: list[Wrapper] = []
    for _ in range(maker.chance.choice((0, 0, 1, 1, 2, 3))):
        wrapper, maker = _wrapper(maker)
        found.append(wrapper)
    return found, maker


def _wrapper(maker: Maker) -> tuple[Wrapper, Maker]:
    c = maker.chance
    kind = c.choice(("sum", "product", "over", "term", "factor", "exp", "slope", "name", "power", "log"))
    if kind in ("sum", "product") and len(maker.scope) < 2:
        index, high = maker.index(), maker.size()
        join = total if kind == "sum" else product
        return Wrapper(lambda hole: join(hole, index, ONE, high), (0,)), maker.inside(index, high)
    if kind == "over" and len(maker.scope) < 2:
        index, label = maker.index(), c.choice((ZERO, ONE))
        limits, chosen = Tuple(index, ONE, N), equation(Y_[index], label)
        return Wrapper(lambda hole: ProductOver(hole, limits, chosen), (0,)), maker.inside(index, N)
    other = maker.number(REAL, 1)
    if kind == "factor":
        return Wrapper(lambda hole: mul(other, hole), (1,)), maker
    if kind == "exp":
        return Wrapper(lambda hole: build(Sigmoid, (hole,)), (0,)), maker
    if kind == "power":
        return Wrapper(lambda hole: power(hole, TWO), (0,)), maker
    if kind == "log":
        return Wrapper(lambda hole: log(add(ONE, power(hole, TWO))), (0, 1, 0)), maker
    if kind == "slope":
        v = maker.variable()
        return Wrapper(lambda hole: derivative(mul(hole, v), v), (0, 0)), maker.differentiable(v)
    if kind == "name":
        v = Symbol("v")
        definition = Definition(Head("H"), Tuple(v), mul(v, add(v, ONE)))
        return Wrapper(lambda hole: definition(hole), (1,)), maker
    return Wrapper(lambda hole: add(hole, other), (0,)), maker


def attempt(rule: Rule, maker: Maker) -> Attempt:
    """A random instance of a rule."""
    if rule.name in SPECIAL:
        return SPECIAL[rule.name](maker)
    assert isinstance(rule, Identity)
    return of_identity(rule, maker)


# ------------------------------------------------------------------ many applications


@dataclass
class Figures:
    """What came of it."""

    asked: Counter[str] = field(default_factory=Counter)
    granted: Counter[str] = field(default_factory=Counter)
    compared: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def table(self) -> str:
        """One row per rule."""
        lines = [f"{'rule':<52} {'asked':>7} {'granted':>7} {'compared':>8}"]
        lines += [f"{n:<52} {self.asked[n]:>7} {self.granted[n]:>7} {self.compared[n]:>8}" for n in RULES]
        totals = (sum(c.values()) for c in (self.asked, self.granted, self.compared))
        lines.append("{:<52} {:>7} {:>7} {:>8}".format("all", *totals))
        return "\n".join([*lines, *self.wrong, f"{len(self.wrong)} disagreements"])


#: After so many disagreements an attack ends.
MOST_WRONG = 5
#: Every rule that ships and can be attacked here.
RULES: dict[str, Rule] = {name: rule for name, rule in SHIPPED.items() if name not in NOT_HERE}


def step_of(rule: Rule, maker: Maker) -> Step | None:
    """The rule at a random place, if the kernel grants it there."""
    around, inner = ([], maker) if rule.name in AT_ROOT else wrapped(maker)
    try:
        tried = attempt(rule, inner)
    except (Misfit, LossproofError):
        return None
    e, path = tried.before, ()
    if isinstance(e, MatrixTerm):
        if e.size != (D, ONE):
            e, path = MatrixProduct(e, WEIGHTS), (0, *path)
        e, path = Form(MatrixProduct(Transpose(WEIGHTS), e)), (0, 1, *path)
    for wrapper in reversed(around):
        e, path = wrapper.fill(e), (*wrapper.path, *path)
    facts = Facts(maker.world.hypotheses, maker.world.parameters)
    try:
        return apply(tried.rule, (Place(path, tuple(sorted(tried.given.items()))),), e, facts)
    except LossproofError:
        return None


def attack(
    applications: int, seed: int, *, rules: Mapping[str, Rule] = RULES, sloppy: float = 0.08, each_world: int = 40
) -> Figures:
    """So many applications that the kernel grants, the rules that were compared least first; what came of them.

    Args:
        applications: how many.
        seed: the same seed gives the same applications.
        rules: which rules, by name.
        sloppy: how often an expression does not lie where the rule asks for it.
        each_world: how many are tried under the same hypotheses.
    """
    chance, figures = random.Random(seed), Figures()
    granted, every = 0, list(rules.values())
    while granted < applications and len(figures.wrong) < MOST_WRONG:
        world = World.random(chance)
        sample = sample_of(world, chance.randrange(10**9))
        if not sample.points:
            continue
        scarce = sorted(every, key=lambda r: (figures.compared[r.name], chance.random()))
        for rule in scarce[: each_world // 2] + chance.choices(every, k=each_world // 2):
            figures.asked[rule.name] += 1
            step = step_of(rule, Maker(world, chance, sloppy=sloppy))
            if step is None:
                continue
            granted += 1
            figures.granted[step.rule.name] += 1
            _compare(step, sample, figures)
    return figures


def _compare(step: Step, sample: Sample, figures: Figures) -> None:
    verdict = judged(step, sample)
    figures.compared[step.rule.name] += verdict.finding == HELD
    if verdict.finding == REFUTED:
        figures.wrong.append(f"{step.rule.name}: {written(step.before)} = {written(step.after)}: {verdict.detail}")


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--applications", type=int, default=3000, help="how many the kernel is to grant")
    parser.add_argument("--least", type=int, default=0, help="how many applications of each rule are to be compared")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    figures = attack(options.applications, options.seed)
    print(figures.table())
    scarce = [name for name in RULES if figures.compared[name] < options.least]
    print("\n".join(f"too few are compared: {name}" for name in scarce))
    return 1 if figures.wrong or scarce else 0


if __name__ == "__main__":
    sys.exit(main())
