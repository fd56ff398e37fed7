"""The site that ``lossproof report --all`` makes: every link leads somewhere, the map says what was proved."""

from __future__ import annotations

import itertools
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path
from posixpath import dirname, join, normpath
from urllib.parse import unquote

import pytest
from browser import asked, violations
from sympy import Symbol

from lossproof import Derivation
from lossproof.cli import main
from lossproof.errors import OutputError, UnknownName
from lossproof.kernel.conditions import Assumed, Declared
from lossproof.kernel.derivation import Cite
from lossproof.kernel.domains import POSITIVE
from lossproof.kernel.rules import Identity
from lossproof.kernel.schema import Meta
from lossproof.notation.inert import log, mul
from lossproof.recovery import atlas
from lossproof.referees import Report, verify
from lossproof.render import website
from lossproof.render.website import directory
from lossproof.render.website.collection import LEMMAS, Collection, collect
from lossproof.render.website.dependencies import Dependencies
from lossproof.render.website.judging import judging
from lossproof.render.website.layered import layout
from lossproof.render.website.naming import slugs
from lossproof.render.website.overview import map_page
from lossproof.rulebook import RULES
from lossproof.strategies import catalogue
from lossproof.strategies.catalogue import CATALOGUE
from lossproof.strategies.chain import Chain
from lossproof.strategies.entry import Entry

FEW = (
    *("logistic", "linear-regression", "linear-regression-gradient", "laplace", "poisson", "poisson-gradient"),
    *("linear-regression-intercept-gradient", "ridge-gradient", "poisson-density", "brier-is-no-likelihood"),
)


@dataclass
class Seen(HTMLParser):
    """What a page has: links, identifiers, text, and the drawings' nodes and edges."""

    links: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    drawings: list[tuple[list[str], list[tuple[int, int]]]] = field(default_factory=list)
    text: str = ""
    _in_drawing: bool = False

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if "id" in found:
            self.ids.append(found["id"])
        if tag == "svg":
            self.drawings.append(([], []))
            self._in_drawing = True
        if tag == "a":
            self.links.append(found["href"])
            if self._in_drawing:
                self.drawings[-1][0].append(found["href"])
        if "data-from" in found:
            self.drawings[-1][1].append((int(found["data-from"]), int(found["data-to"])))

    def handle_endtag(self, tag: str) -> None:
        self._in_drawing = self._in_drawing and tag != "svg"

    def handle_data(self, data: str) -> None:
        self.text += data

    @classmethod
    def of(cls, text: str) -> Seen:
        seen = cls()
        seen.feed(text)
        seen.close()
        return seen


def entries(*names: str) -> list[Entry]:
    return [CATALOGUE[name] for name in names]


@pytest.fixture(scope="module")
def answers() -> list[atlas.Answer]:
    return list(itertools.islice(atlas.answers("torch"), 4))


@pytest.fixture(scope="module")
def site(
    tmp_path_factory: pytest.TempPathFactory, answers: list[atlas.Answer], needs: Callable[[str], None]
) -> tuple[Path, Collection]:
    needs("latex2mathml")
    place = tmp_path_factory.mktemp("sites") / "site"
    return place, website.build(place, entries(*FEW), answers, referees="replay")


@pytest.fixture(scope="module")
def pages(site: tuple[Path, Collection]) -> dict[str, str]:
    place = site[0]
    return {p.relative_to(place).as_posix(): p.read_text(encoding="utf-8") for p in place.rglob("*.html")}


# ------------------------------------------------------------------ the pages


def test_every_link_leads_to_a_place_on_the_site(pages: dict[str, str]) -> None:
    seen = {file: Seen.of(text) for file, text in pages.items()}
    checked = 0
    for file, page in seen.items():
        for link in page.links:
            path, _, place = link.partition("#")
            target = normpath(join(dirname(file), unquote(path))) if path else file
            assert target in pages, (file, link)
            assert not place or place in seen[target].ids, (file, link)
            checked += 1
    assert checked > 500


