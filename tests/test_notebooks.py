"""What a notebook shows: forms for every front end, honest about what is not proved, and a tutorial that runs."""

from __future__ import annotations

import html.parser
import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from conftest import NODE_MODULES, ROOT
from sympy import Add, IndexedBase, Integer, Product, Symbol, log

import lossproof as lp
from lossproof.kernel.conditions import Declared
from lossproof.referees import verify

Needs = Callable[[str], None]
TUTORIAL = ROOT / "docs" / "tutorial.ipynb"


@cache
def logistic() -> lp.Derivation:
    return lp.derive("logistic")


#: What a notebook shows, and in which forms besides plain text.
ALL, NO_LATEX = {"text/html", "text/markdown", "text/latex"}, {"text/html", "text/markdown"}
SHOWN: dict[str, tuple[Callable[[], Any], set[str]]] = {
    "derivation": (logistic, ALL),
    "part": (lambda: logistic()[9:13], ALL),
    "step": (lambda: logistic().steps[10], ALL),
    "step that keeps the optima": (lambda: logistic().steps[8], ALL),
    "theorem": (lambda: logistic().theorem, ALL),
    "claim": (lambda: lp.derive("least-squares-second-order").theorem, ALL),
    "rule": (lambda: logistic().steps[10].rule, ALL),
    "rule without a pattern": (lambda: logistic().steps[9].rule, NO_LATEX),
    "relation": (lambda: logistic().relation, NO_LATEX),
    "report": (lambda: verify(logistic(), referees="replay"), NO_LATEX),
    "likelihood": (lambda: lp.recover("Abs(y - f)", target="real", prediction="real"), ALL),
    "refuted": (lambda: lp.recover("max(0, 1 - y*f)", target="{-1,1}", prediction="real"), NO_LATEX),
    "equivalence": (
        lambda: lp.equivalent("Abs(y - f)", "(y - f)^2", target="real", prediction="real"),
        NO_LATEX,
    ),
}


@pytest.mark.parametrize("which", SHOWN)
def test_each_is_shown_in_its_forms(which: str, needs: Needs) -> None:
    needs("latex2mathml")
    make, forms = SHOWN[which]
    shown = make()._repr_mimebundle_()
    assert set(shown) == {"text/plain", *forms}
    assert shown["text/plain"] == repr(make())
    assert len(shown["text/plain"]) < 350
    assert "\n" not in shown["text/plain"]


@pytest.mark.parametrize("which", SHOWN)
def test_html_is_well_formed_and_its_style_stays_inside(which: str, needs: Needs) -> None:
    needs("latex2mathml")
    page = SHOWN[which][0]()._repr_html_()
    assert "<h1" not in page
    assert "<script" not in page
    styles = re.findall(r"<style>\s*(.*?)</style>", page, re.DOTALL)
    assert styles
    for style in styles:
        assert set(_selectors(style)) == {".lossproof"}
    _Balanced().check(page)


def _selectors(style: str) -> list[str]:
    """The selectors of the outermost rules of a style sheet."""
    found, depth, here = [], 0, ""
    for char in re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL):
        if char == "{":
            found += [here.strip()] if depth == 0 else []
            depth, here = depth + 1, ""
        elif char == "}":
            depth, here = depth - 1, ""
        else:
            here += char
    return found


class _Balanced(html.parser.HTMLParser):
    """Refuses elements that are not closed in the order in which they were opened."""

    def check(self, page: str) -> None:
        self.opened: list[str] = []
        self.feed(page)
        assert self.opened == []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in ("br", "meta", "img", "input"):
            self.opened.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.opened.pop() == tag


def test_without_the_converter_a_notebook_falls_back_to_markdown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "latex2mathml.converter", None)
    i, n, q = Symbol("i", integer=True), Symbol("n", integer=True, positive=True), IndexedBase("q")
    positive = lp.Declared(q[i], lp.UNIT, (lp.Range(i, Integer(1), n),))
    unseen = lp.expand_log(log(Product(q[i], (i, 1, n))), positive)  # no formula of it was converted before
    shown = unseen._repr_mimebundle_()
    assert set(shown) == {"text/plain", "text/markdown", "text/latex"}
    assert unseen._repr_html_() is None
    assert r"\prod_{i=1}^{n}" in shown["text/markdown"]


