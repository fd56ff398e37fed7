"""Losses, sets and conditions as text: what is read, what is refused and where, and that reading is safe."""

from __future__ import annotations

import contextlib
import random
import subprocess
import sys
import time

import pytest
from attack import fuzz_text
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Abs as AbsSymPy
from sympy import E, Expr, IndexedBase, Integer, Piecewise, Rational, S, Symbol, exp, log, oo, pi, symbols
from sympy import Function as FunctionSymPy
from sympy import Max as MaxSymPy

from lossproof.errors import IllPosed, LossproofError, ParseError, UnsupportedExpression
from lossproof.kernel.domains import COUNT, POSITIVE, SIGNS, UNIT, Domain
from lossproof.notation.inert import ONE, TWO, add, build, inverse, maximum, mul, neg, power, sub, total
from lossproof.notation.inert import exp as inert_exp
from lossproof.notation.inert import log as inert_log
from lossproof.notation.nodes import Where
from lossproof.notation.plain import written
from lossproof.numeric.evaluate import evaluate
from lossproof.recovery.question import Question, ask
from lossproof.recovery.sets import BINARY, COUNTS, REAL, Finite, Interval, Labels, Simplex, Vectors
from lossproof.recovery.text import Names, read_expression, read_set, read_sets, read_where
from lossproof.recovery.writing import as_text, set_as_text

Y, F, K = Symbol("y", real=True), Symbol("f", real=True), Symbol("K", integer=True, positive=True)
A, B = Symbol("a", positive=True), Symbol("b", positive=True)
NAMES = Names({"y": Y, "f": F})
VECTORS = Names({"y": Y}, {"f": IndexedBase("f", real=True)}, sizes=frozenset({"K"}))
k = Symbol("k", integer=True)


def read(text: str) -> Expr:
    return read_expression(text, NAMES)


READ = {
    "max(0, 1 - y*f)": maximum(S.Zero, sub(ONE, mul(Y, F))),
    "log(1 + exp(-y*f))": inert_log(add(ONE, inert_exp(neg(mul(Y, F))))),
    "y + f - a": add(Y, F, neg(A)),
    "y - 1": add(Y, Integer(-1)),
    "0.1*f": mul(Rational(1, 10), F),
    "1e-8": Rational(1, 10**8),
    "1.5e2": Integer(150),
    "1/2*f": mul(Rational(1, 2), F),
    "f/2": mul(F, inverse(TWO)),
    "1/f": inverse(F),
    "-2": Integer(-2),
    "-f^2": neg(power(F, TWO)),
    "-2*f": neg(mul(TWO, F)),
    "f**-1": power(F, Integer(-1)),
    "2^3^f": power(TWO, power(Integer(3), F)),
    "e^f": inert_exp(F),
    "e*pi": mul(E, pi),
    "sqrt(a)": power(A, Rational(1, 2)),
    "min(y, f)": neg(maximum(neg(Y), neg(F))),
    "max(y, f, a)": maximum(maximum(Y, F), A),
    "where(y <= f, a, b)": build(Where, (sub(F, Y), A, B)),
    "where(y < f, a, b)": build(Where, (sub(Y, F), B, A)),
    "where(f >= 0, a, b)": build(Where, (F, A, B)),
    "where(0 <= y <= f, a, b)": build(Where, (Y, build(Where, (sub(F, Y), A, B)), B)),
    "where(f >= 0 or y >= 0, a, b)": build(Where, (F, A, build(Where, (Y, A, B)))),
    "cosh(f)": mul(Rational(1, 2), add(inert_exp(F), inert_exp(neg(F)))),
}


@pytest.mark.parametrize("text", READ)
def test_text_becomes_the_expression_that_was_written(text: str) -> None:
    assert read(text) == READ[text]


def test_every_other_name_is_a_positive_constant() -> None:
    (tau,) = read("tau").free_symbols
    assert tau.is_positive
    assert not F.is_positive


def test_elements_and_sums_are_read_where_the_set_is_one_of_vectors() -> None:
    f = VECTORS.arrays["f"]
    got = read_expression("-f[y] + log(sum(exp(f[k]), k, 1, K))", VECTORS)
    assert got == add(neg(f[Y]), inert_log(total(inert_exp(f[k]), k, ONE, K)))


