"""Whether two losses ask for the same predictions.

====================================  ===========================================================
outcome                               what is proved, for all ``y``, ``f`` and constants
====================================  ===========================================================
``equal``                             ``A = B``: both defined with the same value, or both undefined
``equal up to a constant``            ``A = B + c``; ``c`` is free of ``f`` and may depend on ``y``
``proportional``                      ``A = a B + c`` with ``a > 0`` free of ``f`` and ``y``
``same minimisers pointwise``         for every ``y``, a prediction minimises the one exactly if it
                                      minimises the other; over data with more than one ``y`` for
                                      the same input, what is learned may differ
``different``                         an exact point at which they differ, and a ``y`` with a
                                      prediction that minimises the one and not the other
``unknown``                           none of these was shown; what was tried
====================================  ===========================================================

The first four are theorems of the kernel: equations, in as many cases as there are signs to
distinguish.  Same minimisers follow from an equation ``A = phi(B)`` with ``phi`` strictly
increasing, or from both having one strict minimiser in the same place (`lossproof.recovery.minimisers`).  What is
said of a point is certified by balls.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from itertools import combinations
from typing import Any

from sympy import Expr, Rational, Symbol, cancel, expand, together

from lossproof.errors import IllPosed, LossproofError, NoFiniteValue, RuleDoesNotApply, SideConditionError, Undefined
from lossproof.kernel.conditions import Declared, Hypothesis
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import NONNEGATIVE, POSITIVE, Domain
from lossproof.kernel.facts import Facts
from lossproof.kernel.presenting import Shown, brief
from lossproof.kernel.relations import Kind
from lossproof.notation.inert import ONE, TWO, ZERO, add, exp, free, log, power, substitute
from lossproof.notation.nodes import meaning
from lossproof.notation.plain import written
from lossproof.numeric.balls import Balls, exactly
from lossproof.numeric.evaluate import Precise, evaluate
from lossproof.recovery.comparing import Case, Prover, plainly, shown, sum_of
from lossproof.recovery.minimisers import as_product, strictly_least, turns
from lossproof.recovery.patience import OutOfTime, at_most
from lossproof.recovery.points import Point, draw
from lossproof.recovery.question import Loss, Setting, label, name
from lossproof.recovery.sets import Counts, Finite, Interval, Set
from lossproof.recovery.writing import as_text
from lossproof.rulebook import optima
from lossproof.strategies.chain import Chain

EQUAL, UP_TO_CONSTANT, PROPORTIONAL = "equal", "equal up to a constant", "proportional"
SAME_MINIMISERS, DIFFERENT, UNKNOWN = "same minimisers pointwise", "different", "unknown"
#: The outcomes that are positive, from the strongest.
POSITIVE_OUTCOMES = (EQUAL, UP_TO_CONSTANT, PROPORTIONAL, SAME_MINIMISERS)

#: How many observations are tried, each with how many predictions; digits of a guess, and of an enclosure.
OBSERVATIONS, PREDICTIONS, DIGITS, BITS = 12, 6, 30, (128, 1024)
#: The largest slope that is cancelled: SymPy may take one number of millions of digits, which no signal interrupts.
MOST_CANCELLED = 120
#: The largest denominator of a number that is guessed.
LARGEST_GUESS = 10_000


@dataclass(frozen=True)
class Witness:
    """Exact numbers at which two losses are not related in some way, certified by balls.

    Attributes:
        what: what is shown by them.
        at: the observation and the constants.
        predictions: the predictions, in the order in which `values` has them.
        values: the values of the one and of the other at each, in decimals; None where there is none.
    """

    what: str
    at: Point
    predictions: tuple[Point, ...]
    values: tuple[tuple[str | None, str | None], ...]

    def __str__(self) -> str:
        lines = [self.what + (f" at {_named(self.at)}" if self.at else "")]
        for f, (a, b) in zip(self.predictions, self.values, strict=True):
            lines.append(f"  {_named(f)}: A = {a or 'undefined'}, B = {b or 'undefined'}")
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """As data; numbers are fractions."""
        return {
            "what": self.what,
            "at": {n: str(v) for n, v in self.at.items()},
            "predictions": [{n: str(v) for n, v in f.items()} for f in self.predictions],
            "values": [list(v) for v in self.values],
        }


def _named(point: Point) -> str:
    return ", ".join(f"{n} = {v}" for n, v in point.items())


@dataclass(frozen=True, repr=False)
class Equivalence(Shown):
    """How two losses are related, with the theorems or the witnesses that show it.

    Attributes:
        outcome: one of the words of this module.
        a: the first loss.
        b: the second.
        statement: what holds, in one line.
        cases: the theorems; their cases leave nothing out.
        theorem: where one case is all: the theorem with its relation over the prediction.
        witnesses: the points.
        tried: what did not lead to a proof.
    """

    outcome: str
    a: Expr
    b: Expr
    statement: str
    cases: tuple[Case, ...] = ()
    theorem: Derivation | None = None
    witnesses: tuple[Witness, ...] = ()
    tried: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether they are shown to ask for the same predictions."""
        return self.outcome in POSITIVE_OUTCOMES

    @property
    def derivations(self) -> tuple[Derivation, ...]:
        """All derivations."""
        return (self.theorem,) if self.theorem is not None else tuple(c.derivation for c in self.cases)

    def text(self) -> str:
        """As plain text."""
        lines = [f"{self.outcome}: {self.statement}", f"  A = {written(self.a)}", f"  B = {written(self.b)}"]
        if self.ok:
            count = len(self.derivations)
            lines.append(f"proved by the kernel in {count} derivation{'s' * (count > 1)}:")
            given = () if self.theorem is not None else _common(self.derivations)
            for number, case in enumerate(self.cases, start=1):
                d = case.derivation if self.theorem is None else self.theorem
                named = [str(h) for h in d.hypotheses if h not in given] if count > 1 else []
                named = [f"{s} = {written(e)}" for s, e in case.at] + named
                where = f" where {' and '.join(named)}" if named else ""
                head = f"  {number}.{where}" if count > 1 else "  "
                lines.append(f"{head.rstrip()}:" if head.strip() else "")
                lines += [f"    {line}" for line in _steps(d)]
        lines += [str(w) for w in self.witnesses]
        if not self.ok and self.tried:
            lines.append("tried without success:")
            lines += [f"  {t}" for t in dict.fromkeys(self.tried)]
        return "\n".join(line for line in lines if line) + "\n"

    def as_json(self) -> dict[str, Any]:
        """As data."""
        return {
            "outcome": self.outcome,
            "statement": self.statement,
            "a": _texts(self.a),
            "b": _texts(self.b),
            "theorems": [
                {"at": {str(s): _texts(e) for s, e in case.at}, "derivation": json.loads(d.to_json(indent=None))}
                for case, d in zip(self.cases, self.derivations, strict=True)
            ],
            "witnesses": [w.as_json() for w in self.witnesses],
            "tried": list(dict.fromkeys(self.tried)),
        }

    def to_json(self) -> str:
        """As JSON."""
        return json.dumps(self.as_json(), indent=1)

    def __str__(self) -> str:
        return self.text()

    def _says(self) -> str:
        return f" {self.outcome}: A = {brief(written(self.a))}, B = {brief(written(self.b))}"


