"""The reader's notation, labels, slides; every fragment with pdflatex and KaTeX; Markdown that stays mathematics."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import pytest
from sympy import IndexedBase, Integer, Symbol

import lossproof as lp
from lossproof.cli import main
from lossproof.errors import DataError, LooksAlike, ParseError, UnknownName
from lossproof.kernel.conditions import Declared, Range
from lossproof.kernel.domains import POSITIVE, REAL
from lossproof.kernel.relations import EQUAL
from lossproof.notation.inert import ONE, add, log, neg, total
from lossproof.notation.letters import Notation
from lossproof.render.latex import LATEX, label_of, pieces_of_text, reason
from lossproof.render.slides import TALLEST, WIDEST, _grouped
from lossproof.strategies.catalogue import CATALOGUE

LOGISTIC = lp.derive("logistic")
EVERYTHING = Notation(r"f=\hat p, w=\beta, n=N", logarithm="ln", probability=r"\mathbb{P}", sums="index")
NODE_PATH = Path(__file__).parent / "node_modules"


# ------------------------------------------------------------------ the grammar of symbols


@pytest.mark.parametrize(
    ("text", "latex", "unicode"),
    [
        ("n=N", "N", "N"),
        (r"f = \hat p", r"\hat{p}", "p\u0302"),
        (r"w=\boldsymbol\beta'_0", r"\boldsymbol{\beta}'_{0}", "𝜷'_0"),
        (r"J=\mathcal L", r"\mathcal{L}", "ℒ"),
        (r"f=\tilde{\mathbf{x}}_{ij}", r"\tilde{\mathbf{x}}_{ij}", "𝐱\u0303_ij"),
        (r"ell=\mathrm{loss}", r"\mathrm{loss}", "loss"),
        (r"x=\ell", r"\ell", "ℓ"),
        (r"x=\varepsilon_{\mathrm{max}}", r"\varepsilon_{\mathrm{max}}", "ε_max"),
    ],
)
def test_a_symbol_is_read_and_written_anew(text: str, latex: str, unicode: str) -> None:
    (letter,) = Notation(text).letters.values()
    assert (letter.latex, letter.text) == (latex, unicode)
    assert Notation(Notation(text).symbols) == Notation(text)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("n", 1),
        ("n=", 2),
        ("n=2", 2),
        ("n=ab", 2),
        (r"n=\input{secret}", 2),
        (r"n=\def\x{1}", 2),
        (r"n=\hat{p", 8),
        (r"n=\hat p}", 8),
        ("n=N$", 3),
        ("n=N%", 3),
        (r"n=\\", 2),
        ("n=a^2", 3),
        (r"n=\mathcal{l}", 11),
        (r"n=\mathrm{a b}", 12),
        (r"n=\mathbf{\beta}", 10),
        ("n=x_{1,2}", 6),
        ("n=x_{1}_{2}", 7),
        (r"n=\hat\hat\hat x", 10),
        ("=N", 0),
        ("n=N, n=M", 5),
        ("n=N; d=D", 3),
        (r"n=^^5cinput", 2),
        ("n=é", 2),
        ("n=" + "'" * 2000, 1000),
    ],
)
def test_anything_else_is_refused_at_its_place(text: str, at: int) -> None:
    with pytest.raises(ParseError) as refused:
        Notation(text)
    assert refused.value.position == at


def test_a_mapping_cannot_smuggle_a_second_symbol() -> None:
    assert Notation({"f": r"\hat p", "n": "N"}) == Notation(r"f=\hat p, n=N")
    with pytest.raises(ParseError):
        Notation({"f": "a, g=b"})


@pytest.mark.parametrize("choice", [{"logarithm": "lg"}, {"probability": "Q"}, {"sums": "none"}])
def test_other_choices_are_named(choice: dict[str, str]) -> None:
    with pytest.raises(UnknownName):
        Notation(**choice)  # type: ignore[arg-type]


# ------------------------------------------------------------------ what looks alike


@pytest.mark.parametrize(
    ("name", "text", "other"),
    [
        ("logistic", "n=d", "'d'"),
        ("logistic", "f=w", "'w'"),
        ("logistic", "n=i", "'i'"),
        ("logistic", "f=L", "'L'"),
        ("logistic", "f=P", "a probability"),
        ("gaussian", "y=p", "a probability"),
        ("logistic", r"f=\ell", "'ell'"),
        ("logistic", r"f=\hat y", "'yhat'"),
        ("logistic", r"w=\mathrm{x}", "'x'"),
        ("logistic", r"f=\sigma", "the sigmoid"),
        ("gaussian", r"sigma=\pi", "the number pi"),
        ("gamma", r"w=\Gamma", "the gamma function"),
        ("softmax", r"w=\delta", "Kronecker's delta"),
        ("least-squares", "X=y", "'y'"),
        ("hinge-mixture", "u=d", "the d of an integral"),
        ("logistic", r"n=\mathrm{log}", "the word 'log'"),
        ("logistic", "f=g, w=g", "'f'"),
        ("logistic", "w=x_i", "x_ij"),
        ("exponential-family-gradient", "T=A'", "'A'"),
        ("gaussian", r"sigma=f_\theta", "f_θ(x_i)"),
        ("gaussian", r"sigma=\mathbb{R}", "the real numbers"),
        ("gaussian", r"n=\mathbb{Z}", "the integers"),
        ("gaussian", r"sigma=\mathrm{if}", "the word 'if'"),
    ],
)
def test_what_would_look_alike_is_refused_and_both_are_named(name: str, text: str, other: str) -> None:
    d = lp.derive(name) if name != "softmax" else lp.derive("softmax-gradient")
    for write in (d.latex, d.markdown, d.text):
        with pytest.raises(LooksAlike, match=re.escape(other)):
            write(notation=text)


def test_a_sign_of_the_notation_is_no_name_either() -> None:
    b = Symbol("Pr")
    d = lp.Chain("x", (Declared(b, POSITIVE),), (), log(b)).done()
    with pytest.raises(LooksAlike):
        d.latex(notation=Notation(probability=r"\Pr"))
    assert LOGISTIC.latex(notation=Notation("n=P", probability=r"\Pr"))


def test_letters_may_change_places() -> None:
    assert LOGISTIC.latex(notation="f=w, w=f").count("w_f(x_i)") == LOGISTIC.latex().count("f_w(x_i)")


def test_letters_that_only_ascii_cannot_tell_apart_are_refused_there() -> None:
    assert "ℒ(" in LOGISTIC.text(notation=r"ell=\mathcal L")
    with pytest.raises(LooksAlike):
        LOGISTIC.text(notation=r"ell=\mathcal L", style="ascii")


def test_a_name_that_does_not_occur_is_unknown() -> None:
    with pytest.raises(UnknownName, match="did you mean 'theta'"):
        lp.derive("bernoulli").latex(notation="thet=a")
    assert LOGISTIC[3].latex(notation="n=N, theta=a") == LOGISTIC[3].latex(notation="n=N")


# ------------------------------------------------------------------ a notation reaches everything


def told(text: str) -> str:
    """What a page says, without breaks, sizes of brackets and spaces; the letters of rules are their own."""
    text = text.partition("{Rules.}")[0].partition("**Rules**")[0]
    return re.sub(
        r"\\(left|right|[bB]igg?[lr]|cdot\b|quad|,|cr\b|thinspace)|\\\\\*?|\\(begin|end)\{aligned}|[\s&·{}]", "", text
    )


def test_a_renamed_letter_is_renamed_wherever_it_stands() -> None:
    letter = r"(?<![A-Za-z\\])n(?![A-Za-z])"
    for name in list(CATALOGUE)[::7]:
        d = lp.derive(name)
        if r"n \in" not in d.latex(standalone=True):
            continue
        for write in (lambda d, **o: d.latex(standalone=True, remarks=True, **o), lp.Derivation.markdown):
            usual, own = write(d), write(d, notation=r"n=\mathfrak N")
            assert r"\mathfrak{N}" in own
            assert told(re.sub(letter, "§", usual)) == told(own.replace(r"\mathfrak{N}", "§")), name
        usual, own = d.text(width=500, remarks=True), d.text(width=500, remarks=True, notation=r"n=\mathfrak N")
        assert told(re.sub(r"(?<![^\W_])n(?![^\W_])", "§", usual)) == told(own.replace("𝔑", "§")), name


def test_a_renamed_letter_in_a_title_is_renamed() -> None:
    d = lp.derive("squared-error-times-n")
    assert "squared error times $N$}" in d.latex(standalone=True, notation="n=N")
    assert "squared error times N =" in " ".join(d.text(notation="n=N").split())
    assert "squared error times $N$" in d.markdown(notation="n=N")


def test_every_choice_reaches_every_format(needs: Callable[[str], None]) -> None:
    page = LOGISTIC.latex(standalone=True, notation=EVERYTHING)
    assert not re.search(r"\\log|\bf_w|\{n\}| P\[", page.partition("{Rules.}")[0])
    assert r"\ln \hat{p}_\beta(x_i)" in page
    assert r"\prod_{i} := \prod_{i=1}^{N}" in page
    assert r"$\mathbb{P}[Y_i = 1 \mid X_i = x_i] = \hat{p}_\beta(x_i)$" in page
    assert "ln p̂_β(x_i)" in LOGISTIC.text(notation=EVERYTHING)
    assert r"\hat{p}_ \beta(x_i)" in LOGISTIC.markdown(notation=EVERYTHING)
    needs("latex2mathml")
    html = LOGISTIC.html(notation=EVERYTHING)
    assert "β" in html
    assert "<mi>w</mi>" not in html.replace(" ", "")


def test_the_letters_of_a_rule_are_its_own() -> None:
    page = LOGISTIC.latex(standalone=True, notation=EVERYTHING).partition("{Rules.}")[2]
    assert r"\ln \prod_{i=m}^{n} a_i = \sum_{i=m}^{n} \ln a_i" in page


def test_only_the_declared_range_goes_without_saying() -> None:
    i, n, a = Symbol("i", integer=True), Symbol("n", integer=True, nonnegative=True), IndexedBase("a", real=True)
    declared = Declared(a[i], REAL, (Range(i, ONE, n),))

    def shown(*ranges: int) -> str:
        sums = [total(a[i], i, Integer(low), n) for low in ranges]
        start = sums[0] if len(sums) == 1 else add(*sums)
        return lp.Chain("x", (declared,), (), neg(start)).done().latex(notation=Notation(sums="index"))

    assert r"-\sum_{i} a_i" in shown(1)
    assert r"\sum_{i=2}^{n} a_i" in shown(2)
    both = shown(1, 2)
    assert r"\sum_{i=1}^{n} a_i" in both
    assert r"\sum_{i=2}^{n} a_i" in both
    assert r"\sum_{i=1}^{n}" in LOGISTIC[14].latex(notation=Notation(sums="index")), "a step has no hypotheses"


def test_a_subscripted_symbol_takes_indices() -> None:
    assert r"{w_{0}}_j" in LOGISTIC.latex(standalone=True, notation="w=w_0")


# ------------------------------------------------------------------ labels, remarks, slides


def test_each_step_has_a_number_and_a_label() -> None:
    text = LOGISTIC.latex(labels=True)
    assert re.findall(r"\\tag\{(\d+)\}\\label\{logistic:(\d+)\}", text) == [(str(k), str(k)) for k in range(1, 17)]
    assert r"\tag{10}\label{logistic:10}" in LOGISTIC[9:12].latex(labels=True)
    assert r"\text{\small definition of }J\tag" in text.replace(" \\tag", r"\tag").replace(r"\text{\small }", "")
    assert label_of("a b}") == "a+20b+7d"
    assert label_of("a+20b") != label_of("a b")


def test_a_text_refers_to_steps(tmp_path: Path, needs: Callable[[str], None]) -> None:
    needs("pdflatex")
    needs("pdftotext")
    gradient = lp.derive("logistic-gradient")
    said = r"By \eqref{logistic:3} and \eqref{logistic-gradient:3}: done."
    body = "\n".join([LOGISTIC.latex(labels=True), gradient.latex(labels=True), said])
    done = compiled(LOGISTIC.latex(standalone=True).partition(r"\begin{document}")[0], body, tmp_path, times=2)
    assert "multiply" not in done
    assert "undefined" not in done
    page = subprocess.run(["pdftotext", "page.pdf", "-"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "By (3) and (3): done." in " ".join(page.stdout.split())


def test_remarks_list_hypotheses_conditions_and_references() -> None:
    text = LOGISTIC.latex(remarks=True)
    parts = re.findall(r"\\paragraph\{(.*?)\.\}", text)
    assert parts == ["Hypotheses", "Side conditions", "Rules"]
    assert r"\item $n \in \{0, 1, 2, \dots\}$" in text
    assert "NIST Digital Library" in text


def test_a_line_of_a_slide_is_consecutive_equations_with_all_their_reasons() -> None:
    for name in list(CATALOGUE)[::5]:
        d = lp.derive(name)
        lines = _grouped(d, LATEX)
        assert tuple(step for line in lines for step in line.steps) == d.steps
        for line in lines:
            if all(step.relation == EQUAL for step in line.steps):
                assert line.row.right.endswith(LATEX.marked(line.steps[-1].after))
                assert all(last in line.row.why for last in (reason(step).split()[-1] for step in line.steps))
            else:
                assert len(line.steps) == 1


def test_slides_have_fewer_lines() -> None:
    frames = LOGISTIC.latex(slides=True).split("\n\n")
    assert [frame.splitlines()[0] for frame in frames] == ["% slide 1 of 2", "% slide 2 of 2"]
    assert sum(frame.count(r"\tag*") for frame in frames) <= 8
    assert r"= \sum_{i=1}^{n} \ell(f_w(x_i), y_i) = J(w) \tag*" in frames[1]
    assert "logarithm of a product, of factors" in frames[1]
    assert frames[1].count(r"-\log L(w) &") == 1


def test_slides_have_neither_remarks_nor_labels() -> None:
    for option in ("remarks", "labels"):
        with pytest.raises(DataError, match="slides"):
            LOGISTIC.latex(slides=True, **{option: True})


# ------------------------------------------------------------------ every fragment compiles


def compiled(preamble: str, body: str, place: Path, times: int = 1) -> str:
    """What TeX says of a document."""
    (place / "page.tex").write_text(rf"{preamble}\begin{{document}}{body}\end{{document}}", encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"]
    for _ in range(times):
        done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-2000:]
    return done.stdout


@cache
def fragments(name: str) -> dict[str, str]:
    """What is printed of a derivation, in each form of LaTeX and in Markdown."""
    d = lp.derive(name)
    taste = Notation(logarithm="ln", probability=r"\mathbb{P}", sums="index")
    return {
        "document": d.latex(standalone=True, remarks=True),
        "remarks": d.latex(remarks=True, notation=taste),
        "labels": d.latex(labels=True),
        "slides": d.latex(slides=True),
        "markdown": d.markdown(),
    }


def beyond(said: str) -> dict[str, float]:
    """What sticks out of a page, by the name of the entry, in points."""
    entries = re.split(r"ENTRY (\S+)", said)[1:]
    wide = {
        name: re.findall(r"Overfull \\hbox \(([\d.]+)pt", text)
        for name, text in zip(entries[::2], entries[1::2], strict=True)
    }
    return {name: max(map(float, found)) for name, found in wide.items() if found}


@pytest.mark.parametrize("form", ["remarks", "labels"])
def test_every_fragment_compiles_and_nothing_sticks_out(
    form: str, tmp_path: Path, needs: Callable[[str], None]
) -> None:
    needs("pdflatex")
    preamble = LOGISTIC.latex(standalone=True).partition(r"\begin{document}")[0]
    body = "\n".join(rf"\clearpage\typeout{{ENTRY {name}}}{fragments(name)[form]}" for name in CATALOGUE)
    assert {name: wide for name, wide in beyond(compiled(preamble, body, tmp_path)).items() if wide > 5.0} == {}


def test_every_slide_fits_its_page(tmp_path: Path, needs: Callable[[str], None]) -> None:
    needs("pdflatex")
    preamble, _, deck = LOGISTIC.latex(standalone=True, slides=True).partition(r"\begin{document}")
    title = deck.partition(r"\vfill")[0]
    frames = {name: re.split(r"\n\n", fragments(name)["slides"]) for name in CATALOGUE}
    body = "".join(
        rf"\clearpage\typeout{{ENTRY {name}-{k}-\thepage}}{title}\vfill {frame}" + "\n\\vfill\n"
        for name, parts in frames.items()
        for k, frame in enumerate(parts)
    )
    said = compiled(preamble, body, tmp_path)
    assert {name: wide for name, wide in beyond(said).items() if wide > 5.0} == {}
    assert "too high" not in said
    pages = list(map(int, re.findall(r"ENTRY \S+-(\d+)", said)))
    assert pages == list(range(1, sum(map(len, frames.values())) + 1)), "a slide that runs on to a second page"
    assert TALLEST < 76 / 3.85
    assert WIDEST < 108 / 3.85


def formulas(text: str) -> Iterable[tuple[str, bool]]:
    """The formulas of a page, each with whether it is displayed."""
    shown = r"(\\begin\{(?:align|gather)\*\}.*?\\end\{(?:align|gather)\*\})|\$\$\n(.*?)\n\$\$"
    yield from ((found[1] or found[2], True) for found in re.finditer(shown, text, re.DOTALL))
    words = re.sub(shown, "", text, flags=re.DOTALL)
    yield from ((piece, False) for piece, formula in pieces_of_text(words) if formula)


def refused_by_katex(shown: Iterable[tuple[str, bool]]) -> list[list[str]]:
    done = subprocess.run(
        ["node", str(Path(__file__).with_name("katex.js"))],
        input=json.dumps(list(shown)),
        capture_output=True,
        text=True,
        check=True,
        env={"NODE_PATH": str(NODE_PATH), "PATH": "/usr/bin:/bin:/usr/local/bin"},
    )
    found: list[list[str]] = json.loads(done.stdout)
    return found


def test_katex_refuses_what_it_does_not_know(needs: Callable[[str], None]) -> None:
    needs("node")
    needs("katex")
    assert [formula for formula, _ in refused_by_katex([("x", True), (r"\unknown", True)])] == [r"\unknown"]


def test_katex_shows_every_formula(needs: Callable[[str], None]) -> None:
    """With errors thrown, and strictly; only labels, which are for the text around, are left out by a macro."""
    needs("node")
    needs("katex")
    shown: dict[tuple[str, bool], None] = {}
    for name in CATALOGUE:
        for text in fragments(name).values():
            shown.update(dict.fromkeys(formulas(text)))
        d = lp.derive(name)
        shown.update(dict.fromkeys((step.latex(), True) for step in d))
        shown[d.theorem.latex(), True] = None
    assert len(shown) > 5000
    assert refused_by_katex(shown) == []


# ------------------------------------------------------------------ Markdown


def test_markdown_leaves_mathematics_alone(needs: Callable[[str], None]) -> None:
    """A parser of CommonMark that knows no mathematics, as GitHub's, changes nothing between dollars."""
    needs("markdown_it")
    from markdown_it import MarkdownIt

    def dollars(text: str) -> list[str]:
        return [" ".join(found.split()) for found in re.findall(r"(?<!\\)\$\$?[^$]+\$\$?", text)]

    def seen(text: str) -> str:
        """The text of a page, with what is emphasised, linked or taken for a tag left out."""
        words: list[str] = []
        for block in MarkdownIt("commonmark").parse(text):
            words.append("\n")
            for token in block.children or [block] if block.type in ("inline", "html_block") else []:
                if token.type == "text":
                    words.append(token.content)
                elif token.type == "softbreak":
                    words.append("\n")
                elif token.type == "text_special" or token.markup in ("_", "*") or token.type.startswith("link"):
                    words.append("☠")
        return "".join(words)

    for name in CATALOGUE:
        text = fragments(name)["markdown"]
        assert [d for d in dollars(seen(text)) if "☠" in d] == [], name
        assert dollars(seen(text)) == dollars(text), name
        assert r"\operatorname" not in text, "GitHub refuses it"
        assert not any("\n\n" in block for block in text.split("$$")[1::2]), "a blank line ends a block"