def test_identifiers_are_unique_on_their_page(pages: dict[str, str]) -> None:
    for file, text in pages.items():
        twice = [name for name, many in Counter(Seen.of(text).ids).items() if many > 1]
        assert not twice, file


def test_nothing_is_fetched_and_a_policy_says_so(pages: dict[str, str]) -> None:
    for file, text in pages.items():
        assert "default-src 'none'" in text, file
        for word in ("src=", "@import", "url(", "<link"):
            assert word not in text.replace("default-src", ""), (file, word)
        assert "http://" not in text.replace("http://www.w3.org", ""), file
        assert "https://" not in text, file


def test_every_result_has_a_page_that_is_linked_from_the_first(
    site: tuple[Path, Collection], pages: dict[str, str]
) -> None:
    collection = site[1]
    first = Seen.of(pages["index.html"])
    assert {r.derivation.name for r in collection.results} >= set(FEW)
    for result in collection.results:
        assert result.file in first.links
        assert result.derivation.title in Seen.of(pages[result.file]).text
    assert [r.file for r in collection.results if r.entry is None] == [
        *("results/linear-prediction-gradient.html", "results/linear-prediction-gradient-in-b-and-w.html"),
        "results/gaussian-prior-gradient.html",
    ]


def test_the_first_page_says_relation_steps_and_standing(site: tuple[Path, Collection], pages: dict[str, str]) -> None:
    text = pages["index.html"]
    for result in site[1].results:
        row = text.partition(f'href="{result.file}"')[2].partition("</tr>")[0]
        assert f">{len(result.derivation)}<" in row
        assert f">{result.derivation.relation}" in row
        assert f"proved; steps held: replay {len(result.derivation)}" in row


def test_a_page_links_the_one_before_and_the_one_after(site: tuple[Path, Collection], pages: dict[str, str]) -> None:
    results = site[1].results
    for before, after in itertools.pairwise(results):
        assert f'rel="next" href="{after.file.removeprefix("results/")}"' in pages[before.file]
        assert f'rel="prev" href="{before.file.removeprefix("results/")}"' in pages[after.file]


def test_the_atlas_has_every_row_with_its_verdict(
    site: tuple[Path, Collection], pages: dict[str, str], answers: list[atlas.Answer]
) -> None:
    text = Seen.of(pages["atlas.html"]).text
    for answer in answers:
        assert answer.verdict in text
        question = site[1].question(answer)
        assert question is not None
        page = Seen.of(pages[question.file]).text
        assert answer.verdict in page
        assert all(d.title in page for d in question.found.derivations)
    assert (
        "torch.nn.MSELoss() for y in {0,1}, f in interval(0,1): pseudo-likelihood"
        in pages["losses/torch-nn-mseloss-for-y-in-0-1-f-in-interval-0-1.html"]
    )


def test_a_loss_leads_to_its_derivation_and_back(pages: dict[str, str]) -> None:
    assert "results/laplace.html" in Seen.of(pages["atlas.html"]).links
    assert "../atlas.html#torch-nn-l1loss" in Seen.of(pages["results/laplace.html"]).links


def test_a_rule_lists_the_results_that_use_it_and_the_answers(pages: dict[str, str]) -> None:
    text = pages["rules.html"]
    section = text.partition('id="label-as-exponent"')[2].partition("</section>")[0]
    assert Seen.of(section).links == ["results/logistic.html"]
    section = text.partition('id="every-location-has-the-same-total"')[2].partition("</section>")[0]
    assert all(link.startswith("losses/") for link in Seen.of(section).links)
    assert all(f'id="{slug}"' in text for slug in slugs(RULES))


def test_a_refuted_result_is_not_called_proved(site: tuple[Path, Collection]) -> None:
    collection = site[1]
    result = collection.results[0]
    good = verify(result.derivation, referees="replay")
    bad = replace(good, rows=(replace(good.rows[0], finding="refuted", detail="0 is not 1"), *good.rows[1:]))
    files = dict(website.pages(replace(collection, reports={result.file: bad}, answers=(), questions=())))
    assert "<strong>not verified</strong>" in files["index.html"]
    assert "NOT verified" in files[result.file]


