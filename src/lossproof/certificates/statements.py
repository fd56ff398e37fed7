"""What Coq has to prove of a rule: its two patterns and its conditions, for all that the letters may stand for.

The lemma of a rule in ``rules.v`` must have exactly the statement that is written here, so what is
proved there is what the kernel applies.  A letter of a pattern becomes a number, one that may
depend on an index or on the variable of a derivative a function, a sequence of terms a list.
A letter that is nothing but an end of integrals may be infinite.  A rule about integrals or series says
that those on its left converge absolutely, and the equation, given that those on its right do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from importlib import resources
from itertools import chain

from sympy import (
    Basic,
    Derivative,
    Expr,
    Indexed,
    IndexedBase,
    Integral,
    Symbol,
    Tuple,
    besseli,
    digamma,
    gamma,
    trigamma,
)

from lossproof.certificates.convergence import convergence, has_integrals
from lossproof.certificates.matrices import MATRIX, SIZE, has, letters
from lossproof.certificates.terms import Scope, bare, end, moving, term
from lossproof.errors import UnsupportedExpression
from lossproof.kernel.conditions import Between, Condition, Constant, Differentiable, ForAll, Has, Member, Within
from lossproof.kernel.domains import BINARY, COUNT, INTEGER, NONNEGATIVE, NONZERO, POSITIVE, REAL, Domain
from lossproof.kernel.relations import Kind
from lossproof.kernel.rules import Identity, Rule
from lossproof.kernel.schema import Applied, Each, Meta, metas
from lossproof.notation.inert import limits_of, rebuild, slope_of, walk
from lossproof.notation.matrices import Column, Gradient, MatrixTerm
from lossproof.notation.nodes import Chance
from lossproof.rulebook import SHIPPED

#: The relation between two functions of the parameters, by its kind.
RELATIONS = {Kind.UP_TO_CONSTANT: "up_to_constant", Kind.PROPORTIONAL: "proportional", Kind.SAME_OPTIMA: "ordered"}


#: Functions that the library does not have, which a lemma is stated for any of that is what is given of them.
SPECIAL: Mapping[type[Basic], str] = {**dict.fromkeys((gamma, digamma, trigamma), "Gamma"), besseli: "Bessel"}
SPECIAL_TYPES = {"Gamma": "R -> R", "Bessel": "R -> R -> R"}


def lemma_of(name: str) -> str:
    """The name of a rule's lemma: ``logarithm of a product`` is ``logarithm_of_a_product``."""
    words = "_".join("".join(c if c.isascii() and c.isalnum() else " " for c in name).split())
    return words if words[:1].isalpha() else f"rule_{words}"


def membership(value: str, domain: Domain) -> str:
    """That a number lies in a set; the empty word if every number does."""
    known = {
        REAL: "",
        POSITIVE: f"0 < {value}",
        NONNEGATIVE: f"0 <= {value}",
        NONZERO: f"{value} <> 0",
        INTEGER: f"integer {_argument(value)}",
        COUNT: f"count {_argument(value)}",
        BINARY: f"{value} = 0 \\/ {value} = 1",
    }
    if domain in known:
        return known[domain]
    parts = []
    if domain.low == domain.high and domain.low_closed and domain.high_closed:
        return f"{value} = {_end(domain.low)}"
    if domain.low != REAL.low:
        parts.append(f"{_end(domain.low)} {'<=' if domain.low_closed else '<'} {value}")
    if domain.high != REAL.high:
        parts.append(f"{value} {'<=' if domain.high_closed else '<'} {_end(domain.high)}")
    if domain.integer:
        parts.append(f"integer {_argument(value)}")
    above = domain.low < 0 or (domain.low == 0 and domain.low_closed)
    below = domain.high > 0 or (domain.high == 0 and domain.high_closed)
    if domain.nonzero and above and below:
        parts.append(f"{value} <> 0")
    return " /\\ ".join(parts)


def _argument(value: str) -> str:
    """A term in brackets, unless it is one word."""
    return f"({value})" if " " in value else value


def _end(end: object) -> str:
    top, _, bottom = str(end).partition("/")
    top = f"({top})" if top.startswith("-") else top
    return f"({top} / {bottom})" if bottom else top


@lru_cache(maxsize=256)
def statement(rule: Identity) -> str:
    """The lemma of a rule.

    Raises:
        UnsupportedExpression: if the rule speaks of what has no term.
    """
    return Pattern(rule).statement()


@cache
def lemmas() -> Mapping[str, str]:
    """The statements that are proved in ``rules.v``, by the names of the lemmas."""
    return dict(re.findall(r"^Lemma (\w+) : (.*?)\.\nProof\.", prelude(), re.MULTILINE | re.DOTALL))


@cache
def prelude() -> str:
    """The definitions, the lemmas of the rules and the tactics: ``rules.v``."""
    return resources.files("lossproof.certificates").joinpath("rules.v").read_text(encoding="utf-8")


