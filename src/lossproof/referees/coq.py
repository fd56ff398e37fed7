"""The referee that is Coq: a certificate is written, and `coqc` accepts it or does not.

A step is held if the file with its lemma compiles and the theorem of the whole stands on nothing but
the axioms of Coq's real numbers; the output of ``Print Assumptions`` is read, and anything else in
it is a failure.  Steps that have no lemma yet are reported with what is missing; the others
are checked all the same, but there is no theorem then.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
import textwrap
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Self

from lossproof.certificates.context import cited, theorem_name
from lossproof.certificates.files import Section
from lossproof.certificates.statements import prelude
from lossproof.errors import LossproofError, MissingExtra
from lossproof.kernel.derivation import Derivation
from lossproof.referees import HELD, NOT_APPLICABLE, REFUTED, Row, referee

#: What Coq's real numbers stand on, by name: classical logic and the equality of equal functions.
AXIOMS = frozenset(
    {
        "ClassicalDedekindReals.sig_forall_dec",
        "ClassicalDedekindReals.sig_not_dec",
        "FunctionalExtensionality.functional_extensionality_dep",
        "Classical_Prop.classic",
    }
)
SECONDS = 300  # for one run of coqc
TOGETHER = 20  # sections in one file
_HEAD = """\
From Coq Require Import Reals List.
From Coquelicot Require Import Coquelicot.
Require Import rules.
Import ListNotations.
Open Scope R_scope.
"""
HOW = "install Debian's coq and libcoq-coquelicot"


@dataclass(frozen=True)
class Certified:
    """What Coq says of a derivation.

    Attributes:
        name: of the derivation.
        gaps: what is missing, by the number of the step; 0 for what concerns the whole.
        axioms: what the theorem stands on, where Coq accepts it; of theorems that were checked together, what
            they stand on together, if that is nothing but the axioms of the real numbers.
        given: what is assumed of functions that the library does not have.
    """

    name: str
    gaps: Mapping[int, str] = field(default_factory=dict)
    axioms: frozenset[str] = frozenset()
    given: tuple[str, ...] = ()

    @property
    def missing(self) -> str:
        """What is missing, in one line."""
        stray = [f"it stands on {axiom}" for axiom in sorted(self.axioms - AXIOMS)]
        return "; ".join([*stray, *(f"step {k}: {why}" if k else why for k, why in self.gaps.items())])

    @property
    def ok(self) -> bool:
        """Whether the theorem is accepted and stands on the axioms of the real numbers alone."""
        return not self.gaps and self.axioms <= AXIOMS


@referee("coq")
def judge(derivation: Derivation, *, seed: int = 0) -> list[Row]:
    """One row per step: its lemma is accepted, or what is missing."""
    found = certify([derivation])[0]
    stray = ", ".join(sorted(found.axioms - AXIOMS))
    rows = []
    for number, step in zip(derivation.numbers, derivation, strict=True):
        missing = found.gaps.get(number) or found.gaps.get(0, "")
        if stray:
            rows.append(Row(number, step.rule.name, "coq", REFUTED, f"the theorem stands on {stray}"))
        elif missing:
            rows.append(Row(number, step.rule.name, "coq", NOT_APPLICABLE, missing))
        else:
            given = "; given that " + " and ".join(found.given) if found.given else ""
            rows.append(Row(number, step.rule.name, "coq", HELD, f"accepted, for every value{given}"))
    return rows


def certify(derivations: Sequence[Derivation], progress: Callable[[int], None] | None = None) -> list[Certified]:
    """Have Coq check derivations, several in one run.

    Args:
        derivations: what to check, each replayed first.
        progress: called with how many have been checked.

    Raises:
        MissingExtra: if `coqc` or the library Coquelicot is not installed.
    """
    directory = _library()
    groups = [derivations[k : k + TOGETHER] for k in range(0, len(derivations), TOGETHER)]
    done: list[Certified] = []
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool, _Runs() as runs:
        for found in pool.map(lambda group: _together(group, directory, runs), groups):
            done += found
            if progress is not None:
                progress(len(done))
    return done


def report_of(found: Sequence[Certified], *, as_json: bool = False) -> str:
    """The table of what is certified and what is missing, at most 80 columns wide, or JSON."""
    if as_json:
        rows = [
            {
                "name": c.name,
                "certified": c.ok,
                "given": list(c.given),
                "missing": c.missing,
                "axioms": sorted(c.axioms),
            }
            for c in found
        ]
        return json.dumps(rows, indent=1)
    lines = [f"{'derivation':<52} certified"]
    for c in found:
        lines.append(f"{c.name:<52} {('given' if c.given else 'yes') if c.ok else 'no'}")
        lines += textwrap.wrap(c.missing, 80, initial_indent="    ", subsequent_indent="    ")
    yes, given = sum(c.ok for c in found), sum(c.ok and bool(c.given) for c in found)
    lines += [
        "",
        f"{yes} of {len(found)} certified, {yes - given} outright and {given} given what is not in the library:",
    ]
    lines += [f"    {words}" for words in dict.fromkeys(w for c in found if c.ok for w in c.given)]
    return "\n".join(lines if given else [*lines[:-1], f"{yes} of {len(found)} certified"])


@dataclass
class _Job:
    derivation: Derivation
    without: dict[tuple[str, int], str] = field(default_factory=dict)
    whole: str = ""


def _together(derivations: Sequence[Derivation], directory: Path, runs: _Runs) -> list[Certified]:
    """Check some derivations in one file; a lemma that is not accepted is left out, and the rest checked again.

    What they stand on is asked of all theorems at once: Coq walks through all that is below a theorem, the real
    numbers too, each time that it is asked. If they stand on more than the axioms, each is asked alone.
    """
    jobs = [_Job(d) for d in derivations]
    while True:
        sections = [_section(job) for job in jobs]
        text, starts = _HEAD, []
        for k, section in enumerate(sections):
            starts.append(text.count("\n") + 1)
            text += _module(f"M{k}", section) if section else ""
        asked = {k: f"M{k}.{s.name}" for k, s in enumerate(sections) if s is not None and not s.gaps}
        text += _question(asked.values())
        answer = runs.of(text, directory)
        if answer.returncode == 0:
            break
        line, why = _complaint(answer)
        which = max((k for k, s in enumerate(starts) if s <= line and sections[k]), default=0)
        _leave_out(jobs[which], text.splitlines(), line, why)
    (axioms,) = _assumptions(answer.stdout) if asked else [frozenset()]
    if len(asked) > 1 and not axioms <= AXIOMS:
        return [one for d in derivations for one in _together([d], directory, runs)]
    return [
        _certified(job, section, axioms if k in asked else None)
        for k, (job, section) in enumerate(zip(jobs, sections, strict=True))
    ]


def _module(name: str, section: Section) -> str:
    """A section under a name of its own, without its question."""
    inside = section.text.removesuffix(f"Print Assumptions {section.name}.\n")
    return f"Module {name}.\n{inside}End {name}.\n"


def _question(theorems: Iterable[str]) -> str:
    """What theorems stand on together; from outside of its module, an axiom goes by the name of the module too."""
    every = ", ".join(f"@{name}" for name in theorems)
    return f"Definition every := ({every}).\nPrint Assumptions every.\n" if every else ""


def _section(job: _Job) -> Section | None:
    if job.whole:
        return None
    try:
        return Section.of(job.derivation, job.without)
    except LossproofError as error:
        job.whole = str(error)
        return None


def _certified(job: _Job, section: Section | None, axioms: frozenset[str] | None) -> Certified:
    name = job.derivation.name
    if section is None:
        return Certified(name, {0: job.whole})
    if section.gaps or axioms is None:
        return Certified(name, section.gaps or {0: "the theorem is not stated"}, given=section.given)
    return Certified(name, {}, axioms, section.given)


def _leave_out(job: _Job, lines: Sequence[str], line: int, why: str) -> None:
    """Note the lemma around a line as missing; what is not a lemma of a step spoils the whole."""
    names = {f"{theorem_name(d)}_step_{k}": (d.name, k) for d, k in _steps(job.derivation)}
    for text in reversed(lines[:line]):
        words = text.replace(":", " ").split()
        if words[:1] == ["Lemma"] and words[1] in names and names[words[1]] not in job.without:
            job.without[names[words[1]]] = f"its lemma is not accepted: {why}"
            return
        if words[:1] in (["Theorem"], ["Hypothesis"], ["Variable"], ["Definition"], ["Lemma"]):
            break
    job.whole = f"Coq does not accept the file: {why}"


def _steps(d: Derivation) -> list[tuple[Derivation, int]]:
    return [(part, k) for part in (*cited(d), d) for k in part.numbers]


class _Runs:
    """Runs of Coq in several threads; where the block is left before they end, all of them are stopped."""

    def __init__(self) -> None:
        self._running, self._stopped = set[subprocess.Popen[str]](), False
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._stopped = True
            for process in self._running:
                process.kill()

    def of(self, text: str, directory: Path) -> subprocess.CompletedProcess[str]:
        """What Coq says of a file, which may use what is compiled in a directory."""
        with tempfile.TemporaryDirectory(prefix="lossproof-") as place:
            file = Path(place) / "certificate.v"
            file.write_text(text, encoding="utf-8")
            command = ["coqc", "-q", "-w", "none", "-noglob", "-R", str(directory), "", file.name]
            with self._started(command, place) as process:
                try:
                    out, err = process.communicate(timeout=SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()
                    return subprocess.CompletedProcess(command, 1, "", f"no answer within {SECONDS} s")
                finally:
                    with self._lock:
                        self._running.discard(process)
            return subprocess.CompletedProcess(command, process.returncode, out, err)

    def _started(self, command: list[str], place: str) -> subprocess.Popen[str]:
        with self._lock:
            if self._stopped:
                raise CancelledError
            pipe = subprocess.PIPE
            process = subprocess.Popen(command, cwd=place, stdout=pipe, stderr=pipe, text=True)
            self._running.add(process)
            return process


def _complaint(answer: subprocess.CompletedProcess[str]) -> tuple[int, str]:
    """The line that Coq complains of, and how."""
    where = re.search(r"line (\d+), characters", answer.stderr)
    _, _, error = answer.stderr.partition("Error:")
    return int(where.group(1)) if where else 0, " ".join((error or answer.stderr).split())[-200:]


def _assumptions(output: str) -> list[frozenset[str]]:
    """What each ``Print Assumptions`` printed, as the names of axioms."""
    found: list[set[str]] = []
    for line in output.splitlines():
        if line.startswith(("Axioms:", "Closed under the global context")):
            found.append(set())
        elif line[:1].strip() and found:
            found[-1].add(line.split()[0])
    return [frozenset(_full(name) for name in names) for names in found]


def _full(name: str) -> str:
    """An axiom by the name of its module, which Coq leaves out where it is imported."""
    full = [axiom for axiom in AXIOMS if axiom.endswith(f".{name}")]
    return full[0] if full else name


def version() -> str:
    """The version of Coq that certificates are given to.

    Raises:
        MissingExtra: if Coq is not installed, or not Coquelicot.
        LossproofError: if it does not answer.
    """
    if shutil.which("coqc") is None:
        raise MissingExtra("a certificate", "Coq", HOW)
    said = subprocess.run(["coqc", "--version"], capture_output=True, text=True, timeout=SECONDS, check=False)
    with tempfile.TemporaryDirectory(prefix="lossproof-") as nothing, _Runs() as runs:
        answer = runs.of("From Coquelicot Require Import Coquelicot.\n", Path(nothing))
    if answer.returncode:
        if "Coquelicot" in answer.stderr:
            raise MissingExtra("a certificate", "Coquelicot", HOW)
        raise LossproofError(f"coqc does not work: {_complaint(answer)[1]}")
    found = re.search(r"version ([\w.+]+)", said.stdout)
    return found.group(1) if found else "of unknown version"


@cache
def _library() -> Path:
    """A directory with the compiled lemmas of the rules, which lasts as long as the process.

    It is not kept for the next process: Coq believes what is in a compiled file, so that whoever
    can write to the place where it is kept decides what is a theorem.

    Raises:
        MissingExtra: if Coq is not installed, or not Coquelicot.
    """
    _KEPT.append(tempfile.TemporaryDirectory(prefix="lossproof-"))
    return _compiled(Path(_KEPT[-1].name))


_KEPT: list[tempfile.TemporaryDirectory[str]] = []


def _compiled(directory: Path) -> Path:
    """The directory, with the lemmas of the rules compiled in it."""
    if shutil.which("coqc") is None:
        raise MissingExtra("a certificate", "Coq", HOW)
    (directory / "rules.v").write_text(prelude(), encoding="utf-8")
    command = ["coqc", "-q", "-w", "none", "-noglob", "rules.v"]
    answer = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=SECONDS, check=False)
    if answer.returncode:
        if "Coquelicot" in answer.stderr:
            raise MissingExtra("a certificate", "Coquelicot", HOW)
        raise LossproofError(f"the lemmas of the rules do not compile with this Coq: {_complaint(answer)[1]}")
    return directory
