"""Coq itself: what is certified, on what it stands, and that nothing wrong is."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from test_certificates import LETTERS, TEXTS, gradient, optima, shared

import lossproof as lp
from lossproof.certificates.context import cited
from lossproof.certificates.files import Section, certificate
from lossproof.certificates.statements import lemmas, prelude
from lossproof.errors import LossproofError
from lossproof.kernel.derivation import Derivation
from lossproof.notation.inert import ONE, TWO, add, mul, neg, walk
from lossproof.referees import HELD, NOT_APPLICABLE, REFUTED, coq
from lossproof.referees.coq import AXIOMS, Certified, certify
from lossproof.strategies.catalogue import CATALOGUE

#: Of every kind one, for the tests that do not ask for the whole catalogue.
SOME = (
    *("logistic", "linear-regression", "gaussian", "bernoulli-gradient", "categorical", "softmax-gradient", "poisson"),
    *("ridge", "exponential-censored", "exponential-family-convexity", "gamma", "von-mises", "logistic-stable"),
)


@pytest.fixture(scope="module", autouse=True)
def installed(needs: Callable[[str], None]) -> None:
    """Without Coq there is nothing to test; in CI, where it must be installed, that is a failure."""
    needs("coqc")


def compiled(text: str, place: Path, *, library: Path | None = None) -> subprocess.CompletedProcess[str]:
    """What ``coqc`` says of a file."""
    (place / "file.v").write_text(text, encoding="utf-8")
    command = ["coqc", "-q", *(["-R", str(library), ""] if library else []), "file.v"]
    return subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)


# ------------------------------------------------------------------ what holds


def test_every_lemma_stands_on_the_axioms_of_the_reals_alone(tmp_path: Path) -> None:
    names = re.findall(r"^(?:Lemma|Theorem|Corollary|Fact|Remark|Proposition) (\w+)", prelude(), re.MULTILINE)
    assert set(lemmas()) <= set(names)
    together = f"Definition every := ({', '.join('@' + name for name in names)}).\nPrint Assumptions every.\n"
    answer = compiled(coq._HEAD + together, tmp_path, library=coq._library())
    assert answer.returncode == 0, answer.stderr
    (found,) = coq._assumptions(answer.stdout)
    assert found
    assert found <= AXIOMS


def test_the_file_compiles_on_its_own(tmp_path: Path) -> None:
    answer = compiled(certificate(lp.derive("logistic")), tmp_path)
    assert answer.returncode == 0, answer.stderr
    (block,) = answer.stdout.split("Axioms:\n")[1:]
    named = {line.split()[0] for line in block.splitlines() if line[:1].strip()}
    assert {coq._full(name) for name in named} <= AXIOMS


def kinds(d: Derivation) -> set[object]:
    """What occurs in a derivation: kinds of steps, relations, claims, hypotheses and expressions."""
    found: set[object] = set()
    for part in (*cited(d), d):
        found |= {part.claim, *map(type, part.hypotheses)}
        for step in part:
            found |= {type(step.rule), (step.relation.kind, step.relation.reverses)}
            found |= {type(e) for side in (step.before, step.after) for e in walk(side)}
    return found


def sample() -> list[Derivation]:
    """Derivations in which all occurs that occurs in the catalogue, and those of `SOME`."""
    catalogue = {name: lp.derive(name) for name in CATALOGUE}
    occurs = {name: kinds(d) for name, d in catalogue.items()}
    chosen = list(SOME)
    wanted = set().union(*occurs.values()).difference(*(occurs[name] for name in chosen))
    while wanted:
        chosen.append(max(occurs, key=lambda name: len(occurs[name] & wanted) / (10 + len(catalogue[name]))))
        wanted -= occurs[chosen[-1]]
    return [catalogue[name] for name in chosen]


def test_of_all_that_occurs_in_the_catalogue_a_sample_is_certified(monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole catalogue is certified by `lossproof certify`, which `.ci/run` runs."""
    derivations = sample()
    assert len(derivations) > len(SOME)
    certified = {one.name: one for one in certify(derivations)}
    assert {name: found.missing for name, found in certified.items() if not found.ok} == {}
    assert all(found.axioms and found.axioms <= AXIOMS for found in certified.values())

    assert certified["logistic"].given == ()  # what is given of special functions is said
    assert any("Gamma(x + 1) = x Gamma(x)" in given for given in certified["gamma"].given)
    assert any("Bessel" in given for given in certified["von-mises"].given)

    monkeypatch.setattr(coq, "certify", lambda derivations: [certified[d.name] for d in derivations])
    for d in derivations:  # a row for every step
        rows = coq.judge(d)
        assert [row.step for row in rows] == list(range(1, len(d) + 1))
        assert {row.finding for row in rows} == {HELD}, d.name
        assert ("given that" in rows[0].detail) is bool(certified[d.name].given)