# ------------------------------------------------------------------ the map


@pytest.fixture(scope="module")
def everything() -> Collection:
    return collect(CATALOGUE.values())


def citations(derivations: list[Derivation]) -> set[tuple[Derivation, Derivation]]:
    """Who cites what, found in another way than the site does: step by step, and through what is cited."""
    found: set[tuple[Derivation, Derivation]] = set()
    waiting = list(derivations)
    while waiting:
        here = waiting.pop()
        new = {(here, step.rule.derivation) for step in here.steps if isinstance(step.rule, Cite)} - found
        found |= new
        waiting += [cited for _, cited in new]
    return found


def test_the_map_has_an_edge_for_every_citation_and_no_other(everything: Collection) -> None:
    of_file = {result.file: result.derivation for result in everything.results}
    drawn: list[tuple[Derivation, Derivation]] = []
    page = Seen.of(map_page(everything))
    for nodes, edges in page.drawings:
        drawn += [(of_file[nodes[user]], of_file[nodes[used]]) for used, user in edges]
    assert len(drawn) == len(set(drawn)) > 90
    assert set(drawn) == citations([CATALOGUE[name].derive() for name in CATALOGUE])


def test_the_table_says_the_same_as_the_drawings(everything: Collection) -> None:
    page = map_page(everything)
    table = page.partition('id="table"')[2]
    for result in everything.results:
        uses, used_by = everything.uses(result), everything.used_by(result)
        row = table.partition(f'id="{result.file[8:-5]}"')[2].partition("</tr>")[0]
        expected = [result.file, *(r.file for r in uses), *(r.file for r in used_by)]
        assert Seen.of(row).links == (expected if uses or used_by else []), result.label


def test_theorems_of_one_name_are_told_apart(everything: Collection) -> None:
    labels = [result.label for result in everything.results]
    assert len(set(labels)) == len(labels)
    assert labels.count("gaussian-process-density") == 1
    other = everything.results[labels.index("gaussian-process-density in b and f")]
    assert other.family == LEMMAS
    assert {r.label for r in everything.used_by(other)} == {"svm-gaussian-process", "svm-three-outcomes-map"}


def test_every_entry_has_a_family_and_keeps_its_name(everything: Collection) -> None:
    assert {r.label for r in everything.results if r.entry} == set(CATALOGUE)
    assert all(result.family for result in everything.results)
    assert everything.families["Counts"][0].label == "poisson"


def test_results_about_the_same_model_are_found(everything: Collection) -> None:
    by_name = {result.label: result for result in everything.results}
    together = {result.label for result in everything.together(by_name["poisson"])}
    assert together == {"poisson-gradient", "poisson-full", "poisson-density", "poisson-exponential-family"}
    assert "gaussian-process-density" not in {r.label for r in everything.together(by_name["gaussian"])}


def test_a_drawing_leads_from_left_to_right_and_nothing_overlaps(everything: Collection) -> None:
    deps = everything.dependencies
    edges = [(used, user) for user, used in deps.edges]
    drawn = layout(len(deps.derivations), edges)
    assert all(drawn.places[used][0] < drawn.places[user][0] for used, user in edges)
    for bends, (used, user) in zip(drawn.bends, edges, strict=True):
        assert [layer for layer, _ in bends] == list(range(drawn.places[used][0] + 1, drawn.places[user][0]))
    where: dict[int, list[float]] = {}
    for layer, row in (*drawn.places, *(bend for bends in drawn.bends for bend in bends)):
        where.setdefault(layer, []).append(row)
    for rows in where.values():
        assert all(b - a > 1 - 1e-9 for a, b in itertools.pairwise(sorted(rows)))


