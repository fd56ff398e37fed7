"""The way back: which likelihood is behind a loss, and when there is none."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from sympy import Symbol

import lossproof as lp
from lossproof.cli import main
from lossproof.kernel.derivation import Derivation
from lossproof.notation.inert import free
from lossproof.notation.plain import written
from lossproof.numeric.evaluate import evaluate
from lossproof.recovery.location import LevelLocation
from lossproof.recovery.recover import recover
from lossproof.recovery.refutation import NotRefuted
from lossproof.recovery.sets import POSITIVE
from lossproof.recovery.verdict import Word

HUBER = "where(Abs(y - f) <= delta, (y - f)^2/2, delta*(Abs(y - f) - delta/2))"
CONSTANT = "likelihood up to a constant"
PINBALL = "max(tau*(y - f), (tau - 1)*(y - f))"

#: Loss, target, prediction, more; the verdict, c, h(y), Z as text, and the name, if it has one.
LIKELIHOODS = [
    ("Abs(y - f)", "real", "real", {}, CONSTANT, "1", "1", "2", "Laplace(mu = f, b = 1)"),
    ("(y - f)^2", "real", "real", {}, CONSTANT, "1", "1", "√π", "Normal(mu = f, sigma = √2/2)"),
    ("(y - f)^2/2", "real", "real", {}, CONSTANT, "1", "1", "√(2 π)", "Normal(mu = f, sigma = 1)"),
    ("log(cosh(y - f))", "real", "real", {}, CONSTANT, "1", "1", "π", ...),
    ("log(1 + (y - f)^2)", "real", "real", {}, CONSTANT, "1", "1", "π", ...),
    ("y - f + exp(-(y - f))", "real", "real", {}, "likelihood", "1", "1", "1", ...),
    ("f - y + exp(y - f)", "real", "real", {}, "likelihood", "1", "1", "1", ...),
    ("y - f + 2*log(1 + exp(f - y))", "real", "real", {}, "likelihood", "1", "1", "1", ...),
    ("max(Abs(y - f) - epsilon, 0)", "real", "real", {}, CONSTANT, "1", "1", "2 (epsilon + 1)", None),
    ("(y - exp(f))^2/2", "real", "real", {}, CONSTANT, "1", "1", "√(2 π)", ...),
    ("-kappa*cos(y - f)", "interval(-pi, pi)", "real", {}, CONSTANT, "1", "1", ..., ...),
    ("exp(f) - y*f", "counts", "real", {}, "likelihood", "1", "1/y!", "1", "Poisson(lambda = exp(f))"),
    ("-log(1 - f) - y*log(f)", "counts", "unit", {}, "likelihood", "1", "1", "1", ...),
    ("-2*log(1 - f) - y*log(f)", "counts", "unit", {}, "likelihood", "1", ..., "1", ...),
    ("f + y*exp(-f)", "positive", "real", {}, "likelihood", "1", "1", "1", "Exponential(rate = exp(-f))"),
    ("y/f - log(y/f)", "positive", "positive", {}, "likelihood", "1", "1/y", "1", ...),
    ("(log(y) - log(f))^2", "positive", "positive", {}, CONSTANT, "1", "1/y", "√π", ...),
    ("(log(1 + y) - log(1 + f))^2", "interval(-1, oo)", "positive", {}, CONSTANT, "1", "1/(1 + y)", "√π", ...),
    ("y/(2*f^2) - 1/f + 1/(2*y)", "positive", "positive", {}, CONSTANT, "1", "y^(-3/2)", "√(2 π)", ...),
    ("f^2/2 - y*f", "real", "real", {}, CONSTANT, "1", "exp(-y^2/2)", "√(2 π)", ...),
    ("log(1 + exp(-y*f))", "{-1,1}", "real", {}, "likelihood", "1", "1", "1", ...),
    ("-y*log(f) - (1 - y)*log(1 - f)", "{0,1}", "unit", {}, "likelihood", "1", "1", "1", "Bernoulli(p = f)"),
    ("2*log(1 + exp(-y*f))", "{-1,1}", "real", {}, "likelihood at scale c", "1/2", "1", "1", ...),
    ("w*(softplus(f) - y*f)", "{0,1}", "real", {}, "likelihood at scale c", "1/w", "1", "1", ...),
    ("2*(exp(f) - y*f)", "counts", "real", {}, "likelihood at scale c", "1/2", "1/y!", "1", ...),
    ("-log(f[y])", "{1..K}", "simplex(K)", {}, "likelihood", "1", "1", "1", ...),
    ("log(sum(exp(f[k]), k, 1, K)) - f[y]", "{1..K}", "real^K", {}, "likelihood", "1", "1", "1", ...),
    ("log(sum(exp(f[k]), k, 1, 3)) - f[y]", "{1..3}", "real^3", {}, "likelihood", "1", "1", "1", ...),
    ("(log(v) + (y - f)^2/v)/2", "real", "real, positive", {"f": "f, v"}, CONSTANT, "1", "1", "√(2 π)", ...),
]  # fmt: skip


@pytest.mark.parametrize("row", LIKELIHOODS, ids=lambda row: f"{row[0]} on {row[1]}")
def test_a_likelihood_is_found_and_proved_both_ways(row: tuple) -> None:
    loss, target, prediction, more, word, scale, base, mass, named = row
    verdict = recover(loss, target, prediction, **more)
    assert verdict.verdict == word, verdict.tried
    found = [written(e) for e in (verdict.scale, verdict.base_measure, verdict.normaliser)]
    assert all(want is ... or want == have for want, have in zip((scale, base, mass), found, strict=True)), found
    if named is not ...:
        assert verdict.name == named
    predictions = {f.name if isinstance(f, Symbol) else f.label.name for f, _ in verdict.question.predictions}
    assert not predictions & {s.name for s in free(verdict.normaliser)}
    again = lp.load(verdict.mass.to_json())
    assert again == verdict.mass
    if prediction.startswith(("real", "positive", "unit")) and "^" not in prediction:
        assert verdict.likelihood is not None
        assert verdict.likelihood.verify("replay").ok


def test_huber_has_the_known_mass() -> None:
    verdict = recover(HUBER, "real", "real")
    mass = math.sqrt(2 * math.pi) * math.erf(1 / math.sqrt(2)) + 2 * math.exp(-1 / 2)
    assert float(evaluate(verdict.normaliser, {"delta": 1.0})) == pytest.approx(mass, rel=1e-12)
    assert mass == pytest.approx(2.92431, abs=1e-5)


@pytest.mark.parametrize("tau", [0.1, 0.5, 0.75])
def test_pinball_has_the_known_mass(tau: float) -> None:
    verdict = recover(PINBALL, "real", "real", where="tau in (0,1)")
    assert float(evaluate(verdict.normaliser, {"tau": tau})) == pytest.approx(1 / (tau * (1 - tau)), rel=1e-12)


REFUTED = [
    ("max(0, 1 - y*f)", "{-1,1}", "real"),
    ("max(0, 1 - y*f)^2", "{-1,1}", "real"),
    ("max(0, -y*f)", "{-1,1}", "real"),
    ("exp(-y*f)", "{-1,1}", "real"),
    ("(y - f)^2", "{0,1}", "interval(0,1)"),
    ("(y - f)^2", "{0,1}", "unit"),
    ("sum(max(0, 1 - f[y] + f[k]), k, 1, 3) - 1", "{1..3}", "real^3"),
]


@pytest.mark.parametrize(("loss", "target", "prediction"), REFUTED)
def test_what_is_no_likelihood_is_refuted_for_every_scale_and_base_measure(
    loss: str, target: str, prediction: str
) -> None:
    verdict = recover(loss, target, prediction)
    assert verdict.verdict is Word.PSEUDO
    assert verdict.witness is not None
    assert "c" in "".join(verdict.witness.lines())
    assert verdict.density is None
    verdict.witness.check()


@pytest.mark.parametrize("loss", ["min((y - f)^2, 1)", "max(f - y, 0)", "(y - f)^2/(1 + (y - f)^2)"])
def test_a_loss_that_levels_off_is_refuted_by_its_infinite_mass(loss: str) -> None:
    verdict = recover(loss, "real", "real")
    assert verdict.verdict is Word.PSEUDO
    assert isinstance(verdict.witness, LevelLocation)
    other = recover("Abs(y - f)", "real", "real").question
    with pytest.raises(NotRefuted):
        replace(verdict.witness, question=other)
    with pytest.raises(NotRefuted):
        replace(verdict.witness, question=replace(verdict.question, target=POSITIVE))
    if verdict.witness.same is not None:
        with pytest.raises(NotRefuted):
            replace(verdict.witness, same=None)


def test_the_brier_score_is_refuted_by_the_known_numbers() -> None:
    said = "\n".join(recover("(y - f)^2", "{0,1}", "interval(0,1)").witness.lines())
    assert "0.731059" in said  # 1/(1 + 1/e)
    assert "1.138" in said


@pytest.mark.parametrize(
    ("loss", "target", "prediction"),
    [("y^2 + sin(y*f)", "real", "real"), ("gamma(1 + y^2)*f^2 + y*f", "real", "real")],
)
def test_what_is_not_found_is_unknown_with_what_was_tried(loss: str, target: str, prediction: str) -> None:
    verdict = recover(loss, target, prediction, timeout=10)
    assert verdict.verdict is Word.UNKNOWN
    assert verdict.tried
    assert not verdict.ok


def test_time_is_bounded() -> None:
    start = time.monotonic()
    verdict = recover("(y - f)^2", "{0,1}", "unit", timeout=1e-3)
    assert time.monotonic() - start < 15
    assert verdict.verdict is Word.UNKNOWN
    assert verdict.tried[-1].startswith("given up after")


KEYS = {"verdict", "scale", "base_measure", "normaliser", "density", "name", "witness"}


@pytest.mark.parametrize(
    ("arguments", "status", "word"),
    [
        (["Abs(y - f)", "--target", "real", "--prediction", "real"], 0, CONSTANT),
        (["-log(f)*y - log(1 - f)*(1 - y)", "--target", "{0,1}", "--prediction", "unit"], 0, "likelihood"),
        (["2*log(1+exp(-y*f))", "--target", "{-1,1}", "--prediction", "real"], 0, "likelihood at scale c"),
        (["max(0, 1 - y*f)", "--target", "{-1,1}", "--prediction", "real"], 1, "pseudo-likelihood"),
        (["y^2 + sin(y*f)", "--target", "real", "--prediction", "real"], 1, "unknown"),
        (["Abs(u - m)", "--y", "u", "--f", "m", "--target", "real", "--prediction", "real"], 0, CONSTANT),
        ([PINBALL, "--target", "real", "--prediction", "real", "--where", "tau in (0,1)"], 0, CONSTANT),
    ],
)  # fmt: skip
def test_the_command_says_it_in_json_and_by_its_exit_status(
    arguments: list[str], status: int, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["recover", *arguments, "--format", "json"]) == status
    said = json.loads(capsys.readouterr().out)
    assert said.keys() >= KEYS
    assert said["verdict"] == word
    assert (said["density"] is not None) == (status == 0)
    assert (said["witness"] is not None) == (word == "pseudo-likelihood")


@pytest.mark.parametrize(
    "arguments",
    [
        ["Abs(y - f", "--target", "real", "--prediction", "real"],
        ["Abs(y - f)", "--target", "reals", "--prediction", "real"],
        ["Abs(y - 1)", "--target", "real", "--prediction", "real"],
        ["__import__('os').getcwd()", "--target", "real", "--prediction", "real"],
        ["Abs(y - f)", "--target", "real", "--prediction", "real", "--where", "tau in"],
        ["Abs(y - f)", "--target", "real", "--prediction", "real", "--format", "latex"],
        ["Abs(y - f)", "--target", "real", "--prediction", "real", "--labels"],
        ["Abs(y - f)", "--target", "real", "--prediction", "real", "--log", "ln"],
        ["Abs(y - f)", "--target", "real", "--prediction", "real", "--plot", "figure.bmp"],
    ],
)
def test_wrong_usage_has_exit_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recover", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("lossproof: ")


def test_the_answer_fits_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    main(["recover", HUBER, "--target", "real", "--prediction", "real"])
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


@pytest.mark.parametrize("show", ["mass", "likelihood"])
def test_both_derivations_are_typeset(show: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [
        "recover",
        "Abs(y - f)",
        "--target",
        "real",
        "--prediction",
        "real",
        "--show",
        show,
        "--format",
        "latex",
    ]
    assert main(arguments) == 0
    assert "\\begin{align*}" in capsys.readouterr().out


def test_a_derivation_is_printed_as_derive_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["(y - f)^2", "--target", "real", "--prediction", "real", "--show", "likelihood", "--format", "latex"]
    assert main(["recover", *words, "--steps", "2-3", "--labels", "--notation", r"f=\mu, n=N"]) == 0
    text = capsys.readouterr().out
    assert r"\prod_{i=1}^{N}" in text
    assert r"\mu_\theta(x_i)" in text
    assert r"\tag{3}\label{" in text


@pytest.mark.skipif(sys.platform == "win32", reason="Unix signals")
def test_it_is_interrupted_without_a_traceback(tmp_path: Path) -> None:
    code = (
        "import time, lossproof.recovery.recover as r\n"
        "r._findings = lambda q: print('asked', flush=True) or time.sleep(60)\n"
        "from lossproof.cli import main; raise SystemExit(main("
        "['recover', 'Abs(y - f)', '--target', 'real', '--prediction', 'real', '--timeout', '0']))"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path, env=os.environ) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == b"asked\n"
        run.send_signal(signal.SIGINT)
        _, err = run.communicate(timeout=30)
    assert err == b""
    assert run.returncode == 130


def test_a_python_function_is_traced() -> None:
    import numpy as np

    verdict = recover(lambda y, f: np.maximum(0, 1 - y * f), "{-1,1}", "real")
    assert verdict.verdict is Word.PSEUDO


def test_a_sample_is_drawn_from_the_recovered_density() -> None:
    drawn = recover("Abs(y - f)", "real", "real").sample(20_000, seed=1, f=3.0)
    assert abs(float(drawn.mean()) - 3.0) < 0.05
    assert abs(float(drawn.var()) - 2.0) < 0.15


@pytest.mark.parametrize(
    ("loss", "names"),
    [
        ("where(Abs(y - f) <= d, (y - f)^2/2, d*(Abs(y - f) - d/2))", {}),
        ("n*Abs(x - w)", {"y": "x", "f": "w"}),
        ("i*(theta - b)^2", {"y": "theta", "f": "b"}),
    ],
)
def test_a_loss_may_use_the_letters_of_the_model(loss: str, names: dict[str, str]) -> None:
    verdict = recover(loss, "real", "real", **names)
    assert verdict.ok
    assert verdict.likelihood is not None
    assert lp.load(verdict.likelihood.to_json()) == verdict.likelihood
    assert lp.load(verdict.mass.to_json()) == verdict.mass


def test_both_directions_are_derivations() -> None:
    verdict = recover("exp(f) - y*f", "counts", "real")
    assert [type(d) for d in verdict.derivations] == [Derivation, Derivation]
