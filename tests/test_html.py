"""Pages that say what was proved: MathML, what changed, folds, reports; for every reader and every screen."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import subprocess
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from browser import COMMAND, asked, unfolded, violations
from sympy import Symbol

import lossproof as lp
from lossproof.cli import main
from lossproof.errors import LossproofError, UnknownName
from lossproof.kernel.conditions import Declared, Member
from lossproof.kernel.domains import REAL
from lossproof.notation.inert import neg
from lossproof.referees import ABSENT, HELD, REFUTED, Report, Row
from lossproof.render import latex as tex
from lossproof.render.html import References, article, fragment
from lossproof.render.mathml import difference, lines, mathml, prose
from lossproof.render.page import anchor, page
from lossproof.render.report import report
from lossproof.rulebook import metavariables

convert_to_element = pytest.importorskip("latex2mathml.converter").convert_to_element
LOGISTIC = lp.derive("logistic")
SAMPLE = ("logistic", "simple-linear-regression", "multivariate-normal", "hinge-mixture", "softmax-gradient", "beta")


def judged(derivation: lp.Derivation, **findings: str) -> Report:
    """A report in which each referee finds the same of every step."""
    rows = [
        Row(number, step.rule.name, who, finding, "a witness" if finding == REFUTED else "")
        for number, step in zip(derivation.numbers, derivation, strict=True)
        for who, finding in findings.items()
    ]
    return Report(derivation.name, "", tuple(rows))


def symbols(math: str) -> str:
    """What a formula shows, without spaces."""
    return re.sub(r"[\s\u2061]", "", "".join(ElementTree.fromstring(math).itertext()))


# ------------------------------------------------------------------ MathML


@pytest.mark.parametrize(
    ("formula", "shown"),
    [
        (r"\operatorname*{arg\,max}_{w} L(w)", '<munder><mi class="name">arg max</mi><mi>w</mi></munder>'),
        (r"\mathrm{RSS}", '<mi class="name">RSS</mi>'),
        (r"\mathit{my\_name}", '<mi class="word">my_name</mi>'),
        (r"\Gamma(a)", '<mi mathvariant="normal">Γ</mi>'),
        (r"f'(x)", '<mi>f</mi><mo lspace="0" rspace="0">′</mo><mrow>'),
        (r"\lvert z \rvert^{2}", '<msup><mrow><mo form="prefix" stretchy="true">|</mo><mi>z</mi>'),
        (r"(-y)", '<mo lspace="0" rspace="0">−</mo><mi>y</mi>'),
        (r"x - y", '<mo lspace="0.222em" rspace="0.222em">−</mo>'),
        (r"a := b", '<mo lspace="0.278em" rspace="0.278em">≔</mo>'),
        (r"\sum_{i=1}^{n} x_i", "<munderover><mo"),
        (r"\sum\nolimits_{i=1}^{n} x_i", "<msubsup><mo"),
        (r"2 \log x", '<mn>2</mn><mspace width="0.167em" /><mi>log</mi><mo>\u2061</mo><mspace'),
        (r"\hat{y}", '<mover accent="true"><mi>y</mi><mo stretchy="false">ˆ</mo></mover>'),
    ],
)
def test_formulas_are_structured_as_they_are_read(formula: str, shown: str) -> None:
    assert shown in mathml(formula)


def test_no_symbol_is_lost_or_moved_on_the_way_to_mathml() -> None:
    """What the converter finds in the LaTeX is there, in its order, but for the way in which it is written."""
    usual = str.maketrans({"^": "ˆ", "\ue010": "|", "\ue011": "|", "\ue012": "‖", "\ue013": "‖"})
    for name in SAMPLE:
        for step in lp.derive(name):
            formula = tex.mathematics(step.after)
            bars = (("lvert", "\ue010"), ("rvert", "\ue011"), ("lVert", "\ue012"), ("rVert", "\ue013"))
            for command, bar in bars:
                formula = formula.replace(f"\\{command} ", f"{bar} ").replace(f"\\{command}", bar)
            raw = html.unescape("".join(convert_to_element(formula).itertext())).translate(usual)
            assert symbols(mathml(tex.mathematics(step.after))) == re.sub(r"\s", "", raw)


def test_text_from_a_user_stays_text() -> None:
    assert prose(r"100\% <b> \$5 \& $a < b$") == "100% &lt;b&gt; $5 &amp; " + mathml("a < b")
    assert "&lt;" in mathml("a < b")


# ------------------------------------------------------------------ what changed


def marked(before: str, after: str) -> str:
    """The symbols of a formula with new ones in brackets and blanks as underscores."""
    shown = lines(after, 99.0, difference(before, after).new)
    assert len(shown) == 1
    text = re.sub(r'<(\w+)([^>]*) class="new"([^>]*)>(.*?)</\1>', r"<\1>[\4]</\1>", shown[0])
    text = re.sub(r'<mspace class="gap"[^>]*>', "_", text)
    return re.sub(r"<[^>]*>|[\s\u2061]", "", text)


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("a + b", "a + c", "a+[c]"),
        ("a + b", "a + b", "a+b"),
        ("a + b", "a", "a_"),
        ("a + b", "b", "_b"),
        (r"x^{y}", r"y \, x", "[yx]"),
        (r"\log(a \, b)", r"\log a + \log b", "log_[a+logb]"),
        (r"\frac{a}{b}", r"\frac{a}{c}", "a[c]"),
    ],
)
def test_what_is_new_is_marked_and_what_is_gone_leaves_a_blank(before: str, after: str, shown: str) -> None:
    assert marked(before, after) == shown


def test_marking_changes_no_symbol() -> None:
    for name in SAMPLE:
        rows = tex.rows(lp.derive(name))
        for one, other in pairwise(rows):
            changed = difference(tex.finished(one.right), tex.finished(other.right)).new
            for room in (16.0, 36.0):
                plain, shown = lines(other.right, room), lines(other.right, room, changed)
                assert list(map(symbols, shown)) == list(map(symbols, plain))


def test_a_long_line_keeps_its_marks_when_it_is_broken() -> None:
    rows = tex.rows(lp.derive("gamma"))
    changed = difference(tex.finished(rows[5].right), tex.finished(rows[6].right)).new
    pieces = lines(rows[6].right, 16.0, changed)
    assert len(pieces) > 1
    assert all('class="new"' in piece for piece in pieces)


# ------------------------------------------------------------------ the article


def test_a_step_unfolds_into_rule_instance_conditions_and_latex() -> None:
    shown = article(LOGISTIC, anchor="it", rules={"complement": "#there"})
    step = shown.partition('id="it.3"')[2].partition("</li>\n<li class")[0]
    assert '<a href="#there">complement</a></strong> (proved in Coq)' in step
    assert "becomes" in step
    assert '<mrow class="gone"><mn>0</mn></mrow>' in step
    assert "(declared)" in step
    assert html.escape(tex.finished(r"\prod_{i : y_i = 0} P[Y_i = 0 \mid X_i = x_i]")) in step
    assert "added by the user" not in shown


def test_an_article_without_an_anchor_has_no_identifiers() -> None:
    assert " id=" not in article(LOGISTIC)
    shown = fragment(LOGISTIC)
    assert "<html" not in shown
    assert re.findall(r"^\S.*\{", shown.partition("</style>")[0], re.MULTILINE) == [".lossproof {"]


def test_what_the_referees_say_stands_at_each_step() -> None:
    found = article(LOGISTIC, judged(LOGISTIC, replay=HELD, coq=ABSENT))
    assert "✓ Every step holds; held by replay in 16 of 16; absent: coq." in found
    assert found.count("<td>∅ absent</td>") == 16
    assert "✓ 1 referee<" in found
    against = article(LOGISTIC, judged(LOGISTIC, replay=HELD, balls=REFUTED))
    assert "✗ NOT verified" in against
    assert against.count("REFUTED by balls") == against.count('<details class="why" open>') == 16
    assert "a witness" in against


def test_a_report_about_something_else_is_refused() -> None:
    other = lp.derive("poisson")
    for found in (judged(other, replay=HELD), Report("logistic", "", judged(other, replay=HELD).rows)):
        with pytest.raises(LossproofError, match="is not about this derivation"):
            article(LOGISTIC, found)


def test_a_part_keeps_its_numbers() -> None:
    part = LOGISTIC[3:6]
    shown = article(part, lp.derive("logistic")[3:6].verify("replay"), anchor="it")
    assert re.findall(r'id="it\.(\d+)"', shown) == ["4", "5", "6"]
    assert "held by replay in 3 of 3" in shown


def test_a_page_is_written_in_the_notation_that_is_asked_for() -> None:
    shown = LOGISTIC.html(notation=r"w=\beta")
    read = re.sub(r"<style>.*?</style>|<script>.*?</script>", "", shown, flags=re.DOTALL)
    assert "<mi>w</mi>" not in read
    assert "<mi>β</mi>" in read
    assert r"L(\beta)" in read


# ------------------------------------------------------------------ several of them


def test_a_report_has_contents_and_every_rule_once() -> None:
    ds = [LOGISTIC, lp.derive("poisson"), LOGISTIC]
    shown = report([(d, judged(d, replay=HELD)) for d in ds])
    identities = re.findall(r' id="([^"]*)"', shown)
    assert len(identities) == len(set(identities))
    for target in re.findall(r'href="#([^"]*)"', shown):
        assert target in identities
    assert shown.count("<strong>logarithm of a product</strong>") == 1
    assert len(re.findall("<h1>", shown)) == 1


def test_a_notation_is_used_where_its_names_occur() -> None:
    d, e = lp.derive("poisson"), lp.derive("multivariate-normal")
    shown = report([(d, judged(d, replay=HELD)), (e, judged(e, replay=HELD))], notation=r"w=\beta")
    assert r"L(\beta)" in shown
    assert r"L(\theta)" in shown
    with pytest.raises(UnknownName, match="did you mean 'w'"):
        report([(d, judged(d, replay=HELD))], notation="ww=b")


def test_two_rules_of_one_name_keep_their_own_statements() -> None:
    a, pattern = Symbol("a"), metavariables.a
    mine = lp.Identity("double negation", neg(neg(pattern)), pattern, (Member(pattern, REAL),), "Somebody (2020)")
    ds = [
        lp.Chain("x", (Declared(a, REAL),), (), neg(neg(a))).rewrite(rule).done()
        for rule in (mine, lp.RULES["double negation"])
    ]
    book = References(ds)
    assert book.html().count("<strong>double negation</strong>") == 2
    assert book.links(ds[0]) != book.links(ds[1])


def test_the_command_writes_a_page_or_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "report.html"
    assert main(["report", "logistic", "--referee", "replay", "--out", str(out)]) == 0
    assert out.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    out.unlink()
    assert main(["report", "logistic", "logstic", "--out", str(out)]) == 2
    assert main(["report", "logistic", "--referee", "fnite", "--out", str(out)]) == 2
    assert not list(tmp_path.iterdir())
    said = capsys.readouterr()
    assert said.out == ""
    assert "did you mean 'logistic'?" in said.err
    assert "did you mean 'finite'?" in said.err


def test_a_report_as_json_can_be_read_back(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "poisson", "--referee", "replay", "--format", "json"]) == 0
    (entry,) = json.loads(capsys.readouterr().out)
    assert lp.load(json.dumps(entry["derivation"])) == lp.derive("poisson")
    assert entry["report"]["ok"] is True
    assert len(entry["report"]["rows"]) == len(lp.derive("poisson"))


# ------------------------------------------------------------------ the page


def test_a_page_runs_the_scripts_it_names_and_no_other() -> None:
    shown = page("x", "<h1>x</h1>", script="let a = 1;")
    scripts = re.findall(r"<script>(.*?)</script>", shown, re.DOTALL)
    allowed = re.findall(r"'sha256-([^']*)'", shown)
    assert allowed == [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in scripts]
    assert "default-src 'none'" in shown


def test_an_anchor_is_safe_in_a_link_and_in_a_file_name() -> None:
    assert anchor('../"><script>') == "script"
    assert anchor("∑") == "derivation"


@pytest.fixture(scope="module")
def shown() -> str:
    """A report on two derivations; one step of the first is refuted, so that everything is there."""
    small, wide = LOGISTIC[8:13], lp.derive("gaussian-process-mean")
    first = judged(small, replay=HELD, balls=HELD, coq=ABSENT)
    rows = (*first.rows, Row(10, small[1].rule.name, "finite", REFUTED, "a <b> & c"))
    return report([(small, Report(small.name, "", rows)), (wide, judged(wide, replay=HELD))])


@pytest.mark.parametrize(("width", "dark"), [(1200, False), (360, True)])
def test_axe_finds_nothing_wrong(
    shown: str, width: int, dark: bool, tmp_path: Path, needs: Callable[[str], None]
) -> None:
    needs("chromium")
    needs("axe-core")
    assert violations(shown, tmp_path, width=width, dark=dark) == []


def test_axe_would_find_something_wrong(tmp_path: Path, needs: Callable[[str], None]) -> None:
    needs("chromium")
    needs("axe-core")
    body = '<h1>x</h1><p style="color: #aaa; background: #fff">pale</p><button></button>'
    found = " ".join(violations(page("x", body), tmp_path))
    assert "color-contrast" in found
    assert "button-name" in found


@pytest.mark.parametrize("width", [800, 320])
def test_nothing_but_a_formula_is_scrolled_sideways(
    shown: str, width: int, tmp_path: Path, needs: Callable[[str], None]
) -> None:
    needs("chromium")
    script = """
        const visible = [...document.querySelectorAll("math")].filter(m => m.getClientRects().length);
        return {
            page: document.documentElement.scrollWidth,
            formulas: visible.length,
            empty: visible.filter(m => m.getBoundingClientRect().width < 3).length,
            copies: document.querySelectorAll("button.copy").length,
            codes: document.querySelectorAll("pre.latex").length,
        };
    """
    found = asked(unfolded(shown), script, tmp_path, width=width)
    assert found["page"] <= width
    assert found["formulas"] > 50
    assert found["empty"] == 0
    assert found["copies"] == found["codes"] == shown.count('<pre class="latex"')


def test_the_buttons_come_with_the_script_and_under_the_policy(
    shown: str, tmp_path: Path, needs: Callable[[str], None]
) -> None:
    needs("chromium")
    assert 'class="copy"' not in shown
    evil = shown.replace("</main>", '<script>document.title = "owned"</script></main>')
    (tmp_path / "page.html").write_text(evil, encoding="utf-8")
    command = [*COMMAND, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", (tmp_path / "page.html").as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout.count('class="copy"') == shown.count('<pre class="latex"')
    assert "<title>owned" not in done.stdout


def test_a_printed_page_has_the_conditions_and_no_buttons(
    shown: str, tmp_path: Path, needs: Callable[[str], None]
) -> None:
    for program in ("chromium", "pdftotext"):
        needs(program)
    (tmp_path / "page.html").write_text(shown, encoding="utf-8")
    pdf = tmp_path / "page.pdf"
    command = [*COMMAND, f"--user-data-dir={tmp_path / 'profile'}", f"--print-to-pdf={pdf}"]
    subprocess.run([*command, (tmp_path / "page.html").as_uri()], capture_output=True, check=False, timeout=120)
    text = subprocess.run(["pdftotext", "-layout", str(pdf), "-"], capture_output=True, text=True, check=True).stdout
    assert "a sigmoid of a real number" in text
    assert "REFUTED" not in text.partition("Referees")[0].partition("Proof")[0]
    assert "a <b> & c" in text, "what is open on the screen is open on paper"
    assert "LaTeX of the derivation" not in text
