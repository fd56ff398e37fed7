"""Expressions stay as they were written, and mean what they should."""

from __future__ import annotations

import pytest
import sympy
from sympy import IndexedBase, Integer, Symbol, Tuple

import lossproof as lp
from lossproof.notation import inert
from lossproof.notation.inert import (
    ONE,
    TWO,
    add,
    alpha_equal,
    apart,
    exp,
    free,
    log,
    mul,
    neg,
    power,
    product,
    rename,
    sub,
    substitute,
    total,
)
from lossproof.notation.nodes import Definition, Head, Named, Opaque, ProductOver, Sigmoid, Softplus
from lossproof.notation.plain import written
from lossproof.render.latex import mathematics

a, b, c = sympy.symbols("a b c")
i, j, k, n, d = sympy.symbols("i j k n d", integer=True)
x, w, y = IndexedBase("x"), IndexedBase("w"), IndexedBase("y")


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (add(b, a), "b + a"),
        (sub(ONE, a), "1 - a"),
        (mul(b, a), "b a"),
        (mul(exp(a), exp(b)), "exp(a) exp(b)"),
        (log(exp(a)), "log(exp(a))"),
        (neg(add(a, b)), "-(a + b)"),
        (neg(neg(a)), "-(-a)"),
        (mul(a, add(b, c)), "a (b + c)"),
        (power(sub(ONE, a), b), "(1 - a)^b"),
        (add(a, neg(add(b, c))), "a - (b + c)"),
        (mul(TWO, Integer(3)), "2 · 3"),
        (total(add(a, x[i]), i, ONE, n), "∑_{i=1}^n (a + x_i)"),
        (mul(total(x[i], i, ONE, n), a), "(∑_{i=1}^n x_i) a"),
        (total(x[i], i, ONE, add(n, ONE)), "∑_{i=1}^{n + 1} x_i"),
        (log(product(x[i], i, ONE, n)), "log ∏_{i=1}^n x_i"),
    ],
)
def test_expressions_are_printed_in_the_order_they_were_built(expression: sympy.Expr, text: str) -> None:
    assert written(expression) == text


def test_latex_reads_like_a_textbook() -> None:
    model = lp.LOGISTIC
    assert mathematics(model.likelihood.body) == r"\prod_{i=1}^{n} f_w(x_i)^{y_i} \, (1 - f_w(x_i))^{1 - y_i}"
    assert mathematics(model.joint) == r"P[Y = y \mid X = x]"
    assert mathematics(lp.CROSS_ENTROPY.body) == r"-\bigl[y \log \hat{y} + (1 - y) \log(1 - \hat{y})\bigr]"


def test_rebuilding_with_the_same_arguments_gives_the_same_object() -> None:
    e = add(a, mul(b, log(exp(c))))
    assert inert.rebuild(e, e.args) is e


def test_structure_is_compared_in_order() -> None:
    assert add(a, b) != add(b, a)


# ------------------------------------------------------------------ binders


def test_a_bound_index_is_not_free() -> None:
    assert free(total(mul(a, x[i]), i, ONE, n)) == {a, n, Symbol("x")}


def test_substitution_leaves_a_bound_index_alone() -> None:
    e = total(x[i], i, ONE, n)
    assert substitute(e, {i: k}) == e


def test_substitution_renames_an_index_that_would_capture() -> None:
    e = total(mul(a, x[j]), j, ONE, n)
    assert substitute(e, {a: w[j]}) == total(mul(w[j], x[k]), k, ONE, n)


def test_substitution_puts_a_row_in_for_a_vector() -> None:
    assert substitute(mul(w[j], x[j]), {x: x[i]}) == mul(w[j], x[i, j])


def test_substitution_is_simultaneous() -> None:
    assert substitute(add(a, b), {a: b, b: a}) == add(b, a)


def test_renaming_refuses_a_name_in_use() -> None:
    with pytest.raises(ValueError, match="already occurs"):
        rename(total(mul(x[k], x[i]), i, ONE, n), i, k)