def _common(derivations: Sequence[Derivation]) -> tuple[Hypothesis, ...]:
    first = derivations[0].hypotheses if derivations else ()
    return tuple(h for h in first if all(h in d.hypotheses for d in derivations))


def _steps(d: Derivation) -> list[str]:
    lines = [written(d.lhs)]
    for step in d:
        kind = step.relation.kind
        after = add(Symbol("const"), step.after) if kind is Kind.UP_TO_CONSTANT else step.after
        lines.append(f"{'∝' if kind is Kind.PROPORTIONAL else '='} {written(after)}   [{step.rule.name}]")
    return lines if d.claim is None else [*lines, f"in {d.claim}"]


def _texts(e: Expr) -> str:
    try:
        return as_text(e)
    except LossproofError:
        return written(e)


# ------------------------------------------------------------------ the question


def equivalent(
    loss_a: Loss,
    loss_b: Loss,
    *,
    target: str | Set,
    prediction: str | Set | Sequence[str | Set],
    y: str = "y",
    f: str | Sequence[str] = "f",
    where: str | Sequence[str] = (),
    seed: int = 0,
    timeout: float | None = 20.0,
) -> Equivalence:
    """How two losses are related.

    Args:
        loss_a: text, a SymPy expression, or a function; see `lossproof.recovery.question.ask`.
        loss_b: the other.
        target: the set of the observation.
        prediction: the set of the prediction, or of each.
        y: what the observation is called.
        f: what the prediction is called, or each.
        where: what is known of constants, which are positive otherwise.
        seed: of the points that are tried.
        timeout: seconds after which the answer is `unknown`; None for no limit.

    >>> equivalent("(y - f)^2", "y^2 - 2*y*f + f^2 + 3", target="real", prediction="real").outcome
    'equal up to a constant'

    Raises:
        ParseError, IllPosed, UnsupportedExpression, TracingError: for what cannot be asked.
        MissingExtra: without `python-flint`, where a point would have to be certified.
    """
    setting = Setting.of(target, prediction, y, f, where)
    a, b = setting.read(loss_a), setting.read(loss_b)
    fs = {label(v) for v, _ in setting.predictions}
    if not fs & (free(a) | free(b)):
        raise IllPosed("neither loss contains the prediction; name it with f (on the command line --f)")
    hypotheses, tried = setting.hypotheses(a, b), list[str]()
    try:
        with at_most(timeout):
            return _Comparison(setting, a, b, hypotheses, seed, tried).outcome()
    except OutOfTime:
        return Equivalence(UNKNOWN, a, b, f"not decided in {timeout:g} seconds", tried=tuple(tried))