def test_a_front_end_gets_only_the_forms_that_it_asks_for() -> None:
    assert set(logistic()._repr_mimebundle_(include={"text/latex"})) == {"text/latex"}
    assert "text/html" not in logistic()._repr_mimebundle_(exclude={"text/html"})


def test_latex_for_a_notebook_is_what_mathjax_katex_and_latex_accept(needs: Needs) -> None:
    needs("node")
    needs("katex")
    formulas = [(make()._repr_mimebundle_(), which) for which, (make, forms) in SHOWN.items() if "text/latex" in forms]
    blocks = {which: shown["text/latex"].strip("$") for shown, which in formulas}
    assert not any(mark in block for block in blocks.values() for mark in ("align*", r"\tag", r"\small"))
    for shown, which in formulas:
        found = re.findall(r"\$\$(.*?)\$\$", shown["text/markdown"], re.DOTALL)
        blocks |= {f"{which}, {k}": block for k, block in enumerate(found)}
    script = (
        f"const katex = require({json.dumps(str(NODE_MODULES / 'katex'))});"
        "for (const [name, block] of Object.entries(JSON.parse(require('fs').readFileSync(0))))"
        " { try { katex.renderToString(block, {displayMode: true, strict: 'error'}) }"
        " catch (error) { console.log(name + ': ' + error.message) } }"
    )
    done = subprocess.run(["node", "-e", script], input=json.dumps(blocks), capture_output=True, text=True, check=True)
    assert done.stdout == ""


# ------------------------------------------------------------------ what is not proved, and what is not even well made


def test_a_derivation_that_does_not_replay_shows_the_error_and_claims_nothing() -> None:
    d = logistic()
    forged = replace(d, steps=d.steps[:3] + d.steps[4:])
    shown = forged._repr_mimebundle_()
    assert set(shown) == {"text/plain", "text/html", "text/markdown"}
    for text in shown.values():
        assert "not proved" in text
        assert "replay failed at step 4" in text
        assert "same optima" not in text
    assert forged._repr_latex_() is None


def test_a_forged_theorem_states_nothing_in_a_notebook() -> None:
    forged = object.__new__(lp.Theorem)
    assert all("states nothing" in text for text in forged._repr_mimebundle_().values())
    assert repr(forged).startswith("<Theorem that cannot be written")


@pytest.mark.parametrize(
    "thing",
    [
        lp.Derivation("junk", (), (), "no expression", ("no step",)),  # type: ignore[arg-type]
        lp.Derivation("junk", None, None, None, (None,)),  # type: ignore[arg-type]
        lp.Step(None, (), None, None),  # type: ignore[arg-type]
        Declared(None, None),  # type: ignore[arg-type]
    ],
)
def test_the_repr_of_what_is_not_well_made_does_not_fail(thing: Any) -> None:
    assert repr(thing).startswith(f"<{type(thing).__name__}")
    if isinstance(thing, lp.Derivation):
        assert "not proved" in thing._repr_mimebundle_()["text/plain"]


def test_the_repr_of_a_long_expression_is_short() -> None:
    long = Add(*(Symbol(f"a_{k}") for k in range(3000)), evaluate=False)
    d = lp.Derivation("long", (), (), long)
    assert len(repr(d)) < 400
    assert "…" in repr(d) or "too large" in repr(d)


def test_names_from_a_user_are_escaped(needs: Needs) -> None:
    needs("latex2mathml")
    d = replace(logistic(), title="<b>bold</b> & **strong** $x$")
    assert "<b>" not in d._repr_html_()
    assert "**strong**" not in d._repr_markdown_()


# ------------------------------------------------------------------ parts


