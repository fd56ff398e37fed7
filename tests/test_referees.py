"""What is made of the findings of the referees, whoever they are: the report, its table, its verdict."""

from __future__ import annotations

import json
import re

import pytest

import lossproof as lp
from lossproof import referees
from lossproof.errors import MissingExtra
from lossproof.kernel.derivation import Derivation
from lossproof.referees import ABSENT, HELD, NOT_APPLICABLE, REFUTED, Report, Row, absent, verify

HOW = "install Debian's coq and libcoq-coquelicot"
WITNESS = "the sides are " + " and ".join(f"y_{k} = {k}/7" for k in range(40)) + " the end"


def found_by(name: str, finding: str, detail: str = "") -> referees.Referee:
    def judge(derivation: Derivation, *, seed: int) -> list[Row]:
        return [Row(k, s.rule.name, name, finding, detail) for k, s in enumerate(derivation, start=1)]

    return judge


@pytest.fixture
def panel(monkeypatch: pytest.MonkeyPatch) -> dict[str, referees.Referee]:
    """Referees of every kind, beside replay."""
    panel = {
        "replay": referees.declared()["replay"],
        "kind": found_by("kind", HELD, "always"),
        "shy": found_by("shy", NOT_APPLICABLE, "never"),
        "stern": found_by("stern", REFUTED, WITNESS),
        "away": lambda derivation, *, seed: absent(derivation, "away", HOW),
        "bare": bare,
    }
    monkeypatch.setattr(referees, "REFEREES", panel)
    monkeypatch.setattr(referees, "MODULES", ())
    return panel


def bare(derivation: Derivation, *, seed: int) -> list[Row]:
    raise MissingExtra("the referee bare", "python-flint")


@pytest.fixture(scope="module")
def derivation() -> Derivation:
    return lp.derive("logistic")


def test_every_module_of_the_table_declares_a_referee() -> None:
    names = [module.rpartition(".")[2] for module in referees.MODULES]
    assert list(referees.declared()) == ["replay", *names]


def test_one_name_a_list_and_a_sequence_of_names_choose_referees(
    panel: dict[str, referees.Referee], derivation: Derivation
) -> None:
    assert set(verify(derivation, referees="kind").counts) == {"replay", "kind"}
    assert list(verify(derivation, referees="shy, kind").counts) == ["replay", "kind", "shy"]
    assert set(verify(derivation, referees=["shy"]).counts) == {"replay", "shy"}
    assert set(verify(derivation, referees=()).counts) == {"replay"}
    assert set(verify(derivation).counts) == set(panel)
    assert len(verify(derivation).rows) == len(derivation) * len(panel)
    with pytest.raises(lp.UnknownName, match="did you mean 'kind'"):
        verify(derivation, referees="replay,kid")


def test_silence_is_not_refutation_and_not_agreement(
    panel: dict[str, referees.Referee], derivation: Derivation
) -> None:
    report = verify(derivation, referees="shy")
    assert report.ok
    assert report.counts == {"replay": {HELD: 16}, "shy": {NOT_APPLICABLE: 16}}


def test_a_refutation_makes_the_report_fail_and_is_printed_whole(
    panel: dict[str, referees.Referee], derivation: Derivation
) -> None:
    report = verify(derivation, referees="stern")
    assert not report.ok
    assert WITNESS in " ".join(report.text().split())
    assert WITNESS in " ".join(re.sub(r"\x1b\[[0-9;]*m", "", report.text(60, colour=True)).split())
    assert report.text().endswith("logistic: NOT verified")


@pytest.mark.parametrize(("name", "how"), [("away", HOW), ("bare", "pip install python-flint")])
def test_an_absent_referee_fails_the_report_only_if_it_was_named(
    name: str, how: str, panel: dict[str, referees.Referee], derivation: Derivation
) -> None:
    del panel["stern"]
    named = verify(derivation, referees=name)
    assert not named.ok
    assert named.counts[name] == {ABSENT: 16}
    assert how in " ".join(named.text().split())
    among_all = verify(derivation)
    assert among_all.ok
    assert "logistic: every step holds; absent: away (install" in " ".join(among_all.text().split())
    assert how in among_all.absent[name]
    assert not verify(derivation, referees=["all", name]).ok


def test_the_file_says_what_the_table_says_in_full(panel: dict[str, referees.Referee], derivation: Derivation) -> None:
    data = json.loads(verify(derivation).to_json())
    assert data["ok"] is False
    assert data["counts"]["stern"] == {REFUTED: 16}
    assert data["absent"]["away"] == HOW
    assert {row["detail"] for row in data["rows"] if row["referee"] == "stern"} == {WITNESS}


@pytest.mark.parametrize("width", [40, 80, 133])
@pytest.mark.parametrize("colour", [False, True])
def test_no_line_is_wider_than_the_terminal(
    width: int, colour: bool, panel: dict[str, referees.Referee], derivation: Derivation
) -> None:
    text = re.sub(r"\x1b\[[0-9;]*m", "", verify(derivation).text(width, colour=colour))
    assert max(map(len, text.splitlines())) <= width
    assert all(f"{who}: 16" in text for who in panel)


def test_colour_respects_no_color_and_plain_text_has_none(
    panel: dict[str, referees.Referee], derivation: Derivation, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = verify(derivation, referees="kind")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b[32mheld" in report.text(colour=True)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[32m" not in report.text(colour=True)
    assert "\x1b" not in report.text()


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_a_terminal_that_wants_no_colours_gets_no_escape_codes(
    name: str, value: str, panel: dict[str, referees.Referee], derivation: Derivation, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = verify(derivation, referees="kind")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b" in report.text(colour=True)
    monkeypatch.setenv(name, value)
    assert "\x1b" not in report.text(colour=True)


def test_a_narrow_report_has_every_finding_in_full(panel: dict[str, referees.Referee], derivation: Derivation) -> None:
    lines = verify(derivation, referees="kind").text(40).splitlines()
    assert lines[0].endswith("conditional independence")
    assert lines[1].split() == ["replay", "held"]


def test_what_is_printed_cannot_steer_a_terminal_or_be_taken_for_markup() -> None:
    row = Row(1, "a rule [red]", "kind", REFUTED, "x\x1b]0;title\x07 [bold]here[/bold]")
    for colour in (False, True):
        text = Report("name", "a = b", (row,)).text(colour=colour)
        assert "\x1b]0" not in text
        assert "[bold]here[/bold]" in text


def test_progress_is_told_who_judges(panel: dict[str, referees.Referee], derivation: Derivation) -> None:
    told: list[tuple[str, int, int]] = []
    verify(derivation, referees="kind,shy", progress=lambda *said: told.append(said))
    assert told == [("replay", 0, 3), ("kind", 1, 3), ("shy", 2, 3)]
