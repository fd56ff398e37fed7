"""What a reader sees: LaTeX that compiles, text that fits a terminal, pages that escape."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sympy import Expr, Rational, Symbol

import lossproof as lp
from lossproof.errors import UnknownName
from lossproof.kernel.conditions import Assumed, Declared
from lossproof.kernel.domains import NONNEGATIVE, POSITIVE, REAL
from lossproof.notation.inert import TWO, add, inverse, log, mul, neg, power, sub
from lossproof.notation.plain import Plain, written
from lossproof.render.latex import Latex, document, escape, mathematics, statement
from lossproof.render.width import width
from lossproof.rulebook import RULES, logarithms, metavariables
from lossproof.strategies.catalogue import CATALOGUE

LOGISTIC = lp.derive("logistic")
A, B, C, HALF = metavariables.a, Symbol("b"), Symbol("c"), Rational(1, 2)


def test_the_alignment_has_a_reason_beside_each_step() -> None:
    text = LOGISTIC.latex()
    assert text.startswith("\\begin{align*}\n  P[Y = y \\mid X = x] & = \\prod_{i=1}^{n}")
    assert text.endswith("& = J(w) \\tag*{\\small definition of $J$}\n\\end{align*}")
    assert text.count("\\tag*{\\small") == len(LOGISTIC)
    assert "argument" not in text


def test_the_change_of_optima_stands_as_such() -> None:
    turn = r"\operatorname*{arg\,max}_{w} L(w) & = \operatorname*{arg\,min}_{w} \bigl[-\log L(w)\bigr]"
    assert turn in LOGISTIC.latex()


def as_latex(markdown: str) -> str:
    """Formulas of Markdown as LaTeX has them."""
    optimum = re.sub(r"\\mathop\{\\mathrm\{(.*?)\}\}\\limits_", r"\\operatorname*{\1}_", markdown)
    return optimum.replace(r"\thinspace ", "\\, ").replace(r"arg\, ", r"arg\,").replace("_ {", "_{").replace("_ ", "_")


def test_after_the_turn_one_minimises() -> None:
    d = lp.derive("linear-regression")
    for text in (d.latex(), as_latex(d.markdown())):
        assert text.count(r"\operatorname*{arg\,max}") == 1 + text.count("**Theorem**")
        assert (
            r"\operatorname*{arg\,min}_{w} \frac{1}{2 \, \sigma^{2}} \, J(w) & = \operatorname*{arg\,min}_{w} J(w)"
            in text
        )
    assert "argmin_w 1/(2 σ^2) · J(w) = argmin_w J(w)" in d.text()
    assert "argmin_w [n/2 · log(2 π σ^2) + 1/(2 σ^2) · J(w)] = argmin_w 1/(2 σ^2) · J(w)" in " ".join(d.text().split())
    assert d[16:].latex().count("max") == 0


@pytest.mark.parametrize("form", ["latex", "markdown", "text"])
def test_the_theorem_states_the_equation_between_and_the_optima(form: str) -> None:
    d = lp.derive("linear-regression")
    text = d.latex(standalone=True) if form == "latex" else as_latex(d.to(form))
    block = re.split(r"Theorem", text)[1].split("Proof" if form != "text" else "Rules")[0]
    whole = " ".join(block.split())
    log_likelihood, optima = {
        "text": ("-log L(w) = n/2 · log(2 π σ^2) + 1/(2 σ^2) · J(w)", "argmax_w p[Y = y | X = x] = argmin_w J(w)"),
    }.get(
        form,
        (
            r"-\log L(w) = \frac{n}{2} \log(2 \, \pi \, \sigma^{2}) + \frac{1}{2 \, \sigma^{2}} \, J(w)",
            r"\operatorname*{arg\,max}_{w} p[Y = y \mid X = x] = \operatorname*{arg\,min}_{w} J(w)",
        ),
    )
    assert log_likelihood in whole
    assert optima in whole


def test_a_theorem_without_an_equation_says_how_the_values_are_related() -> None:
    dropped = lp.derive("linear-regression")[17:]
    assert r"J(w) = \frac{1}{\frac{1}{2 \, \sigma^{2}}} \, \frac{1}{2 \, \sigma^{2}} \, J(w)" in dropped.latex(
        standalone=True
    )
    assert "argmin_w 1/(2 σ^2) · J(w) = argmin_w J(w)" in dropped.text().partition("Theorem")[2]


def square() -> lp.Derivation:
    """A derivation that claims where its last expression lies."""
    a, b = Symbol("a"), Symbol("b")
    chain = lp.Chain("square", (Declared(a, REAL), Declared(b, REAL)), (), power(sub(a, b), TWO), "A square")
    return chain.algebra(power(sub(b, a), TWO)).done(NONNEGATIVE)


def test_a_claim_stands_in_every_format(needs: Callable[[str], None]) -> None:
    needs("latex2mathml")
    d = square()
    assert r"& \geq 0 \tag*{\small by its parts}" in d.latex()
    assert r"(a - b)^{2} = (b - a)^{2} \geq 0" in d.latex(standalone=True).partition("Theorem")[2]
    assert r"& \geq 0 && \text{by its parts}" in d.markdown()
    assert r"= (b - a)^{2} \geq 0" in d.markdown().partition("**Theorem**")[2]
    assert d.text().count("(b - a)^2 in [0, oo)") == 2
    assert d.html().count("≥</mo>") == 2


def test_a_rule_of_a_user_is_marked_as_such(needs: Callable[[str], None]) -> None:
    needs("latex2mathml")
    a = Symbol("a")
    mine = lp.Identity("minus minus", neg(neg(A)), A, reference="me")
    same_name = lp.Identity("logarithm of a product", neg(neg(A)), A, reference="me")
    for rule in (mine, same_name):
        d = lp.Chain("x", (Declared(a, REAL),), (), neg(neg(a))).rewrite(rule).done()
        for text in (d.latex(standalone=True), d.markdown(), d.html(), " ".join(d.text().split())):
            assert f"{rule.name} (added by the user)" in text
    for name in ("logistic", "linear-regression"):
        assert "added by the user" not in lp.derive(name).text()


@pytest.mark.parametrize(
    ("e", "plain", "tex"),
    [
        (mul(TWO, sub(A, B), inverse(add(A, B))), "2 (a - b)/(a + b)", r"\frac{2 \, (a - b)}{a + b}"),
        (mul(sub(A, B), inverse(C)), "(a - b)/c", r"\frac{a - b}{c}"),
        (mul(HALF, inverse(B)), "1/2 · 1/b", r"\frac{1}{2} \, \frac{1}{b}"),
        (inverse(mul(A, B)), "1/(a b)", r"\frac{1}{a \, b}"),
        (inverse(inverse(A)), "1/(1/a)", r"\frac{1}{\frac{1}{a}}"),
        (mul(inverse(A), B), "1/a · b", r"\frac{1}{a} \, b"),
        (mul(A, inverse(B), inverse(C)), "a/b · 1/c", r"\frac{a}{b} \, \frac{1}{c}"),
        (mul(log(A), inverse(B)), "(log a)/b", r"\frac{\log a}{b}"),
        (log(mul(A, inverse(B))), "log(a/b)", r"\log\left(\frac{a}{b}\right)"),
        (mul(HALF, power(TWO, HALF)), "1/2 · √2", r"\frac{1}{2} \, \sqrt{2}"),
        (power(mul(TWO, A), HALF), "√(2 a)", r"\sqrt{2 \, a}"),
        (power(power(A, HALF), B), "(√a)^b", r"(\sqrt{a})^{b}"),
        (power(mul(TWO, A), neg(HALF)), "(2 a)^(-1/2)", r"(2 \, a)^{-1/2}"),
        (power(A, neg(mul(B, inverse(TWO)))), "a^(-b/2)", "a^{-b/2}"),
        (add(A, neg(mul(B, inverse(C)))), "a - b/c", r"a - \frac{b}{c}"),
        (power(mul(A, inverse(B)), TWO), "(a/b)^2", r"\left(\frac{a}{b}\right)^{2}"),
    ],
)
def test_fractions_and_roots_are_unambiguous_on_one_line(e: Expr, plain: str, tex: str) -> None:
    assert written(e) == plain
    assert mathematics(e) == tex


def bare(formula: str) -> str:
    """What a formula says, without sizes of brackets, spaces and signs of multiplication."""
    return re.sub(r"\\(left|right|[bB]igg?[lr]|cdot\b|quad|,)|[\s·]", "", formula)


@pytest.mark.parametrize("name", CATALOGUE)
def test_breaking_a_formula_changes_nothing_in_it(name: str) -> None:
    for step in lp.derive(name):
        for printer, room in ((Latex(), 18.0), (Plain(), 50.0)):
            marked = printer.marked(step.after)
            lines = printer.folded(marked, room)
            assert bare("".join(line.text for line in lines)) == bare(printer.brackets(marked))


def test_a_long_sum_is_broken_at_its_terms() -> None:
    marked = Latex().marked(lp.derive("student-t").steps[9].after)
    first, second = Latex().folded(marked, 30.0)
    assert first.text.startswith(r"\sum_{i=1}^{n} \biggl[\log \Gamma")
    assert second.text.startswith(r"+ \frac{1}{2} \, (\nu + 1) \, \log")
    assert second.text.endswith(r"\biggr]")
    assert second.depth == 2


def test_widths_are_those_of_tex(tmp_path: Path, needs: Callable[[str], None]) -> None:
    needs("pdflatex")
    formulas = sorted({mathematics(step.after) for name in CATALOGUE for step in lp.derive(name)})
    measured = "\n".join(rf"\setbox0\hbox{{$\displaystyle {f}$}}\typeout{{wide \the\wd0}}" for f in formulas)
    text = rf"\documentclass[11pt]{{article}}\usepackage{{amsmath,amssymb}}\begin{{document}}{measured}\end{{document}}"
    (tmp_path / "page.tex").write_text(text, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "page.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    true = [float(w) / 10.95 for w in re.findall(r"wide ([\d.]+)pt", done.stdout)]
    for formula, wide in zip(formulas, true, strict=True):
        assert -0.6 - 0.04 * wide < width(formula) - wide < 3 + 0.25 * wide, formula


def test_remarks_list_conditions_with_reasons() -> None:
    text = LOGISTIC.latex(remarks=True)
    assert r"\item[(2)] $y_i \in \{0, 1\} \text{ for } i = 1, \dots, n$ (declared)." in text
    assert r"f_w(x_i) \in (0, 1)$ (a sigmoid of a real number)" in text


def test_a_step_and_a_theorem_have_latex_of_their_own() -> None:
    assert LOGISTIC[14].latex().endswith(r"= \sum_{i=1}^{n} \ell(f_w(x_i), y_i)")
    assert LOGISTIC[9:].theorem.latex() == r"-\log L(w) = J(w)"
    assert r"J(w) = -\log P[Y = y \mid X = x]" in LOGISTIC.theorem.latex()


def test_the_document_states_hypotheses_notation_theorem_proof_and_rules() -> None:
    text = LOGISTIC.latex(standalone=True)
    for part in ("Hypotheses", "Notation", "Theorem", "Proof", "Rules"):
        assert f"\\paragraph{{{part}.}}" in text
    assert "conditional independence" in text
    assert r"-\log L(w) = J(w)" in text
    assert "without a machine-checked proof" not in text  # the lemmas of its rules are in rules.v
    assert "algebra (proved use by use, in certificates)" in lp.derive("linear-regression").latex(standalone=True)


def ink_beyond(pdf: Path, margin: float = 15.0, paper: float = 210.0) -> list[int]:
    """For each page, the dark pixels that lie further right than the margin, in millimetres, allows."""
    dark = []
    done = subprocess.run(["pdftoppm", "-gray", "-r", "40", str(pdf)], capture_output=True, check=True)
    rest = done.stdout
    while rest:
        _, size, _, rest = rest.split(b"\n", 3)
        columns, rows = map(int, size.split())
        page = np.frombuffer(rest[: columns * rows], dtype=np.uint8).reshape(rows, columns)
        dark.append(int((page[:, int(columns * (1 - margin / paper)) :] < 200).sum()))
        rest = rest[columns * rows :]
    return dark


def test_ink_beyond_the_margin_is_seen(tmp_path: Path, needs: Callable[[str], None]) -> None:
    needs("pdflatex")
    needs("pdftoppm")
    text = LOGISTIC.latex(standalone=True).replace("= L(w)", r"= L(w) \rlap{\hskip 7cm MMMMMM}", 1)
    (tmp_path / "page.tex").write_text(text, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "page.tex"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert any(ink_beyond(tmp_path / "page.pdf"))


@pytest.mark.parametrize("remarks", [False, True])
def test_every_document_compiles_and_nothing_sticks_out(
    remarks: bool, tmp_path: Path, needs: Callable[[str], None]
) -> None:
    """All of them in one file, which is quicker; TeX says on which page each begins."""
    needs("pdflatex")
    needs("pdftoppm")
    texts = {name: lp.derive(name).latex(standalone=True, remarks=remarks) for name in CATALOGUE}
    opening, closing = "\\begin{document}", "\\end{document}"
    preambles = {text.partition(opening)[0] for text in texts.values()}
    assert len(preambles) == 1
    bodies = (
        rf"\clearpage\typeout{{ENTRY {name} \thepage}}" + text.partition(opening)[2].partition(closing)[0]
        for name, text in texts.items()
    )
    whole = f"{preambles.pop()}{opening}\n" + "\n".join(bodies) + closing
    (tmp_path / "page.tex").write_text(whole, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    entries = re.split(r"ENTRY (\S+) (\d+)", done.stdout)[1:]
    for name, said in zip(entries[::3], entries[2::3], strict=True):
        wide = [float(w) for w in re.findall(r"Overfull \\hbox \(([\d.]+)pt too wide\)", said)]
        assert max(wide, default=0.0) < 5.0, name
    begins = dict(zip(map(int, entries[1::3]), entries[::3], strict=True))
    marked = [page for page, dark in enumerate(ink_beyond(tmp_path / "page.pdf"), start=1) if dark]
    assert not [begins[max(b for b in begins if b <= page)] for page in marked], "something runs off these pages"


@pytest.mark.parametrize("name", CATALOGUE)
def test_markdown_has_the_whole_chain(name: str) -> None:
    text = lp.derive(name).markdown()
    assert text.count("$$") % 2 == 0
    assert "\\begin{aligned}" in text
    assert "\\small" not in text


def test_html_is_one_page_with_mathml(needs: Callable[[str], None]) -> None:
    needs("latex2mathml")
    page = LOGISTIC.html()
    assert page.startswith("<!DOCTYPE html>")
    assert page.count('<li class="step"') == len(LOGISTIC)
    assert "<math" in page
    read = re.sub(r"<pre.*?</pre>", "", page, flags=re.DOTALL)
    assert "\\" not in read, "every LaTeX command must have become MathML"
    assert not re.search(r"https?:|\bsrc=|url\(|@import|<link", read), "nothing is fetched"


def test_names_from_a_user_are_escaped(needs: Callable[[str], None]) -> None:
    needs("latex2mathml")
    evil = r"100% <b>_#\input{x}"
    a, b = Symbol("a"), Symbol("b")
    hypotheses = (Declared(a, POSITIVE), Assumed(evil, b, a))
    d = lp.Chain("x", hypotheses, (), log(mul(b, b)), evil).assume(evil).done()
    assert r"\input{" not in document(d).replace(r"\textbackslash{}", "")
    assert r"100\% <b>\_\#" in document(d)
    assert "<b>" not in d.html()
    assert "100% &lt;b&gt;_#" in d.html()
    assert "\\<b\\>" in d.markdown()
    assert escape("a_b & 50%") == r"a\_b \& 50\%"


def test_rules_state_themselves() -> None:
    assert statement(logarithms.LOG_OF_PRODUCT) == r"\log \prod_{i=m}^{n} a_i = \sum_{i=m}^{n} \log a_i"
    assert statement(logarithms.LOG_OF_FACTORS) == (r"\log(a_{1} \cdots a_{r}) = \log a_{1} + \cdots + \log a_{r}")
    for rule in RULES.values():
        if hasattr(rule, "left"):
            assert "Applied" not in mathematics(rule.left) + mathematics(rule.right)  # type: ignore[attr-defined]


def test_every_rule_has_a_reference() -> None:
    for name, rule in RULES.items():
        assert rule.name == name
        assert rule.reference or name in ("definition", "by definition")


def test_an_unknown_format_says_the_nearest() -> None:
    with pytest.raises(UnknownName, match="latex"):
        LOGISTIC.to("latexx")