@dataclass
class _Sample:
    """One observation, with the values of both losses at several predictions; None where there is none."""

    at: Point
    predictions: list[Point]
    a: list[Any]
    b: list[Any]

    @property
    def defined(self) -> list[int]:
        return [k for k in range(len(self.predictions)) if self.a[k] is not None and self.b[k] is not None]


@dataclass
class _Comparison:
    setting: Setting
    a: Expr
    b: Expr
    hypotheses: tuple[Hypothesis, ...]
    seed: int
    tried: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.fs: tuple[Any, ...] = tuple(v for v, _ in self.setting.predictions)
        self.f_names = [name(v) for v in self.fs]
        sets = (self.setting.target, *(s for _, s in self.setting.predictions))
        self.numeric = all(isinstance(s, (Interval, Counts, Finite)) for s in sets)
        constants = {s.name for s in free(self.a) | free(self.b)} - {*self.f_names, name(self.setting.y)}
        self.constants = sorted(constants)
        self.samples = list(self._drawn()) if self.numeric else []

    # -------------------------------------------------------------- numbers

    def _drawn(self) -> Iterator[_Sample]:
        chance = random.Random(self.seed)
        for _ in range(OBSERVATIONS):
            at = draw(self.setting, [name(self.setting.y), *self.constants], chance)
            predictions = [draw(self.setting, self.f_names, chance) for _ in range(PREDICTIONS)]
            predictions += self._special(at)
            values = [[_precise(e, {**at, **f}) for f in predictions] for e in (self.a, self.b)]
            yield _Sample(at, predictions, *values)

    def _values(self, e: Expr, s: _Sample) -> list[Any]:
        """The values of an expression at the predictions of a sample."""
        if e == self.a or e == self.b:
            return s.a if e == self.a else s.b
        return [_precise(e, {**s.at, **f}) for f in s.predictions]

    def _special(self, at: Point) -> list[Point]:
        """Predictions at which something often happens: the observation, where it is one, and whole numbers."""
        if len(self.fs) != 1:
            return []
        lives_in = self.setting.predictions[0][1]
        wanted = [at[name(self.setting.y)], *(Fraction(k) for k in (0, 1, -1, 2, -2))]
        return [{self.f_names[0]: v} for v in dict.fromkeys(wanted) if contains(lives_in, v)]

    # -------------------------------------------------------------- the answer

    def outcome(self) -> Equivalence:
        equal = self._equal()
        if equal is not None:
            return equal
        found = self._affine() or self._monotone() or self._one_minimiser()
        if found is not None:
            return found
        witnesses = self._witnesses()
        apart = self._minimiser_apart() if witnesses else None
        if apart is not None:
            return self._made(DIFFERENT, "their minimisers differ", witnesses=(*witnesses[:1], apart))
        said = "not equal, but whether their minimisers differ was not decided" if witnesses else "not decided"
        return self._made(UNKNOWN, said, witnesses=witnesses)

    def _made(self, outcome: str, statement: str, **more: Any) -> Equivalence:
        return Equivalence(outcome, self.a, self.b, statement, tried=tuple(self.tried), **more)

    def _equal(self) -> Equivalence | None:
        if any(x is not None and z is not None and not _near(x, z) for s in self.samples for x, z in _pairs(s)):
            return None
        cases = self._prove(self.b)
        return None if not cases else self._made(EQUAL, "A = B", cases=cases, theorem=_only(cases))

    def _prove(self, to: Expr, start: Expr | None = None) -> tuple[Case, ...]:
        """Proofs of ``A = to``; for each outcome apart, if the observation has few and it takes that."""
        prover = Prover("equivalent", "Two losses, compared", self.fs, self.tried)
        start = self.a if start is None else start
        cases = prover.equation(start, to, self.hypotheses)
        target, y = self.setting.target, self.setting.y
        if cases or not isinstance(target, Finite) or not isinstance(y, Symbol) or len(target.outcomes) > 12:
            return cases
        every: list[Case] = []
        for v in target.outcomes:
            said = tuple(h for h in self.hypotheses if not (isinstance(h, Declared) and h.term == y))
            inner = prover.equation(substitute(start, {y: v}), substitute(to, {y: v}), said)
            if not inner:
                return ()
            every += [Case(c.derivation, ((y, v), *c.at)) for c in inner]
        return tuple(every)

    # -------------------------------------------------------------- A = a B + c

    def _affine(self) -> Equivalence | None:
        """``A = a B + c`` with ``a > 0``, both free of the predictions."""
        for factor in self._factors(self.a, self.b):
            if not shown(factor, POSITIVE, self.hypotheses):
                continue
            for constant in self._constants(self.a, self.b, factor):
                cases = self._prove(sum_of(constant, factor, self.b))
                if cases:
                    return self._related(factor, constant, cases)
        return None

    def _related(self, factor: Expr, constant: Expr, cases: tuple[Case, ...]) -> Equivalence:
        y = label(self.setting.y)
        says = f"A = {written(sum_of(constant, factor, Symbol('B')))}"
        if constant != ZERO:
            depends = "depends on" if y in free(constant) else "does not depend on"
            says += f"; the constant {written(constant)} is free of {', '.join(self.f_names)} and {depends} {y}"
        if y in free(factor):
            outcome = SAME_MINIMISERS
        else:
            outcome = EQUAL if factor == ONE and constant == ZERO else UP_TO_CONSTANT if factor == ONE else PROPORTIONAL
        whole = _only(cases)
        if whole is not None:
            whole = self._dropped(whole, factor, constant)
        return self._made(outcome, says, cases=cases, theorem=whole)

    def _dropped(self, equation: Derivation, factor: Expr, constant: Expr) -> Derivation | None:
        """From the equation to the other loss itself, with the relation that the kernel has for it."""
        chain = Chain(equation.name, self.hypotheses, self.fs, self.a, "The same minimisers")
        chain.steps = list(equation.steps)
        with suppress(RuleDoesNotApply, SideConditionError):
            if constant != ZERO:
                chain.at_root(optima.DROP_CONSTANT_TERM)
            if factor != ONE:
                chain.at_root(optima.DROP_POSITIVE_FACTOR)
        return chain.done()

    def _factors(self, a: Expr, b: Expr) -> list[Expr]:
        """What ``a`` may be in ``A = a B + c``: numbers, and expressions in the constants."""
        if not self.numeric:
            return self._without_numbers(lambda x, z: cancel(x / z), a, b) or [ONE]
        ratios: list[Any] = []
        guess: Expr | None = None
        for s in self.samples:
            x, z = self._values(a, s), self._values(b, s)
            known = [k for k in range(len(x)) if x[k] is not None and z[k] is not None]
            slopes = []
            for i, j in combinations(known, 2):
                if not _near(z[i], z[j]):
                    slopes.append((x[i] - x[j]) / (z[i] - z[j]))
                    guess = guess or self._slope(a, b, s, s.predictions[i], s.predictions[j])
                elif not _near(x[i], x[j]):
                    return []
            if any(not _near(slopes[0], q) for q in slopes):
                return []
            ratios += slopes[:1]
        if not ratios or any(r <= 0 for r in ratios):
            return [] if ratios else [ONE]
        if all(_near(ratios[0], r) for r in ratios):
            number = _number(ratios[0])
            guess = guess if number is None else number
        return [] if guess is None else [guess]

    def _slope(self, a: Expr, b: Expr, s: _Sample, f: Point, g: Point) -> Expr | None:
        """The slope of one loss against the other, in terms of the constants."""
        point = {self.setting.y: s.at[name(self.setting.y)]}
        with suppress(LossproofError, AttributeError, TypeError):
            ends = [
                [meaning(substitute(e, _exact({**point, **{v: p[name(v)] for v in self.fs}}))) for p in (f, g)]
                for e in (a, b)
            ]
            slope = expand(ends[0][0] - ends[0][1]) / expand(ends[1][0] - ends[1][1])
            return plainly(cancel(together(slope))) if slope.count_ops() <= MOST_CANCELLED else None
        return None

    def _constants(self, a: Expr, b: Expr, factor: Expr) -> list[Expr]:
        """What ``c`` may be in ``A = a B + c``, simplest first."""
        offsets = [
            x - _precise(factor, s.at) * z
            for s in self.samples
            for x, z in zip(self._values(a, s), self._values(b, s), strict=True)
            if x is not None and z is not None
        ]
        if offsets and all(_near(o, offsets[0]) for o in offsets) and _number(offsets[0]) is not None:
            number = _number(offsets[0])
            return [number] if number is not None else []
        if not self.samples:
            return self._without_numbers(lambda x, z: expand(x - meaning(factor) * z), a, b) or [ZERO]
        found: list[Expr] = []
        for value in (self.setting.y, ONE, ZERO, TWO, Rational(1, 2), -ONE):
            if len(self.fs) != 1 or not isinstance(self.fs[0], Symbol) or value == self.fs[0]:
                continue
            with suppress(LossproofError, AttributeError, TypeError):
                at = {self.fs[0]: value}
                c = expand(meaning(substitute(a, at)) - meaning(factor) * meaning(substitute(b, at)))
                if c.is_finite is not False and not c.has(self.fs[0]) and c.is_number is not None:
                    plain = plainly(c)
                    if plain not in found and not free(plain) & {label(v) for v in self.fs}:
                        found.append(plain)
        return sorted(found, key=lambda e: len(written(e)))

    def _without_numbers(self, relate: Callable[[Any, Any], Any], a: Expr, b: Expr) -> list[Expr]:
        """What ordinary SymPy makes of the two losses, if it is free of the predictions."""
        with suppress(LossproofError, AttributeError, TypeError):
            guess = plainly(relate(meaning(a), meaning(b)))
            if not free(guess) & {label(v) for v in self.fs}:
                return [guess]
        return []

    # -------------------------------------------------------------- A = phi(B)

    def _monotone(self) -> Equivalence | None:
        """``A = a phi(B) + c``, or with the losses exchanged, for a strictly increasing ``phi``."""
        for swapped in (False, True):
            one, other = (self.b, self.a) if swapped else (self.a, self.b)
            for described, domain, phi in _INCREASING:
                if not shown(other, domain, self.hypotheses):
                    continue
                image = phi(other)
                for factor in self._factors(one, image):
                    if not shown(factor, POSITIVE, self.hypotheses):
                        continue
                    for constant in self._constants(one, image, factor):
                        cases = self._prove(sum_of(constant, factor, image), one)
                        if cases:
                            left, right = ("B", "A") if swapped else ("A", "B")
                            inner = written(sum_of(constant, factor, phi(Symbol(right))))
                            says = f"{left} = {inner}, and {described}"
                            return self._made(SAME_MINIMISERS, says, cases=cases, theorem=None)
        return None

    def _one_minimiser(self) -> Equivalence | None:
        """Slopes in the prediction that have the same sign everywhere."""
        f, y = self.fs[0], self.setting.y
        if len(self.fs) > 1 or not isinstance(f, Symbol) or not isinstance(y, Symbol):
            return None
        at_y = self._least_at_observation(f, y)
        if at_y is not None:
            return at_y
        lives_in = self.setting.predictions[0][1]
        if not isinstance(lives_in, Interval) or lives_in.domain is None or not lives_in.domain.open:
            return None
        target = self.setting.target
        whole = self._same_slopes(f, y, None)
        if whole is None and isinstance(target, Finite) and len(target.outcomes) <= 12:
            parts = [self._same_slopes(f, y, v) for v in target.outcomes]
            known = [p for p in parts if p is not None]
            if len(known) == len(parts):
                whole = [c for cases, _ in known for c in cases], [says for _, words in known for says in words]
        if whole is None:
            self.tried.append("slopes in the prediction that are positive multiples of one increasing function")
            return None
        cases, says = whole
        return self._made(SAME_MINIMISERS, "; ".join(dict.fromkeys(says)), cases=tuple(cases), theorem=None)

    def _least_at_observation(self, f: Symbol, y: Symbol) -> Equivalence | None:
        """Both losses are least where the prediction is the observation, and nowhere else."""
        lives_in = self.setting.predictions[0][1]
        if not isinstance(lives_in, Interval) or lives_in.domain is None:
            return None
        if not shown(y, lives_in.domain, self.hypotheses):
            return None
        prover = Prover("minimiser", f"Least where {f} = {y}, and nowhere else", (), self.tried)
        cases: list[Case] = []
        for e in (self.a, self.b):
            found = strictly_least(e, f, y, self.hypotheses, prover)
            if not found:
                return None
            cases += found
        says = f"both are least where {f} = {y}, and nowhere else"
        return self._made(SAME_MINIMISERS, says, cases=tuple(cases), theorem=None)

    def _same_slopes(self, f: Symbol, y: Symbol, outcome: Expr | None) -> tuple[list[Case], list[str]] | None:
        """Proofs that both slopes are positive multiples of one function, for all observations or for one."""
        said = self.hypotheses
        at: tuple[tuple[Symbol, Expr], ...] = ()
        losses = [self.a, self.b]
        if outcome is not None:
            said = tuple(h for h in said if not (isinstance(h, Declared) and h.term == y))
            losses = [substitute(e, {y: outcome}) for e in losses]
            at = ((y, outcome),)
        for turn in turns(f, y if outcome is None else outcome, Facts(said)):
            proofs = [as_product(e, f, turn.h, said) for e in losses]
            if all(proofs):
                where = "" if outcome is None else f"for {y} = {written(outcome)} "
                return [Case(d, at) for p in proofs for d in p], [where + turn.says]
        return None

    # -------------------------------------------------------------- witnesses

    def _witnesses(self) -> tuple[Witness, ...]:
        """A point at which only one loss is defined, or two at which their difference is not the same, or one."""
        found = (self._one_undefined(s, k) for s in self.samples for k in range(len(s.predictions)))
        moved = (self._difference_moves(s) for s in self.samples)
        apart = (self._apart(s, k) for s in self.samples for k in range(len(s.predictions)))
        for witnesses in (found, moved, apart):
            first = next((w for w in witnesses if w is not None), None)
            if first is not None:
                return (first,)
        return ()

    def _one_undefined(self, s: _Sample, k: int) -> Witness | None:
        f = s.predictions[k]
        if (s.a[k] is None) == (s.b[k] is None):
            return None
        x, z = (_enclosed(e, {**s.at, **f}, BITS[-1]) for e in (self.a, self.b))
        if x is _UNSURE or z is _UNSURE or (x is _NONE) == (z is _NONE):
            return None
        return self._witness("only one of the losses is defined", s.at, (f,))

    def _difference_moves(self, s: _Sample) -> Witness | None:
        known = s.defined
        differences = [s.a[k] - s.b[k] for k in known]
        for i, j in combinations(range(len(known)), 2):
            if _near(differences[i], differences[j]):
                continue
            f, g = s.predictions[known[i]], s.predictions[known[j]]
            balls = [_enclosed(e, {**s.at, **p}, BITS[-1]) for p in (f, g) for e in (self.a, self.b)]
            if any(v is _NONE or v is _UNSURE for v in balls):
                continue
            if not (balls[0] - balls[1]).overlaps(balls[2] - balls[3]):
                return self._witness("the difference of the losses is not the same for two predictions", s.at, (f, g))
        return None

    def _apart(self, s: _Sample, k: int) -> Witness | None:
        x, z = (_enclosed(e, {**s.at, **s.predictions[k]}, BITS[-1]) for e in (self.a, self.b))
        if any(v is _NONE or v is _UNSURE for v in (x, z)) or x.overlaps(z):
            return None
        return self._witness("the losses differ", s.at, (s.predictions[k],))

    def _minimiser_apart(self) -> Witness | None:
        """An observation with a prediction that minimises the one loss and not the other."""
        for s in self.samples:
            for one, other, swapped in ((self.a, self.b, False), (self.b, self.a, True)):
                for f in s.predictions:
                    if not self._minimises(one, s.at, f):
                        continue
                    better = self._better(other, s, f)
                    if better is not None:
                        which, instead = ("B", "A") if swapped else ("A", "B")
                        what = f"{_named(f)} minimises {which} and not {instead}, which is less at {_named(better)},"
                        return self._witness(what, s.at, (f, better))
        return None

    def _minimises(self, e: Expr, at: Point, f: Point) -> bool:
        """Whether a prediction is shown to minimise a loss: it has there the least value that the kernel allows."""
        values = _exact_by_name(at)
        inside = {s: values[s.name] for s in free(e) if s.name in values}
        fixed = substitute(e, inside)
        said = tuple(
            h for h in self.hypotheses if isinstance(h, Declared) and free(h.term) <= {label(v) for v in self.fs}
        )
        least = lower_bound(fixed, said)
        if least is None:
            return False
        value = _enclosed(e, {**at, **f}, BITS[0])
        return value is not _NONE and value is not _UNSURE and exactly(value) == least

    def _better(self, e: Expr, s: _Sample, f: Point) -> Point | None:
        """A prediction with a value that is certainly less, or with one at all."""
        here = _enclosed(e, {**s.at, **f}, BITS[0])
        if here is _UNSURE:
            return None
        for g in s.predictions:
            there = _enclosed(e, {**s.at, **g}, BITS[0])
            if there is _NONE or there is _UNSURE:
                continue
            if here is _NONE or there < here:
                return g
        return None

    def _witness(self, what: str, at: Point, predictions: tuple[Point, ...]) -> Witness:
        values = tuple(
            (_decimal(_enclosed(self.a, {**at, **f}, BITS[0])), _decimal(_enclosed(self.b, {**at, **f}, BITS[0])))
            for f in predictions
        )
        return Witness(what, at, predictions, values)


