"""Figures show what was derived: the shared optimum, the underflow, the noise model beside its loss."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sympy import Symbol
from sympy.stats import Gumbel

import lossproof as lp
from lossproof.cli import main
from lossproof.figures.case import case
from lossproof.figures.optimum import optima
from lossproof.figures.underflow import lost_at
from lossproof.models import GAUSSIAN, LAPLACE

pytest.importorskip("matplotlib", reason="figures need matplotlib")

OBSERVED = np.array([0.3, -1.2, 2.5, 0.9, 1.4, -0.6])
LABELLED = (np.array([[-2.0], [-1.0], [-0.5], [0.5], [1.0], [2.0], [3.0]]), np.array([0, 1, 0, 0, 1, 1, 1]))


def marked(panel: Any) -> tuple[float, float]:
    """The place of the mark on a panel, and its height."""
    mark = next(line for line in panel.lines if len(line.get_xdata()) == 1)
    return float(mark.get_xdata()[0]), float(mark.get_ydata()[0])


# ------------------------------------------------------------------ the optimum


def test_the_likelihood_of_a_gaussian_mean_is_largest_and_the_loss_smallest_at_the_mean() -> None:
    above, below = lp.figures.optimum("gaussian", OBSERVED).axes
    for panel in (above, below):
        assert marked(panel)[0] == pytest.approx(OBSERVED.mean(), abs=1e-6)
    assert marked(below)[1] == pytest.approx(((OBSERVED - OBSERVED.mean()) ** 2).sum())
    densities = np.exp(-((OBSERVED - OBSERVED.mean()) ** 2) / 2) / np.sqrt(2 * np.pi)
    assert marked(above)[1] == pytest.approx(densities.prod())
    curve = next(line for line in above.lines if len(line.get_xdata()) > 2)
    assert max(curve.get_ydata()) == pytest.approx(marked(above)[1])


def test_the_optimum_of_logistic_regression_is_that_of_scikit_learn(needs: Callable[[str], None]) -> None:
    needs("sklearn")
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-10).fit(*LABELLED).coef_[0, 0]
    for panel in lp.figures.optimum("logistic", LABELLED).axes:
        assert marked(panel)[0] == pytest.approx(fitted, abs=1e-4)


def test_of_two_parameters_the_optimum_is_that_of_least_squares() -> None:
    inputs, observed = np.linspace(-1, 2, 8)[:, None], np.array([0.1, 0.4, 0.2, 1.5, 1.1, 2.0, 1.8, 2.9])
    slope, intercept = np.polyfit(inputs[:, 0], observed, 1)
    for panel in lp.figures.optimum("linear-regression-intercept", (inputs, observed)).axes:
        assert [float(v[0]) for v in panel.lines[0].get_data()] == pytest.approx([intercept, slope], abs=1e-6)


@pytest.mark.parametrize("name", ["poisson", "laplace", "student-t", "gamma", "heteroscedastic", "categorical"])
def test_the_two_optima_are_found_apart_and_are_the_same(name: str) -> None:
    most, least = optima(case(name, None, count=30, seed=0, constants={}))
    assert most == pytest.approx(least, abs=2e-5)


def test_the_letters_are_those_of_the_derivation() -> None:
    above, below = lp.figures.optimum("gaussian", OBSERVED).axes
    assert (above.get_ylabel(), below.get_ylabel()) == (r"$L(\theta)$", r"$J(\theta)$")
    assert below.get_xlabel() == r"$\theta_1$"
    assert r"\hat{\theta}_1 = 0.55$" in above.get_legend().get_texts()[0].get_text()


# ------------------------------------------------------------------ the underflow


def test_the_product_underflows_where_the_sum_does_not() -> None:
    found = case("logistic", None, count=1500, seed=0, constants={})
    assert found.truth is not None
    lost = lost_at(found, found.truth)
    assert lost is not None
    assert found.likelihood(found.truth, lost) == 0.0
    assert found.likelihood(found.truth, lost - 1) > 0.0
    total = found.negative_log_likelihood(found.truth, lost)
    assert np.isfinite(total)
    assert total == pytest.approx(-np.log(2.0**-1074), abs=5)  # the smallest double


def test_the_figure_shows_where_it_does() -> None:
    left, right = lp.figures.underflow("logistic").axes
    product = left.lines[0]
    total, logarithm = right.lines
    assert min(product.get_ydata()) > 0
    assert max(total.get_xdata()) > 1.4 * max(logarithm.get_xdata())
    assert np.isfinite(total.get_ydata()).all()
    assert logarithm.get_ydata() == pytest.approx(total.get_ydata()[: len(logarithm.get_ydata())], rel=3e-3)
    assert "the product is 0.0" in left.texts[0].get_text()


# ------------------------------------------------------------------ the noise model


def test_the_noise_model_is_drawn_beside_its_loss() -> None:
    left, right = lp.figures.noise(LAPLACE, [0.5], beta=2).axes
    y, density = left.lines[0].get_data()
    assert density == pytest.approx(np.exp(-np.abs(y - 0.5) / 2) / 4)
    assert right.lines[0].get_ydata() == pytest.approx(np.abs(y - 0.5))
    assert (left.get_ylabel(), right.get_ylabel()) == (r"$p(y \mid f)$", r"$\ell(f, y)$")


def test_outcomes_that_are_counted_are_stems() -> None:
    left, right = lp.figures.noise("poisson").axes
    counts, chances = left.lines[0].get_data()
    assert np.round(counts).tolist() == list(range(len(counts)))
    assert chances == pytest.approx(
        np.exp(-1) / np.array([float(np.prod(np.arange(1, k + 1))) for k in range(len(counts))])
    )
    assert len(left.collections) == len(left.lines) == len(right.lines) == 3


def test_of_two_outcomes_the_loss_is_drawn_over_the_prediction() -> None:
    _, right = lp.figures.noise("logistic").axes
    p, loss = right.lines[1].get_data()
    assert loss == pytest.approx(-np.log(p))
    assert right.get_xlabel() == "$f$"


@cache
def gumbel() -> lp.Model[lp.Noise]:
    scale = Symbol("s_0", positive=True)
    return lp.Model("flood", lp.noise(lambda f: Gumbel("Y", scale, f)), lp.LinearPredictor(), "Yearly maxima")


def test_a_model_of_ones_own_and_a_verdict_are_drawn_too() -> None:
    left, right = lp.figures.noise(gumbel(), [0.0], s_0=1.0).axes
    y, density = left.lines[0].get_data()
    assert density == pytest.approx(np.exp(-y - np.exp(-y)))
    assert right.lines[0].get_ydata() == pytest.approx(np.exp(-y))
    above, _ = lp.figures.optimum(gumbel()).axes
    assert marked(above)[1] > 0
    verdict = lp.recover("(y - f)^2", target="real", prediction="real")
    left, _ = lp.figures.noise(verdict, [1.0]).axes
    y, density = left.lines[0].get_data()
    assert density == pytest.approx(np.exp(-((y - 1) ** 2)) / np.sqrt(np.pi))


def test_words_and_names_from_a_user_are_no_mathematics_for_matplotlib(tmp_path: Path) -> None:
    rate = Symbol("rate__of_x", positive=True)
    priced = lp.noise(lambda f: Gumbel("Y", rate, f))
    model = lp.Model("priced", replace(priced, name=r"cost in $ \nonsense"), lp.LinearPredictor(), r"In $ \nonsense $")
    out = tmp_path / "priced.svg"
    figure = lp.figures.noise(model, [0.0, 1.0], out=out)
    assert r"\$ \nonsense" in figure.get_suptitle()
    assert out.stat().st_size > 0


# ------------------------------------------------------------------ files, panels, what goes wrong


@pytest.mark.parametrize(("suffix", "begins"), [("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<?xml")])
def test_a_figure_is_written_whole_and_the_same_again(tmp_path: Path, suffix: str, begins: bytes) -> None:
    out = tmp_path / f"noise.{suffix}"
    lp.figures.noise("gaussian", out=out)
    first = out.read_bytes()
    assert first.startswith(begins)
    lp.figures.noise("gaussian", out=out)
    assert out.read_bytes() == first
    assert [p.name for p in tmp_path.iterdir()] == [out.name]


def test_nothing_is_written_that_is_not_whole(tmp_path: Path) -> None:
    (tmp_path / "kept.png").write_text("kept")
    with pytest.raises(lp.DataError):
        lp.figures.optimum("logistic", ([[1.0]], [2]), out=tmp_path / "kept.png")
    for name in ("figure.gif", "figure", "no/such/folder.png"):
        with pytest.raises(lp.OutputError, match="cannot write"):
            lp.figures.noise("gaussian", out=tmp_path / name)
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("kept.png", "kept")]


def test_panels_that_are_given_are_drawn_in() -> None:
    from matplotlib.figure import Figure

    mine = Figure()
    panels = mine.subplots(1, 2)
    assert lp.figures.noise(GAUSSIAN, axes=panels) is mine
    assert all(panel.lines for panel in panels)
    assert lp.recover("(y - f)^2", target="real", prediction="real").plot(axes=mine.subplots(1, 2)) is mine
    with pytest.raises(lp.LossproofError, match="2 panels"):
        lp.figures.noise(GAUSSIAN, axes=panels[0])


@pytest.mark.parametrize(
    ("draw", "error", "says"),
    [
        (lambda: lp.figures.optimum("logisitc"), lp.UnknownName, "'logistic'"),
        (lambda: lp.figures.noise("gaussian", sigm=1), lp.UnknownName, "'sigma'"),
        (lambda: lp.figures.draw("optimun", "logistic"), lp.UnknownName, "'optimum'"),
        (lambda: lp.figures.noise("gaussian", sigma="wide"), lp.DataError, "must be a number"),
        (lambda: lp.figures.optimum("kernel-ridge"), lp.LossproofError, "no model"),
        (lambda: lp.figures.optimum("poisson", [1, 2]), lp.DataError, "has inputs"),
        (lambda: lp.figures.optimum("poisson", ([[1.0]], [-2])), lp.DataError, "-2"),
        (
            lambda: lp.figures.optimum("logistic", (np.ones((4, 3)), [0, 1, 0, 1])),
            lp.DataError,
            "one or two parameters",
        ),
        (lambda: lp.figures.optimum("logistic", ([[1.0], [2.0]], [1, 1])), lp.NoMinimiser, "does not rise"),
        (lambda: lp.figures.optimum("gaussian", np.zeros(2000)), lp.DataError, "underflow"),
        (lambda: lp.figures.noise(3), lp.LossproofError, "give a name"),
    ],
)
def test_what_cannot_be_drawn_is_said(draw: Callable[[], Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        draw()


def test_without_matplotlib_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(lp.MissingExtra, match="matplotlib"):
        lp.figures.noise("gaussian")


def test_no_display_and_no_pyplot_is_needed() -> None:
    code = "import lossproof as lp, sys; lp.figures.noise('gaussian'); print('matplotlib.pyplot' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_command_line_draws(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "noise.png"
    assert main(["figure", "noise", "gamma", "--with", "alpha=2", "--out", str(out)]) == 0
    assert out.read_bytes().startswith(b"\x89PNG")
    (tmp_path / "mine.py").write_text("from lossproof import *\nfrom lossproof.models import LAPLACE\nmine = LAPLACE\n")
    assert main(["figure", "noise", f"{tmp_path / 'mine.py'}:mine", "--out", str(out)]) == 0
    capsys.readouterr()
    for wrong, says in (
        (["optimun", "logistic"], "did you mean 'optimum'"),
        (["noise", "gamma", "--with", "alfa=2"], "did you mean 'alpha'"),
        (["noise", "gamma", "--with", "out=2"], "unknown constant"),
        (["noise", "gamma", "--with", "alpha"], "NAME=NUMBER"),
        (["noise", "gamma", "--data", "diabetes"], "--data goes with"),
    ):
        assert main(["figure", *wrong, "--out", str(out)]) == 2
        assert says in capsys.readouterr().err
    from lossproof.cli.drawing import KINDS

    assert set(KINDS) == set(lp.figures.KINDS)
