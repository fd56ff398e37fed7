"""From a loss to the likelihood behind it, or to a proof that there is none.

The search is not trusted.  What it finds is proved by the kernel or has passed the checker of its
certificate; what is neither is ``unknown``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TypeAlias, TypeVar

from sympy import Expr, Integer, Mul, Symbol, factor_terms

from lossproof.errors import LossproofError, MissingExtra
from lossproof.notation.inert import ONE, TWO, free, mul, sub, substitute
from lossproof.notation.nodes import Where
from lossproof.notation.plain import written
from lossproof.recovery import continuous, countable, finite, finite_likelihood, mass, paths
from lossproof.recovery.findings import Finding, around, is_positive
from lossproof.recovery.guessing import Guess
from lossproof.recovery.location import level_location
from lossproof.recovery.patience import OutOfTime, at_most
from lossproof.recovery.question import Loss, Question, ask
from lossproof.recovery.refutation import Outcome
from lossproof.recovery.sets import Counts, Finite, Interval, Labels, Set, Simplex, Vectors
from lossproof.recovery.verdict import Enclosed, Verdict, Witness, Word
from lossproof.rulebook import integrals

_T = TypeVar("_T")
#: A search for a witness, which also notes what it tried.
Refute: TypeAlias = Callable[[Question, list[str]], Witness | None]

#: How long a search may take, in seconds.
PATIENCE = 20.0


def recover(
    loss: Loss,
    target: str | Set,
    prediction: str | Set | Sequence[str | Set],
    *,
    y: str = "y",
    f: str | Sequence[str] = "f",
    where: str | Sequence[str] = (),
    timeout: float | None = PATIENCE,
) -> Verdict:
    """Which likelihood is behind a loss, or a proof that there is none.

    Is there a base measure ``h(y) > 0`` and a scale ``c > 0`` such that the sum or integral of
    ``h(y) exp(-c l(f, y))`` over the target set is the same for every prediction?

    Args:
        loss: text such as ``"max(0, 1 - y*f)"``, a SymPy expression, or a Python function.
        target: the set that the observation lives in: ``"real"``, ``"positive"``, ``"counts"``, ``"unit"``,
            ``"{0,1}"``, ``"{-1,1}"``, ``"{1..K}"``, ``"simplex(K)"``, ``"interval(a,b)"``, or a set of
            `lossproof.recovery.sets`.
        prediction: the set of the prediction, or one for each.
        y: what the observation is called.
        f: what the prediction is called, or each of them.
        where: what is known of the constants, such as ``"tau in (0,1)"``; without it they are positive.
        timeout: seconds after which the search is given up (in the main thread of a Unix system); None for never.

    >>> verdict = recover("Abs(y - f)", target="real", prediction="real")
    >>> print(verdict.verdict, verdict.normaliser, verdict.name)
    likelihood up to a constant 2 Laplace(mu = f, b = 1)

    Raises:
        ParseError: if text cannot be read; it points at the character.
        IllPosed: if the question makes no sense as it is put.
        UnsupportedExpression: if something in the loss is not handled.
        TracingError: if a Python function cannot be turned into an expression.
        MissingExtra: if a library that is needed is not installed.
    """
    return answer(ask(loss, target, prediction, y, f, where), timeout)


def answer(question: Question, timeout: float | None = PATIENCE) -> Verdict:
    """The verdict on a question; ``unknown`` with what was tried, if the time is up."""
    tried: list[str] = []
    try:
        with at_most(timeout):
            found = next(_answers(question, tried), None)
            if found is not None:
                return found
    except OutOfTime:
        tried.append(f"given up after {timeout:g} s")
    return Verdict(question, Word.UNKNOWN, tried=tuple(tried))


def _answers(question: Question, tried: list[str]) -> Iterator[Verdict]:
    open_ended: list[Finding] = []
    for finding in _until_it_fails(_findings(question), tried):
        if not is_positive(question, finding):
            tried.append(f"not shown to be positive: h = {written(finding.base_measure)}, c = {written(finding.scale)}")
        elif finding.closed:
            yield Verdict(question, _word(finding), finding)
        else:
            open_ended.append(finding)
    for finding in open_ended:
        yield from _until_it_fails(_without_closed_form(question, finding, tried), tried)
    if not open_ended:
        tried.append(f"no base measure and scale found by {_ARGUMENTS[type(question.target)]}")
    for refute in _REFUTATIONS:
        yield from _until_it_fails(_refuted(question, refute, tried), tried)


def _without_closed_form(question: Question, finding: Finding, tried: list[str]) -> Iterator[Verdict]:
    enclosed = _enclosed(question, finding, tried)
    if enclosed is not None:
        yield Verdict(question, _word(finding), finding, enclosed)
    else:
        yield from _at_other_scales(question, finding)


def _refuted(question: Question, refute: Refute, tried: list[str]) -> Iterator[Verdict]:
    witness = refute(question, tried)
    if witness is not None:
        yield Verdict(question, Word.PSEUDO, witness=witness)


def _until_it_fails(found: Iterator[_T], tried: list[str]) -> Iterator[_T]:
    """What a search finds.  If SymPy, which only guesses, fails on the way, that is said and the search ends."""
    try:
        yield from found
    except MissingExtra:
        raise
    except (LossproofError, ArithmeticError, ValueError, TypeError, RuntimeError) as error:
        tried.append(f"a search broke off: {type(error).__name__}: {error}"[:200])


def _word(finding: Finding) -> Word:
    if finding.scale != ONE:
        return Word.AT_SCALE
    return Word.LIKELIHOOD if finding.normaliser == ONE else Word.UP_TO_A_CONSTANT


# ------------------------------------------------------------------ a likelihood


def _findings(question: Question) -> Iterator[Finding]:
    match question.target:
        case Interval():
            yield from continuous.findings(question, _scales(question))
        case Counts():
            yield from countable.findings(question, _scales(question))
        case _:
            yield from _finite_findings(question)


def _scales(question: Question) -> tuple[Expr, ...]:
    """1, and what undoes a constant factor of the loss."""
    if any(not isinstance(v, Symbol) for v in (question.y, *(f for f, _ in question.predictions))):
        return (ONE,)
    guess = Guess.of(question)
    loss = factor_terms(guess.of_expression(question.loss))
    if not isinstance(loss, Mul):
        return (ONE,)
    constant = loss.as_independent(guess.y, *guess.predictions, as_Add=False)[0]
    if constant in (1, -1) or not constant.is_positive:
        return (ONE,)
    return ONE, guess.back(1 / constant)


def _finite_findings(question: Question) -> Iterator[Finding]:
    guess = finite_likelihood.candidate(question)
    if guess is None:
        return
    proved = finite_likelihood.prove(question, guess)
    base = _base_measure(question, guess.measure)
    if proved is not None and base is not None:
        yield Finding(guess.scale, base, proved)


def _base_measure(question: Question, measure: Mapping[Outcome, Expr]) -> Expr | None:
    """The base measure as an expression in the observation: in pieces, if it is not the same everywhere."""
    values = list(measure.items())
    if all(h == values[0][1] for _, h in values):
        return values[0][1]
    if not isinstance(question.y, Symbol):
        return None
    ordered = sorted(((y, h) for y, h in values if isinstance(y, Expr)), key=lambda item: item[0])
    base = ordered[-1][1]
    for outcome, h in reversed(ordered[:-1]):
        base = Where(sub(outcome, question.y), h, base)
    return base


def _enclosed(question: Question, finding: Finding, tried: list[str]) -> Enclosed | None:
    """That the total mass is finite, and between which numbers it lies."""
    parts = mass.of_mass(finding.normaliser)
    shown = None if parts is None else mass.converges(*parts, around(question), ONE)
    if shown is None:
        tried.append(f"whether the total mass {written(finding.normaliser)} is finite is not shown")
        return None
    return Enclosed(*mass.between(finding.normaliser), because=str(shown))


# ------------------------------------------------------------------ a refutation


def _on_finitely_many(question: Question, tried: list[str]) -> Witness | None:
    if isinstance(question.target, (Interval, Counts, Labels, Simplex)):
        return None
    found = finite.refute(question)
    if found is not None:
        return found
    if (at_one := finite.refute(question, ONE)) is not None:
        tried.append("refuted for the scale c = 1, but not for every scale: " + " ".join(at_one.lines()))
    elif (somewhere := finite.refute_somewhere(question)) is not None:
        values = ", ".join(f"{s} = {value}" for s, value in somewhere.values.items())
        tried.append(f"refuted for some values of the constants ({values}), but not for all")
    else:
        tried.append("points at which no base measure can work: none found")
    return None


def _along_a_path(question: Question, tried: list[str]) -> Witness | None:
    if not isinstance(question.target, (Interval, Counts, Simplex, Vectors)):
        return None
    found = paths.vanishing(question) or paths.growing(question) or paths.levelling(question)
    if found is None and paths.applies_to(question):
        tried.append("paths along which the total mass would have to vanish or to grow: none found")
    if found is None and len(question.sizes) == 1:
        (size,) = question.sizes
        sized = [n for n in (2, 3) if paths.vanishing(_with_size(question, size, n)) is not None]
        if sized:
            tried.append(f"it is refuted for {' and '.join(f'{size} = {n}' for n in sized)}: ask with a number")
    return found


def _at_other_scales(question: Question, finding: Finding) -> Iterator[Verdict]:
    """Of a loss that grows like a logarithm the mass is finite for large scales only."""
    parts = mass.of_mass(finding.normaliser)
    shown = None if parts is None else mass.converges(*parts, around(question))
    for bound in dict.fromkeys(() if shown is None else shown.above):
        scale = mul(TWO, bound, finding.scale) if free(bound) else 2 * bound * finding.scale
        for other in continuous.findings(question, (scale,)):
            if not is_positive(question, other):
                continue
            enclosed = None if other.closed else _enclosed(question, other, [])
            if other.closed or enclosed is not None:
                yield Verdict(question, _word(other), other, enclosed)


def _by_infinite_mass(question: Question, tried: list[str]) -> Witness | None:
    """A location loss of which ``exp(-c rho(y - f))`` has an infinite mass for every ``c``."""
    if not isinstance(question.target, Interval):
        return None
    for finding in continuous.findings(question, (ONE,)):
        parts = mass.of_mass(finding.normaliser)
        witness = None if parts is None else mass.diverges(*parts, around(question))
        if witness is not None and witness.limit is not None:
            for centre in _centres(finding):
                with suppress(LossproofError):
                    return level_location(question, centre, witness)
        if witness is not None:
            tried.append(f"for this base measure the total mass is infinite at every scale: {witness.tail}")
    return None


def _centres(finding: Finding) -> list[Expr]:
    """What the observation is compared with."""
    return [
        dict(place.given)["c"]
        for step in finding.mass
        for place in step.places
        if step.rule == integrals.TRANSLATION and not place.path
    ]


def _with_size(question: Question, size: Symbol, number: int) -> Question:
    """The question for a number of classes or elements."""

    def of(s: Set) -> Set:
        return replace(s, size=substitute(s.size, {size: Integer(number)})) if isinstance(s, (Simplex, Vectors)) else s

    return replace(
        question,
        loss=substitute(question.loss, {size: Integer(number)}),
        target=of(question.target),
        predictions=tuple((f, of(s)) for f, s in question.predictions),
        constants=tuple(c for c in question.constants if c.term != size),
    )


_REFUTATIONS: tuple[Refute, ...] = (
    _on_finitely_many,
    _by_infinite_mass,
    _along_a_path,
)

_ARGUMENTS = {
    Interval: "location, known integrals, a linear statistic",
    Counts: "known series, a linear statistic",
    Finite: "a linear system at some points",
    Labels: "a sum over the classes",
    Simplex: "any argument: there is none for shares",
    Vectors: "a linear system at some points",
}
