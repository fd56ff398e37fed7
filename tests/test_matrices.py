"""Matrices of symbolic size: what is proved of them, what is refused, and what the numbers say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sympy import IndexedBase, Integer, Symbol, Tuple

import lossproof as lp
from lossproof.errors import LossproofError, ReplayError, RuleDoesNotApply, SideConditionError, UnsupportedExpression
from lossproof.kernel.conditions import (
    Condition,
    Constant,
    Declared,
    DeclaredMatrix,
    Differentiable,
    Has,
    Hypothesis,
    Member,
    Property,
    Range,
    Ranged,
    Smooth,
)
from lossproof.kernel.derivation import Derivation, Theorem
from lossproof.kernel.domains import BINARY, COUNT, NONNEGATIVE, NONZERO, POSITIVE, REAL
from lossproof.kernel.facts import Facts
from lossproof.kernel.relations import EQUAL
from lossproof.kernel.rules import FOLD, UNFOLD, Rule
from lossproof.kernel.steps import Place, apply
from lossproof.models import d, i, j, n
from lossproof.models.linear import COVARIANCE, FULL_RANK, HYPOTHESES, Sigma, X, residuals, w, y
from lossproof.notation.inert import ONE, TWO, ZERO, add, derivative, inverse, log, mul, power, total
from lossproof.notation.matrices import (
    Column,
    Component,
    Determinant,
    Form,
    Gradient,
    IdentityMatrix,
    Inverse,
    Matrix,
    MatrixProduct,
    MatrixSum,
    MatrixTerm,
    NamedMatrix,
    OpaqueColumn,
    ScalarMultiple,
    SquaredNorm,
    Transpose,
    by_entries,
    column,
    minus,
    quadratic,
)
from lossproof.notation.nodes import Definition, Head, Named
from lossproof.notation.plain import written
from lossproof.notation.shapes import check_expression, check_term
from lossproof.numeric.evaluate import Instance, Precise, evaluate
from lossproof.referees import verify
from lossproof.render.latex import mathematics
from lossproof.rulebook import RULES, logarithms, matrices, optima
from lossproof.rulebook.matrices import ENTRY_BY_ENTRY, MATRIX_ALGEBRA
from lossproof.strategies.catalogue import CATALOGUE

T, P = Transpose, MatrixProduct
GRAM = P(T(X), X)
#: Two square matrices, of which nothing is known but that their entries are real, and a column.
a, b, v_ = IndexedBase("a"), IndexedBase("b"), IndexedBase("v")
A, B = Matrix(Head("A"), a, d, d), Matrix(Head("B"), b, d, d)
v = column(v_, d)
OVER = (Range(i, ONE, d), Range(j, ONE, d))
SQUARES: tuple[Hypothesis, ...] = (
    *HYPOTHESES,
    *(Declared(base[i, j], REAL, OVER) for base in (a, b)),
    Declared(v_[j], REAL, OVER[1:]),
)
symmetric, definite, rank = Property.SYMMETRIC, Property.POSITIVE_DEFINITE, Property.FULL_COLUMN_RANK


def prove(hypotheses: Any, start: Any, *steps: tuple[Rule, dict[str, Any]], parameters: Any = (w.array,)) -> Theorem:
    facts, here, taken = Facts(hypotheses, parameters), start, []
    for rule, given in steps:
        step = apply(rule, (Place((), tuple(sorted(given.items()))),), here, facts)
        taken.append(step)
        here = step.after
    return Derivation("attempt", tuple(hypotheses), parameters, start, tuple(taken)).theorem


def algebra(hypotheses: Any, start: Any, to: Any) -> Theorem:
    return prove(hypotheses, start, (MATRIX_ALGEBRA, {"to": to}))


def holds(hypotheses: Any, condition: Condition) -> bool:
    try:
        Facts(hypotheses, (w.array,)).discharge("test", condition)
    except SideConditionError:
        return False
    return True


# ------------------------------------------------------------------ what is proved

STATEMENTS = {
    "least-squares-matrix": "|- ∑_{i=1}^n (y_i - ∑_{j=1}^d w_j x_ij)^2  =  (y - X w)^T (y - X w)",
    "normal-equations": "|- ∇_w ‖y - X w‖^2  =  2 (X^T X w - X^T y)",
    "least-squares": "|- X^T X w\u0302  =  X^T y",
    "least-squares-minimum": "|- ‖y - X w‖^2 - ‖y - X w\u0302‖^2  =  ‖X (w - w\u0302)‖^2  in [0, oo)",
    "least-squares-second-order": "|- v^T (2 X^T X) v  =  2 ‖X v‖^2  in [0, oo)",
    "least-squares-strict": "|- v^T (2 X^T X) v  =  2 ‖X v‖^2  in (0, oo)",
    "generalised-least-squares-gradient": "|- ∇_w J(w)  =  2 (X^T Σ^-1 X w - X^T Σ^-1 y)",
    "generalised-least-squares": "|- X^T Σ^-1 X w\u0302  =  X^T Σ^-1 y",
    "generalised-least-squares-minimum": (
        "|- (y - X w)^T Σ^-1 (y - X w) - (y - X w\u0302)^T Σ^-1 (y - X w\u0302)  =  "
        "[X (w - w\u0302)]^T Σ^-1 X (w - w\u0302)  in [0, oo)"
    ),
    "multivariate-normal-mean-gradient": "|- ∇_m [(y - m)^T Σ^-1 (y - m)]  =  2 Σ^-1 (m - y)",
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_the_theorems(name: str) -> None:
    d = lp.derive(name)
    assert d.theorem.relation == EQUAL
    assert str(d.theorem) == STATEMENTS[name]


def test_the_multivariate_normal_ends_with_the_squared_distance() -> None:
    theorem = lp.derive("multivariate-normal").theorem
    assert str(theorem) == "|- L(θ)  same optima  ∑_{i=1}^n (y_i - μ_θ(x_i))^T Σ^-1 (y_i - μ_θ(x_i))"
    assert theorem.relation.reverses
    equation = lp.derive("multivariate-normal").equations[0]
    assert str(equation.theorem) == "|- -log L(θ)  =  n/2 · (k log(2 π) + log |Σ|) + 1/2 · ∑_{i=1}^n D_θ(x_i, y_i)"
    assert "Σ is symmetric positive definite" in map(str, theorem.hypotheses)


def test_correlated_noise_leads_to_generalised_least_squares() -> None:
    d = lp.derive("generalised-least-squares-likelihood")
    assert written(d.rhs) == "(y - X w)^T Σ^-1 (y - X w)"
    assert d.rhs == lp.derive("generalised-least-squares-gradient").lhs.args[0].body


def test_full_rank_is_a_hypothesis_of_the_closed_form_and_of_nothing_before() -> None:
    for name, needed in {"normal-equations": False, "least-squares": True, "least-squares-second-order": False}.items():
        assumed = [str(h) for h in lp.derive(name).theorem.hypotheses]
        assert ("X has full column rank" in assumed) is needed


def test_the_letters_are_explained() -> None:
    text = lp.derive("least-squares-minimum").text()
    for line in ("X := (x_ij)_{i=1..n, j=1..d}", "w := (w_j)_{j=1..d}", "w\u0302 := (X^T X)^-1 X^T y"):
        assert line in text


def test_latex_is_set_as_in_a_book() -> None:
    assert r"\lVert y - X w \rVert^{2} = (y - X w)^{\top} (y - X w)" in lp.derive("least-squares-matrix")[2].latex()
    assert r"\nabla_w" in lp.derive("normal-equations").latex()


def test_a_name_of_two_letters_is_not_set_as_a_product() -> None:
    name, product = Matrix(Head("Xw"), a, d, ONE), P(X, w)
    assert written(name) != written(product)
    assert mathematics(name) == r"\mathit{Xw}"
    assert mathematics(product) == "X w"


# ------------------------------------------------------------------ sorts and sizes

FLAT = {
    "a matrix as a term": lambda: add(A, ONE),
    "a matrix as a factor": lambda: mul(TWO, A),
    "the logarithm of a matrix": lambda: log(A),
    "a power of a matrix": lambda: power(A, TWO),
    "a matrix as an exponent": lambda: power(TWO, A),
    "the sum of matrices over an index": lambda: total(A, i, ONE, n),
    "a number as a factor of a product": lambda: P(ONE, A),
    "a number as a term": lambda: MatrixSum(A, ONE),
    "a matrix as a scalar": lambda: ScalarMultiple(A, A),
    "a matrix of other rows as a term": lambda: MatrixSum(X, A),
    "a product that does not fit": lambda: P(X, X),
    "a product that fits if n = d": lambda: P(X, T(A), X),
    "the inverse of a matrix that is not square": lambda: Inverse(X),
    "the determinant of a matrix that is not square": lambda: Determinant(X),
    "a form that is not 1 x 1": lambda: Form(P(X, w)),
    "the norm of a matrix": lambda: SquaredNorm(A),
    "a component of a matrix": lambda: Component(A, i),
    "the gradient of a matrix": lambda: Gradient(P(X, w), w),
    "a gradient in a product": lambda: Gradient(SquaredNorm(w), P(A, w)),
    "a gradient in one row": lambda: Gradient(SquaredNorm(w), column(w.array, d, i)),
    "a gradient in a column whose size is in it": lambda: Gradient(SquaredNorm(w), column(w.array, w.array[1])),
    "a name for a number that names a matrix": lambda: Named(Definition(Head("M"), Tuple(), A)),
    "a name for a matrix that names a number": lambda: NamedMatrix(Definition(Head("M"), Tuple(), ONE)),
    "a matrix called I": lambda: Matrix(Head("I"), a, d, d),
    "a matrix in a tuple of indices": lambda: Column(a, Tuple(A), d),
}


@pytest.mark.parametrize("make", FLAT.values(), ids=FLAT)
def test_what_is_not_well_formed_is_refused(make: Callable[[], Any]) -> None:
    with pytest.raises((UnsupportedExpression, AttributeError, TypeError)):
        check_term(make())
    with pytest.raises((LossproofError, AttributeError, TypeError)):
        prove(SQUARES, make(), (MATRIX_ALGEBRA, {"to": make()}))


def test_a_matrix_is_not_a_number() -> None:
    check_term(A)
    with pytest.raises(UnsupportedExpression):
        check_expression(A)
    assert Facts(SQUARES).domain_of(A) is None
    with pytest.raises((RuleDoesNotApply, LossproofError)):
        prove(SQUARES, A, (optima.NEGATIVE_LOGARITHM, {"a": A}))


def test_nothing_about_numbers_may_be_declared_of_a_matrix() -> None:
    for h in (Declared(A, POSITIVE), Smooth(A, w.array), Declared(MatrixSum(A, B), REAL)):
        with pytest.raises(ReplayError):
            prove((*SQUARES, h), ONE)


JUNK: tuple[Any, ...] = (
    DeclaredMatrix(X, symmetric),
    DeclaredMatrix(X, Property.INVERTIBLE),
    DeclaredMatrix(P(A, B), Property.INVERTIBLE),
    DeclaredMatrix(ONE, rank),
    DeclaredMatrix(Inverse(A), Property.REAL),
    DeclaredMatrix(A, "is symmetric"),  # type: ignore[arg-type]
)


@pytest.mark.parametrize("h", JUNK, ids=range(len(JUNK)))
def test_a_property_is_declared_of_a_letter_that_can_have_it(h: DeclaredMatrix) -> None:
    with pytest.raises((ReplayError, AttributeError)):
        prove((*SQUARES, h), ONE)


# ------------------------------------------------------------------ matrix algebra

EQUAL_MATRICES = {
    "products distribute": (P(A, MatrixSum(A, B)), MatrixSum(P(A, A), P(A, B))),
    "transposes of products": (T(P(A, B, v)), P(T(v), T(B), T(A))),
    "the square of a sum": (P(MatrixSum(A, B), MatrixSum(A, B)), MatrixSum(P(A, A), P(A, B), P(B, A), P(B, B))),
    "the identity": (P(IdentityMatrix(d), A), P(A, IdentityMatrix(d))),
    "transposes twice": (T(T(A)), A),
    "scalars": (P(ScalarMultiple(TWO, A), B), ScalarMultiple(TWO, P(A, B))),
    "forms as scalars": (ScalarMultiple(Form(P(T(v), w)), A), ScalarMultiple(Form(P(T(w), v)), A)),
}
NOT_EQUAL = {
    "products do not commute": (P(A, B), P(B, A)),
    "the square of a sum has two mixed terms": (
        P(MatrixSum(A, B), MatrixSum(A, B)),
        MatrixSum(P(A, A), ScalarMultiple(TWO, P(A, B)), P(B, B)),
    ),
    "a matrix is not its transpose": (A, T(A)),
    "the transpose of a product turns it around": (T(P(A, B)), P(T(A), T(B))),
    "one is not two": (A, ScalarMultiple(TWO, A)),
    "a product is not the outer one": (P(v, T(w)), P(w, T(v))),
    "sizes differ": (P(T(X), X), P(X, T(X))),
    "a row is not a column": (v, T(v)),
    "a 1 x 1 matrix is no number": (P(T(v), w), Form(P(T(v), w))),
    "the identity is not the zero matrix": (MatrixSum(A, IdentityMatrix(d)), A),
}


@pytest.mark.parametrize("name", EQUAL_MATRICES)
def test_matrix_algebra_makes_equal(name: str) -> None:
    start, to = EQUAL_MATRICES[name]
    assert algebra(SQUARES, start, to).right == to
    assert algebra(SQUARES, to, start).right == start


@pytest.mark.parametrize("name", NOT_EQUAL)
def test_matrix_algebra_does_not_make_equal(name: str) -> None:
    start, to = NOT_EQUAL[name]
    for one, other in ((start, to), (to, start)):
        with pytest.raises(RuleDoesNotApply):
            algebra(SQUARES, one, other)


def test_forms_are_numbers() -> None:
    both = mul(Form(P(T(v), A, w)), Form(P(T(w), w)))
    assert algebra(SQUARES, both, mul(SquaredNorm(w), Form(P(T(w), T(A), v)))).relation == EQUAL
    start = power(add(Form(P(T(v), w)), ONE), TWO)
    form = Form(P(T(w), v))
    assert algebra(SQUARES, start, add(mul(form, form), mul(TWO, form), ONE)).relation == EQUAL
    with pytest.raises(RuleDoesNotApply):
        algebra(SQUARES, Form(P(T(v), A, w)), Form(P(T(w), A, v)))


def test_a_symmetric_matrix_is_its_transpose_only_if_it_is_declared_so() -> None:
    assumed = (*SQUARES, DeclaredMatrix(A, symmetric))
    theorem = algebra(assumed, T(A), A)
    assert "A is symmetric" in map(str, theorem.hypotheses)
    assert algebra(assumed, Form(P(T(v), A, w)), Form(P(T(w), A, v))).relation == EQUAL
    assert algebra(assumed, T(P(A, B)), P(T(B), A)).relation == EQUAL
    with pytest.raises(RuleDoesNotApply):
        algebra(assumed, T(P(A, B)), P(B, A))


def test_inverses_cancel_if_there_are_any() -> None:
    regular = (*SQUARES, DeclaredMatrix(A, Property.INVERTIBLE))
    for product in (P(A, Inverse(A)), P(Inverse(A), A), P(Inverse(T(A)), T(A)), P(T(Inverse(A)), T(A))):
        assert algebra(regular, product, IdentityMatrix(d)).relation == EQUAL
    assert algebra(regular, P(B, Inverse(A), A, B), P(B, B)).relation == EQUAL
    assert algebra(regular, Inverse(Inverse(A)), A).relation == EQUAL
    assert algebra(regular, Inverse(ScalarMultiple(TWO, A)), ScalarMultiple(inverse(TWO), Inverse(A))).relation == EQUAL
    for product in (P(A, Inverse(B)), P(A, B, Inverse(A)), P(T(A), Inverse(A))):
        with pytest.raises(LossproofError):
            algebra(regular, product, IdentityMatrix(d))
    with pytest.raises(SideConditionError, match="missing: that A is invertible"):
        algebra(SQUARES, P(A, Inverse(A)), IdentityMatrix(d))


def test_a_product_may_be_invertible_although_its_factors_are_not() -> None:
    assumed = (*HYPOTHESES, FULL_RANK)
    assert algebra(assumed, P(Inverse(GRAM), GRAM), IdentityMatrix(d)).relation == EQUAL
    with pytest.raises(LossproofError):
        algebra(assumed, P(X, Inverse(GRAM), T(X)), IdentityMatrix(n))


def test_what_is_multiplied_by_zero_must_still_be_defined() -> None:
    undefined = ScalarMultiple(ZERO, Inverse(A))
    with pytest.raises(SideConditionError, match="A is invertible"):
        algebra(SQUARES, MatrixSum(B, undefined), B)
    with pytest.raises(SideConditionError):
        algebra(SQUARES, B, MatrixSum(B, undefined))
    with pytest.raises(SideConditionError):
        algebra(SQUARES, power(Form(P(T(v), Inverse(A), v)), ZERO), ONE)


def test_entries_must_be_declared_real_for_every_index() -> None:
    known = tuple(h for h in SQUARES if h != Declared(a[i, j], REAL, OVER))
    with pytest.raises(SideConditionError, match="A has real entries"):
        algebra(known, MatrixSum(A, A), ScalarMultiple(TWO, A))
    q = Symbol("q")
    sized, entry = column(IndexedBase("u"), q), Declared(IndexedBase("u")[j], REAL, (Range(j, ONE, q),))
    with pytest.raises(SideConditionError):
        algebra((entry,), MatrixSum(sized, sized), ScalarMultiple(TWO, sized))
    assert algebra((entry, Declared(q, COUNT)), MatrixSum(sized, sized), ScalarMultiple(TWO, sized))
    short = (Declared(d, COUNT), Declared(a[i, j], REAL, (Range(i, ONE, n), Range(j, ONE, d))))
    with pytest.raises(SideConditionError, match="A has real entries"):
        algebra(short, MatrixSum(A, A), ScalarMultiple(TWO, A))


def test_the_work_of_matrix_algebra_is_bounded() -> None:
    big: MatrixTerm = MatrixSum(A, B)
    for _ in range(6):
        big = P(big, big)
    with pytest.raises(RuleDoesNotApply, match="too large"):
        algebra(SQUARES, big, big)
    nested: MatrixTerm = A
    for _ in range(12):
        nested = Inverse(MatrixSum(nested, P(nested, B)))
    with pytest.raises(LossproofError):
        algebra(SQUARES, nested, T(T(nested)))


# ------------------------------------------------------------------ least squares, and what it needs


def test_without_full_rank_the_closed_form_is_refused_and_the_refusal_says_so() -> None:
    what = lp.derive("least-squares").lhs.args[2]
    chain = lp.Chain("x", HYPOTHESES, (w.array,), P(T(X), X, what)).unfold(what.definition)
    with pytest.raises(SideConditionError) as caught:
        chain.matrix_algebra(P(T(X), y))
    assert caught.value.condition == "X^T X is invertible"
    assert caught.value.missing == "that X has full column rank"


def test_a_theorem_that_needs_full_rank_is_not_cited_without_it() -> None:
    known = lp.derive("least-squares")
    with pytest.raises(RuleDoesNotApply, match="X has full column rank"):
        lp.Chain("x", HYPOTHESES, (w.array,), known.lhs).cite(known)


def test_a_covariance_matrix_that_is_only_symmetric_is_refused() -> None:
    real = Declared(Sigma.args[1][i, j], REAL, (Range(i, ONE, n), Range(j, ONE, n)))
    only = (*HYPOTHESES, real, DeclaredMatrix(Sigma, symmetric))
    start = lp.derive("generalised-least-squares-likelihood").lhs
    with pytest.raises(SideConditionError) as caught:
        lp.Chain("x", only, (w.array,), start).at_root(optima.NEGATIVE_LOGARITHM)
    assert "Σ" in caught.value.missing
    assert not holds(only, Member(Determinant(Sigma), POSITIVE))
    assert not holds(only, Member(Determinant(Sigma), NONZERO))
    assert not holds(only, Has(Inverse(Sigma), Property.REAL))
    assert holds((*only, COVARIANCE), Member(Determinant(Sigma), POSITIVE))


def test_the_rank_of_a_product_that_is_no_gram_matrix_says_nothing() -> None:
    known = (*SQUARES, FULL_RANK)
    assert holds(known, Has(GRAM, definite))
    assert not holds(known, Has(P(X, T(X)), Property.INVERTIBLE))
    assert not holds(known, Has(P(T(X), Sigma, X), Property.INVERTIBLE))
    assert not holds(known, Has(P(A, T(A)), Property.INVERTIBLE))
    assert not holds(HYPOTHESES, Has(GRAM, Property.INVERTIBLE))
    assert holds(HYPOTHESES, Has(GRAM, symmetric))
    assert not holds(known, Has(MatrixSum(GRAM, A), Property.INVERTIBLE))
    assert holds(known, Has(MatrixSum(GRAM, ScalarMultiple(TWO, IdentityMatrix(d))), definite))
    assert not holds(known, Has(MatrixSum(GRAM, ScalarMultiple(-TWO, IdentityMatrix(d))), Property.INVERTIBLE))


def test_signs_of_forms() -> None:
    known = (*SQUARES, FULL_RANK, COVARIANCE)
    assert holds(known, Member(SquaredNorm(P(A, v)), NONNEGATIVE))
    assert holds(known, Member(quadratic(residuals(), Inverse(Sigma)), NONNEGATIVE))
    assert not holds(known, Member(quadratic(v, A), NONNEGATIVE))
    assert not holds(known, Member(Form(P(T(v), w)), NONNEGATIVE))
    assert not holds(known, Member(SquaredNorm(v), POSITIVE))
    strict = (*known, DeclaredMatrix(v, Property.NONZERO))
    assert holds(strict, Member(SquaredNorm(P(X, v)), POSITIVE))
    assert holds(strict, Member(quadratic(v, P(T(X), Inverse(Sigma), X)), POSITIVE))
    assert not holds(strict, Member(SquaredNorm(P(A, v)), POSITIVE))
    assert not holds(strict, Member(SquaredNorm(w), POSITIVE))


def test_a_claim_of_strictness_needs_rank_and_a_direction() -> None:
    d = lp.derive("least-squares-strict")
    for dropped in ("X has full column rank", "v is not zero"):
        kept = tuple(h for h in d.hypotheses if str(h) != dropped)
        with pytest.raises(ReplayError, match="claim"):
            _ = Derivation(d.name, kept, d.parameters, d.start, d.steps, d.title, d.claim).theorem


# ------------------------------------------------------------------ entries


def entries(hypotheses: Any, start: Any, to: Any) -> Theorem:
    return prove(hypotheses, start, (ENTRY_BY_ENTRY, {"to": to}))


def test_a_component_is_what_its_entries_say() -> None:
    x_, w_ = X.args[1], w.array
    here = (*SQUARES, Ranged(Range(i, ONE, n)))
    product = total(mul(w_[j], x_[i, j]), j, ONE, d)
    assert entries(here, product, Component(P(X, w), i)).relation == EQUAL
    assert entries(here, Component(P(X, w), i), total(mul(x_[i, j], w_[j]), j, ONE, d)).relation == EQUAL
    for wrong in (total(mul(w_[j], x_[i, j]), j, ONE, n), total(mul(w_[j], x_[j, i]), j, ONE, d)):
        with pytest.raises(RuleDoesNotApply):
            entries(here, wrong, Component(P(X, w), i))
    with pytest.raises(SideConditionError, match="1 <= i <= n"):
        entries(SQUARES, product, Component(P(X, w), i))


def test_a_squared_norm_is_the_sum_over_all_entries() -> None:
    squares = total(power(y.array[i], TWO), i, ONE, n)
    assert entries(SQUARES, squares, SquaredNorm(y)).relation == EQUAL
    assert entries(SQUARES, SquaredNorm(y), squares).relation == EQUAL
    for wrong in (total(power(y.array[i], TWO), i, ONE, d), total(power(y.array[i], TWO), i, TWO, n)):
        with pytest.raises(RuleDoesNotApply):
            entries(SQUARES, wrong, SquaredNorm(y))
    with pytest.raises(RuleDoesNotApply):
        entries(SQUARES, SquaredNorm(P(Inverse(A), v)), SquaredNorm(v))


def test_a_component_of_a_gradient_is_a_partial_derivative() -> None:
    here = (*SQUARES, Ranged(Range(j, ONE, d)))
    slope = derivative(SquaredNorm(w), w.array[j])
    theorem = entries(here, Component(Gradient(SquaredNorm(w), w), j), slope)
    assert str(theorem) == "|- (∇_w ‖w‖^2)_j  =  ∂/∂w_j ‖w‖^2"
    undefined = add(SquaredNorm(w), Form(P(T(v), Inverse(A), v)))
    with pytest.raises(SideConditionError):
        entries(here, Component(Gradient(undefined, w), j), derivative(undefined, w.array[j]))


def test_sizes_that_are_no_counts_are_refused() -> None:
    q = Symbol("q", integer=True)
    for size in (q, Integer(-3), inverse(TWO)):
        identity = IdentityMatrix(size)
        with pytest.raises(SideConditionError, match=r"in \{0, 1, 2, ...\}"):
            algebra(SQUARES, P(identity, identity), identity)


def test_a_size_bound_by_a_sum_is_not_the_one_declared() -> None:
    growing = total(SquaredNorm(column(v_, i)), i, ONE, d)
    assert not holds(SQUARES, Member(growing, REAL))
    shadowed = total(SquaredNorm(column(v_, d)), d, ONE, n)
    assert not holds(SQUARES, Member(shadowed, REAL))


def test_an_undefined_matrix_without_rows_is_still_undefined() -> None:
    inner = P(T(column(IndexedBase("z"), d)), v)  # z is not declared real
    scaled = ScalarMultiple(Form(inner), column(v_, ZERO))
    with pytest.raises(SideConditionError):
        entries(SQUARES, SquaredNorm(scaled), by_entries(SquaredNorm(scaled)))


# ------------------------------------------------------------------ gradients


def test_gradients_of_forms_need_constants_and_symmetry() -> None:
    linear, form = matrices.GRADIENT_OF_LINEAR_FORM, matrices.GRADIENT_OF_QUADRATIC_FORM
    inside = P(A, w)
    with pytest.raises(SideConditionError, match="does not contain"):
        prove(SQUARES, Gradient(Form(P(T(w), inside)), w), (linear, {"w": w, "b": inside}))
    start = Gradient(quadratic(w, A), w)
    with pytest.raises(SideConditionError, match="A is symmetric"):
        prove(SQUARES, start, (form, {"w": w, "A": A}))
    assert prove((*SQUARES, DeclaredMatrix(A, symmetric)), start, (form, {"w": w, "A": A})).right == ScalarMultiple(
        TWO, P(A, w)
    )
    varying = ScalarMultiple(SquaredNorm(w), IdentityMatrix(d))
    with pytest.raises(SideConditionError, match="does not contain"):
        prove(SQUARES, Gradient(quadratic(w, varying), w), (form, {"w": w, "A": varying}))


def test_what_depends_on_the_weights_is_no_constant() -> None:
    dropped = matrices.GRADIENT_WITHOUT_CONSTANT
    start = Gradient(add(SquaredNorm(w), Form(P(T(w), v))), w)
    with pytest.raises(SideConditionError, match="does not contain"):
        prove(SQUARES, start, (dropped, {"w": w, "c": SquaredNorm(w), "u": Form(P(T(w), v))}))
    assert not holds(SQUARES, Constant(SquaredNorm(residuals()), (w,)))


def test_an_undefined_constant_is_not_dropped() -> None:
    undefined = Form(P(T(v), Inverse(A), v))
    start = Gradient(add(undefined, SquaredNorm(w)), w)
    with pytest.raises(SideConditionError, match="A is invertible"):
        prove(SQUARES, start, (matrices.GRADIENT_WITHOUT_CONSTANT, {"w": w, "c": undefined, "u": SquaredNorm(w)}))


def test_no_gradient_in_confined_weights() -> None:
    confined = (
        *(h for h in SQUARES if h != Declared(w.array[j], REAL, OVER[1:])),
        Declared(w.array[j], BINARY, OVER[1:]),
    )
    assert holds(SQUARES, Differentiable(SquaredNorm(w), w))
    assert not holds(confined, Differentiable(SquaredNorm(w), w))
    assert not holds(SQUARES, Differentiable(SquaredNorm(w), column(w.array, n)))
    assert not holds(SQUARES, Differentiable(quadratic(w, Inverse(A)), w))


def test_what_holds_at_a_point_is_not_used_under_a_gradient() -> None:
    W = Matrix(Head("W"), IndexedBase("g"), d, d)
    fixed = DeclaredMatrix(w, Property.NONZERO)
    known = (*SQUARES, fixed)
    start = Gradient(log(SquaredNorm(w)), w)
    place = Place((0,), (("a", SquaredNorm(w)),))
    assert holds(known, Member(SquaredNorm(w), POSITIVE))
    with pytest.raises(SideConditionError):
        apply(logarithms.AS_EXP_OF_LOG, (Place((0, 0), (("a", SquaredNorm(w)),)),), start, Facts(known, (w.array,)))
    with pytest.raises(LossproofError):
        apply(logarithms.LOG_OF_EXP, (place,), start, Facts(known, (w.array,)))
    entry, v1 = W.args[1][ONE, TWO], column(v_, d)
    symmetric_here = (*SQUARES, Declared(W.args[1][i, j], REAL, OVER), DeclaredMatrix(W, symmetric))
    turned = derivative(Form(P(T(v1), W, w)), entry)
    with pytest.raises(LossproofError):
        apply(
            MATRIX_ALGEBRA,
            (Place((0,), (("to", Form(P(T(w), W, v1))),)),),
            turned,
            Facts(symmetric_here, (W.args[1],)),
        )


def test_the_index_of_a_gradient_is_not_a_free_index_of_its_body() -> None:
    k = Symbol("i", integer=True)  # the letter that the kernel would choose; nothing says that it lies in 1..d
    body = add(SquaredNorm(w), v_[k])
    assert not holds(SQUARES, Differentiable(body, w))
    assert not holds(SQUARES, Has(Gradient(body, w), Property.REAL))
    assert holds((*SQUARES, Ranged(Range(k, ONE, d))), Differentiable(body, w))


def test_a_gradient_binds_its_column() -> None:
    t = IndexedBase("t")
    with pytest.raises((UnsupportedExpression, ReplayError)):
        check_term(Definition(Head("g"), Tuple(w.array), Form(P(T(v), Gradient(SquaredNorm(w), w))))(t))
    free_in = Definition(Head("g"), Tuple(t), Form(P(T(v), Gradient(Form(P(T(w), column(t, d))), w))))
    with pytest.raises(UnsupportedExpression, match="under a derivative"):
        _ = free_in(w.array).body


# ------------------------------------------------------------------ names and looks


def test_what_is_written_alike_must_be_the_same() -> None:
    z = IndexedBase("z")
    real = (*SQUARES, Declared(z[i, j], REAL, OVER))
    other = Matrix(Head("A"), z, d, d)
    with pytest.raises(ReplayError, match="two different things are written A"):
        algebra(real, MatrixSum(A, other), MatrixSum(other, A))
    shorter, first = column(v_, ONE), (*SQUARES, Declared(v_[j], REAL, (Range(j, ONE, ONE),)))
    with pytest.raises(ReplayError, match="two different things are written v"):
        algebra(first, ScalarMultiple(Form(P(T(shorter), shorter)), v), ScalarMultiple(SquaredNorm(shorter), v))
    capital = Symbol("A", real=True)
    with pytest.raises(ReplayError, match="written A"):
        algebra(SQUARES, ScalarMultiple(capital, A), ScalarMultiple(capital, A))


def test_an_element_is_a_number_or_a_column() -> None:
    row = column(y.array, d, i)
    known = (*SQUARES, Declared(y.array[i, j], REAL, (Range(i, ONE, n), OVER[1])), Ranged(Range(i, ONE, n)))
    both = add(SquaredNorm(row), y.array[i])
    with pytest.raises(ReplayError, match="both a number and a column"):
        algebra(known, both, both)


def test_one_name_stands_for_one_matrix() -> None:
    first, second = (Definition(Head("M"), Tuple(), m)() for m in (A, B))
    with pytest.raises(ReplayError, match="stands for two different things"):
        algebra(SQUARES, MatrixSum(first, second), MatrixSum(second, first))
    assert prove(SQUARES, first, (UNFOLD, {"avoid": ()})).right == A
    assert prove(SQUARES, A, (FOLD, {"named": first})).right == first
    with pytest.raises(RuleDoesNotApply):
        prove(SQUARES, B, (FOLD, {"named": first}))


def test_a_row_put_in_for_an_array_is_a_column() -> None:
    t = IndexedBase("t")
    norm = Definition(Head("N"), Tuple(t), SquaredNorm(column(t, d)))
    assert norm(X.args[1][i]).body == SquaredNorm(column(X.args[1], d, i))


# ------------------------------------------------------------------ columns that nobody looks into

theta = IndexedBase("theta", real=True)
mu = OpaqueColumn(Head("mu", 1), d, theta)
OPAQUE: tuple[Hypothesis, ...] = (*SQUARES, Declared(theta[j], REAL, OVER[1:]))


def test_an_opaque_column_is_real_and_smooth_only_if_declared() -> None:
    distance = SquaredNorm(minus(v, mu))
    assert not holds(OPAQUE, Member(distance, REAL))
    known = (*OPAQUE, DeclaredMatrix(mu, Property.REAL))
    assert holds(known, Member(distance, NONNEGATIVE))
    slope = Differentiable(distance, theta[1])
    assert not holds((*known, Declared(theta[1], REAL)), slope)
    smooth = Smooth(mu, theta)  # type: ignore[arg-type]
    assert holds((*known, Declared(theta[1], REAL), smooth), slope)


# ------------------------------------------------------------------ JSON, numbers, data


@pytest.mark.parametrize("name", [name for name in CATALOGUE if name in STATEMENTS or "multivariate" in name])
def test_what_is_saved_comes_back(name: str) -> None:
    d = lp.derive(name)
    assert lp.load(d.to_json()) == d


def test_a_saved_derivation_without_its_hypothesis_does_not_load() -> None:
    text = lp.derive("least-squares").to_json()
    with pytest.raises(ReplayError, match="X has full column rank"):
        lp.load(text.replace('"FULL_COLUMN_RANK"', '"REAL"'))
    for junk in ('"full"', "3", "[]"):
        with pytest.raises(ReplayError):
            lp.load(text.replace('"FULL_COLUMN_RANK"', junk))


def test_the_referee_of_balls_sees_a_wrong_matrix_rule() -> None:
    from lossproof.kernel.rules import Identity
    from lossproof.rulebook.metavariables import a as meta

    wrong = Identity("wrong", SquaredNorm(meta), Form(P(T(meta), ScalarMultiple(TWO, meta))))
    step = apply(wrong, (Place((), (("a", v),)),), SquaredNorm(v), Facts(SQUARES))
    report = verify(Derivation("wrong", SQUARES, (), SquaredNorm(v), (step,)), referees="balls")
    assert not report.ok
    assert "wrong" not in RULES


def test_values_of_matrices() -> None:
    values = {"d": 2, "a": [[2.0, 1.0], [0.0, 4.0]], "b": [[0.0, 1.0], [1.0, 0.0]], "v": [1.0, 2.0]}
    for numbers in (None, Precise(30)):

        def at(e: Any, numbers: Any = numbers) -> Any:
            return np.array(evaluate(e, values, numbers), dtype=float)

        assert np.allclose(at(P(A, B)), [[1.0, 2.0], [4.0, 0.0]])
        assert np.allclose(at(P(A, Inverse(A))), np.eye(2))
        assert np.isclose(at(Determinant(A)), 8)
        assert at(quadratic(v, A)) == 20
        assert at(SquaredNorm(minus(v, P(A, v)))) == 45
        assert np.allclose(at(Gradient(quadratic(v, A), v)), [[6.0], [17.0]], atol=1e-6)
        components = Instance(values, indices={"i": [1, 2]})
        assert np.allclose(np.array(evaluate(Component(P(A, v), i), components, numbers), dtype=float), [4.0, 8.0])
        assert at(total(Component(P(A, v), i), i, ONE, d)) == 12
    with pytest.raises(lp.DataError):
        evaluate(A, {"d": 3, "a": values["a"]})
    with pytest.raises(lp.DataError):
        evaluate(Inverse(A), {"d": 1, "a": [[0.0]]})


def test_matrices_without_rows_have_their_values() -> None:
    empty = {"d": 0, "a": np.zeros((0, 0)), "v": np.zeros(0)}
    for numbers in (None, Precise(30)):
        assert evaluate(Determinant(Inverse(A)), empty, numbers) == 1
        assert evaluate(quadratic(v, A), empty, numbers) == 0
        assert evaluate(P(A, v), empty, numbers).shape == (0, 1)


def test_the_meaning_is_ordinary_sympy() -> None:
    d_ = lp.derive("least-squares-matrix")
    small = [e.subs({n: 2, d: 2}).doit() for e in (d_.lhs, d_.rhs.meaning())]
    assert (small[0] - small[1]).expand() == 0
    assert str(d_.rhs) == "(y - X w)^T (y - X w)"
    slope = SquaredNorm(column(v_, Integer(2))).diff(v_[1])
    assert slope == 2 * v_[1]


def test_the_closed_form_is_what_scikit_learn_finds(needs: Callable[[str], None]) -> None:
    needs("sklearn")
    from sklearn.datasets import load_diabetes
    from sklearn.linear_model import LinearRegression

    inputs, target = load_diabetes(return_X_y=True)
    closed = lp.derive("least-squares").steps[0].before.args[2]

    def weights(table: Any) -> Any:
        values = {"n": table.shape[0], "d": table.shape[1], "x": table, "y": target}
        return evaluate(closed, values)[:, 0]

    plain = LinearRegression(fit_intercept=False).fit(inputs, target)
    assert np.allclose(weights(inputs), plain.coef_, rtol=1e-8)
    full = LinearRegression().fit(inputs, target)
    found = weights(np.column_stack([np.ones(len(target)), inputs]))
    assert np.allclose(found, [full.intercept_, *full.coef_], rtol=1e-8)


def test_the_gradient_vanishes_at_the_closed_form_and_nowhere_better(needs: Callable[[str], None]) -> None:
    needs("sklearn")
    from sklearn.datasets import load_diabetes

    inputs, target = load_diabetes(return_X_y=True)
    sizes = {"n": inputs.shape[0], "d": inputs.shape[1], "x": inputs, "y": target}
    best = evaluate(lp.derive("least-squares").steps[0].before.args[2], sizes)[:, 0]
    gradient = evaluate(lp.derive("normal-equations").rhs, {**sizes, "w": best})
    assert np.abs(gradient).max() < 1e-6
    loss = SquaredNorm(residuals())
    rng = np.random.default_rng(0)
    least = evaluate(loss, {**sizes, "w": best})
    assert all(evaluate(loss, {**sizes, "w": best + rng.normal(size=10)}) > least for _ in range(20))


def test_generalised_least_squares_is_least_squares_of_whitened_data() -> None:
    rng = np.random.default_rng(1)
    inputs, target, root = rng.normal(size=(6, 2)), rng.normal(size=6), rng.normal(size=(6, 6))
    covariance = root @ root.T + np.eye(6)
    closed = lp.derive("generalised-least-squares").steps[0].before.args[3]
    found = evaluate(closed, {"n": 6, "d": 2, "x": inputs, "y": target, "s": covariance})[:, 0]
    white = np.linalg.inv(np.linalg.cholesky(covariance))
    assert np.allclose(found, np.linalg.lstsq(white @ inputs, white @ target, rcond=None)[0])


def test_the_multivariate_likelihood_is_that_of_scipy(needs: Callable[[str], None]) -> None:
    needs("scipy")
    from scipy.stats import multivariate_normal

    rng = np.random.default_rng(2)
    observed, means, root = rng.normal(size=(5, 3)), rng.normal(size=(5, 3)), rng.normal(size=(3, 3))
    covariance = root @ root.T + np.eye(3)
    d_ = lp.derive("multivariate-normal")
    values = {"n": 5, "k": 3, "y": observed, "s": covariance, "x": means, "theta": [0.0]}
    found = evaluate(d_.lhs, Instance(values, {"mu": lambda parameters, x: x}))
    expected = np.prod([multivariate_normal(m, covariance).pdf(o) for m, o in zip(means, observed, strict=True)])
    assert np.isclose(float(found), float(expected))
