"""Support vector machines, Gaussian processes and kernel ridge regression: derived, refused, and on real data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from kernel_machines import (
    NOISE,
    PEERS,
    ROWS,
    C,
    at_fit,
    dual_objective,
    gram,
    named,
    patients,
    primal_objective,
    process,
    regression,
    ridge,
    tumours,
    value,
)
from sympy import IndexedBase, Symbol

import lossproof as lp
from lossproof.errors import LossproofError, RuleDoesNotApply, SideConditionError
from lossproof.kernel.conditions import Condition, Declared, DeclaredMatrix, Has, Member, Property, Range
from lossproof.kernel.domains import NONNEGATIVE, POSITIVE, REAL, UNIT, Domain
from lossproof.kernel.facts import Facts
from lossproof.kernel.relations import EQUAL, Kind
from lossproof.models import OBSERVATIONS, b, d, i, j, kernels, n
from lossproof.models.kernels import (
    COUNTED,
    KERNEL,
    LATENT,
    LINEAR,
    MARGINS,
    OBSERVED,
    SEMIDEFINITE,
    K,
    dual_coefficients,
    f,
    process_density,
    values,
)
from lossproof.models.linear import X
from lossproof.models.three_outcomes import MOST
from lossproof.notation.inert import ONE, TWO, ZERO, absolute, add, inverse, log, mul, neg
from lossproof.notation.matrices import (
    Determinant,
    IdentityMatrix,
    Inverse,
    Matrix,
    MatrixProduct,
    MatrixSum,
    MatrixTerm,
    ScalarMultiple,
    SquaredNorm,
    Transpose,
    column,
    minus,
    quadratic,
)
from lossproof.notation.nodes import Head
from lossproof.notation.plain import written
from lossproof.rulebook import absolute_values, matrices, optima
from lossproof.strategies.support_vectors import margins
from lossproof.strategies.three_outcomes import MIXED

T, Product = Transpose, MatrixProduct

# ------------------------------------------------------------------ what is proved

EQUATIONS = {
    "svm-factors": "|- -log Q(b, w)  =  C ∑_{i=1}^n ℓ((X w)_i + b, y_i)",
    "linear-kernel-weights": "|- X X^T (X X^T)^-1 f  =  f",
    "linear-kernel-norm": "|- ‖X^T (X X^T)^-1 f‖^2  =  f^T (X X^T)^-1 f",
    "linear-kernel-least-norm": ("|- ‖w‖^2 - (X w)^T (X X^T)^-1 X w  =  ‖w - X^T (X X^T)^-1 X w‖^2  in [0, oo)"),
    "svm-kernel": (
        "|- C ∑_{i=1}^n ℓ((K a)_i + b, y_i) + 1/2 · (K a)^T K^-1 K a  =  "
        "C ∑_{i=1}^n ℓ((K a)_i + b, y_i) + 1/2 · a^T K a"
    ),
    "svm-representer": (
        "|- C ∑_{i=1}^n ℓ((X w)_i + b, y_i) + 1/2 · ‖w‖^2 - "
        "[C ∑_{i=1}^n ℓ((X X^T a)_i + b, y_i) + 1/2 · a^T X X^T a]  =  1/2 · ‖w - X^T a‖^2  in [0, oo)"
    ),
    "gaussian-process-coefficients": "|- (K + σ^2 I_n) a\u0302  =  y",
    "gaussian-process-mean": "|- K a\u0302 + σ^2 K^-1 K a\u0302  =  y",
    "gaussian-process-gradient": "|- ∇_f (‖y - f‖^2 + σ^2 f^T K^-1 f)  =  2 (f - y + σ^2 K^-1 f)",
    "gaussian-process-minimum": (
        "|- ‖y - f‖^2 + σ^2 f^T K^-1 f - [‖y - K a\u0302‖^2 + σ^2 (K a\u0302)^T K^-1 K a\u0302]  =  "
        "‖f - K a\u0302‖^2 + σ^2 (f - K a\u0302)^T K^-1 (f - K a\u0302)  in [0, oo)"
    ),
    "gaussian-process-strict": "|- v^T [2 (I_n + σ^2 K^-1)] v  =  2 (‖v‖^2 + σ^2 v^T K^-1 v)  in (0, oo)",
    "kernel-ridge": "|- (K + λ I_n) a\u0302  =  y",
    "kernel-ridge-gradient": "|- ∇_a (‖y - K a‖^2 + λ a^T K a)  =  2 K [(K + λ I_n) a - y]",
    "kernel-ridge-minimum": (
        "|- ‖y - K a‖^2 + λ a^T K a - (‖y - K a\u0302‖^2 + λ a\u0302^T K a\u0302)  =  "
        "‖K (a - a\u0302)‖^2 + λ (a - a\u0302)^T K (a - a\u0302)  in [0, oo)"
    ),
    "svm-three-outcomes": "|- q(f, 1) + q(f, -1) + r(f)  =  1",
    "svm-labels": "|- -log L(b, f)  =  n log(1 + exp(-2 C)) + C ∑_{i=1}^n ℓ(f_i + b, y_i)",
    "hinge-mixture": "|- ∫_{0}^{∞} (2 π λ)^(-1/2) exp(-(1 + λ - u)^2/(2 λ)) dλ  =  exp(-2 max(1 - u, 0))",
}
OPTIMA = {
    "svm-map": "|- Q(b, w) ρ(w)  same optima  C ∑_{i=1}^n max(1 - y_i [(X w)_i + b], 0) + 1/2 · ‖w‖^2",
    "svm-gaussian-process": ("|- Q(b, f) ρ(f)  same optima  C ∑_{i=1}^n max(1 - y_i (f_i + b), 0) + 1/2 · f^T K^-1 f"),
    "svm-three-outcomes-map": (
        "|- L(b, f) ρ(f)  same optima  C ∑_{i=1}^n max(1 - y_i (f_i + b), 0) + 1/2 · f^T K^-1 f"
    ),
    "gaussian-process-regression": "|- p[F = f | Y = y]  same optima  ‖y - f‖^2 + σ^2 f^T K^-1 f",
}


@pytest.mark.parametrize("name", EQUATIONS)
def test_the_equations(name: str) -> None:
    derivation = lp.derive(name)
    assert derivation.theorem.relation == EQUAL
    assert str(derivation.theorem) == EQUATIONS[name]


@pytest.mark.parametrize("name", OPTIMA)
def test_a_maximum_of_the_one_is_a_minimum_of_the_other(name: str) -> None:
    theorem = lp.derive(name).theorem
    assert (theorem.relation.kind, theorem.relation.reverses) == (Kind.SAME_OPTIMA, True)
    assert str(theorem) == OPTIMA[name]


def test_the_pseudo_likelihood_is_called_no_probability() -> None:
    for name in ("svm-map", "svm-gaussian-process"):
        text = lp.derive(name).text()
        assert "P[" not in text
        assert "p[" not in text
        assert "pseudo-likelihood" in text.partition("Hypotheses")[0]


def test_the_penalty_comes_from_the_prior_and_the_hinge_from_the_factors() -> None:
    text = lp.derive("svm-map").text()
    assert "Q(b, w) := ∏_{i=1}^n exp(-C ℓ((X w)_i + b, y_i))" in text
    assert "ρ(w) := ∏_{j=1}^d (2 π)^(-1/2) exp(-1/2 · w_j^2)" in text
    process_ = lp.derive("svm-gaussian-process").text()
    assert "ρ(f) := (2 π)^(-n/2) |K|^(-1/2) exp(-1/2 · f^T K^-1 f)" in process_


def test_the_rank_of_the_inputs_is_a_hypothesis_where_it_is_needed_only() -> None:
    for name in ("linear-kernel-weights", "linear-kernel-norm", "linear-kernel-least-norm"):
        assert "X has full row rank" in map(str, lp.derive(name).theorem.hypotheses)
    assumed = list(map(str, lp.derive("svm-representer").theorem.hypotheses))
    assert "same latent values: (X X^T a)_i = (X w)_i for i = 1..n" in assumed
    assert not any("rank" in h for h in assumed)


def test_kernel_ridge_regression_needs_a_semidefinite_kernel_only() -> None:
    for name in ("kernel-ridge", "kernel-ridge-minimum"):
        assert "K is symmetric positive semidefinite" in map(str, lp.derive(name).theorem.hypotheses)


# ------------------------------------------------------------------ what is refused

_x, _v = IndexedBase("g", real=True), column(IndexedBase("v", real=True), n)
G = Matrix(Head("G"), _x, n, n)
KNOWN = (
    COUNTED,
    Declared(d, lp.COUNT),
    LINEAR[2],
    Declared(_x[i, j], REAL, (OBSERVATIONS, Range(j, ONE, n))),
    Declared(_v.array[i], REAL, (OBSERVATIONS,)),
    Declared(Symbol("c", real=True), REAL),
)
SEMI, ROW_RANK = Property.POSITIVE_SEMIDEFINITE, Property.FULL_ROW_RANK
c, I_n = Symbol("c", real=True), IdentityMatrix(n)


def holds(condition: Condition, *hypotheses: Any) -> bool:
    try:
        Facts((*KNOWN, *hypotheses), ()).discharge("test", condition)
    except SideConditionError:
        return False
    return True


SHOWN: dict[str, tuple[MatrixTerm, Property, tuple[Any, ...]]] = {
    "declared": (K, SEMI, (SEMIDEFINITE,)),
    "definite": (K, SEMI, (KERNEL,)),
    "an inverse": (Inverse(K), SEMI, (KERNEL,)),
    "symmetric": (K, Property.SYMMETRIC, (SEMIDEFINITE,)),
    "a transpose": (T(K), SEMI, (SEMIDEFINITE,)),
    "a Gram matrix": (Product(T(X), X), SEMI, ()),
    "the other Gram matrix": (Product(X, T(X)), SEMI, ()),
    "a congruence": (Product(T(X), K, X), SEMI, (SEMIDEFINITE,)),
    "a sum": (MatrixSum(K, Product(X, T(X))), SEMI, (SEMIDEFINITE,)),
    "a multiple": (ScalarMultiple(TWO, K), SEMI, (SEMIDEFINITE,)),
    "no multiple": (ScalarMultiple(ZERO, K), SEMI, (SEMIDEFINITE,)),
    "a ridge": (MatrixSum(K, I_n), Property.POSITIVE_DEFINITE, (SEMIDEFINITE,)),
    "a ridge in front": (MatrixSum(I_n, Product(X, T(X))), Property.INVERTIBLE, ()),
    "a transpose has the ranks turned": (T(X), Property.FULL_COLUMN_RANK, (DeclaredMatrix(X, ROW_RANK),)),
    "and turned back": (T(X), ROW_RANK, (DeclaredMatrix(X, Property.FULL_COLUMN_RANK),)),
    "rows of what is invertible": (G, ROW_RANK, (DeclaredMatrix(G, Property.INVERTIBLE),)),
    "rows of a product": (Product(G, X), ROW_RANK, (DeclaredMatrix(G, ROW_RANK), DeclaredMatrix(X, ROW_RANK))),
    "the kernel": (Product(X, T(X)), Property.POSITIVE_DEFINITE, (DeclaredMatrix(X, ROW_RANK),)),
}
NOT_SHOWN: dict[str, tuple[MatrixTerm, Property, tuple[Any, ...]]] = {
    "a symmetric matrix": (G, SEMI, (DeclaredMatrix(G, Property.SYMMETRIC),)),
    "an invertible matrix": (G, SEMI, (DeclaredMatrix(G, Property.INVERTIBLE),)),
    "semidefinite is not definite": (K, Property.POSITIVE_DEFINITE, (SEMIDEFINITE,)),
    "semidefinite is not invertible": (K, Property.INVERTIBLE, (SEMIDEFINITE,)),
    "semidefinite has no rank": (K, Property.FULL_COLUMN_RANK, (SEMIDEFINITE,)),
    "two semidefinite ones": (MatrixSum(K, Product(X, T(X))), Property.POSITIVE_DEFINITE, (SEMIDEFINITE,)),
    "one with a symmetric one": (MatrixSum(K, G), SEMI, (SEMIDEFINITE, DeclaredMatrix(G, Property.SYMMETRIC))),
    "a difference": (minus(K, I_n), SEMI, (SEMIDEFINITE,)),
    "a multiple of any sign": (ScalarMultiple(c, K), SEMI, (SEMIDEFINITE,)),
    "a product": (Product(K, Product(X, T(X))), SEMI, (SEMIDEFINITE,)),
    "a congruence of what is none": (Product(T(X), G, X), SEMI, ()),
    "no product with a transpose": (Product(X, T(X)), Property.POSITIVE_DEFINITE, ()),
    "rows for columns": (X, Property.FULL_COLUMN_RANK, (DeclaredMatrix(X, ROW_RANK),)),
    "columns for rows": (X, ROW_RANK, (DeclaredMatrix(X, Property.FULL_COLUMN_RANK),)),
    "the wrong Gram matrix": (Product(T(X), X), Property.INVERTIBLE, (DeclaredMatrix(X, ROW_RANK),)),
    "a multiple that may be none": (ScalarMultiple(c, X), ROW_RANK, (DeclaredMatrix(X, ROW_RANK),)),
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_property_is_shown(name: str) -> None:
    term, wanted, hypotheses = SHOWN[name]
    assert holds(Has(term, wanted), *hypotheses)


@pytest.mark.parametrize("name", NOT_SHOWN)
def test_a_property_is_not_shown(name: str) -> None:
    term, wanted, hypotheses = NOT_SHOWN[name]
    assert not holds(Has(term, wanted), *hypotheses)


def test_the_sign_of_a_form_is_that_of_its_matrix() -> None:
    form, direction = quadratic(_v, K), DeclaredMatrix(_v, Property.NONZERO)
    assert holds(Member(form, NONNEGATIVE), SEMIDEFINITE)
    assert not holds(Member(form, POSITIVE), SEMIDEFINITE, direction)
    assert holds(Member(form, POSITIVE), KERNEL, direction)
    assert not holds(Member(quadratic(_v, G), NONNEGATIVE))
    assert not holds(Member(Determinant(K), POSITIVE), SEMIDEFINITE)


def test_only_a_square_matrix_is_declared_semidefinite() -> None:
    with pytest.raises(LossproofError, match="it is not square"):
        lp.Derivation("x", (*KNOWN, DeclaredMatrix(X, SEMI)), (), SquaredNorm(_v), ()).theorem  # noqa: B018


def test_the_inverse_of_a_semidefinite_kernel_is_refused() -> None:
    chain = lp.Chain("x", (COUNTED, LATENT, SEMIDEFINITE), (values,), neg(log(process_density())))
    chain.unfold(process_density().definition)
    from lossproof.rulebook import logarithms

    with pytest.raises(SideConditionError):
        chain.rewrite(logarithms.LOG_OF_FACTORS)


def test_a_matrix_times_its_inverse_needs_one() -> None:
    given = (COUNTED, OBSERVED, SEMIDEFINITE)
    start = Product(K, Product(Inverse(K), column(IndexedBase("y", real=True), n)))
    with pytest.raises(SideConditionError, match="invertible"):
        lp.Chain("x", given, (), start).rewrite(matrices.TIMES_INVERSE)
    dual = dual_coefficients(neg(ONE))
    shifted = lp.Chain("x", given, (), Product(MatrixSum(K, ScalarMultiple(neg(ONE), I_n)), dual))
    with pytest.raises(SideConditionError):
        shifted.unfold(dual.definition).rewrite(matrices.TIMES_INVERSE)


def test_a_margin_that_is_estimated_is_not_dropped() -> None:
    """``C`` may not be a parameter: the constant of the three outcomes would depend on it."""
    chain = lp.Chain("x", (COUNTED, *MARGINS), (b, kernels.C), add(mul(n, log(MOST)), kernels.C))
    with pytest.raises(LossproofError):
        chain.at_root(optima.DROP_CONSTANT_TERM)


def test_an_absolute_value_is_taken_for_no_other() -> None:
    chain = lp.Chain("x", (Declared(c, REAL),), (), add(c, absolute(neg(c))))
    with pytest.raises(RuleDoesNotApply):
        chain.rewrite(absolute_values.TWICE_POSITIVE_PART)
    negative = lp.Chain("x", (Declared(c, REAL),), (), absolute(mul(c, c)))
    with pytest.raises(SideConditionError):
        negative.rewrite(absolute_values.ABSOLUTE_VALUE_OF_MULTIPLE)


# ------------------------------------------------------------------ claims


@pytest.mark.parametrize(
    ("name", "claim"), [("svm-label", UNIT), ("svm-no-label", NONNEGATIVE), ("kernel-ridge-minimum", NONNEGATIVE)]
)
def test_a_claim_is_part_of_the_theorem(name: str, claim: Domain) -> None:
    assert lp.derive(name).theorem.claim == claim


def test_a_smaller_constant_would_not_leave_room_for_a_third_outcome() -> None:
    """At ``f = 1`` the factors of both labels add up to ``1 + exp(-2 C)``, and nothing is left."""
    none = lp.derive("svm-no-label").lhs
    for amount in (0.1, 1.0, 5.0):
        found = [float(value(none, {"C": amount, "f": at})) for at in (-9.0, -1.0, -0.3, 0.0, 0.7, 1.0, 4.0)]
        assert found[1] == pytest.approx(0, abs=1e-15)
        assert found[5] == pytest.approx(0, abs=1e-15)
        assert all(0 < found[k] < 1 for k in (0, 2, 3, 4, 6))


@pytest.mark.parametrize("u", [-3.0, -0.2, 0.9, 1.0, 1.3, 6.0])
def test_the_mixture_has_the_value_of_the_factor(u: float, needs: Callable[[str], None]) -> None:
    needs("scipy")
    from scipy.integrate import quad

    def density(root: float) -> float:  # the variance is the square of the variable: no pole at 0
        return 2 * root * float(value(MIXED, {"u": u, "lambda": root * root}))

    total = quad(density, 0, np.inf, epsabs=1e-13, epsrel=1e-12, limit=200)[0]
    assert total == pytest.approx(float(value(lp.derive("hinge-mixture").rhs, {"u": u})), rel=1e-9)
    assert total == pytest.approx(np.exp(-2 * max(1 - u, 0)), rel=1e-9)


# ------------------------------------------------------------------ real data: support vector machines


@pytest.fixture
def sklearn(needs: Callable[[str], None]) -> None:
    needs("sklearn")


#: LIBSVM keeps the entries of the kernel as single-precision numbers.
SINGLE = 1e-7


@pytest.mark.usefixtures("sklearn")
def test_a_linear_machine_minimises_the_derived_objective() -> None:
    """The intercept of `SVC` is not penalised, nor is it in what was derived: it has no prior."""
    (x, _), fitted = tumours(), at_fit("linear")
    objective = lp.derive("svm-map").rhs
    least = float(value(objective, fitted))
    assert least == pytest.approx(primal_objective("linear"), rel=1e-12)
    assert least == pytest.approx(dual_objective("linear"), rel=SINGLE)
    chance = np.random.default_rng(0)
    for size in (1e-4, 1e-2, 1.0) * 10:
        moved = {"w": fitted["w"] + size * chance.normal(size=x.shape[1]), "b": fitted["b"] + size * chance.normal()}
        assert float(value(objective, fitted | moved)) > least
    for shift in (-0.1, 0.1):
        assert float(value(objective, fitted | {"b": fitted["b"] + shift})) > least


@pytest.mark.usefixtures("sklearn")
def test_a_machine_with_a_kernel_minimises_the_derived_objectives() -> None:
    (x, _), fitted = tumours(), at_fit("rbf")
    in_values, in_coefficients = lp.derive("svm-gaussian-process").rhs, lp.derive("svm-kernel").rhs
    least, a = float(value(in_values, fitted)), fitted["a"]
    for found in (least, float(value(in_coefficients, fitted))):
        assert found == pytest.approx(primal_objective("rbf"), rel=1e-9)
        assert found == pytest.approx(dual_objective("rbf"), rel=SINGLE)
    chance = np.random.default_rng(1)
    for size in (1e-3, 1e-1, 1.0) * 6:
        noise, shift = size * chance.normal(size=ROWS), fitted["b"] + size * chance.normal()
        assert float(value(in_values, fitted | {"f": fitted["f"] + gram("rbf", x) @ noise, "b": shift})) > least
        assert float(value(in_coefficients, fitted | {"a": a + noise, "b": shift})) > least


@pytest.mark.usefixtures("sklearn")
def test_a_combination_of_inputs_does_as_well_as_any_weights() -> None:
    """More rows than features, so ``X X^T`` is singular, and the rank is no hypothesis."""
    fitted, gap = at_fit("linear"), lp.derive("svm-representer")
    x = fitted["x"]
    assert x.T @ fitted["a"] == pytest.approx(fitted["w"], abs=1e-9)
    assert float(value(gap.lhs, fitted)) == pytest.approx(0, abs=1e-8)
    wide = {"x": x[:5], "y": fitted["y"][:5], "n": 5, "w": np.arange(8.0)}
    wide["a"] = np.linalg.lstsq(x[:5] @ x[:5].T, x[:5] @ wide["w"], rcond=None)[0]
    left, right = (float(value(e, fitted | wide)) for e in (gap.lhs, gap.rhs))
    assert left == pytest.approx(right, rel=1e-9)
    assert left > 1


@pytest.mark.usefixtures("sklearn")
def test_the_three_outcomes_have_the_same_most_probable_values() -> None:
    fitted = at_fit("rbf")
    steps = lp.derive("svm-three-outcomes-map").steps
    assert written(steps[0].after) == "-log(L(b, f) ρ(f))"
    assert steps[-1].after == lp.derive("svm-gaussian-process").rhs
    moved = fitted | {"f": fitted["f"] + 0.01, "b": fitted["b"] - 0.02}
    ours = [float(value(lp.derive("svm-labels").rhs, at)) for at in (fitted, moved)]
    theirs = [float(value(margins(f), at)) for at in (fitted, moved)]
    assert ours[0] - theirs[0] == pytest.approx(ROWS * np.log(1 + np.exp(-2 * C)), rel=1e-12)
    assert ours[1] - theirs[1] == pytest.approx(ours[0] - theirs[0], rel=1e-12)


# ------------------------------------------------------------------ real data: regression with a kernel


@pytest.mark.usefixtures("sklearn")
@pytest.mark.parametrize("key", PEERS, ids=" ".join)
def test_another_library_computes_what_was_derived(key: tuple[str, str]) -> None:
    ours, theirs = PEERS[key]()
    assert np.allclose(ours, theirs, rtol=1e-9, atol=1e-9)


@pytest.mark.usefixtures("sklearn")
def test_the_posterior_mean_is_the_minimiser() -> None:
    known, objective = regression(), lp.derive("gaussian-process-regression").rhs
    mean = process().predict(patients()[0])
    gradient = lp.derive("gaussian-process-gradient").rhs
    assert np.abs(value(gradient, known | {"f": mean})).max() < 1e-7
    least, chance = float(value(objective, known | {"f": mean})), np.random.default_rng(2)
    gap = lp.derive("gaussian-process-minimum")
    for size in (1e-2, 1.0) * 5:
        moved = known | {"f": mean + size * known["k"] @ chance.normal(size=ROWS)}
        assert float(value(objective, moved)) > least
        assert float(value(gap.lhs, moved)) == pytest.approx(float(value(gap.rhs, moved)), rel=1e-6)


@pytest.mark.usefixtures("sklearn")
@pytest.mark.parametrize("kernel", ["linear", "rbf"])
def test_kernel_ridge_regression_minimises_what_was_derived(kernel: str) -> None:
    """Also with the linear kernel, whose matrix has the rank of the inputs only."""
    known, theirs = regression(kernel), ridge(kernel).dual_coef_
    found = value(named(lp.derive("kernel-ridge").lhs), known)[:, 0]
    assert np.allclose(found, theirs, rtol=1e-7, atol=1e-9)
    assert np.abs(value(lp.derive("kernel-ridge-gradient").rhs, known | {"a": theirs})).max() < 1e-7
    gap, chance = lp.derive("kernel-ridge-minimum"), np.random.default_rng(3)
    for size in (1e-2, 1.0) * 5:
        moved = known | {"a": theirs + size * chance.normal(size=ROWS)}
        assert float(value(gap.lhs, moved)) > 0
        assert float(value(gap.lhs, moved)) == pytest.approx(float(value(gap.rhs, moved)), rel=1e-6)


@pytest.mark.usefixtures("sklearn")
def test_a_gaussian_process_and_kernel_ridge_regression_predict_the_same() -> None:
    x = patients()[0]
    assert np.allclose(process().predict(x), ridge().predict(x), atol=1e-9)
    assert ridge().alpha == NOISE**2


# ------------------------------------------------------------------ what is shown of matrices, beside numbers


class Numbers:
    """Letters with random values that have their properties, and random matrices made of them."""

    def __init__(self, seed: int) -> None:
        self.chance = np.random.default_rng(seed)
        size = int(self.chance.integers(0, 4))
        wide = size + int(self.chance.integers(0, 3))
        root = self.chance.integers(-3, 4, size=(size, size)) / 2.0
        root[:, int(self.chance.integers(0, size + 1)) :] = 0  # of any rank
        whole = self.chance.integers(-3, 4, size=(size, size)) / 2.0
        values = {
            "k": root @ root.T,
            "g": whole @ whole.T + np.eye(size),
            "x": np.eye(size, wide),
            "h": whole + whole.T,
        }
        self.values = {**values, "n": size, "d": wide}
        self.values["x"][:, size:] = self.chance.integers(-3, 4, size=(size, wide - size))

    def term(self, depth: int, *, square: bool = True) -> MatrixTerm:
        """A random matrix of size ``n x n``, or ``n x d``."""
        if not square:
            return Product(self.term(depth - 1), X) if depth > 0 and self.chance.random() < 0.3 else X
        letters = (K, G, H, I_n, Product(X, T(X)))
        if depth == 0 or self.chance.random() < 0.15:
            return letters[self.chance.integers(len(letters))]
        inner = self.term(depth - 1)
        match self.chance.integers(6):
            case 0:
                return MatrixSum(inner, self.term(depth - 1))
            case 1:
                return ScalarMultiple((TWO, ZERO, neg(ONE), inverse(TWO))[self.chance.integers(4)], inner)
            case 2:
                return T(inner)
            case 3:
                return Product(inner, self.term(depth - 1))
            case 4:
                return Product(T(inner), self.term(depth - 1), inner)
        outer = self.term(depth - 1, square=False)
        return Product(outer, T(outer))


H = Matrix(Head("H"), IndexedBase("h", real=True), n, n)
LETTERS = (
    *KNOWN,
    SEMIDEFINITE,
    DeclaredMatrix(G, Property.POSITIVE_DEFINITE),
    DeclaredMatrix(H, Property.SYMMETRIC),
    DeclaredMatrix(X, ROW_RANK),
)


def has(a: Any, wanted: Property) -> bool:
    """Whether a matrix of numbers has a property, up to rounding."""
    slack, symmetric = 1e-9 * (1 + np.abs(a).max(initial=0)), np.allclose(a, a.T)
    match wanted:
        case Property.POSITIVE_SEMIDEFINITE:
            return symmetric and np.linalg.eigvalsh(a).min(initial=0) >= -slack
        case Property.POSITIVE_DEFINITE:
            return symmetric and np.linalg.eigvalsh(a).min(initial=1) > 0
    return len(a) == 0 or np.linalg.matrix_rank(a) == len(a)


@pytest.mark.parametrize("seed", range(12))
def test_what_is_shown_of_a_matrix_holds_of_numbers(seed: int) -> None:
    numbers, facts, shown = Numbers(seed), Facts(LETTERS, ()), 0
    for _ in range(20):
        term = numbers.term(3)
        found = np.asarray(value(term, numbers.values), dtype=float)
        for wanted in (SEMI, Property.POSITIVE_DEFINITE, ROW_RANK, Property.FULL_COLUMN_RANK):
            if facts.has(term, wanted) is not None:
                shown += 1
                assert has(found, wanted), (written(term), wanted, numbers.values)
    assert shown > 5
