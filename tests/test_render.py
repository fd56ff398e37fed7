"""What a reader sees: LaTeX that compiles, text that fits a terminal, pages that escape."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sympy import Symbol

import lossproof as lp
from lossproof.errors import UnknownName
from lossproof.kernel.conditions import Assumed, Declared
from lossproof.kernel.domains import POSITIVE
from lossproof.notation.inert import log, mul
from lossproof.render.latex import document, escape, mathematics, statement
from lossproof.rulebook import RULES, logarithms
from lossproof.strategies.catalogue import CATALOGUE

LOGISTIC = lp.derive("logistic")


def test_the_alignment_has_a_reason_beside_each_step() -> None:
    text = LOGISTIC.latex()
    assert text.startswith("\\begin{align*}\n  P[Y = y \\mid X = x] & = \\prod_{i=1}^{n}")
    assert text.endswith("& = J(w) && \\text{\\small definition of $J$}\n\\end{align*}")
    assert text.count("\\text{\\small") == len(LOGISTIC)
    assert "argument" not in text


def test_the_change_of_optima_stands_as_such() -> None:
    assert r"\operatorname*{arg\,max}_{w} L(w) & = \operatorname*{arg\,min}_{w} \left[-\log L(w)\right]" in (
        LOGISTIC.latex()
    )


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
    assert "without a machine-checked proof" in text


def ink_beyond(pdf: Path, margin: float = 15.0, paper: float = 210.0) -> int:
    """Dark pixels of any page that lie further right than the margin, in millimetres, allows."""
    dark = 0
    done = subprocess.run(["pdftoppm", "-gray", "-r", "70", str(pdf)], capture_output=True, check=True)
    rest = done.stdout
    while rest:
        _, size, _, rest = rest.split(b"\n", 3)
        columns, rows = map(int, size.split())
        page = np.frombuffer(rest[: columns * rows], dtype=np.uint8).reshape(rows, columns)
        dark += int((page[:, int(columns * (1 - margin / paper)) :] < 200).sum())
        rest = rest[columns * rows :]
    return dark


def test_ink_beyond_the_margin_is_seen(tmp_path: Path, needs: Callable[[str], None]) -> None:
    needs("pdflatex")
    needs("pdftoppm")
    text = LOGISTIC.latex(standalone=True).replace("= L(w)", r"= L(w) \rlap{\hskip 7cm MMMMMM}", 1)
    (tmp_path / "page.tex").write_text(text, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "page.tex"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert ink_beyond(tmp_path / "page.pdf") > 0


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_document_compiles_and_nothing_sticks_out(
    name: str, tmp_path: Path, needs: Callable[[str], None]
) -> None:
    needs("pdflatex")
    needs("pdftoppm")
    for remarks in (False, True):
        (tmp_path / "page.tex").write_text(lp.derive(name).latex(standalone=True, remarks=remarks), encoding="utf-8")
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-2000:]
        assert ink_beyond(tmp_path / "page.pdf") == 0, "something runs off the page"
        wide = [float(w) for w in re.findall(r"Overfull \\hbox \(([\d.]+)pt too wide\)", done.stdout)]
        assert max(wide, default=0.0) < 5.0


@pytest.mark.parametrize("name", CATALOGUE)
@pytest.mark.parametrize("width", [80, 50])
def test_text_is_never_wider_than_asked(name: str, width: int) -> None:
    text = lp.derive(name).text(width=width, remarks=True)
    assert max(map(len, text.splitlines())) <= width


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
    assert page.count("<section>") == len(LOGISTIC)
    assert "<math" in page
    assert "<script" not in page
    assert "\\" not in page, "every LaTeX command must have become MathML"
    assert "http" not in page.replace("http://www.w3.org/1998/Math/MathML", "")


def test_names_from_a_user_are_escaped(needs: Callable[[str], None]) -> None:
    needs("latex2mathml")
    evil = r"100% <b>_#\input{x}"
    a, b = Symbol("a"), Symbol("b")
    hypotheses = (Declared(a, POSITIVE), Assumed(evil, b, a))
    d = lp.Chain("x", hypotheses, (), log(mul(b, b)), evil).assume(evil).done()
    assert r"\input{" not in document(d).replace(r"\textbackslash{}", "")
    assert r"100\% <b>\_\#" in document(d)
    assert "<b>" not in d.html()
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