def test_a_theorem_that_stands_on_more_is_told_from_those_that_were_checked_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    derivations = [lp.derive(name) for name in ("logistic-stable", "logistic-equation", "softmax-two-classes")]
    sections = {d.name: Section.of(d) for d in derivations}
    spoilt = sections["logistic-equation"]
    text = re.sub(r"(Lemma \w+_step_1 .*\n)Proof\.\n(?:.*\n)*?Qed\.", r"\g<1>Proof. Admitted.", spoilt.text, count=1)
    assert text != spoilt.text
    sections["logistic-equation"] = replace(spoilt, text=text)
    monkeypatch.setattr(coq.Section, "of", classmethod(lambda cls, d, without=None: sections[d.name]))
    first, wrong, last = certify(derivations)
    assert (first.ok, wrong.ok, last.ok) == (True, False, True)
    assert first.axioms | last.axioms <= AXIOMS
    assert "stands on M0.logistic_equation_step_1" in wrong.missing


def test_letters_may_be_called_anything_and_words_stay_in_comments() -> None:
    derivations = []
    for k, letters in enumerate(LETTERS.values()):
        for derive in (optima, gradient, shared):
            d = derive(letters, f"{derive.__name__}-{k}", TEXTS[k % len(TEXTS)])
            try:
                assert d.theorem
            except LossproofError:
                continue  # the kernel does not take these letters
            derivations.append(d)
    assert len(derivations) > 2 * len(LETTERS)
    missing = {found.name: found.missing for found in certify(derivations) if not found.ok}
    assert missing == {}


# ------------------------------------------------------------------ what does not


def forged(d: Derivation, step: int, after: object) -> Derivation:
    """The derivation with another result of a step."""
    steps = list(d.steps)
    steps[step - 1] = replace(steps[step - 1], after=after)
    if step < len(steps):
        steps[step] = replace(steps[step], before=after)
    return replace(d, steps=tuple(steps))


def test_a_wrong_step_is_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    d = lp.derive("logistic")
    wrong: tuple[Callable[..., object], ...] = (neg, lambda e: add(e, ONE), lambda e: mul(TWO, e))
    forgeries = [forged(d, step, how(d.steps[step - 1].after)) for step in (1, 6, 9, 13, 16) for how in wrong]
    found = certify(forgeries)
    for forgery, one in zip(forgeries, found, strict=True):
        monkeypatch.setattr(coq, "certify", lambda derivations, one=one: [one])
        assert not one.ok
        assert one.gaps
        assert HELD not in {row.finding for row in coq.judge(forgery)}


#: What is changed in the text of the certificate of `linear-regression`, below the kernel.
SPOILED: dict[str, tuple[str, str]] = {
    "a sign": (r"(Lemma linear_regression_step_6 : .*)\(-1\)(.*\.)$", r"\g<1>1\g<2>"),
    "a factor": (r"(Lemma linear_regression_step_8 : .* = )(.*\.)$", r"\g<1>2 * \g<2>"),
    "a bound": (r"(Lemma linear_regression_step_13 : .*)Sum 1 n", r"\g<1>Sum 0 n"),
    "maximisers for minimisers": (r"(Theorem .*)minimiser", r"\g<1>maximiser"),
    "a definition": (r"Definition J (.*) := .*$", r"Definition J \g<1> := 0."),
    "a hypothesis dropped": (r"Hypothesis sigma_is .*\n", ""),
}


