"""Models, losses and rules of one's own: derived, typeset, verified, and named for what they are."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sympy import Symbol, exp, symbols
from sympy.stats import Gumbel, Laplace, Logistic, Normal, Poisson, Rayleigh, StudentT, Uniform

import lossproof as lp
from lossproof.kernel.conditions import Declared
from lossproof.kernel.domains import POSITIVE, REAL
from lossproof.losses import LOSSES, loss
from lossproof.models import d, j
from lossproof.notation.inert import absolute, log, mul, neg, power, sub, total
from lossproof.notation.inert import exp as lp_exp
from lossproof.notation.plain import written
from lossproof.referees import verify
from lossproof.rulebook import RULES, logarithms
from lossproof.strategies.catalogue import CATALOGUE

SIGMA, BETA = Symbol("sigma", positive=True), Symbol("beta", positive=True)
LINEAR = lp.LinearPredictor()


@pytest.fixture(autouse=True)
def _registries() -> Iterator[None]:
    """What a test registers is gone after it."""
    before = [(where, dict(where)) for where in (CATALOGUE, LOSSES, RULES)]
    yield
    for where, kept in before:
        where.clear()
        where.update(kept)  # type: ignore[arg-type]


def body(d: lp.Derivation) -> str:
    """The pointwise loss that was found."""
    return written(d.rhs.body.args[0].body)


# ------------------------------------------------------------------ distributions of sympy.stats

FOUND = {
    "normal": (lambda f: Normal("Y", f, SIGMA), "(y_i - f_w(x_i))^2"),
    "laplace-noise": (lambda f: Laplace("Y", f, SIGMA), "|y_i - f_w(x_i)|"),
    "poisson-link": (lambda f: Poisson("Y", exp(f)), "-y_i f_w(x_i) + exp(f_w(x_i))"),
    "gumbel": (lambda f: Gumbel("Y", BETA, f), None),
    "logistic-noise": (lambda f: Logistic("Y", f, SIGMA), None),
    "rayleigh": (lambda f: Rayleigh("Y", exp(f)), None),
    "t": (lambda f: StudentT("Y", exp(f)), None),
}


@pytest.mark.parametrize("name", FOUND)
def test_any_distribution_of_sympy_stats_is_a_noise_model(name: str) -> None:
    distribution, expected = FOUND[name]
    model = lp.Model(name, lp.noise(distribution), LINEAR)
    d = lp.derive(model)
    assert d.theorem.relation.reverses
    assert expected is None or body(d) == expected
    g = lp.gradient(model)
    assert {row.finding for each in (d, g) for row in verify(each, referees="finite,balls").rows} == {"held"}
    assert lp.load(d.to_json()) == d
    assert "∂J(w)/∂w_j" in str(g.theorem)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("a", lp.Bernoulli(), lp.LinearPredictor), "predictor must be"),
        (("a", lp.Bernoulli, lp.SigmoidNode()), "noise must be"),
        (("a", lp.Bernoulli(), lp.SigmoidNode(), "", SIGMA), "estimated must be"),
    ],
)
def test_a_model_of_wrong_parts_is_refused(arguments: tuple[Any, ...], said: str) -> None:
    with pytest.raises(lp.LossproofError, match=said):
        lp.Model(*arguments)


def test_a_misspelt_parameter_is_not_estimated() -> None:
    noise = lp.noise(lambda f: Normal("Y", f, SIGMA))
    with pytest.raises(lp.LossproofError, match="does not depend on it"):
        lp.derive(lp.Model("misspelt", noise, LINEAR, estimated=(BETA,)))
    with pytest.raises(lp.SideConditionError, match="contains sigma"):
        lp.derive(lp.Model("both", noise, LINEAR, estimated=(SIGMA,)))


def test_what_is_no_density_is_refused() -> None:
    noise = lp.Noise("half a normal", lambda f, y: lp_exp(neg(power(sub(y, f), 2))), REAL)
    with pytest.raises(lp.NotADensity, match=r"total mass is 1\.77"):
        lp.derive(lp.Model("half", noise, LINEAR))


def test_two_predictions() -> None:
    noise = lp.noise(lambda f, s: Normal("Y", f, exp(s)))
    model = lp.Model("two", noise, lp.OpaqueNetwork(REAL, also=(("s", REAL),)))
    assert "∂s_θ(x_i)/∂θ_j" in str(lp.gradient(model).theorem)
    assert verify(lp.derive(model), referees="finite,balls").ok


def test_a_prediction_of_ones_own() -> None:
    positive = lp.WrittenPredictor(lambda w, x: lp_exp(total(mul(w[j], x[j]), j, 1, d)))
    model = lp.Model("written", lp.noise(lambda f: Poisson("Y", f)), positive)
    found = lp.derive(model)
    assert body(found) == "f_w(x_i) - y_i log f_w(x_i)"
    g = lp.gradient(model)
    assert str(g.theorem).endswith("∂f_w(x_i)/∂w_j")
    assert {row.finding for each in (found, g) for row in verify(each, referees="finite,balls").rows} == {"held"}


def test_the_gradient_of_any_model_with_classes_or_labels() -> None:
    assert "q_{w, c}(x_i)" in str(lp.gradient(lp.Model("mine", lp.Categorical(), lp.LinearScores())).theorem)
    assert "∂f_θ(x_i)/∂θ_j" in str(lp.gradient(lp.Model("mine", lp.Bernoulli(), lp.OpaqueNetwork())).theorem)
    with pytest.raises(lp.LossproofError, match="Categorical"):
        lp.gradient(lp.Model("mine", lp.OneHot(), lp.OpaqueScores()))


def test_a_declared_loss_is_what_comes_out() -> None:
    noise = lp.noise(
        lambda f: Laplace("Y", f, SIGMA),
        loss=lambda f, y: absolute(sub(f, y)),
        scale=power(SIGMA, -1),
        constant=log(mul(2, SIGMA)),
    )
    d = lp.derive(lp.Model("absolute", noise, LINEAR))
    assert body(d) == "|f_w(x_i) - y_i|"
    assert d.theorem.relation.kind.name == "SAME_OPTIMA"


def test_a_wrong_loss_is_refused() -> None:
    noise = lp.noise(lambda f: Normal("Y", f, SIGMA), loss=lambda f, y: absolute(sub(f, y)))
    with pytest.raises(lp.RuleDoesNotApply):
        lp.derive(lp.Model("wrong", noise, LINEAR))


def test_a_real_output_as_a_poisson_mean_is_refused() -> None:
    model = lp.Model("no-link", lp.noise(lambda f: Poisson("Y", f)), LINEAR)
    with pytest.raises(lp.SideConditionError) as caught:
        lp.derive(model)
    assert caught.value.missing == "0 < f_w(x_i) (only f_w(x_i) in R is known)"
    positive = lp.Model("identity-link", lp.noise(lambda f: Poisson("Y", f)), lp.OpaqueNetwork(POSITIVE))
    assert body(lp.derive(positive)) == "f_θ(x_i) - y_i log f_θ(x_i)"


def test_a_parameter_of_unknown_sign_is_refused() -> None:
    model = lp.Model("free", lp.noise(lambda f: Normal("Y", f, Symbol("s", real=True, nonzero=True))), LINEAR)
    with pytest.raises(lp.SideConditionError, match="s"):
        lp.derive(model)


@pytest.mark.parametrize("distribution", [lambda f: Uniform("Y", f, f + 1), lambda f: f, lambda f: Normal("Y", f, 0.5)])
def test_what_is_no_noise_model_is_refused_with_a_typed_error(distribution: object) -> None:
    with pytest.raises(lp.UnsupportedExpression):
        lp.derive(lp.Model("odd", lp.noise(distribution), LINEAR))  # type: ignore[arg-type]


# ------------------------------------------------------------------ the catalogue, losses, rules


def test_a_registered_model_has_its_loss_and_its_gradient() -> None:
    lp.register(lp.Model("my-gumbel", lp.noise(lambda f: Gumbel("Y", BETA, f)), LINEAR, "My model"))
    assert lp.derive("my-gumbel").title.startswith("My model")
    assert "∂J(w)/∂w_j" in str(lp.derive("my-gumbel-gradient").theorem)
    for name in ("my-gumbel", "My_Network", "", "a--b", "ö"):
        with pytest.raises(lp.LossproofError):
            lp.register(lp.Model(name, lp.Bernoulli(), lp.OpaqueNetwork()))


def test_a_loss_is_registered_under_a_name() -> None:
    y, f = symbols("y f", real=True)
    huber = loss(absolute(sub(y, f)), f, y)
    assert lp.register(huber, "my-loss") is huber
    assert lp.LOSSES["my-loss"] is huber
    for name in ("my-loss", "squared-error", "", "My Loss"):
        with pytest.raises(lp.LossproofError):
            lp.register(huber, name)


def test_a_rule_of_a_user_is_named_as_unproved_by_every_theorem() -> None:
    a = logarithms.LOG_OF_POWER.left.args[0].args[0]
    rule = lp.Identity(
        "log of a square", log(power(a, 2)), mul(2, log(a)), logarithms.LOG_OF_POWER.when[:1], "folklore"
    )
    s = symbols("s")
    d = lp.Chain("mine", (Declared(s, POSITIVE),), (), log(power(s, 2))).rewrite(rule).done()
    assert "log of a square" in d.theorem.unproved
    with pytest.raises(lp.ReplayError, match="unknown rule"):
        lp.load(d.to_json())
    lp.register(rule)
    assert lp.load(d.to_json()).theorem.unproved == ("log of a square",)
    with pytest.raises(lp.LossproofError, match="already"):
        lp.register(rule)


def test_nothing_else_can_be_registered() -> None:
    with pytest.raises(lp.LossproofError, match="cannot be registered"):
        lp.register("logistic")  # type: ignore[arg-type]


# ------------------------------------------------------------------ a file of one's own

MINE = """
from sympy import Symbol
from sympy.stats import Gumbel
import lossproof as lp

