"""Formulas in two dimensions: what a picture shows is what the expression says."""

from __future__ import annotations

import io
import itertools
import re
import unicodedata
from pathlib import Path

import pytest
from sympy import Expr, IndexedBase, Rational, Symbol, symbols

import lossproof as lp
from lossproof.cli import main
from lossproof.errors import ReplayError
from lossproof.kernel.conditions import Assumed, Declared
from lossproof.kernel.domains import POSITIVE
from lossproof.notation.boxes import columns
from lossproof.notation.drawn import Drawn, Style, picture, small_scripts
from lossproof.notation.inert import ONE, TWO, add, exp, inverse, log, mul, neg, power, product, sub, total
from lossproof.notation.nodes import Where
from lossproof.notation.plain import Plain, spelled
from lossproof.strategies.catalogue import CATALOGUE

a, b, c, i, n, s, t = symbols("a b c i n s t")
x, y = IndexedBase("x"), IndexedBase("y")
WIDTHS = (80, 50, 40)


def div(top: Expr, bottom: Expr) -> Expr:
    return mul(top, inverse(bottom))


def sqrt(e: Expr) -> Expr:
    return power(e, Rational(1, 2))


def drawn(e: Expr) -> str:
    return str(picture(Drawn().written(e)))


def picture_of(*rows: str) -> str:
    return "\n".join(rows)


# ------------------------------------------------------------------ pictures


@pytest.mark.parametrize(
    ("e", "rows"),
    [
        (div(n, TWO), ["n/2"]),
        (mul(div(n, TWO), log(s)), ["n/2 · log s"]),
        (div(power(t, TWO), TWO), ["t²/2"]),
        (div(ONE, mul(TWO, s)), [" 1", "───", "2 s"]),
        (neg(div(add(a, b), c)), ["  a + b", "- ─────", "    c"]),
        (inverse(add(ONE, div(a, b))), ["   1", "───────", "1 + a/b"]),
        (inverse(inverse(add(b, c))), ["   1", "───────", "   1", " ─────", " b + c"]),
        (div(a, div(add(b, c), n)), ["   a", "───────", " b + c", " ─────", "   n"]),
        (total(y[i], i, ONE, n), [" n", " ∑  yᵢ", "i=1"]),
        (total(add(y[i], ONE), i, ONE, n), [" n", " ∑  (yᵢ + 1)", "i=1"]),
        (mul(product(y[i], i, ONE, n), s), ["⎛ n    ⎞", "⎜ ∏  yᵢ⎟ s", "⎝i=1   ⎠"]),
        (power(x[i], y[i]), ["  yᵢ", "xᵢ"]),
        (power(sub(a, b), TWO), ["(a - b)²"]),
        (power(add(div(a, add(b, c)), ONE), TWO), ["⎛  a      ⎞²", "⎜───── + 1⎟", "⎝b + c    ⎠"]),
        (exp(neg(div(add(a, b), mul(TWO, c)))), ["   ⎛  a + b⎞", "exp⎜- ─────⎟", "   ⎝   2 c ⎠"]),
        (sqrt(mul(TWO, s)), ["√(2 s)"]),
        (sqrt(div(a, add(b, c))), [" ┌───────", " │   a", " │ ─────", "╲│ b + c"]),
        (Where(sub(a, b), a, add(a, b)), ["⎧ a      if b ≤ a", "⎨", "⎩ a + b  else"]),
        (x[i, n, 2], ["xᵢₙ₂"]),
        (x[add(i, ONE)], ["x_{i + 1}"]),
        (Symbol("yhat"), ["ŷ"]),
    ],
)
def test_a_formula_looks_like_this(e: Expr, rows: list[str]) -> None:
    assert drawn(e) == picture_of(*rows)


def test_a_bracket_parted_on_one_line_is_as_tall_on_both_sides() -> None:
    opens, closes = Drawn().parted("", 2)
    tall = Drawn().written(div(a, add(b, c)))
    assert str(picture(f"s {opens}{tall}{closes} t")) == picture_of("  ⎡  a  ⎤", "s ⎢─────⎥ t", "  ⎣b + c⎦")
    assert str(picture(f"{opens}{tall} + {opens}s{closes}{closes}")) == picture_of(
        "⎡  a        ⎤", "⎢───── + [s]⎥", "⎣b + c      ⎦"
    )


def test_an_exponent_is_never_on_the_row_of_its_base() -> None:
    assert drawn(mul(power(x[i], y[i]), power(b, c))) == picture_of("  yᵢ  c", "xᵢ   b")