#: Strictly increasing maps: in words, the set of numbers on which they are, and how they are written.
_INCREASING: tuple[tuple[str, Domain, Callable[[Expr], Expr]], ...] = (
    ("squaring is strictly increasing on numbers that are not negative", NONNEGATIVE, lambda e: power(e, TWO)),
    ("the exponential is strictly increasing", Domain(), exp),
    ("the logarithm is strictly increasing on positive numbers", POSITIVE, log),
)


def _only(cases: tuple[Case, ...]) -> Derivation | None:
    return cases[0].derivation if len(cases) == 1 and not cases[0].at else None


# ------------------------------------------------------------------ numbers


def contains(lives_in: Set, value: Fraction) -> bool:
    """Whether a number is certainly in a set of numbers."""
    if isinstance(lives_in, Finite):
        return Rational(value.numerator, value.denominator) in lives_in.outcomes
    if not isinstance(lives_in, (Interval, Counts)) or lives_in.domain is None:
        return False
    domain = lives_in.domain
    whole = value.denominator == 1 or not domain.integer
    above = domain.low < value or (domain.low == value and domain.low_closed)
    below = value < domain.high or (value == domain.high and domain.high_closed)
    return whole and above and below and not (domain.nonzero and not value)


def lower_bound(e: Expr, hypotheses: Sequence[Hypothesis]) -> Fraction | None:
    """A number below which an expression is shown never to be."""
    known = Facts(hypotheses).domain_of(e)
    domain = None if known is None else known.claim.domain  # type: ignore[union-attr]
    if domain is None or not domain.low_closed:
        return None
    return Fraction(domain.low)


