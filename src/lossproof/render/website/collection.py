"""What a site is about: results with what they use, losses with their verdicts, rules; each with its page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import count

from lossproof.kernel.derivation import Derivation
from lossproof.notation.plain import written
from lossproof.recovery.atlas import Answer
from lossproof.recovery.verdict import Verdict
from lossproof.referees import Report
from lossproof.render.rules import chapters
from lossproof.render.website.dependencies import Dependencies, cited
from lossproof.render.website.naming import slugs
from lossproof.strategies.entry import Entry

INDEX, ATLAS, MAP, RULES_PAGE = "index.html", "atlas.html", "map.html", "rules.html"
#: The family of results that are listed nowhere else.
ADDED, LEMMAS = "Added by the user", "Lemmas that proofs cite"


@dataclass(frozen=True)
class Result:
    """A derivation with its page.

    Attributes:
        derivation: what the page shows.
        label: its name, told apart from other theorems of that name.
        file: of its page.
        family: what it is listed under.
        entry: of the catalogue; None for a lemma that is only cited.
    """

    derivation: Derivation
    label: str
    file: str
    family: str
    entry: Entry | None = None


@dataclass(frozen=True)
class Question:
    """A question about a loss with its page.

    Attributes:
        answers: the rows of the atlas that ask it.
        found: the one answer.
        file: of its page.
        title: the call that asks it, the first if there are several, with the sets where that is asked twice.
    """

    answers: tuple[Answer, ...]
    found: Verdict
    file: str
    title: str


@dataclass(frozen=True)
class Collection:
    """Everything that has a page.

    Attributes:
        results: in reading order: by families, lemmas last.
        dependencies: between the results, by their places.
        answers: the rows of the atlas.
        questions: what the rows ask, each once.
        reports: what the referees say, by the file of a result.
    """

    results: tuple[Result, ...]
    dependencies: Dependencies
    answers: tuple[Answer, ...] = ()
    questions: tuple[Question, ...] = ()
    reports: Mapping[str, Report] = field(default_factory=dict)

    def with_atlas(self, answers: Iterable[Answer]) -> Collection:
        """The same with the rows of the atlas."""
        rows = tuple(answers)
        return replace(self, answers=rows, questions=_questions(rows))

    @cached_property
    def families(self) -> dict[str, tuple[Result, ...]]:
        """The results under what they are listed with."""
        found: dict[str, list[Result]] = {}
        for result in self.results:
            found.setdefault(result.family, []).append(result)
        return {family: tuple(results) for family, results in found.items()}

    @cached_property
    def family_anchors(self) -> dict[str, str]:
        """What the section of each family is called on the first page."""
        return dict(zip(self.families, slugs(f"family {family}" for family in self.families), strict=True))

    @cached_property
    def rules(self) -> dict[str, str]:
        """Where each rule of the rulebook is described: the anchor on the page of the rules, by its name."""
        names = [rule.name for rules in chapters().values() for rule in rules]
        return dict(zip(names, slugs(names), strict=True))

    def report(self, file: str) -> Report | None:
        """What the referees say of the result whose page it is, if they were asked."""
        return self.reports.get(file)

    def uses(self, result: Result) -> tuple[Result, ...]:
        """The results whose theorems it cites."""
        return tuple(self.results[k] for k in self.dependencies.uses(self._places[result.file]))

    def cited(self, derivation: Derivation) -> tuple[Result, ...]:
        """The results that a derivation cites; it need not be one itself."""
        found = cited(derivation)
        return tuple(result for result in self.results if result.derivation in found)

    def used_by(self, result: Result) -> tuple[Result, ...]:
        """The results that cite its theorem."""
        return tuple(self.results[k] for k in self.dependencies.used_by(self._places[result.file]))

    def together(self, result: Result) -> tuple[Result, ...]:
        """Results about the same model: its loss, gradient, density and the like, by their declared model or name."""
        return tuple(other for other in self.results if other is not result and _belong(result, other))

    def losses(self, result: Result) -> tuple[Answer, ...]:
        """The rows of the atlas, one for each loss, that the peers of a result name."""
        peers = result.entry.peers if result.entry else ()
        named = {loss_name(answer): answer for answer in reversed(self.answers)}
        return tuple(named[peer] for peer in peers if peer in named)

    def results_with(self, answer: Answer) -> tuple[Result, ...]:
        """The results whose peers name the loss of a row: the same loss, derived from a model."""
        return tuple(r for r in self.results if r.entry and loss_name(answer) in r.entry.peers)

    def question(self, answer: Answer) -> Question | None:
        """The question that a row asks."""
        return self._asked.get(id(answer.found))

    @cached_property
    def _places(self) -> dict[str, int]:
        return {result.file: place for place, result in enumerate(self.results)}

    @cached_property
    def _asked(self) -> dict[int, Question]:
        return {id(question.found): question for question in self.questions}


def call(answer: Answer) -> str:
    """A row of the atlas as the call of the library's function."""
    return f"{loss_name(answer)}({answer.row.call})"