def test_names_of_bound_indices_do_not_matter() -> None:
    left = total(product(x[i, j], j, ONE, d), i, ONE, n)
    right = total(product(x[j, i], i, ONE, d), j, ONE, n)
    assert alpha_equal(left, right)
    assert not alpha_equal(left, total(product(x[j, i], j, ONE, d), i, ONE, n))
    assert not alpha_equal(total(x[i], i, ONE, n), total(x[k], i, ONE, n))


def test_indices_are_moved_apart_from_names_in_use() -> None:
    e = apart(total(mul(w[j], x[j]), j, ONE, d), frozenset((j,)))
    assert e == total(mul(w[k], x[k]), k, ONE, d)


# ------------------------------------------------------------------ our own nodes


def test_a_name_carries_its_meaning() -> None:
    square = Definition(Head("s"), Tuple(a), power(a, TWO))
    assert square(b).body == power(b, TWO)
    assert square(b).doit() == b**2
    assert square(b).diff(b) == 2 * b
    with pytest.raises(TypeError):
        Named(square)


def test_free_symbols_of_a_name_include_what_its_definition_uses() -> None:
    scaled = Definition(Head("s"), Tuple(a), mul(a, c))
    assert free(scaled(b)) == {b, c}


def test_nodes_mean_ordinary_sympy() -> None:
    assert Sigmoid(a).doit() == 1 / (1 + sympy.exp(-a))
    assert Softplus(a).doit() == sympy.log(1 + sympy.exp(a))
    assert sympy.diff(Softplus(a), a) == Sigmoid(a)
    chosen = ProductOver(x[i], Tuple(i, ONE, Integer(3)), inert.equation(y[i], ONE))
    value = chosen.doit().subs({y[1]: 1, y[2]: 0, y[3]: 1})
    assert value == x[1] * x[3]


def test_an_opaque_function_depends_on_its_arguments_only() -> None:
    f = Opaque(Head("f", 1), w, x[i])
    assert f.diff(c) == 0
    assert f.diff(w[j]) != 0


def test_the_derivative_of_a_name_does_not_capture_the_index() -> None:
    # SymPy itself captures: diff(Sum(w[j]*x[j], (j, 1, d)), w[j]) is Sum(x[j], (j, 1, d)).
    loss = lp.LOGISTIC.loss
    model_x = IndexedBase("x", real=True)
    slope = loss.diff(lp.LOGISTIC.parameters[0][j])
    count = Symbol("d", integer=True, nonnegative=True)
    captured = sympy.Sum(model_x[i, j], (j, 1, count))
    assert captured in sympy.diff(sympy.Sum(w[j] * model_x[i, j], (j, 1, count)), w[j]).atoms(sympy.Sum)
    assert not slope.has(captured)
    assert slope.has(sympy.KroneckerDelta) or slope.has(model_x[i, j])


# ------------------------------------------------------------------ use with SymPy


def test_the_pieces_work_with_sympy() -> None:
    model = lp.LOGISTIC
    for piece in (model.likelihood, model.negative_log_likelihood, model.loss, lp.derive("logistic-gradient").rhs):
        ordinary = piece.doit()
        assert sympy.latex(piece)
        assert not ordinary.has(Named)
        small = ordinary.subs({Symbol("n", integer=True, nonnegative=True): 2}).subs(
            {Symbol("d", integer=True, nonnegative=True): 1}
        )
        assert small.doit().free_symbols
    p, label = sympy.symbols("p label", positive=True)
    pointwise = lp.CROSS_ENTROPY(p, label)
    assert pointwise.subs(label, 1).doit().equals(-sympy.log(p))
    assert sympy.lambdify([p, label], pointwise.doit())(0.25, 1.0) == pytest.approx(1.3862943611198906)
    assert sympy.simplify(pointwise.diff(p) - (p - label) / (p * (1 - p))) == 0