def proved(rule: Rule) -> bool:
    """Whether the very statement of a rule is proved in ``rules.v``; rules that no lemma can state are not.

    Coq's functions are total, so a lemma does not see that a condition such as ``c in R`` is left out: a rule
    with the statement of one that ships, but other conditions, is another rule and not proved.
    """
    if type(rule) is not Identity or SHIPPED.get(rule.name) != rule:
        return False
    try:
        return lemmas().get(lemma_of(rule.name)) == statement(rule)
    except UnsupportedExpression:
        return False


class Pattern:
    """A rule, its letters sorted into numbers, functions and lists."""

    def __init__(self, rule: Identity) -> None:
        self.rule = rule
        self.relates = rule.kind is not Kind.EQUAL
        parts = list(walk(rule.left, rule.right, *chain.from_iterable(map(_terms_of, rule.when))))
        ranges = [Tuple(*over) for p in parts if (over := limits_of(p)) is not None]
        derivatives = [slope_of(p) for p in parts if isinstance(p, (Derivative, Gradient))]
        self.matrices = letters((rule.left, rule.right))
        indexed = [p for p in parts if isinstance(p, Indexed)]
        applied = [p for p in parts if isinstance(p, Applied)]
        self.variable: Expr | None = T_ if self.relates else derivatives[0] if derivatives else None
        self.lists = {p.args[1] for p in parts if isinstance(p, Each)}
        bound = {m for over in ranges for m in metas(over[0])}
        random = {m for p in parts if isinstance(p, Chance) for m in metas(p)}
        named = {m for e in (rule.left, rule.right) for m in metas(e)} | ({SIZE} if self.matrices else set())
        self.letters = sorted(named - bound - random, key=str)
        constants = [c.expression for c in rule.when if isinstance(c, Constant)]
        fixed = {m for e in (*ranges, *indexed, *derivatives[:1], *constants, *rule.constant) for m in metas(e)}
        self.moves = set() if self.variable is None else set(self.letters) - fixed - {SIZE}
        if self.moves & set(self.matrices):
            raise UnsupportedExpression(f"the rule '{rule.name}', in which a matrix moves", "Coq")
        self.ranks = dict.fromkeys(self.letters, 0)
        for p in (*applied, *indexed):
            m = p.base.label if isinstance(p, Indexed) else p.args[0]
            self.ranks[m] = max(self.ranks[m], len(p.args) - 1)
        self.special = sorted(
            {name for kind, name in SPECIAL.items() if any(isinstance(p, kind) for p in parts)}, reverse=True
        )
        self.chance = bool(random)
        limits = [p.args[1][1:] for p in parts if isinstance(p, Integral)]
        limits += [
            (c.over.low, c.over.high) for c in rule.when if isinstance(c, ForAll) and isinstance(c.over, Between)
        ]
        numbers = chain((rule.left, rule.right), *map(_numbers_of, rule.when))
        self.ends = {m for pair in limits for m in pair if isinstance(m, Meta)} - _beside_ends(numbers)
        self.scope = Scope({T_: "t", P_: "P"}, frozenset({"P", "D", "T", "t"} if self.relates else {"P"}))
        for m in self.letters:
            self.scope = self.scope.bind(m)[1]

    def kind(self, m: Meta) -> str:
        """The type of a letter."""
        if m in self.matrices:
            return "R -> R" if m == self.variable else MATRIX
        moved = "T -> " if self.relates else "(R -> R) -> " if self.variable in self.matrices else "R -> "
        if m in self.ends:
            return "Rbar"
        arrows = "R -> " * self.ranks[m] + (moved if m in self.moves else "")
        return f"list ({arrows}R)" if m in self.lists else f"{arrows}R"

    def expression(self, e: Basic) -> Basic:
        """The pattern in which every letter that moves is applied to what moves."""
        if isinstance(e, Chance):
            return Applied(P_, e.args[1])
        if e in self.matrices:
            return self.matrices[e]
        if isinstance(e, Meta):
            return Applied(e, self.variable) if e in self.moves else e
        if isinstance(e, Applied):
            moved = (self.variable,) if e.args[0] in self.moves else ()
            return Applied(e.args[0], *map(self.expression, e.args[1:]), *moved)
        if isinstance(e, Each):
            return Each(self.expression(e.args[0]), e.args[1])
        if isinstance(e, (IndexedBase, Symbol)) or not e.args:
            return e
        return rebuild(e, [self.expression(a) for a in e.args])

    def statement(self) -> str:
        """The lemma."""
        if self.rule.reverses and self.rule.kind is not Kind.SAME_OPTIMA:
            raise UnsupportedExpression(f"{self.rule.kind.name.lower()}, reversed", "Coq")
        bound = ["(T : Type)", "(D : T -> Prop)"] if self.relates else []
        bound += [f"({name} : {SPECIAL_TYPES[name]})" for name in self.special] + ["(P : R -> R)"] * self.chance
        bound += [f"({self.scope.values[m]} : {self.kind(m)})" for m in self.letters]
        premises = [f"{name.lower()}_function {name}" for name in self.special]
        premises += [p for c in self.rule.when if (p := self.condition(c, self.scope))]
        left, right = (bare(self.expression(e), self.scope) for e in (self.rule.left, self.rule.right))
        premises += convergence(self.expression(self.rule.right), self.scope)
        conclusion = " /\\ ".join((f"{left} = {right}", *convergence(self.expression(self.rule.left), self.scope)))
        if self.relates:
            if has_integrals(self.rule.left, self.rule.right):
                raise UnsupportedExpression("integrals that optima depend on", "Coq")
            turned = f" {str(self.rule.reverses).lower()}" if self.rule.kind is Kind.SAME_OPTIMA else ""
            conclusion = f"{RELATIONS[self.rule.kind]}{turned} D (fun t => {left}) (fun t => {right})"
        return f"forall {' '.join(bound)}, {''.join(f'({p}) -> ' for p in premises)}{conclusion}"

    def condition(self, c: Condition, scope: Scope) -> str:
        """A condition as a proposition; the empty word if all of Coq's numbers meet it."""
        match c:
            case Member(Meta() as m, domain) if self.chance and m not in self.letters and domain == BINARY:
                return "P 0 + P 1 = 1"  # what it is for a random variable to take no other values
            case Member(Each() as each, domain):
                return self._each(each, scope, lambda e, inside: membership(bare(e, inside), domain))
            case Member(e, domain):
                holds = membership(bare(self.expression(e), scope), domain)
                always = not self.relates or not self.moves.intersection(metas(e)) or not holds
                return holds if always else f"forall t, D t -> {holds}"
            case Differentiable(Each() as each, v):
                return self._each(each, scope, lambda e, inside: smooth(e, self.matrices.get(v, v), inside))
            case Differentiable(e, v):
                return smooth(self.expression(e), self.matrices.get(v, v), scope)
            case Has(e, wanted):
                letter = self.expression(e)
                assert isinstance(letter, MatrixTerm)
                return has(letter, wanted, term(letter, scope), lambda size: term(size, scope))
            case Within(position, low, high):
                return f"within {term(low, scope)} {term(high, scope)} {term(position, scope)}"
            case ForAll(over, inner):
                name, inside = scope.bind(over.index)
                holds = self.condition(inner, inside)
                how, write = ("between", end) if isinstance(over, Between) else ("within", term)
                return (
                    holds
                    and f"forall {name}, {how} {write(over.low, scope)} {write(over.high, scope)} {name} -> {holds}"
                )
            case Constant():
                return ""  # the letter is a number, not a function
        raise UnsupportedExpression(str(c), "Coq")

    def _each(self, each: Each, scope: Scope, says: Callable[[Basic, Scope], str]) -> str:
        template, sequence = each.args
        name, inside = scope.bind(sequence)
        holds = says(self.expression(template), inside)
        return holds and f"forall {name}, In {name} {term(sequence, scope)} -> {holds}"