def test_a_subscript_without_small_letters_does_not_take_the_exponent_of_its_base() -> None:
    w = IndexedBase("q")[Symbol("w")]
    assert drawn(w) == "q_w"
    assert drawn(power(w, TWO)) == "q_{w}²"
    assert drawn(power(w, Symbol("w"))) == picture_of("     w", "q_{w}")


def test_a_subscript_of_a_subscript_is_not_taken_for_a_second_index() -> None:
    assert drawn(IndexedBase("x_1")[2]) == "x₁_2"
    assert drawn(x[1, 2]) == "x₁₂"


def test_a_transpose_is_told_from_a_power() -> None:
    assert drawn(power(a, Symbol("T"))) == picture_of(" T", "a")
    assert "Xᵀ X w" in lp.derive("normal-equations").text(style="drawn")


SMALL = [a, b, TWO, neg(a), add(a, b), sub(a, b), mul(a, b), div(a, b), power(a, b), power(a, TWO), log(a), neg(ONE)]
JOINED = [add, sub, mul, div, power]


def test_different_expressions_have_different_pictures() -> None:
    """Among all expressions of two operations, those that look alike are written the same in LaTeX too."""
    tex: dict[str, set[str]] = {}
    whole = [op(p, q) for op in JOINED for p, q in itertools.product(SMALL, repeat=2)]
    whole += [f(e) for f in (neg, log, exp, sqrt, inverse) for e in whole]
    for e in whole:
        tex.setdefault(drawn(e), set()).add(latex_of(e))
    assert len(tex) > 2500
    assert {shape: forms for shape, forms in tex.items() if len(forms) > 1} == {}


def latex_of(e: Expr) -> str:
    from lossproof.render.latex import Latex

    return re.sub(r"\\(big|left|right)[lr]?(?![a-z])|\\,|\s", "", Latex().written(e))


# ------------------------------------------------------------------ derivations


@pytest.mark.parametrize("nth", range(3))
def test_text_is_never_wider_than_asked(nth: int) -> None:
    for k, name in enumerate(list(CATALOGUE)[nth::3]):
        style = ("drawn", "plain", "drawn", "ascii")[k % 4]
        text = lp.derive(name).text(width=WIDTHS[nth], style=style, remarks=True)
        assert max(map(columns, text.splitlines())) <= WIDTHS[nth], (name, style)


@pytest.mark.parametrize("style", ["drawn", "plain", "ascii"])
def test_text_fits_the_narrowest_terminal(style: Style) -> None:
    for name in ("svm-map", "beta-gradient", "logistic"):
        assert max(map(columns, lp.derive(name).text(width=24, style=style).splitlines())) <= 24


#: What only the one form has: bars and tall brackets, or signs that say in a row what a picture shows.
_PICTURE = set("─│┌╲⎛⎜⎝⎞⎟⎠⎡⎢⎣⎤⎥⎦⎧⎪⎨⎩()[]{}|‖_^/·, ")
_BIG = dict.fromkeys(map(ord, "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ᵀ₀₁₂₃₄₅₆₇₈₉ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩ"))
_BIG |= dict(zip(_BIG, "0123456789+-T0123456789aehijklmnoprstuvxβγρφ", strict=True))


def letters_of(text: str) -> list[str]:
    text = unicodedata.normalize("NFD", text.translate(_BIG)).replace("else", "").replace("if", "")
    return sorted(char for char in text if char not in _PICTURE and char != "\n")


@pytest.mark.parametrize("name", ["logistic", "student-t-gradient", "svm-map", "gaussian-process-mean", "von-mises"])
def test_a_picture_has_every_letter_of_the_line(name: str) -> None:
    d = lp.derive(name)
    for e in (d.start, *(step.after for step in d)):
        assert letters_of(drawn(e)) == letters_of(Plain().written(e))


def test_the_chain_is_aligned_at_the_signs_of_equality() -> None:
    text = lp.derive("logistic-gradient").text(style="drawn").partition("Derivation")[2].partition("Cited")[0]
    assert {line.index("= ") for line in text.splitlines() if re.match(r" *(∂J\(w\) *|─+ *)?= ", line)} == {8}


def test_an_equation_reads_as_in_a_book() -> None:
    d = lp.derive("gaussian")
    assert d.equations[1].theorem.text(style="drawn") == picture_of(
        "            n                1",
        "-log L(θ) = ─ log(2 π σ²) + ──── J(θ)",
        "            2               2 σ²",
    )


def test_where_there_is_no_room_a_formula_is_on_one_line() -> None:
    wide = div(add(*symbols("long_name_a:f")), c)
    d = lp.Chain("x", tuple(Declared(v, POSITIVE) for v in wide.free_symbols), (), wide).algebra(wide).done()
    assert "─" in d.text(style="drawn", width=100)
    narrow = d.text(style="drawn", width=40)
    assert "─" not in narrow
    assert max(map(columns, narrow.splitlines())) <= 40