#: Text that is refused, the offset of the character at fault, and a word of what is said.
REFUSED = [
    ("", 0, "number"),
    ("max(0", 5, "')'"),
    ("y + ", 4, "number"),
    ("y ++* f", 4, "number"),
    ("2 f", 2, "operator"),
    ("foo(f)", 0, "function"),
    ("f + sigmod(f)", 4, "sigmoid"),
    ("__import__('os').getcwd()", 0, "number"),
    ("f.real", 1, "operator"),
    ("f.__class__", 1, "operator"),
    ("f[1]", 0, "without an index"),
    ("exp", 0, "it is a function"),
    ("y <= f", 0, "not a comparison"),
    ("1 + (y <= f)", 5, "not a comparison"),
    ("where(f, 1, 2)", 6, "comparison"),
    ("where(y < f, 1)", 0, "3 arguments"),
    ("max(1)", 0, "2 to 20"),
    ("I*f", 0, "something else"),
    ("oo*f", 0, "something else"),
    ("y*f ≤ 1", 4, "operator"),
    ("1e999", 0, "fewer digits"),
    ("9" * 400, 0, "fewer digits"),
    ("f" * 61, 0, "at most 60"),
    ("sum(f, f, 1, 2)", 7, "another name"),
    ("sum(k, k, 1, 2) + k", 18, "not an index"),
    ("lambda: f", 6, "operator"),
    ("f; y", 1, "operator"),
    ("'f'", 0, "number"),
    ("f\x00", 1, "operator"),
    ("ｆ", 0, "number"),
]


@pytest.mark.parametrize(("text", "position", "said"), REFUSED, ids=[repr(t)[:30] for t, _, _ in REFUSED])
def test_what_does_not_fit_is_refused_at_its_character(text: str, position: int, said: str) -> None:
    with pytest.raises(ParseError) as caught:
        read(text)
    assert caught.value.position == position
    assert said in caught.value.expected


SETS = {
    "real": REAL,
    "{0,1}": BINARY,
    "{-1, 1}": Finite((Integer(-1), ONE)),
    "{1..3}": Finite((ONE, TWO, Integer(3))),
    "{1..K}": Labels(K),
    "counts": COUNTS,
    "simplex(K)": Simplex(K),
    "real^K": Vectors(REAL, K),
    "{0,1}^3": Vectors(BINARY, Integer(3)),
    "interval(-pi, pi)": Interval(neg(pi), pi, True, True),
    "interval(0, oo)": Interval(S.Zero, oo, True, False),
    "(0, 1]": Interval(S.Zero, ONE, False, True),
    "[1/2, oo)": Interval(Rational(1, 2), oo, True, False),
}


@pytest.mark.parametrize("text", SETS)
def test_sets_are_read_and_written_back(text: str) -> None:
    assert read_set(text) == SETS[text]
    assert read_set(set_as_text(SETS[text])) == SETS[text]


@pytest.mark.parametrize(
    "text",
    [
        "rea",
        "interval(1, 1)",
        "interval(2, 1)",
        "interval(a, 1)",
        "{0, 0}",
        "{1..K}^2",
        "{0..K}",
        "{3..1}",
        "[0, oo]",
        "interval(0, 1/0)",
        "{1..log}",
        "interval(0, log(-1))",
        "simplex(1 + 1)",
        "simplex(0)",
        "{pi}",
        "{}",
        "real real",
        "real^0",
        "real^1.5",
        "interval(oo, -oo)",
        "real, real",
        "interval(oo, oo)",
        "{1..999999999}",
    ],
)
def test_what_is_no_set_is_refused(text: str) -> None:
    with pytest.raises(ParseError):
        read_set(text)


def test_several_sets_stand_with_commas_between_and_keep_those_of_a_set() -> None:
    assert read_sets("{0, 1}, real, interval(0, 1)") == (BINARY, REAL, Interval(S.Zero, ONE, True, True))


WHERE = {
    "tau in (0,1)": ("tau", UNIT),
    "tau > 0": ("tau", POSITIVE),
    "0 < tau < 1": ("tau", UNIT),
    "1 > tau and tau > 0": ("tau", UNIT),
    "s in {-1,1}": ("s", SIGNS),
    "m in counts": ("m", COUNT),
    "a in (1, 2]": ("a", Domain(1, 2, False, True)),
}


@pytest.mark.parametrize("text", WHERE)
def test_conditions_on_constants_are_read(text: str) -> None:
    name, domain = WHERE[text]
    assert read_where(text) == {name: domain}