def _precise(e: Expr, at: Point) -> Any:
    try:
        return evaluate(e, at, _numbers())
    except NoFiniteValue:
        return None


@cache
def _numbers() -> Precise:
    return Precise(DIGITS)


def _near(x: Any, z: Any) -> bool:
    return bool(abs(x - z) <= 1e-18 * (1 + abs(x) + abs(z)))


def _pairs(s: _Sample) -> Iterator[tuple[Any, Any]]:
    yield from zip(s.a, s.b, strict=True)


def _number(value: Any) -> Rational | None:
    """The simple fraction that a number is near, if there is one."""
    near = Fraction(str(value)).limit_denominator(LARGEST_GUESS)
    return (
        Rational(near.numerator, near.denominator)
        if _near(value, value * 0 + near.numerator / _one(value) / near.denominator)
        else None
    )


def _one(value: Any) -> Any:
    return value * 0 + 1


def _exact(values: dict[Any, Any]) -> dict[Any, Expr]:
    return {k: Rational(v.numerator, v.denominator) if isinstance(v, Fraction) else v for k, v in values.items()}


def _exact_by_name(point: Point) -> dict[str, Rational]:
    return {n: Rational(v.numerator, v.denominator) for n, v in point.items()}


_NONE, _UNSURE = object(), object()


def _enclosed(e: Expr, at: Point, bits: int) -> Any:
    """A ball, or that there certainly is no value, or that it is not known."""
    try:
        value = evaluate(e, at, Balls(bits))
    except Undefined:
        return _NONE
    except LossproofError as error:
        if type(error).__name__ == "MissingExtra":
            raise
        return _UNSURE
    return value if value.is_finite() else _UNSURE


def _decimal(value: Any) -> str | None:
    if value is _NONE or value is _UNSURE:
        return None
    from lossproof.numeric.balls import shown as decimal

    return decimal(value)
