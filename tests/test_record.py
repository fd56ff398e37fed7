"""The record of the catalogue says what is derived, and what is derived stands in the record."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

import lossproof as lp
from lossproof.cli import main
from lossproof.referees import coq
from lossproof.referees.coq import Certified
from lossproof.strategies import record
from lossproof.strategies.catalogue import CATALOGUE
from lossproof.strategies.entry import Entry
from lossproof.strategies.record import describe, listed, recorded, rewritten

ANEW = f"the record is not that of the catalogue; write it anew: {record.REWRITE}"


def test_the_record_has_every_result_in_the_order_of_the_catalogue() -> None:
    assert list(recorded()) == list(CATALOGUE), ANEW


def test_the_record_says_what_is_derived() -> None:
    """Of all entries: a record that is wrong of one is a false statement."""
    for name, one in recorded().items():
        assert replace(describe(name), given=one.given) == one, ANEW


def test_what_is_certified_is_recorded_as_coq_says_it() -> None:
    """Whether Coq still says so is asked by ``lossproof certify`` in CI; here, that the words can be said."""
    assert {one.status for one in recorded().values()} <= set(record.STATUSES)
    assert recorded()["logistic"].status == record.CERTIFIED
    assert recorded()["gamma"].status == record.CERTIFIED_GIVEN
    assert any("Gamma" in fact for fact in recorded()["gamma"].given or ())


def test_a_theorem_that_coq_was_not_asked_about_is_not_called_certified() -> None:
    one = recorded()["logistic"]
    assert replace(one, given=None, unproved=()).status == record.PROVED
    assert replace(one, given=None, unproved=("algebra",)).status == record.UNPROVED_RULES


@pytest.fixture
def _catalogue() -> Iterator[None]:
    before, changed = dict(CATALOGUE._entries), dict(CATALOGUE.changed)
    yield
    CATALOGUE._entries, CATALOGUE.changed = before, changed


@pytest.mark.usefixtures("_catalogue")
def test_what_a_user_puts_into_the_catalogue_is_derived(capsys: pytest.CaptureFixture[str]) -> None:
    CATALOGUE["mine"] = Entry("mine", lambda: lp.derive("poisson"), ("torch.nn.MyLoss",))
    CATALOGUE["logistic"] = Entry("logistic", lambda: lp.derive("poisson"))
    del CATALOGUE["gamma"]
    found = {one.name: one for one in listed()}
    assert found["mine"].status != record.CERTIFIED
    assert (found["mine"].family, found["mine"].steps) == ("", len(lp.derive("poisson")))
    assert found["logistic"].title == lp.derive("poisson").title
    assert "gamma" not in found
    assert main(["list", "MyLoss"]) == 0
    assert "Registered" in capsys.readouterr().out


def test_a_result_that_the_record_lacks_is_found_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    less = {name: one for name, one in recorded().items() if not name.startswith("poisson")}
    monkeypatch.setattr(record, "recorded", lambda: less)
    assert [one.name for one in listed("poisson-density")] == ["poisson-density"]
    assert listed("poisson-density")[0].status == record.UNPROVED_RULES


def test_the_list_is_read_and_nothing_is_derived() -> None:
    code = (
        "import sys; from lossproof.cli import main; status = main(['list', '--format', 'json']);"
        "print(status, [m for m in ('sympy', 'numpy', 'flint', 'lark') if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "0 []"
    rows = json.loads(done.stdout)
    assert len(rows) == len(recorded())
    assert rows[0]["status"] == "certified"


def certified(monkeypatch: pytest.MonkeyPatch, **found: Certified) -> None:
    """Coq's answers are these."""
    monkeypatch.setattr(coq, "certify", lambda derivations, progress: [found[d.name] for d in derivations])


def test_certify_says_where_the_record_is_wrong(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    certified(monkeypatch, poisson=Certified("poisson", {3: "a lemma is missing"}), logistic=Certified("logistic"))
    assert main(["certify", "logistic"]) == 0
    assert capsys.readouterr().err == ""
    assert main(["certify", "poisson", "logistic"]) == 1
    said = capsys.readouterr().err
    assert "the record of the catalogue says otherwise of poisson\n" in said
    assert "lossproof certify poisson --format record --out src/" in said


def test_the_record_is_written_without_coq_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    CATALOGUE["logistic"]  # the modules are there
    monkeypatch.setattr(record, "CATALOGUE", {name: CATALOGUE[name] for name in ("logistic", "logistic-stable")})
    assert main(["list", "--format", "record"]) == 0
    lines = record.PATH.read_text(encoding="utf-8").splitlines()
    assert [line.rstrip(",") for line in capsys.readouterr().out.splitlines()[1:-1]] == [
        next(line for line in lines if line.startswith(f'{{"name": "{name}"')).rstrip(",")
        for name in ("logistic", "logistic-stable")
    ]
    assert main(["list", "softmax", "--format", "record"]) == 2


def test_the_record_is_written_from_what_coq_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "CATALOGUE", {name: CATALOGUE[name] for name in ("logistic", "logistic-stable")})
    rows = {row["name"]: row for row in json.loads(rewritten({"logistic-stable": None}))}
    assert list(rows) == ["logistic", "logistic-stable"]
    assert (rows["logistic"]["given"], rows["logistic-stable"]["given"]) == ([], None)