@pytest.mark.parametrize(
    "text",
    [
        "tau",
        "tau in",
        "0 < tau < a",
        "tau > pi",
        "tau in {0, 5}",
        "tau > 1, tau < 0",
        "log > 1",
        "pi > 3",
        "1 < 2",
        "a != 1",
        "tau in simplex(3)",
        "tau in real^2",
        "m in {1..3}, 1 < m < 2",
        "a < b < 2",
        "a == 1, a > 2",
    ],
)
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(ParseError):
        read_where(text)


# ------------------------------------------------------------------ questions


def test_a_question_says_what_is_asked() -> None:
    q = ask("max(tau*(y - f), (tau - 1)*(y - f))", "real", "real", where="tau in (0,1)")
    tau = Symbol("tau", real=True)
    assert [(c.term, c.domain) for c in q.constants] == [(tau, UNIT)]
    assert q.y == Y
    assert q.predictions == ((F, REAL),)
    assert {str(h) for h in q.hypotheses} == {"y in R", "f in R", "τ in (0, 1)"}


def test_several_predictions_may_be_asked_about_together() -> None:
    q = ask("log(s) + (y - f)^2/(2*s^2)", "real", "real, positive", f="f, s")
    assert [str(f) for f, _ in q.predictions] == ["f", "s"]
    assert q == ask("log(s) + (y - f)^2/(2*s^2)", "real", ["real", "positive"], f=["f", "s"])