gumbel = lp.noise(lambda f: Gumbel("Y", Symbol("beta", positive=True), f))
my_model = lp.Model("gumbel-regression", gumbel, lp.LinearPredictor(), "Gumbel regression")
my_gradient = lp.gradient(my_model)
number = 3
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "lossproof", *arguments], capture_output=True, text=True, check=False)


def test_a_model_in_a_file_is_derived_and_verified(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(MINE)
    done = run("derive", f"{path}:my_model", "--format", "text")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Gumbel regression")
    assert run("derive", f"{path}:my_gradient").stdout.startswith("\\begin{align*}")
    verified = run("verify", f"{path}:my_model", "--referee", "finite,balls")
    assert verified.returncode == 0
    assert verified.stdout.rstrip().endswith("every step holds")


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        (MINE, "my_modle", "my_model"),
        (MINE, "number", "a Model or a Derivation is needed"),
        ("1 / 0", "x", "ZeroDivisionError"),
        ("def", "x", "SyntaxError"),
        (None, "x", "no such file"),
    ],
)
def test_a_file_that_declares_no_model_is_refused_in_two_lines(
    tmp_path: Path, text: str | None, name: str, said: str
) -> None:
    path = tmp_path / "mine.py"
    if text is not None:
        path.write_text(text)
    done = run("derive", f"{path}:{name}")
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) <= 2