def test_reasons_are_dim_and_headings_bold_in_colour_only() -> None:
    d = lp.derive("logistic")
    coloured, bare = d.text(style="drawn", colour=True), d.text(style="drawn")
    assert re.sub(r"\x1b\[\d*m", "", coloured) == bare
    assert "\x1b[2m(1) conditional independence\x1b[0m" in coloured
    assert "\x1b" not in bare


def test_ascii_has_words_for_signs_and_letters() -> None:
    text = lp.derive("gaussian").text(style="ascii")
    assert text.isascii()
    assert "= prod_{i=1}^n (2 pi sigma^2)^(-1/2) exp(-(y_i - f_theta(x_i))^2/(2 sigma^2))" in text
    assert "yhat" in text
    assert spelled("\u65e5") == r"\u65e5"


def test_words_from_a_user_do_not_steer_the_terminal() -> None:
    evil = "same\x1b[2J\n\ue010{}"
    for style in ("plain", "drawn", "ascii"):
        with pytest.raises(ReplayError, match="a line of text"):
            lp.Chain("x", (Declared(a, POSITIVE), Assumed(evil, b, a)), (), log(b)).assume(evil).done().text(
                style=style
            )
    assert str(picture(Drawn().usual("{\ue010\x1b}"))) == "{��}"


@pytest.mark.parametrize(
    ("line", "small"),
    [
        ("y_ij in [0, oo)", "yᵢⱼ in [0, oo)"),
        ("f_w(x_i)^2", "f_w(xᵢ)²"),
        ("(2 π σ^2)^(-1/2)", "(2 π σ²)^(-1/2)"),
        ("x_{i + 1}, my_count_n, S_xx^2", "x_{i + 1}, my_count_n, Sₓₓ²"),
        ("_x and a^2b", "_x and a^2b"),
    ],
)
def test_small_letters_stand_for_scripts_that_have_them(line: str, small: str) -> None:
    assert small_scripts(line) == small


# ------------------------------------------------------------------ verdicts and the command line


def test_a_verdict_draws_its_formulas() -> None:
    verdict = lp.recover("exp(f) - y*f", target="counts", prediction="real")
    text = verdict.text(80, "drawn")
    assert picture_of(" " * 25 + "1", "  density     p(y | f) = ── exp(-(exp(f) - y f))", " " * 25 + "y!") in text
    assert "  density     p(y | f) = 1/y! · exp(-(exp(f) - y f))" in verdict.text()
    assert verdict.text(80, "ascii").isascii()


class Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


def printed(monkeypatch: pytest.MonkeyPatch, *arguments: str, encoding: str = "utf-8", tty: bool = True) -> str:
    buffer = io.BytesIO()
    stream = (Terminal if tty else io.TextIOWrapper)(buffer, encoding=encoding)
    monkeypatch.setattr("sys.stdout", stream)
    assert main(arguments) == 0
    stream.flush()
    return buffer.getvalue().decode(encoding)


def test_a_terminal_gets_pictures_and_everything_else_lines(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    derive = ("derive", "exponential", "--format", "text", "--steps", "1-3")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "70")
    monkeypatch.delenv("NO_COLOR", raising=False)
    drawn_on_it = printed(monkeypatch, *derive)
    assert "i=1" in drawn_on_it
    assert "\x1b[1mDerivation" in drawn_on_it
    assert max(map(columns, re.sub(r"\x1b\[\d*m", "", drawn_on_it).splitlines())) <= 70
    plain = printed(monkeypatch, *derive, tty=False)
    assert "= ∏_{i=1}^n p[Y_i = y_i | X_i = x_i]" in plain
    assert printed(monkeypatch, *derive, "--out", str(tmp_path / "d.txt")) == ""
    assert (tmp_path / "d.txt").read_text(encoding="utf-8") == plain
    assert "= prod_{i=1}^n p[Y_i = y_i | X_i = x_i]" in printed(monkeypatch, *derive, encoding="ascii")
    monkeypatch.setenv("NO_COLOR", "1")
    assert printed(monkeypatch, *derive) == re.sub(r"\x1b\[\d*m", "", drawn_on_it)
    monkeypatch.setenv("TERM", "dumb")
    assert "∏_{i=1}^n" in printed(monkeypatch, *derive)


def test_a_verdict_on_a_terminal_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    recover = ("recover", "exp(f) - y*f", "--target", "counts", "--prediction", "real")
    monkeypatch.setenv("TERM", "xterm")
    assert "── exp(" in printed(monkeypatch, *recover)
    assert "1/y! · exp(" in printed(monkeypatch, *recover, tty=False)