T_, P_ = Symbol("t"), Meta("P")


def smooth(e: Basic, variable: Basic, scope: Scope) -> str:
    """That an expression is differentiable in a variable, or in each element of a column."""
    if isinstance(variable, Column):
        index = Symbol("j[]")
        letter, inside = scope.bind(index, "j")
        size = term(variable.size[0], scope)
        return f"forall {letter}, within 1 {size} {letter} -> {smooth(e, variable.entry(index), inside)}"
    return f"ex_derive {' '.join(moving(e, variable, scope))}"


def _beside_ends(parts: Iterable[Basic]) -> set[Meta]:
    """The letters that occur in some expressions, otherwise than as an end of an integral."""
    found: set[Meta] = set()
    for p in parts:
        if isinstance(p, Integral):
            found |= _beside_ends((p.args[0], *(e for e in p.args[1] if not isinstance(e, Meta))))
        elif isinstance(p, Meta):
            found.add(p)
        else:
            found |= _beside_ends(p.args)
    return found


def _numbers_of(c: Condition) -> tuple[Basic, ...]:
    """What a condition speaks of as numbers, which the ends of an integral need not be."""
    if isinstance(c, ForAll) and isinstance(c.over, Between):
        return (*(e for e in (c.over.low, c.over.high) if not isinstance(e, Meta)), *_numbers_of(c.condition))
    return _terms_of(c)


def _terms_of(c: Condition) -> tuple[Basic, ...]:
    match c:
        case ForAll(over, inner):
            return (Tuple(over.index, over.low, over.high), *_terms_of(inner))
        case Within(position, low, high):
            return (position, low, high)
        case Differentiable(e, v):
            return (e, v)
        case Member(e, _) | Constant(e, _) | Has(e, _):
            return (e,)
    raise UnsupportedExpression(str(c), "Coq")
