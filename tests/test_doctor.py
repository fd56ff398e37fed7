"""What is said of an installation is what is there."""

from __future__ import annotations

import json
import re
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from lossproof.cli import diagnosis, main
from lossproof.cli.diagnosis import BROKEN, LIBRARIES, MISSING, OK, TOO_OLD, Library, diagnose
from lossproof.errors import LossproofError, MissingExtra
from lossproof.referees import coq

PROJECT = tomllib.loads((Path(__file__).resolve().parent.parent / "pyproject.toml").read_text())["project"]


@pytest.fixture(autouse=True)
def _programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs take seconds to answer; one test asks them."""
    monkeypatch.setattr(diagnosis, "PROGRAMS", ())


def found(capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any], dict[str, Any]]:
    """The exit status, what is said of all, and of each part by its name."""
    status = main(["doctor", "--format", "json"])
    said = json.loads(capsys.readouterr().out)
    return status, said, {part["name"]: part for part in said["parts"]}


def without(monkeypatch: pytest.MonkeyPatch, distribution: str, version: str | None = None) -> None:
    """A library that is not installed, or in another version."""
    installed = metadata.version

    def asked(name: str) -> str:
        if name != distribution:
            return installed(name)
        if version is None:
            raise metadata.PackageNotFoundError(name)
        return version

    monkeypatch.setattr(metadata, "version", asked)


def test_the_libraries_are_those_that_the_project_declares() -> None:
    extras = PROJECT["optional-dependencies"]
    declared = dict.fromkeys(PROJECT["dependencies"], "")
    declared |= {requirement: extra for extra in ("html", "figures", "data") for requirement in extras[extra]}
    assert {f"{one.distribution}>={one.least}": one.extra for one in LIBRARIES} == declared


def test_what_is_installed_is_said_with_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    status, said, parts = found(capsys)
    assert (status, said["ok"], said["works"]) == (0, True, "")
    assert parts["sympy"]["version"] == metadata.version("sympy")
    assert {part["finding"] for part in parts.values() if part["required"]} == {OK}


def test_an_extra_that_is_missing_is_no_failure_and_how_to_get_it_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    without(monkeypatch, "latex2mathml")
    status, _, parts = found(capsys)
    assert (status, parts["latex2mathml"]["finding"]) == (0, MISSING)
    assert main(["doctor"]) == 0
    page = capsys.readouterr().out
    assert "pip install 'lossproof[html]'" in page
    assert "it works; without latex2mathml, not all that it can" in page
    assert max(map(len, page.splitlines())) <= 80


@pytest.mark.parametrize(("version", "finding"), [(None, MISSING), ("1.9.2", TOO_OLD)])
def test_something_required_that_is_not_there_or_too_old_is_a_failure(
    version: str | None, finding: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    without(monkeypatch, "sympy", version)
    status, said, parts = found(capsys)
    assert (status, said["ok"], parts["sympy"]["finding"]) == (1, False, finding)
    assert main(["doctor"]) == 1
    page = capsys.readouterr().out
    assert f"lossproof does not work here: sympy is {finding}" in page
    assert "pip install 'sympy>=1.13'" in page


def test_a_library_whose_import_fails_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Library("sympy", "no_such_module", "1.13", "expressions")
    monkeypatch.setattr(diagnosis, "LIBRARIES", (broken,))
    (part,) = diagnose().parts
    assert part.finding == BROKEN
    assert "no_such_module" in part.why


def test_what_cannot_be_derived_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuses(name: str) -> None:
        raise LossproofError("no rule")

    monkeypatch.setattr("lossproof.derive", refuses, raising=False)
    assert main(["doctor"]) == 1
    assert "logistic regression is not derived: no rule" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("error", "finding", "how"),
    [
        (MissingExtra("a certificate", "Coq", coq.HOW), MISSING, coq.HOW),
        (LossproofError("it does not answer"), BROKEN, "it does not answer"),
        (PermissionError(13, "Permission denied"), BROKEN, "Permission denied"),
    ],
)
def test_a_program_that_is_missing_or_broken_is_no_failure(
    error: Exception, finding: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def version() -> str:
        raise error

    monkeypatch.setattr(diagnosis, "LIBRARIES", ())
    monkeypatch.setattr(diagnosis, "PROGRAMS", (diagnosis.Program("Coq", "certificates", version),))
    whole = diagnose()
    assert whole.ok
    assert whole.parts[0].finding == finding
    assert how in whole.parts[0].how + whole.parts[0].why


def test_coq_says_its_version(needs: Any) -> None:
    needs("coqc")
    assert re.fullmatch(r"\d+\.\d+.*", coq.version())


def test_without_coq_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingExtra, match="libcoq-coquelicot"):
        coq.version()
    with pytest.raises(MissingExtra, match="TeX Live"):
        diagnosis._pdflatex()
