"""What is said of a loss: the likelihood behind it, or why there is none, or that neither was found.

A positive verdict is a theorem: its `mass` shows that the total mass of ``h(y) exp(-c l(f, y))`` does not depend on
the prediction, and its `likelihood` derives the loss from the density.  A negative one carries a witness that
has passed its own checker.  Otherwise the verdict is ``unknown``, with what was tried.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, Protocol

import numpy.typing as npt
from sympy import Basic, Expr, Symbol

from lossproof.errors import LossproofError
from lossproof.kernel.conditions import Declared
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import POSITIVE, Domain
from lossproof.kernel.presenting import Shown, brief
from lossproof.losses import loss as definition_of_loss
from lossproof.models import Model, Noise, OpaqueNetwork, i
from lossproof.models import y as observations
from lossproof.notation import boxes
from lossproof.notation.boxes import wrapped
from lossproof.notation.drawn import Formula, Style, in_style, lines_of
from lossproof.notation.inert import ONE, ZERO, add, free, fresh, log, neg, substitute
from lossproof.notation.nodes import Density, Probability
from lossproof.notation.plain import written
from lossproof.recovery.findings import Finding, normalised
from lossproof.recovery.portrait import Portrait
from lossproof.recovery.question import Question, domain_of, label, name
from lossproof.recovery.sets import Counts, Finite, Interval
from lossproof.strategies.likelihood import negative_log_likelihood


class Word(StrEnum):
    """The five verdicts."""

    LIKELIHOOD = "likelihood"
    UP_TO_A_CONSTANT = "likelihood up to a constant"
    AT_SCALE = "likelihood at scale c"
    PSEUDO = "pseudo-likelihood"
    UNKNOWN = "unknown"


class Witness(Protocol):
    """A certificate that no likelihood is behind a loss; it exists only if it has passed its checker."""

    def lines(self) -> Iterator[str]:
        """The certificate in words, so that it can be checked by hand."""

    def to_json(self) -> dict[str, Any]:
        """Plain fields."""


@dataclass(frozen=True)
class Enclosed:
    """A total mass that has no closed form here: that it is finite is shown, its value lies between two numbers.

    Attributes:
        low, high: decimal numbers.
        because: why it is finite.
    """

    low: str
    high: str
    because: str

    def __str__(self) -> str:
        return f"in [{self.low}, {self.high}]" if self.high != "oo" else f"which is finite: {self.because}"


@dataclass(frozen=True, repr=False)
class Verdict(Shown):
    """The answer to a question about a loss.

    Attributes:
        question: the loss and the sets.
        verdict: one of the five words.
        finding: of a positive verdict, the scale, the base measure and the proof of the total mass.
        enclosed: where the total mass has no closed form, between which numbers it lies.
        witness: of a negative verdict, the certificate.
        tried: what was tried, and what came of it.
    """

    question: Question
    verdict: Word
    finding: Finding | None = None
    enclosed: Enclosed | None = None
    witness: Witness | None = None
    tried: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether a likelihood was found."""
        return self.finding is not None

    # -------------------------------------------------------------- the likelihood

    @property
    def scale(self) -> Expr | None:
        """``c``: the loss times ``c`` is the negative log-likelihood, up to a constant."""
        return None if self.finding is None else self.finding.scale

    @property
    def base_measure(self) -> Expr | None:
        """``h(y)``, an expression in the observation; 1 stands for the counting or Lebesgue measure."""
        return None if self.finding is None else self.finding.base_measure

    @property
    def normaliser(self) -> Expr | None:
        """``Z``: the total mass of ``h(y) exp(-c l(f, y))``."""
        return None if self.finding is None else self.finding.normaliser

    @property
    def mass(self) -> Derivation | None:
        """That the total mass is ``Z`` for every prediction: from the loss to the density."""
        return None if self.finding is None else self.finding.mass

    @cached_property
    def _constant(self) -> Symbol | None:
        """A letter for the total mass where it has no closed form."""
        if self.finding is None or self.finding.closed:
            return None
        letter = Symbol("Z", positive=True)
        taken = free(self.question.loss)
        return fresh(letter, taken) if letter.name in {s.name for s in taken} else letter

    @cached_property
    def density(self) -> Expr | None:
        """``p(y | f) = h(y) exp(-c l(f, y)) / Z``, inert; with the letter ``Z`` where it has no closed form."""
        if self.finding is None:
            return None
        finding = self.finding
        return normalised(self.question.loss, finding, self._constant or finding.normaliser)

    @cached_property
    def portrait(self) -> Portrait | None:
        """What the density is: name, moments, tails, samples, a plot; for observations that are numbers."""
        q = self.question
        if self.density is None or not isinstance(q.y, Symbol):
            return None
        return Portrait(self.density, q.y, q.target, q.predictions, q.constants, q.loss, self._constant)

    @property
    def name(self) -> str | None:
        """The distribution that it is proved to be, if it has a name here."""
        return None if self.portrait is None or self.portrait.name is None else str(self.portrait.name)

    @property
    def mean(self) -> str | None:
        """The mean of an observation given the prediction, in words and symbols."""
        return None if self.portrait is None else str(self.portrait.mean)

    @property
    def variance(self) -> str | None:
        """Its variance."""
        return None if self.portrait is None else str(self.portrait.variance)

    @property
    def tail(self) -> str | None:
        """What the loss says about outliers."""
        return None if self.portrait is None or self.portrait.tail is None else str(self.portrait.tail)

    def sample(self, size: int = 1, seed: int | None = None, **values: Any) -> npt.NDArray[Any]:
        """Independent draws of the observation at given predictions and constants; see `Portrait.sample`.

        Raises:
            LossproofError: if there is no density to draw from.
        """
        return self._pictured().sample(size, seed, **values)

    def plot(self, predictions: Sequence[Any] = (), *, axes: Any = None, **constants: Any) -> Any:
        """The density beside the loss, a ``matplotlib.figure.Figure``; see `Portrait.plot`.

        Raises:
            LossproofError: if there is no density to draw.
        """
        return self._pictured().plot(predictions, axes=axes, **constants)

    def _pictured(self) -> Portrait:
        if self.portrait is None:
            raise LossproofError(f"there is no density of one number to draw: the verdict is '{self.verdict}'")
        return self.portrait

    # -------------------------------------------------------------- and back: from the density to the loss

    @cached_property
    def model(self) -> Model[Noise] | None:
        """Independent observations with this density behind any network; None where the words for it are lacking."""
        q, finding, density = self.question, self.finding, self.density
        sets = (q.target, *(s for _, s in q.predictions))
        if finding is None or density is None or not all(isinstance(s, (Interval, Counts, Finite)) for s in sets):
            return None
        support, *values = (domain_of(s) for s in sets if isinstance(s, (Interval, Counts, Finite)))
        apart = _apart_from_the_model(
            free(q.loss) | free(density) | {label(q.y), *(label(f) for f, _ in q.predictions)}
        )
        names, y = [substitute(f, apart) for f, _ in q.predictions], substitute(q.y, apart)
        loss, density = substitute(q.loss, apart), substitute(density, apart)
        discrete = not isinstance(q.target, Interval)
        if not discrete:
            support = Domain(support.low, support.high)  # an end has no mass, and the density need not exist there
        if discrete and not support.integer:
            return None
        mass = self._constant or substitute(finding.normaliser, apart)
        parts = [] if mass == ONE else [log(mass)]
        base = substitute(substitute(finding.base_measure, apart), {y: observations[i]})
        parts += [] if base == ONE else [neg(log(base))]
        constant = add(*parts) if len(parts) == 2 else parts[0] if parts else ZERO
        letters = () if self._constant is None else (Declared(self._constant, POSITIVE),)
        found = density

        def at(*arguments: Expr) -> Expr:
            return substitute(found, dict(zip((*names, y), arguments, strict=True)))

        scale = substitute(finding.scale, apart)
        symbols = free(loss) | free(mass) | free(scale)
        said = tuple(Declared(substitute(h.term, apart), h.domain) for h in q.constants)
        known = [Declared(s, POSITIVE) for s in sorted(symbols, key=str) if s.is_positive and s not in names]
        noise = Noise(
            self.name or "recovered noise",
            at,
            support,
            (*said, *letters, *(h for h in known if h not in letters)),
            kind=Probability if discrete else Density,
            loss=definition_of_loss(loss, *names, y),
            scale=scale,
            constant=constant,
        )
        network = OpaqueNetwork(values[0], also=tuple(zip("gh"[: len(values) - 1], values[1:], strict=True)))
        return Model("recovered", noise, network, "The recovered likelihood")

    @cached_property
    def likelihood(self) -> Derivation | None:
        """From the likelihood of independent observations with this density to the summed loss, if it is granted."""
        if self.model is None:
            return None
        try:
            return negative_log_likelihood(self.model)
        except LossproofError:
            return None

    @property
    def derivations(self) -> tuple[Derivation, ...]:
        """Both directions, as far as there are: the total mass, and the loss from the density."""
        return tuple(d for d in (self.mass, self.likelihood) if d is not None)

    # -------------------------------------------------------------- in words

    def to_json(self) -> dict[str, Any]:
        """Plain fields: the verdict, what was found, what it is, and how it is shown."""
        q, finding = self.question, self.finding
        portrait = self.portrait.to_json() if self.portrait is not None else {}
        return {
            "verdict": str(self.verdict),
            "loss": written(q.loss),
            "target": str(q.target),
            "prediction": {name(f): str(s) for f, s in q.predictions},
            "scale": None if finding is None else written(finding.scale),
            "base_measure": None if finding is None else written(finding.base_measure),
            "normaliser": None if finding is None else written(finding.normaliser),
            "normaliser_enclosed": None if self.enclosed is None else [self.enclosed.low, self.enclosed.high],
            "density": None if self.density is None else written(self.density),
            "name": portrait.pop("name", None),
            **portrait,
            "witness": None if self.witness is None else self.witness.to_json(),
            "derivations": [json.loads(d.to_json()) for d in self.derivations],
            "tried": list(self.tried),
        }

    def text(self, width: int = 80, style: Style = "plain") -> str:
        """The answer in lines of text.

        Args:
            width: how wide they may be, in columns of a terminal; the longest word may be wider.
            style: ``plain``; ``drawn``, with the formulas in two dimensions; or ``ascii``.
        """
        formulas = self._formulas() if style == "drawn" else {}
        lines: list[str] = []
        for word, said in self.rows():
            room = max(width - _MARGIN, 20)
            if not word:
                lines.append(said)
                continue
            rows = wrapped(in_style(said, style), room)
            placed = lines_of(formulas[word], room, style) if word in formulas else [boxes.letters(row) for row in rows]
            margins = [f"  {word:<{_MARGIN - 3}} ", *[" " * _MARGIN] * (len(placed) - 1)]
            lines += boxes.stacked([boxes.beside([boxes.letters(m), b]) for m, b in zip(margins, placed, strict=True)])
        return "\n".join(lines)

    def _formulas(self) -> dict[str, Formula]:
        """The rows that are equations, by their words."""
        given, y = ", ".join(name(f) for f, _ in self.question.predictions), name(self.question.y)
        formulas = {"loss": _equation(f"l({given}, {y})", self.question.loss)}
        if self.finding is not None and self.density is not None:
            formulas |= {"density": _equation(f"p({y} | {given})", self.density)}
            formulas |= {"base": _equation(f"h({y})", self.finding.base_measure)}
            formulas |= {} if self.enclosed is not None else {"mass": _equation("Z", self.finding.normaliser)}
        return formulas

    def rows(self) -> Iterator[tuple[str, str]]:
        """What is said, each with the word that stands before it."""
        q = self.question
        yield "", str(self.verdict)
        given = ", ".join(name(f) for f, _ in q.predictions)
        yield "loss", f"l({given}, {name(q.y)}) = {written(q.loss)}"
        yield "for", str(q).removeprefix(f"{written(q.loss)} for ")
        if self.finding is not None:
            yield from self._found(self.finding)
        if self.witness is not None:
            yield from (("because" if k == 0 else " ", line) for k, line in enumerate(self.witness.lines()))
        for k, line in enumerate(self.tried if self.verdict is Word.UNKNOWN else ()):
            yield "tried" if k == 0 else " ", line

    def _found(self, finding: Finding) -> Iterator[tuple[str, str]]:
        given = ", ".join(name(f) for f, _ in self.question.predictions)
        y = name(self.question.y)
        assert self.density is not None
        yield ("density", f"p({y} | {given}) = {written(self.density)}")
        if self.name is not None:
            yield ("name", self.name)
        if finding.scale != ONE:
            yield ("scale", f"c = {written(finding.scale)}: c times the loss is the negative log-likelihood")
        if finding.base_measure != ONE:
            yield ("base", f"h({y}) = {written(finding.base_measure)}")
        says = f"Z = {written(finding.normaliser)}"
        yield ("mass", says if self.enclosed is None else f"{says}, {self.enclosed}")
        if self.portrait is not None:
            yield ("mean", str(self.portrait.mean))
            yield ("variance", str(self.portrait.variance))
            yield from (("prediction", said) for said in self.portrait.prediction_is)
        if self.tail is not None:
            yield ("outliers", self.tail)

    def __str__(self) -> str:
        return self.text()

    def _says(self) -> str:
        return f" {self.verdict}: {brief(str(self.question))}"


#: What the letters of a model mean: sizes, indices, inputs, observations and parameters.
_OF_THE_MODEL = frozenset("bdijkmnsuwxyKXY") | {"theta"}


def _apart_from_the_model(symbols: Iterable[Symbol]) -> dict[Basic, Basic]:
    """Other names for the symbols of a loss that are called like a letter of the model."""
    clash = [s for s in symbols if s.name in _OF_THE_MODEL]
    return {s: Symbol(f"{s.name}_0", **s._assumptions_orig) for s in clash}


def _equation(left: str, right: Expr) -> Formula:
    return lambda printer: f"{left} = {printer.marked(right)}"


#: Where what is said of a word begins.
_MARGIN = 14