@pytest.mark.parametrize(
    ("loss", "options", "said"),
    [
        ("f^2", {}, "does not contain the observation"),
        ("y^2", {}, "does not contain the prediction"),
        ("y*f", {"where": "tau > 0"}, "does not occur"),
        ("y*f", {"where": "y > 0"}, "by its set"),
        ("y*f", {"y": "f"}, "two of"),
        ("y*f", {"f": "E"}, "cannot be the name"),
        ("y*f", {"f": "sum"}, "cannot be the name"),
        ("y*f", {"f": "f,s"}, "1 sets"),
        ("y*f", {"y": "__y"}, "cannot be the name"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(loss: str, options: dict[str, str], said: str) -> None:
    with pytest.raises(IllPosed, match=said):
        ask(loss, "real", "real", **options)


def test_two_symbols_of_one_name_are_refused() -> None:
    with pytest.raises(IllPosed, match="two different symbols"):
        Question(add(Y, F, Symbol("y", positive=True)), Y, REAL, ((F, REAL),))


def test_a_symbol_of_which_nothing_is_known_is_refused() -> None:
    with pytest.raises(IllPosed, match="nothing is known"):
        Question(mul(Y, F, Symbol("c", real=True)), Y, REAL, ((F, REAL),))


# ------------------------------------------------------------------ SymPy


def test_sympy_expressions_are_matched_by_name_and_keep_their_values() -> None:
    y, f, d = symbols("y f d")
    loss = Piecewise(((y - f) ** 2 / 2, AbsSymPy(y - f) <= d), (d * AbsSymPy(y - f) - d**2 / 2, True))
    got = ask(loss, "real", "real")
    at = {"y": 3.0, "f": 0.5, "d": 1.25}
    for scale in (0.2, 1, 3):
        point = {**at, "y": at["y"] * scale}
        assert evaluate(got.loss, point) == pytest.approx(float(loss.subs(point)))
    assert ask(0.5 * MaxSymPy(0, 1 - y * f), "{-1,1}", "real").loss.atoms(Rational) >= {Rational(1, 2)}
    assert ask(log(1 + exp(-y * f)), "{-1,1}", "real").loss.free_symbols == {Y, F}


@pytest.mark.parametrize(
    "loss",
    [
        FunctionSymPy("g")(*symbols("y f")),
        S.ImaginaryUnit * symbols("y") * symbols("f"),
        Piecewise((symbols("y") * symbols("f"), symbols("f") > 0)),
        Symbol("é") * symbols("y") * symbols("f"),
        S.NaN,
        oo * symbols("y"),
    ],
)
def test_sympy_that_there_is_no_node_for_is_refused(loss: Expr) -> None:
    with pytest.raises(UnsupportedExpression):
        ask(loss, "real", "real")


# ------------------------------------------------------------------ written and read again

_LEAF = st.one_of(
    st.sampled_from(["y", "f", "a", "b", "tau", "pi", "e", "0", "1", "2", "0.5", "3", "1/3", "1e-3"]),
    st.integers(0, 10**6).map(str),
)


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    two = st.tuples(inner, inner)
    one_argument = ["exp", "log", "sqrt", "abs", "sigmoid", "softplus", "log1p", "expm1", "sin", "cos", "cosh", "gamma"]
    compare = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
    return st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", " - ", " ^ ", "**"]), inner).map("".join),
        inner.map("-{}".format),
        inner.map("({})".format),
        inner.map("({})!".format),
        two.map(lambda p: f"max({p[0]}, {p[1]})"),
        two.map(lambda p: f"min({p[0]}, {p[1]})"),
        st.tuples(st.sampled_from(one_argument), inner).map(lambda p: f"{p[0]}({p[1]})"),
        st.tuples(inner, compare, inner, inner, inner).map(lambda p: f"where({p[0]} {p[1]} {p[2]}, {p[3]}, {p[4]})"),
        inner.map("sum(k*({}), k, 1, 3)".format),
    )


LOSSES = st.recursive(_LEAF, _grown, max_leaves=12)


@settings(max_examples=300, deadline=None)
@given(LOSSES)
def test_what_is_read_is_written_so_that_it_is_read_again(text: str) -> None:
    try:
        e = read(text)
    except ParseError:
        return
    assert read(as_text(e)) == e, as_text(e)


@settings(max_examples=100, deadline=None)
@given(LOSSES)
def test_what_is_read_has_the_value_that_python_finds(text: str) -> None:
    """Arithmetic, compared with Python's own reading of the same text."""
    python = text.replace("^", "**")
    if any(word in text for word in ("where", "sum", "!", "(k", "max", "min")) or len(text) > 60 or "log" in text:
        return
    import math

    def square_root(v: float) -> float:
        return v**0.5

    words = {"exp": math.exp, "sqrt": square_root, "abs": abs, "sin": math.sin, "cos": math.cos, "cosh": math.cosh}
    if any(c in python for c in ("sigmoid", "softplus", "expm1", "gamma", "e^")):
        return
    at = {"y": 1.5, "f": -0.75, "a": 2.0, "b": 0.3, "tau": 0.6}
    try:
        wanted = _python(python, {**words, **at, "pi": math.pi, "e": math.e})
        got = evaluate(read(text), at)
    except (ArithmeticError, LossproofError, SyntaxError):
        return
    if isinstance(wanted, complex) or not math.isfinite(wanted) or not math.isfinite(got):
        return
    assert got == pytest.approx(wanted, rel=1e-9, abs=1e-9)


def _python(text: str, names: dict[str, object]) -> complex:
    """A formula by Python's own rules of precedence: its syntax tree, walked."""
    import ast
    import operator

    binary = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul}
    binary |= {ast.Div: operator.truediv, ast.Pow: operator.pow}

    def value(node: ast.AST) -> object:
        match node:
            case ast.Expression(body):
                return value(body)
            case ast.Constant(number):
                return float(number)  # type: ignore[arg-type]
            case ast.Name(name):
                return names[name]
            case ast.BinOp(left, op, right):
                return binary[type(op)](value(left), value(right))
            case ast.UnaryOp(_, operand):
                return -value(operand)  # type: ignore[operator]
            case ast.Call(ast.Name(name), arguments):
                return names[name](*map(value, arguments))  # type: ignore[operator]
        raise SyntaxError(ast.dump(node))

    return value(ast.parse(text, mode="eval"))  # type: ignore[return-value]


# ------------------------------------------------------------------ hostile text

_HOSTILE = (
    *("__import__('os').system('true')", "f.__class__.__mro__", "(lambda: 0)()", "f if f else y", "[f for f in y]"),
    *("(" * 3000, "(" * 2000 + "f" + ")" * 2000, "-" * 4000 + "f", "f!" + "!" * 4000, "^".join("2" * 2000)),
    *("f+" * 2000 + "f", "exp(" * 300 + "f" + ")" * 300, "tanh(" * 40 + "f" + ")" * 40, "9" * 4000, "1e-99999"),
    *("where(" * 30 + "f", "max(" * 60 + "f" + ",y)" * 60, "where(f<0 or f<1 or f<2 or f<3 or f<4,0,1)" * 3),
    *("where(f<y," * 40 + "f" + ",where(f<y and y<f, 1, 2))" * 40, "f[[f]]", "f[k][k]", "sum(f,k,1,K", "sum(,,,)"),
    *(
        "\ud800",
        "f\u202ey",
        "f\u200b*y",
        "𝑓",
        "f\n\n*\n\ty",
        "10000000000!",
        "2^(2^(2^(2^(2^2))))",
        "0^0",
        "1/0",
        "gamma(-1)",
    ),
    *(
        "interval(1e300, 1e299*e^99)",
        "{" + ",".join(map(str, range(1500))) + "}",
        "real^" * 50,
        "gamma(1e300)",
        "(1e300)!",
    ),
    *("exp(exp(exp(1e300)))", "interval(0, exp(exp(exp(9e99))))", "interval(0, (1e200)!)", "interval(sin(1e300), 2)"),
)


@pytest.mark.parametrize("text", _HOSTILE, ids=range(len(_HOSTILE)))
def test_hostile_text_is_refused_or_read_in_bounded_time(text: str) -> None:
    begun = time.perf_counter()
    for reading in (read, read_set, read_where):
        with contextlib.suppress(ParseError):
            reading(text)  # type: ignore[operator]
    assert time.perf_counter() - begun < 10


_PARTS = st.sampled_from(
    [
        "y",
        "f",
        "k",
        "K",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        "+",
        "-",
        "*",
        "/",
        "^",
        "**",
        "!",
        "<",
        "<=",
        "==",
        "!=",
        "..",
        "where(",
        "sum(",
        "max(",
        "exp(",
        "log",
        "in",
        "and",
        "or",
        "oo",
        "1",
        "0",
        "2.5",
        "1e9",
        ".",
        "e",
        "pi",
        "real",
        "interval(",
        "simplex(",
        "'",
        '"',
        "__import__",
        "\\",
        "\x00",
        "é",
        "∞",
        "@",
        "=",
        ":=",
        "lambda",
        ";",
    ]
)


def inside(error: ParseError, text: str) -> None:
    """An error points into the text, or at its end."""
    assert 0 <= error.position <= len(text)
    assert error.expected


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(_PARTS, max_size=25).map("".join)))
def test_any_text_is_read_or_refused_with_a_typed_error(text: str) -> None:
    for names in (NAMES, VECTORS):
        try:
            assert written(read_expression(text, names))
        except ParseError as error:
            inside(error, text)
    for reading in (read_sets, read_where):
        try:
            reading(text)
        except ParseError as error:
            inside(error, text)