def loss_name(answer: Answer) -> str:
    """The library's function that a row of the atlas is about."""
    return f"{answer.loss.library}.{answer.loss.name}"


def collect(entries: Iterable[Entry]) -> Collection:
    """The entries of the catalogue and what they cite, each with its page.

    Raises:
        LossproofError: if an entry cannot be derived.
    """
    listed: dict[str, list[Entry]] = {}
    for entry in entries:
        listed.setdefault(entry.family or ADDED, []).append(entry)
    derived = [(entry, entry.derive()) for family in listed.values() for entry in family]
    dependencies = Dependencies.of(d for _, d in derived)
    entry_at: dict[int, Entry] = {}
    for entry, d in derived:
        entry_at.setdefault(dependencies.derivations.index(d), entry)
    labels = _labels(dependencies.derivations)
    return Collection(
        tuple(
            Result(d, label, f"results/{slug}.html", (entry.family or ADDED) if entry else LEMMAS, entry)
            for d, label, slug, entry in zip(
                dependencies.derivations, labels, slugs(labels), map(entry_at.get, count()), strict=False
            )
        ),
        dependencies,
    )


def _labels(derivations: Sequence[Derivation]) -> list[str]:
    """The names; a theorem of the same name about other parameters says which, any other is numbered."""
    labels: list[str] = []
    for derivation in derivations:
        label = derivation.name
        if label in labels and derivation.parameters:
            label = f"{derivation.name} in {' and '.join(map(written, derivation.parameters))}"
        number, plain = 1, label
        while label in labels:
            number += 1
            label = f"{plain} ({number})"
        labels.append(label)
    return labels


def _belong(one: Result, other: Result) -> bool:
    if one.entry is None or other.entry is None:
        return False
    if one.entry.model is not None and one.entry.model == other.entry.model:
        return True
    short, long = sorted((one.entry.name, other.entry.name), key=len)
    if long in (f"{short}-exponential-family", f"{short}-density", f"{short}-gradient"):
        return True
    return one.family == other.family and long.startswith(f"{short}-")


def _questions(answers: Sequence[Answer]) -> tuple[Question, ...]:
    """The verdicts, each once, with the rows that have it."""
    rows: dict[int, list[Answer]] = {}
    for answer in answers:
        if answer.found is not None:
            rows.setdefault(id(answer.found), []).append(answer)
    calls = [call(same[0]) for same in rows.values()]
    titles = [
        f"{asked} for {same[0].question}" if calls.count(asked) > 1 else asked
        for asked, same in zip(calls, rows.values(), strict=True)
    ]
    return tuple(
        Question(tuple(same), found, f"losses/{name}.html", title)
        for same, name, title in zip(rows.values(), slugs(titles), titles, strict=True)
        if (found := same[0].found) is not None
    )
