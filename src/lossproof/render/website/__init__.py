"""A static site: the catalogue, a page for each result, the atlas of losses, the map of results, the rules.

Every page is self-contained and is read without scripts; links are relative, so that the site works from a disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from lossproof.recovery.atlas import Answer
from lossproof.render.website import directory as place
from lossproof.render.website.catalogue import catalogue_page
from lossproof.render.website.collection import ATLAS, INDEX, MAP, RULES_PAGE, Collection, collect
from lossproof.render.website.formulary import rules_page
from lossproof.render.website.judging import judging
from lossproof.render.website.losses import atlas_page, question_page
from lossproof.render.website.overview import map_page
from lossproof.render.website.results import result_page
from lossproof.strategies.entry import Entry

#: The referees that take less than a second for a result.
QUICK = "replay,finite,balls"

#: Is told what is at work, how much is done, and how much there is to do, if that is known.
Progress = Callable[[str, int, int | None], None]


def build(
    directory: str | Path,
    entries: Iterable[Entry],
    answers: Iterable[Answer] = (),
    *,
    referees: str = QUICK,
    seed: int = 0,
    workers: int = 1,
    progress: Progress | None = None,
) -> Collection:
    """Make a site and put it into a directory, whole or not at all.

    Args:
        directory: a new one, an empty one, or a site that is replaced.
        entries: the results, in reading order; what they cite gets a page too.
        answers: the rows of the atlas.
        referees: who judges every result, as for `lossproof.referees.verify`; nobody if empty.
        seed: for the referees that sample.
        workers: how many processes judge at the same time; a script that asks for several needs the guard of
            `multiprocessing`, ``if __name__ == "__main__"``.
        progress: is told what is done.

    Returns:
        What the site is about, with the reports of the referees.

    Raises:
        OutputError: if the directory is in use or cannot be written.
        UnknownName: if there is no such referee.
        MissingExtra: if the library for mathematics in HTML is not installed.
    """
    place.check(directory)
    tell = progress or _nobody
    tell("deriving", 0, None)
    collection = collect(entries)
    derivations = [result.derivation for result in collection.results] if referees else []
    with judging(derivations, referees, workers, seed) as judged:
        rows = []
        for answer in answers:
            rows.append(answer)
            tell(f"{answer.loss.library}.{answer.loss.name}", len(rows), None)
        collection = collection.with_atlas(rows)
        reports = {}
        for result, report in zip(collection.results, judged, strict=bool(derivations)):
            reports[result.file] = report
            tell(f"{result.label}: {referees}", len(reports), len(derivations))
    collection = replace(collection, reports=reports)
    many = len(collection.results) + len(collection.questions) + 4
    files: dict[str, str] = {}
    for name, text in pages(collection):
        files[name] = text
        tell(name, len(files), many)
    place.write(files, directory)
    return collection


def _nobody(what: str, done: int, total: int | None) -> None:
    pass


def pages(collection: Collection) -> Iterator[tuple[str, str]]:
    """Every page of a site: its file and its text."""
    yield INDEX, catalogue_page(collection)
    yield MAP, map_page(collection)
    yield RULES_PAGE, rules_page(collection)
    yield ATLAS, atlas_page(collection)
    for result in collection.results:
        yield result.file, result_page(collection, result)
    for question in collection.questions:
        yield question.file, question_page(collection, question)