def test_a_cycle_is_refused() -> None:
    with pytest.raises(ValueError, match="cycle"):
        layout(3, [(0, 1), (1, 2), (2, 0)])


def test_a_drawing_untangles_what_can_be_untangled() -> None:
    drawn = layout(4, [(0, 3), (1, 2)])
    (_, a), (_, b), (_, c), (_, d) = drawn.places
    assert (a < b) == (d < c)


def test_dependencies_go_through_what_is_cited() -> None:
    found = Dependencies.of([CATALOGUE["ridge-gradient"].derive()])
    assert [d.name for d in found.derivations] == [
        *("ridge-gradient", "linear-regression-gradient", "gaussian-prior-gradient", "linear-prediction-gradient"),
    ]
    assert found.edges == ((0, 1), (0, 2), (1, 3))
    assert found.components == ((0, 1, 2, 3),)


# ------------------------------------------------------------------ names from a user

EVIL = "</title><script>alert(1)</script>\"'&../../\\$x$"


def evil_entry(title: str) -> Entry:
    a, b = Symbol("a"), Symbol("b")
    hypotheses = (Declared(a, POSITIVE), Assumed(EVIL, b, a))
    d = Chain(f"../../{EVIL}", hypotheses, (), log(mul(b, b)), title).assume(EVIL).done()
    return Entry(d.name, lambda: d, (EVIL,), family=EVIL)


@pytest.fixture
def _rules() -> Iterator[None]:
    before = dict(RULES)
    a = Meta("a")
    RULES["<b>evil</b>"] = Identity("<b>evil</b>", a, a, reference=EVIL)
    yield
    RULES.clear()
    RULES.update(before)


@pytest.mark.usefixtures("_rules")
def test_names_of_a_user_are_escaped_and_stay_in_the_directory(tmp_path: Path, needs: Callable[[str], None]) -> None:
    needs("latex2mathml")
    website.build(
        tmp_path / "site",
        [evil_entry(EVIL), evil_entry("another"), evil_entry(EVIL), *entries("poisson")],
        referees="replay",
    )
    files = [p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()]
    assert len(files) == 8
    assert all(
        name.startswith("site/") and name.replace("/", "").replace("-", "").replace(".", "").isalnum() for name in files
    )
    for page in (tmp_path / "site").rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert "<script>alert" not in text
        assert "<b>evil" not in text
        assert text.count("<script>") == text.count("</script>")
    assert "alert(1)" in (tmp_path / "site" / "index.html").read_text(encoding="utf-8")


def test_slugs_are_safe_and_different() -> None:
    names = ["a", "A", "a-2", "con", "COM1", "", "..", "../x", "x" * 300, "x" * 301, "größe", "gr-e", "lpt9", "index"]
    found = slugs(names)
    assert len(set(found)) == len(names)
    for slug in found:
        assert slug.replace("-", "").isalnum()
        assert slug == slug.lower()
        assert len(slug) < 100
        assert slug not in ("con", "com1", "lpt9", "index")
    assert slugs(names) == found


# ------------------------------------------------------------------ the directory

PAGES = {"index.html": "a", "results/one.html": "b"}


def contents(place: Path) -> dict[str, str]:
    return {p.relative_to(place).as_posix(): p.read_text(encoding="utf-8") for p in place.rglob("*") if p.is_file()}


def test_a_site_replaces_a_site_and_nothing_of_the_old_stays(tmp_path: Path) -> None:
    place = tmp_path / "site"
    directory.write(PAGES, place)
    assert contents(place).keys() == {*PAGES, directory.MANIFEST}
    directory.write({"index.html": "new"}, place)
    assert contents(place)["index.html"] == "new"
    assert not (place / "results").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["site"]


def test_an_empty_directory_is_filled_and_keeps_its_mode(tmp_path: Path) -> None:
    place = tmp_path / "site"
    place.mkdir(mode=0o750)
    directory.write(PAGES, place)
    assert place.stat().st_mode & 0o777 == 0o750
    assert contents(place)["results/one.html"] == "b"