def test_the_steps_of_a_part_keep_their_numbers_everywhere() -> None:
    part = logistic()[9:13]
    assert part.numbers == range(10, 14)
    assert part.title.endswith("(steps 10 to 13 of 16)")
    assert "(10) definition of L" in part.text()
    assert "(1)" not in part.text()
    assert re.findall(r"(?m)^(\d+)\. ", part.markdown()) == ["10", "11", "12", "13"]
    assert re.findall(r"\\item\[\((\d+)\)\]", part.latex(remarks=True)) == ["11", "12", "13"]
    assert [row.step for row in part.verify("replay").rows] == [10, 11, 12, 13]
    assert "_step_10 " in part.to("coq")
    assert "_step_1 " not in part.to("coq")
    loaded = lp.load(part.to_json())
    assert (loaded, loaded.numbers) == (part, part.numbers)


def test_a_part_of_a_part_and_its_equations_keep_their_numbers() -> None:
    part = logistic()[8:14]
    assert part[1:3].numbers == range(10, 12)
    assert part[1:3].title.count("(") == 1
    assert part[2:3].title.endswith("(step 11 of 16)")
    assert part.equations[0].numbers == range(10, 15)
    assert part[:] is part
    assert part.called("mine", "A result of its own").numbers == range(1, 7)


def test_a_failure_in_a_part_is_reported_by_its_number_in_the_whole() -> None:
    part = logistic()[9:13]
    with pytest.raises(lp.ReplayError, match="step 12"):
        _ = replace(part, steps=(*part.steps[:2], part.steps[3], part.steps[3])).theorem


@pytest.mark.parametrize("part", [(0, 16), (-3, 16), (14, 16), (1, 10**9), ("a", 2), (1,), 7, (True, 16)])
def test_a_part_whose_numbers_cannot_be_is_refused(part: Any) -> None:
    with pytest.raises(lp.ReplayError):
        _ = replace(logistic()[9:13], part=part).theorem


def test_steps_are_reached_by_their_positions() -> None:
    d = logistic()
    assert d[-1] is d.steps[-1]
    assert [s.rule.name for s in d][:2] == ["conditional independence", "split the product by label"]
    with pytest.raises(lp.LossproofError, match="consecutive"):
        d[::2]
    with pytest.raises(IndexError, match=r"16 steps, \[0\] to \[15\]"):
        d[16]


# ------------------------------------------------------------------ in a real kernel


def _outputs(notebook: Any) -> list[list[str]]:
    """What each cell says in plain text: what it printed, and the ``repr`` of its value."""
    return [
        [o.text if o.output_type == "stream" else o.data["text/plain"] for o in cell.outputs]
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


def test_the_outputs_appear_in_a_kernel(needs: Needs) -> None:
    for name in ("nbclient", "ipykernel", "latex2mathml", "matplotlib"):
        needs(name)
    import nbformat
    from nbclient import NotebookClient

    lines = ("import lossproof as lp", 'lp.derive("logistic")[9:11]', 'lp.figures.noise("gaussian")')
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(line) for line in lines])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    NotebookClient(notebook, timeout=120).execute()
    derived, drawn = (cell.outputs[0].data for cell in notebook.cells[1:])
    assert set(derived) == {"text/plain", "text/html", "text/markdown", "text/latex"}
    assert "<math" in derived["text/html"]
    assert set(drawn) == {"text/plain", "image/png"}


def test_the_tutorial_runs_and_says_what_it_says(needs: Needs) -> None:
    for name in ("nbclient", "ipykernel", "latex2mathml", "matplotlib", "sklearn"):
        needs(name)
    import nbformat

    spec = importlib.util.spec_from_file_location("execute", ROOT / "docs" / "execute.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    stored = nbformat.read(TUTORIAL, as_version=4)
    assert _outputs(module.executed(Path(TUTORIAL))) == _outputs(stored)


def test_the_tutorial_stores_what_every_viewer_shows() -> None:
    cells = json.loads(TUTORIAL.read_text(encoding="utf-8"))["cells"]
    forms = [set(o["data"]) for cell in cells for o in cell.get("outputs", []) if "data" in o]
    assert all("text/plain" in form and "text/html" not in form for form in forms)
    assert sum("image/png" in form for form in forms) == 3
    assert sum("text/markdown" in form for form in forms) > 10
