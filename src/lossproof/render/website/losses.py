"""The way back: the atlas of losses, and a page for every question about a loss."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from lossproof.notation.breaking import TERM
from lossproof.notation.inert import ONE
from lossproof.recovery.atlas import NO_OBSERVATION, Answer
from lossproof.recovery.libraries import UNREDUCED, Loss
from lossproof.recovery.question import name
from lossproof.recovery.verdict import Verdict, Word
from lossproof.render import latex as tex
from lossproof.render.html import formula
from lossproof.render.mathml import prose
from lossproof.render.website.collection import ATLAS, Collection, Question, call
from lossproof.render.website.results import loss_anchor
from lossproof.render.website.shell import counted, in_cell, link, listed, result_link, shown, table, whole

_LOSS, _MODEL = 14.0, 17.0  # the room for a formula in the columns of the atlas, in em
_MEANINGS = {
    Word.LIKELIHOOD: "minus the logarithm of a density is the loss",
    Word.UP_TO_A_CONSTANT: "the same, up to a constant that no prediction changes",
    Word.AT_SCALE: "the same for a multiple of the loss",
    Word.PSEUDO: "refuted: no base measure and no scale make it a density; a witness shows it",
    Word.UNKNOWN: "neither was found",
}


def atlas_page(collection: Collection) -> str:
    """Every loss of the libraries, with the verdict for each choice of its options."""
    here = ATLAS
    answers = collection.answers
    words = [str(word) for word in Word] + [NO_OBSERVATION]
    counts = {word: sum(answer.verdict == word for answer in answers) for word in words}
    meanings = [
        f"<b>{escape(word)}</b> ({counts[word]})" + (f": {_MEANINGS[Word(word)]}" if word != NO_OBSERVATION else
        ": there is nothing to normalise over")
        for word in words
        if counts[word]
    ]  # fmt: skip
    many = counted(len(_losses(collection)), "loss", "losses")
    parts = [
        "<h1>Atlas of losses</h1>",
        f"<p>What each loss of other libraries assumes of the noise: {many}, "
        f"{counted(len(answers), 'choice')} of options. A verdict is a theorem, or a refutation that a small checker "
        "has accepted, or it is unknown; each has a page with its proof. "
        "The density is of one observation <i>y</i>, given the prediction; <i>J</i> is the value that the library "
        "computes, <i>L</i> the likelihood of all observations.</p>",
        listed(meanings),
    ]
    libraries = dict.fromkeys(answer.loss.library for answer in answers)
    for library in libraries:
        losses = [loss for loss in _losses(collection) if loss.library == library]
        links = listed((f'<a href="#{_anchor(loss)}">{escape(loss.name)}</a>' for loss in losses), "columns")
        parts.append(f'<h2>{escape(library)}</h2>\n<nav aria-label="Losses of {escape(library)}">\n{links}\n</nav>')
        parts += [_section(collection, loss) for loss in losses]
    return whole(here, "Atlas of losses", "\n".join(parts))


def question_page(collection: Collection, question: Question) -> str:
    """The page of one question: the verdict, what it rests on, and the derivations in full."""
    here, found = question.file, question.found
    asked = "".join(
        f"<li>{link(here, f'{ATLAS}#{_anchor(a.loss)}', call(a))}{': ' + escape(a.note) if a.note else ''}</li>"
        for a in question.answers
    )
    facts = "\n".join(f"<dt>{word}</dt><dd>{said}</dd>" for word, said in _facts(found))
    parts = [
        f"<h1>{escape(question.title)}: {escape(str(found.verdict))}</h1>",
        f'<div class="lossproof"><dl class="facts">\n{facts}\n</dl></div>',
        f'<h2>In the libraries</h2>\n<ul class="plain">{asked}</ul>',
    ]
    results = dict.fromkeys(r.file for a in question.answers for r in collection.results_with(a))
    named = [r for r in collection.results if r.file in results]
    if named and found.ok:
        parts += ["<h2>The way forth</h2>", "<p>Results of the catalogue with this loss:</p>"]
        parts.append(listed(result_link(here, r) for r in named))
    if found.derivations:
        parts.append(
            "<p>The proof, as far as it can be derived: that the total mass is the same for every prediction, "
            "and that minus the logarithm of the likelihood is the loss.</p>"
        )
    parts += shown(collection, here, [(d.name, d) for d in found.derivations], level=2)
    back = f"{ATLAS}#{_anchor(question.answers[0].loss)}"
    trail = f'<p class="trail">{link(here, back, question.answers[0].loss.name)} › {escape(question.title)}</p>'
    return whole(here, f"{question.title}: {found.verdict}", "\n".join(parts), trail)


def _losses(collection: Collection) -> list[Loss]:
    return list({_anchor(answer.loss): answer.loss for answer in collection.answers}.values())


def _anchor(loss: Loss) -> str:
    return loss_anchor(f"{loss.library}.{loss.name}")


def _section(collection: Collection, loss: Loss) -> str:
    answers = [answer for answer in collection.answers if answer.loss is loss]
    head = ("options", "loss of y", "verdict", "noise model or witness", "relation")
    rows = (_row(collection, answer) for answer in answers)
    results = collection.results_with(answers[0])
    derived = (
        f"<p>Derived from a model: {', '.join(link(ATLAS, r.file, r.label) for r in results)}.</p>" if results else ""
    )
    return (
        f'<section class="loss lossproof">\n<h3 id="{_anchor(loss)}">{escape(loss.name)}</h3>\n'
        f"{table(f'{loss.library}.{loss.name}', head, rows, 'atlas')}\n{derived}\n</section>"
    )


def _row(collection: Collection, answer: Answer) -> tuple[str, ...]:
    question = collection.question(answer)
    verdict = escape(answer.verdict) if question is None else link(ATLAS, question.file, answer.verdict)
    note = f'<p class="note">{escape(answer.note)}</p>' if answer.note else ""
    found = answer.found
    if found is None:
        pointwise = f"<code>{escape(answer.row.loss)}</code>"
    else:
        pointwise = in_cell(tex.Latex().marked(found.question.loss), _LOSS)
    asked = f'<p class="note">{escape(answer.question)}</p>' if answer.question else ""
    relations = [f"{escape(said)} ({escape(r)})" for r, said in answer.relations.items() if r not in UNREDUCED]
    return (
        f"<code>{escape(answer.row.call) or 'defaults'}</code>",
        f"{pointwise}{asked}{note}",
        verdict,
        _model(answer),
        "<br>".join(relations),
    )


def _model(answer: Answer) -> str:
    """The noise model with its density, or why there is none."""
    found = answer.found
    if found is None:
        return ""
    if found.density is not None:
        return f"{escape(answer.row.model)}{in_cell(_density(found), _MODEL)}"
    if found.witness is not None:
        first, *others = found.witness.lines()
        more = f" <i>and {counted(len(others), 'more line')}</i>" if others else ""
        return f"<span>{escape(first)}{more}</span>"
    return ""


def _density(found: Verdict) -> str:
    """``p(y | f) = ...``, with the marks of `Latex`."""
    given = ", ".join(tex.mathematics(f) for f, _ in found.question.predictions)
    y = tex.mathematics(found.question.y)
    assert found.density is not None
    return rf"p({y} \mid {given}) {TERM}= {tex.Latex().marked(found.density)}"


def _facts(found: Verdict) -> Iterator[tuple[str, str]]:
    """What is known of a loss, each with a word for it, as HTML."""
    q, finding = found.question, found.finding
    given = ", ".join(tex.mathematics(f) for f, _ in q.predictions)
    y = tex.mathematics(q.y)
    yield "loss", formula(rf"\ell({given}, {y}) {TERM}= {tex.Latex().marked(q.loss)}")
    sets = [f"{name(q.y)} in {q.target}", *(f"{name(f)} in {values}" for f, values in q.predictions)]
    yield "for", escape(", ".join(sets))
    if q.constants:
        yield "where", ", ".join(prose(tex.hypothesis(h)) for h in q.constants)
    yield "verdict", f"<b>{escape(str(found.verdict))}</b>: {_MEANINGS[found.verdict]}"
    if finding is not None:
        yield "density", formula(_density(found))
        if found.name is not None:
            yield "name", escape(found.name)
        if finding.scale != ONE:
            yield "scale", formula(f"c {TERM}= {tex.Latex().marked(finding.scale)}")
        if finding.base_measure != ONE:
            yield "base measure", formula(f"h({y}) {TERM}= {tex.Latex().marked(finding.base_measure)}")
        mass = formula(f"Z {TERM}= {tex.Latex().marked(finding.normaliser)}")
        yield "total mass", mass if found.enclosed is None else f"{mass}{escape(str(found.enclosed))}"
        if found.portrait is not None:
            yield "mean", escape(str(found.portrait.mean))
            yield "variance", escape(str(found.portrait.variance))
            yield from (("prediction", escape(said)) for said in found.portrait.prediction_is)
        if found.tail is not None:
            yield "outliers", escape(found.tail)
    if found.witness is not None:
        yield "witness", listed(map(escape, found.witness.lines()), "witness")
    if found.verdict is Word.UNKNOWN:
        yield "tried", listed(map(escape, found.tried))