@pytest.mark.parametrize("name", ["thesis.tex", "results/notes.txt", ".git/config"])
def test_a_file_of_somebody_else_is_never_deleted(tmp_path: Path, name: str) -> None:
    place = tmp_path / "site"
    directory.write(PAGES, place)
    (place / name).parent.mkdir(exist_ok=True)
    (place / name).write_text("mine")
    before = contents(place)
    with pytest.raises(OutputError, match="not of the site"):
        directory.write(PAGES, place)
    assert contents(place) == before


def test_what_is_not_a_site_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "index.html").write_text("mine")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match="not a site"):
        directory.write(PAGES, tmp_path / "thesis")
    with pytest.raises(OutputError, match="it is a file"):
        directory.write(PAGES, tmp_path / "file")
    with pytest.raises(OutputError, match="no directory"):
        directory.write(PAGES, tmp_path / "none" / "site")
    assert contents(tmp_path) == {"thesis/index.html": "mine", "file": "mine"}


@pytest.mark.parametrize("manifest", ["", "[]", "{}", '{"files": 3}', '{"files": [1, null]}', "\udcff"])
def test_a_manifest_that_we_did_not_write_lists_nothing(tmp_path: Path, manifest: str) -> None:
    (tmp_path / directory.MANIFEST).write_bytes(manifest.encode("utf-8", "surrogateescape"))
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="not of the site"):
        directory.check(tmp_path)


def test_a_link_out_of_the_directory_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_text("mine")
    directory.write(PAGES, tmp_path / "site")
    (tmp_path / "site" / "results" / "link").symlink_to(tmp_path / "mine", target_is_directory=True)
    with pytest.raises(OutputError, match="results/link"):
        directory.write(PAGES, tmp_path / "site")
    (tmp_path / "site" / "results" / "link").unlink()
    (tmp_path / "alias").symlink_to(tmp_path / "site", target_is_directory=True)
    directory.write({"index.html": "through the link"}, tmp_path / "alias")
    assert (tmp_path / "alias").is_symlink()
    assert contents(tmp_path / "site")["index.html"] == "through the link"


@pytest.mark.parametrize("failing", [1, 2])
def test_a_failure_leaves_the_old_site_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    place = tmp_path / "site"
    directory.write(PAGES, place)
    before, rename, calls = contents(place), os.rename, itertools.count(1)

    def fail(source: Path, target: Path) -> None:
        if next(calls) == failing:
            raise OSError(28, "No space left on device")
        rename(source, target)

    monkeypatch.setattr(os, "rename", fail)
    with pytest.raises(OutputError, match="No space left"):
        directory.write({"index.html": "new"}, place)
    assert contents(place) == before
    assert [p.name for p in tmp_path.iterdir()] == ["site"]


def test_a_site_that_cannot_be_made_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="replay"):
        website.build(tmp_path / "site", entries("poisson"), referees="replai")
    assert not list(tmp_path.iterdir())


def test_the_same_site_is_made_twice(
    site: tuple[Path, Collection], tmp_path: Path, answers: list[atlas.Answer]
) -> None:
    again = tmp_path / "site"
    website.build(again, entries(*FEW), answers, referees="replay")
    assert contents(again) == contents(site[0])
    listed = json.loads((again / directory.MANIFEST).read_text(encoding="utf-8"))["files"]
    assert sorted([*listed, directory.MANIFEST]) == sorted(contents(again))


# ------------------------------------------------------------------ referees


def test_workers_find_what_one_process_finds() -> None:
    derivations = [CATALOGUE[name].derive() for name in ("poisson", "linear-prediction-gradient")]
    with judging(derivations, "replay,finite", 2) as judged:
        found: list[Report] = list(judged)
    assert found == [verify(d, referees="replay,finite") for d in derivations]