def test_markdown_lists_hypotheses_conditions_and_references() -> None:
    text = LOGISTIC.markdown()
    assert text.count("$$") % 2 == 0
    for heading in ("Hypotheses", "Notation", "Theorem", "Proof", "Steps and side conditions", "Rules"):
        assert f"**{heading}**" in text
    assert "\n10. definition of $L$\n" in text
    assert "\n    - $1 - y_i \\in" in text, "conditions are nested below a number of two digits"
    assert "NIST Digital Library" in text


# ------------------------------------------------------------------ the command line


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ([r"--notation=f=\hat p, n=N"], r"\prod_{i=1}^{N}"),
        (
            ["--log", "ln", "--probability", r"\mathbb P", "--sums", "index"],
            r"\mathbb{P}[Y = y \mid X = x] & = \prod_{i} ",
        ),
        (["--labels"], r"\label{logistic:16}"),
        (["--slides"], "% slide 1 of 2"),
        (["--format", "text", "--notation", r"w=\beta"], "J(β)"),
        (["--format", "markdown", "--probability", r"\Pr"], r"\Pr[Y = y"),
    ],
)
def test_the_command_line_takes_a_notation(
    arguments: list[str], shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["derive", "logistic", *arguments]) == 0
    assert shown in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--notation", "n=d"], "'d' and 'n' would both be written d"),
        (["--notation", r"n=\input{x}"], "cannot read"),
        (["--notation", "ng=N"], "did you mean 'n'"),
        (["--log", "lg"], "log"),
        (["--notation", "n=N", "--format", "json"], "a notation goes with"),
        (["--labels", "--format", "text"], "--labels goes with --format latex"),
        (["--slides", "--labels"], "slides"),
    ],
)
def test_a_wrong_notation_is_wrong_usage(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["derive", "logistic", *arguments]) == 2
    shown = capsys.readouterr()
    assert said in shown.err
    assert len(shown.err.splitlines()) <= 2
    assert shown.out == ""


def test_a_dollar_in_the_name_of_an_assumption_begins_no_formula() -> None:
    text = lp.derive("gaussian").to_json().replace('"conditional independence"', '"costs 5$, not 6$ &lt;"')
    d = lp.load(text)
    assert r"\text{\small costs 5\$, not 6\$ \&lt;}" in d.latex(labels=True)
    assert r"\text{costs 5\$, not 6\$ \&lt;}" in d.markdown()
    assert r"1. costs 5\$, not 6\$ \&lt;" in d.markdown()


def test_slides_shorten_no_assumption() -> None:
    text = lp.derive("gaussian").to_json().replace('"conditional independence"', '"not A"')
    assert "not A, not B" in lp.load(text.replace('"Gaussian noise"', '"not B"')).latex(slides=True)