def spoiled(monkeypatch: pytest.MonkeyPatch, change: Callable[[str], str]) -> tuple[Certified, list[lp.referees.Row]]:
    """What is found where the text of the certificate is changed on its way to Coq."""
    d = lp.derive("linear-regression")
    right = Section.of(d)
    text = change(right.text)
    assert text != right.text
    monkeypatch.setattr(coq.Section, "of", classmethod(lambda cls, derivation, without=None: replace(right, text=text)))
    monkeypatch.setattr(coq, "_leave_out", leave_all)
    found = certify([d])[0]
    monkeypatch.setattr(coq, "certify", lambda derivations: [found])
    return found, coq.judge(d)


def leave_all(job: coq._Job, lines: object, line: int, why: str) -> None:
    job.whole = f"Coq does not accept the file: {why}"


@pytest.mark.parametrize("what", SPOILED)
def test_a_changed_certificate_is_refused(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pattern, wrong = SPOILED[what]
    found, rows = spoiled(monkeypatch, lambda text: re.sub(pattern, wrong, text, count=1, flags=re.MULTILINE))
    assert not found.ok
    assert "Coq does not accept the file" in found.missing
    assert {row.finding for row in rows} == {NOT_APPLICABLE}


def unguarded(text: str) -> str:
    """The text in which a lemma is proved by a function that calls itself for ever."""
    loop = "Unset Guard Checking.\nFixpoint loop (n : nat) : False := loop n.\nSet Guard Checking.\n"
    return by_axiom("(loop O)")(text).replace("Axiom (loop O) : False.\n", loop, 1)


PROOF = r"(Lemma linear_regression_step_6 .*\n)Proof\.\n(?:.*\n)*?Qed\."


def first_proof_admitted(text: str) -> str:
    return re.sub(
        r"(Lemma linear_regression_step_6 .*\n)Proof\.\n(?:.*\n)*?Qed\.", r"\g<1>Proof. Admitted.", text, count=1
    )


def by_axiom(name: str) -> Callable[[str], str]:
    """The text in which a lemma is proved by an axiom of its own, put before the section."""

    def change(text: str) -> str:
        text = re.sub(
            r"(Lemma linear_regression_step_6 .*\n)Proof\.\n(?:.*\n)*?Qed\.",
            rf"\g<1>Proof. destruct {name}. Qed.",
            text,
            count=1,
        )
        return text.replace("Section certificate.", f"Axiom {name} : False.\nSection certificate.", 1)

    return change


@pytest.mark.parametrize(
    ("change", "stray"),
    [
        (first_proof_admitted, "linear_regression_step_6"),
        (by_axiom("mine"), "mine"),
        (by_axiom("classic"), "classic"),
        (by_axiom("sig_not_dec"), "sig_not_dec"),
        (unguarded, "loop"),
    ],
    ids=["admitted", "an axiom", "an axiom called classic", "an axiom called as another", "an unguarded recursion"],
)
def test_what_a_theorem_stands_on_is_read(
    change: Callable[[str], str], stray: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, rows = spoiled(monkeypatch, change)
    assert not found.ok
    assert any(stray in axiom for axiom in found.axioms - AXIOMS), found
    assert {row.finding for row in rows} == {REFUTED}
    assert all(stray in row.detail for row in rows)


def test_a_library_that_does_not_compile_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(coq, "prelude", lambda: "Lemma wrong : False.\nProof. exact I. Qed.\n")
    with pytest.raises(LossproofError, match="do not compile"):
        coq._compiled(tmp_path)