@pytest.mark.usefixtures("_rules")
def test_what_no_worker_can_load_is_judged_here() -> None:
    a, b = Meta("a"), Symbol("b", positive=True)
    mine = Identity("mine", log(mul(a, a)), log(mul(a, a)), reference="a guess")
    RULES["mine"] = mine
    d = Chain("user", (), (), log(mul(b, b))).at_root(mine, a=b).done()
    with judging([d], "replay", 2) as judged:
        assert [report.name for report in judged] == ["user"]


# ------------------------------------------------------------------ the command


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([], "needs --out"),
        (["poisson", "--out", "site"], "leave names"),
        (["--format", "json", "--out", "site"], "leave names"),
        (["--out", "file"], "it is a file"),
        (["--out", "none/site"], "no directory 'none'"),
    ],
)
def test_wrong_usage_is_said_before_the_work(
    arguments: list[str], why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("mine")
    monkeypatch.setattr(atlas, "answers", lambda: (pytest.fail("the work was begun") for _ in "1"))
    assert main(["report", "--all", *arguments]) == 2
    said = capsys.readouterr()
    assert why in said.err
    assert not said.out
    assert contents(tmp_path) == {"file": "mine"}


def test_the_command_makes_a_site(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    answers: list[atlas.Answer],
    needs: Callable[[str], None],
) -> None:
    needs("latex2mathml")
    monkeypatch.setattr(catalogue, "CATALOGUE", {"poisson": CATALOGUE["poisson"]})
    monkeypatch.setattr(atlas, "answers", lambda: iter(answers[:1]))
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    assert main(["report", "--all", "--referee", "finite", "--out", str(tmp_path / "site")]) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "")
    assert "steps held: replay 17, finite" in (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert (tmp_path / "site" / "losses" / "torch-nn-l1loss.html").is_file()


# ------------------------------------------------------------------ in a browser


@pytest.mark.parametrize(
    ("file", "width", "dark"),
    [
        ("index.html", 390, True),
        ("atlas.html", 1200, True),
        ("map.html", 390, False),
        ("rules.html", 1200, False),
        ("results/poisson-gradient.html", 1200, True),
        ("losses/torch-nn-huberloss.html", 390, False),
    ],
)
def test_an_accessibility_checker_finds_nothing(
    file: str, width: int, dark: bool, pages: dict[str, str], tmp_path: Path, needs: Callable[[str], None]
) -> None:
    needs("chromium")
    needs("axe-core")
    assert violations(pages[file], tmp_path, width=width, dark=dark) == []


@pytest.mark.parametrize(
    "file", ["index.html", "atlas.html", "map.html", "rules.html", "losses/torch-nn-huberloss.html"]
)
def test_a_narrow_screen_is_scrolled_down_only(
    file: str, pages: dict[str, str], tmp_path: Path, needs: Callable[[str], None]
) -> None:
    needs("chromium")
    script = "return document.documentElement.scrollWidth"
    assert asked(pages[file], script, tmp_path, width=390) <= 390


def test_the_filter_leaves_what_has_all_words(
    pages: dict[str, str], tmp_path: Path, needs: Callable[[str], None]
) -> None:
    needs("chromium")
    script = """
        const input = document.querySelector("#filter input");
        const shown = () => [...document.querySelectorAll("tbody tr")].filter(r => r.checkVisibility()).map(
            r => r.querySelector("a").textContent);
        const before = shown().length, box = document.querySelector("#filter").hidden;
        input.value = "Gradient  poisson"; input.dispatchEvent(new Event("input"));
        const some = shown(), said = document.querySelector("#filtered").textContent;
        input.value = "L1Loss"; input.dispatchEvent(new Event("input"));
        const peers = shown();
        input.value = ""; input.dispatchEvent(new Event("input"));
        return {before, box, some, said, peers, after: shown().length};
    """
    found = asked(pages["index.html"], script, tmp_path)
    assert found == {
        "before": 13,
        "box": False,
        "some": ["poisson-gradient"],
        "said": "1 result",
        "peers": ["laplace"],
        "after": 13,
    }