@settings(max_examples=200, deadline=None)
@given(LOSSES, st.data())
def test_a_loss_with_a_character_changed_is_read_or_refused(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    other = text[:at] + data.draw(_PARTS) + text[at + data.draw(st.integers(0, 2)) :]
    try:
        assert isinstance(read(other), Expr)
    except ParseError as error:
        inside(error, other)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(fuzz_text.TEXTS), st.integers(0, 10**9), st.integers(1, 6))
def test_a_text_changed_as_the_fuzzer_does_is_read_or_refused(text: str, seed: int, changes: int) -> None:
    chance = random.Random(seed)
    for _ in range(changes):
        text = fuzz_text.mutated(text, chance)[:2000]
    for reading in (read, lambda t: read_expression(t, VECTORS), read_sets, read_where):
        try:
            assert reading(text) is not None
        except ParseError as error:
            inside(error, text)


def test_reading_text_executes_imports_and_opens_nothing() -> None:
    code = """
import random, sys
from attack import fuzz_loader, fuzz_text
from lossproof.errors import ParseError
from lossproof.recovery.text import Names, read_expression, read_sets, read_where
readers = [lambda t: read_expression(t, Names()), read_sets, read_where]
chance, seen, reading = random.Random(1), [], False
def read(text):
    for one in readers:
        try:
            one(text)
        except ParseError:
            pass
for text in fuzz_text.TEXTS:
    read(text)
read("(" * 50)
sys.addaudithook(lambda event, _: seen.append(event) if reading and fuzz_loader.forbidden(event) else None)
reading = True
for _ in range(300):
    read(fuzz_text.mutated(fuzz_text.mutated(chance.choice(fuzz_text.TEXTS), chance), chance))
read("__import__('os').system('true')")
reading = False
print(len(seen), seen[:3])
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT / "tests", capture_output=True, text=True, check=False)
    assert done.stdout.split()[:1] == ["0"], done.stdout + done.stderr
