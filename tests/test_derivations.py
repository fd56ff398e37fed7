"""The argument itself: every line of it, and what makes it stop."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import lossproof as lp
from lossproof.errors import SideConditionError, UnknownName
from lossproof.kernel.domains import CLOSED_UNIT, COUNT, NONNEGATIVE, POSITIVE, UNIT
from lossproof.kernel.relations import EQUAL, Kind
from lossproof.notation.plain import written
from lossproof.referees import NOT_APPLICABLE, verify
from lossproof.strategies.catalogue import CATALOGUE

SCRIPTS = Path(__file__).resolve().parent.parent / "derivations"

LINES = [
    ("conditional independence", "∏_{i=1}^n P[Y_i = y_i | X_i = x_i]"),
    (
        "split the product by label",
        "∏_{i : y_i = 1} P[Y_i = 1 | X_i = x_i] · ∏_{i : y_i = 0} P[Y_i = 0 | X_i = x_i]",
    ),
    ("complement", "∏_{i : y_i = 1} P[Y_i = 1 | X_i = x_i] · ∏_{i : y_i = 0} (1 - P[Y_i = 1 | X_i = x_i])"),
    ("model", "∏_{i : y_i = 1} f_w(x_i) · ∏_{i : y_i = 0} (1 - f_w(x_i))"),
    ("label as exponent", "∏_{i=1}^n f_w(x_i)^y_i · ∏_{i : y_i = 0} (1 - f_w(x_i))"),
    ("1 minus label as exponent", "∏_{i=1}^n f_w(x_i)^y_i · ∏_{i=1}^n (1 - f_w(x_i))^(1 - y_i)"),
    ("merge the products", "∏_{i=1}^n f_w(x_i)^y_i (1 - f_w(x_i))^(1 - y_i)"),
    ("by definition", "L(w)"),
    ("minus log is strictly decreasing", "-log L(w)"),
    ("definition", "-log ∏_{i=1}^n f_w(x_i)^y_i (1 - f_w(x_i))^(1 - y_i)"),
    ("logarithm of a product", "-∑_{i=1}^n log(f_w(x_i)^y_i (1 - f_w(x_i))^(1 - y_i))"),
    ("logarithm of factors", "-∑_{i=1}^n [log(f_w(x_i)^y_i) + log((1 - f_w(x_i))^(1 - y_i))]"),
    ("logarithm of a power", "-∑_{i=1}^n [y_i log f_w(x_i) + (1 - y_i) log(1 - f_w(x_i))]"),
    ("minus sign into the sum", "∑_{i=1}^n (-[y_i log f_w(x_i) + (1 - y_i) log(1 - f_w(x_i))])"),
    ("by definition", "∑_{i=1}^n ℓ(f_w(x_i), y_i)"),
    ("by definition", "J(w)"),
]

ENDS = {
    "logistic-equation": ("-log L(w)", "J(w)"),
    "logistic-converse": ("exp(-J(w))", "L(w)"),
    "logistic-prediction-gradient": ("∂f_w(x_i)/∂w_j", "f_w(x_i) (1 - f_w(x_i)) x_ij"),
    "logistic-gradient": ("∂J(w)/∂w_j", "∑_{i=1}^n (f_w(x_i) - y_i) x_ij"),
    "logistic-likelihood-gradient": ("∂L(w)/∂w_j", "L(w) ∑_{i=1}^n (y_i - f_w(x_i)) x_ij"),
    "logistic-gradient-identity": ("∂J(w)/∂w_j", "-1/L(w) · ∂L(w)/∂w_j"),
    "logistic-stable": ("ℓ(σ(z), y)", "max(z, 0) - y z + log(1 + exp(-|z|))"),
    "bernoulli-converse": ("exp(-J(θ))", "L(θ)"),
}


def test_the_main_chain_is_the_argument_line_by_line() -> None:
    d = lp.derive("logistic")
    assert written(d.lhs) == "P[Y = y | X = x]"
    assert [(s.rule.name, written(s.after)) for s in d.steps] == LINES


def test_the_theorem_of_the_main_chain() -> None:
    d = lp.derive("logistic")
    assert d.theorem.relation.kind is Kind.SAME_OPTIMA
    assert d.theorem.relation.reverses
    assert [step.relation == EQUAL for step in d].count(False) == 1
    likelihood, loss = d.equations
    assert str(likelihood.theorem) == "|- P[Y = y | X = x]  =  L(w)"
    assert str(loss.theorem) == "|- -log L(w)  =  J(w)"


def test_the_modelling_assumptions_are_hypotheses_of_the_theorem() -> None:
    assumed = [str(h) for h in lp.derive("logistic").theorem.hypotheses]
    assert "conditional independence: P[Y = y | X = x] = ∏_{i=1}^n P[Y_i = y_i | X_i = x_i]" in assumed
    assert "model: P[Y_i = 1 | X_i = x_i] = f_w(x_i) for i = 1..n" in assumed
    assert "y_i in {0, 1} for i = 1..n" in assumed
    equation = [str(h) for h in lp.derive("logistic-equation").theorem.hypotheses]
    assert not any("independence" in h for h in equation)


def test_side_conditions_come_with_their_reasons() -> None:
    steps = {s.rule.name: [str(c) for c in s.conditions] for s in lp.derive("logistic")}
    assert steps["logarithm of a product"] == [
        "0 < f_w(x_i)^y_i (1 - f_w(x_i))^(1 - y_i) for i = 1..n, since "
        "f_w(x_i) in (0, 1) (a sigmoid of a real number) and y_i in {0, 1} (declared)"
    ]
    assert "0 < f_w(x_i) (a sigmoid of a real number)" in steps["logarithm of a power"]


@pytest.mark.parametrize("name", ENDS)
def test_the_results_around_the_main_chain(name: str) -> None:
    d = lp.derive(name)
    assert d.theorem.relation == EQUAL
    assert (written(d.lhs), written(d.rhs)) == ENDS[name]


#: Referees that cannot judge every step of a derivation, and a part of the reason that they give.
CANNOT_JUDGE = {
    "svm-representer": {"finite": "is not linear in any number"},
    "hinge-mixture": {"finite": "no ordinary form is known for Integral"},
}


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_derivation_is_held_by_every_referee(name: str) -> None:
    report = verify(lp.derive(name), referees="finite,balls")  # those of Coq are in test_coq.py, in one run
    assert report.ok
    excused = CANNOT_JUDGE.get(name, {})
    silent = [row for row in report.rows if row.finding == NOT_APPLICABLE and row.referee in excused]
    assert all(excused[row.referee] in row.detail for row in silent)
    assert {row.referee for row in silent} == set(excused)
    assert {row.finding for row in report.rows if row not in silent} == {"held"}
    assert {row.referee for row in report.rows} == {"replay", "finite", "balls"}


def test_an_opaque_predictor_goes_through_unchanged() -> None:
    ours, node = lp.derive("bernoulli"), lp.derive("logistic")
    assert [s.rule for s in ours] == [s.rule for s in node]
    assert [written(s.after).replace("θ", "w") for s in ours] == [written(s.after) for s in node]


def test_a_closed_range_stops_at_the_logarithm_and_names_the_missing_fact() -> None:
    model = lp.Model("closed", lp.Bernoulli(), lp.OpaqueNetwork(values=CLOSED_UNIT))
    with pytest.raises(SideConditionError) as caught:
        lp.derive(model)
    assert caught.value.rule == "minus log is strictly decreasing"
    assert caught.value.missing == "0 < f_θ(x_i) (only f_θ(x_i) in [0, 1] is known)"


@pytest.mark.parametrize("labels", [CLOSED_UNIT, UNIT, COUNT])
def test_labels_that_are_not_binary_are_refused_with_the_reason(labels: lp.Domain) -> None:
    model = lp.Model("soft", lp.Bernoulli(labels=labels), lp.SigmoidNode())
    with pytest.raises(SideConditionError) as caught:
        lp.derive(model)
    assert caught.value.rule == "split the product by label"
    assert "y_i in {0, 1}" in caught.value.missing


def test_the_label_as_exponent_refuses_soft_labels_too() -> None:
    model = lp.Model("soft", lp.Bernoulli(labels=CLOSED_UNIT), lp.SigmoidNode())
    start = lp.derive("logistic")[4].before
    chain = lp.Chain("x", model.hypotheses, model.parameters, start)
    from lossproof.kernel.schema import Abstraction
    from lossproof.models import i, y
    from lossproof.rulebook.probability import LABEL_ONE_AS_EXPONENT

    with pytest.raises(SideConditionError, match=r"only y_i in \[0, 1\] is known"):
        chain.rewrite(LABEL_ONE_AS_EXPONENT, y=Abstraction((i,), y[i]))


def test_an_unknown_name_says_the_nearest() -> None:
    with pytest.raises(UnknownName) as caught:
        lp.derive("logistik")
    assert caught.value.nearest == "logistic"


# ------------------------------------------------------------------ scripts


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    yield
    for path in SCRIPTS.glob("*.py"):
        sys.modules.pop(path.stem, None)


@pytest.mark.usefixtures("scripts")
@pytest.mark.parametrize("script", sorted(p.stem for p in SCRIPTS.glob("*.py")))
def test_a_script_written_out_by_hand_is_what_the_strategy_finds(script: str) -> None:
    derivation = importlib.import_module(script).derivation
    assert derivation == lp.derive(derivation.name)
    assert derivation.theorem


def listed() -> list[tuple[str, str, str]]:
    """Script, relation and name of each row of the reading order."""
    text = (SCRIPTS / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[(\w+)\.py\]\((\w+)\.py\) \| .+ \| (.+) \| ([a-z-]+) \|$", text, re.MULTILINE)
    assert all(shown == linked for shown, linked, _, _ in rows)
    assert len(rows) == text.count(".py](")
    return [(script, relation, name) for script, _, relation, name in rows]


def test_the_reading_order_lists_every_script_once_and_no_other() -> None:
    assert sorted(script for script, _, _ in listed()) == sorted(p.stem for p in SCRIPTS.glob("*.py"))


@pytest.mark.usefixtures("scripts")
@pytest.mark.parametrize(("script", "relation", "name"), listed())
def test_the_reading_order_says_what_a_script_proves(script: str, relation: str, name: str) -> None:
    derivation = importlib.import_module(script).derivation
    claim = {None: "", NONNEGATIVE: " and >= 0", POSITIVE: " and > 0"}[derivation.claim]
    assert (relation, name) == (f"{derivation.relation}{claim}", derivation.name)


# ------------------------------------------------------------------ extending the catalogue


def test_a_registered_model_is_derived_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lossproof.strategies.catalogue.CATALOGUE", dict(CATALOGUE))
    lp.register(lp.Model("my-network", lp.Bernoulli(), lp.OpaqueNetwork(), "My network"))
    assert written(lp.derive("my-network").rhs) == "J(θ)"
    for name in ("my-network", "My_Network", "", "a--b"):
        with pytest.raises(lp.LossproofError):
            lp.register(lp.Model(name, lp.Bernoulli(), lp.OpaqueNetwork()))
