"""LaTeX as MathML, which browsers show without a script.

`latex2mathml` converts; what comes out is then put in order: brackets with what they hold become groups,
names and functions single words, and the spaces between symbols those that TeX sets, the same in every browser.
What a reader sees is the formula that was given, symbol by symbol.

Source of the spaces: Knuth (1986), The TeXbook, chapter 18 (table of spaces between atoms) and appendix G.
"""

from __future__ import annotations

import html as escaping
import re
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from types import MappingProxyType
from xml.etree.ElementTree import Element, tostring

from lossproof.errors import MissingExtra
from lossproof.render import latex as tex

# Bars, of which the converter does not tell the left from the right; private use, so never in a name.
_LEFT_BAR, _RIGHT_BAR, _LEFT_BARS, _RIGHT_BARS = map(chr, range(0xE010, 0xE014))
#: What the converter does not know, and what it makes the same of.
_UNDERSTOOD = (
    (r"\\operatorname\*\{arg\\,(max|min)\}_\{(.*?)\}", r"\\underset{\2}{\\mathrm{arg\\,\1}}"),
    (r"\\lvert(?![a-zA-Z])", _LEFT_BAR),
    (r"\\rvert(?![a-zA-Z])", _RIGHT_BAR),
    (r"\\lVert(?![a-zA-Z])", _LEFT_BARS),
    (r"\\rVert(?![a-zA-Z])", _RIGHT_BARS),
    (":=", "≔"),
)
_BARS = {_LEFT_BAR: ("|", "prefix"), _RIGHT_BAR: ("|", "postfix"), _LEFT_BARS: ("‖", "prefix")}
_BARS |= {_RIGHT_BARS: ("‖", "postfix")}

_OPENING, _CLOSING = "([{", ")]}"
_BIG = "∑∏∫"
_BINARY = "+−⋅·"
_RELATIONS = "=≠≤≥<>∈∣≔⟶:"
_LETTERS = "∞∂∇…⋯⊤"  # the converter takes them for operators, which have space around them
_APPLIED = "\u2061"
_SCRIPTS = ("msub", "msup", "msubsup", "munder", "mover", "munderover")
#: The space between two atoms in eighteenths of an em; in a script only what stands in the first table.
_ALWAYS = {("ord", "op"): 3, ("op", "ord"): 3, ("op", "op"): 3, ("close", "op"): 3, ("op", "inner"): 3}
_SPACES = {
    **_ALWAYS,
    **{("inner", right): 3 for right in ("ord", "op", "open", "punct", "inner")},
    **{(left, "inner"): 3 for left in ("ord", "close")},
    **{("punct", right): 3 for right in ("ord", "op", "rel", "open", "close", "punct", "inner")},
    **{(left, "bin"): 4 for left in ("ord", "op", "close", "inner")},
    **{("bin", right): 4 for right in ("ord", "op", "open", "inner")},
    **{(left, "rel"): 5 for left in ("ord", "op", "close", "inner")},
    **{("rel", right): 5 for right in ("ord", "op", "open", "inner")},
}
_PRIMES = "′″‴⁗"  # which stand high by themselves
_ACCENTS = {"^": "ˆ", "~": "˜", "¯": "¯"}


@lru_cache(maxsize=1 << 14)
def mathml(formula: str, *, display: bool = False) -> str:
    """A formula of LaTeX as an element ``<math>``; with ``display``, set as on a line of its own.

    Raises:
        MissingExtra: if ``latex2mathml`` (extra ``html``) is not installed.
    """
    return tostring(_tree(formula, display), encoding="unicode")


def lines(marked: str, room: float = tex.PAGE, symbols: Mapping[int, str] = MappingProxyType({})) -> list[str]:
    """A formula with the marks of `lossproof.render.latex.Latex` on as many lines as it takes, each as MathML.

    Args:
        marked: the formula.
        room: the width of a line, in em.
        symbols: what to mark of its symbols, by their numbers from 0, as `Difference` has it.
    """
    pieces = tex.pieces_of(marked, room)
    if not symbols:
        return [mathml(piece, display=True) for piece in pieces]
    trees = [deepcopy(_tree(piece, True)) for piece in pieces]
    for tree, classes in zip(trees, _distributed(marked, trees, symbols), strict=True):
        _open(tree, classes)
        _mark(tree, classes)
    return [tostring(tree, encoding="unicode") for tree in trees]


def prose(text: str) -> str:
    """Text with ``$mathematics$``, escaped as for LaTeX, as HTML."""
    return "".join(mathml(p) if formula else escaping.escape(p) for p, formula in tex.pieces_of_text(text))


# ------------------------------------------------------------------ conversion


@lru_cache(maxsize=1 << 13)
def _tree(formula: str, display: bool) -> Element:
    try:
        from latex2mathml.converter import convert_to_element
    except ImportError as error:
        raise MissingExtra("HTML", "latex2mathml") from error
    beside = "\\nolimits" in formula
    for written, understood in _UNDERSTOOD:
        formula = re.sub(written, understood, formula)
    converted = convert_to_element(formula)
    math = Element("math", {"displaystyle": "true"} if display else {})
    math.extend(_row(converted, script=False, beside=beside))
    return math


def _row(e: Element, *, script: bool, beside: bool) -> list[Element]:
    """What stands in an element, in order, with brackets as groups and TeX's spaces."""
    return _spaced(_grouped(_parts(e, script=script, beside=beside), script), script)


def _parts(e: Element, *, script: bool, beside: bool) -> Iterator[Element]:
    """What stands in an element and in the rows in it, in order."""
    for child in e:
        word = _word(child) if child.tag == "mrow" else None
        if word is not None:
            yield word
        elif child.tag == "mrow":
            yield from _parts(child, script=script, beside=beside)
        else:
            part = _element(child, script=script, beside=beside)
            yield from part if part.tag == "mrow" else [part]


def _single(e: Element, *, script: bool, beside: bool) -> Element:
    """An element as one argument of another."""
    whole = _element(e, script=script, beside=beside)
    return whole[0] if whole.tag == "mrow" and len(whole) == 1 else whole


def _element(e: Element, *, script: bool, beside: bool) -> Element:
    if e.tag in ("mi", "mn", "mo", "mtext", "mspace"):
        return _leaf(e)
    if e.tag == "mrow":
        word = _word(e)
        return _with("mrow", {}, _row(e, script=script, beside=beside)) if word is None else word
    if e.tag in _SCRIPTS:
        base, *others = e
        parts = [_single(base, script=script, beside=beside)]
        parts += [_single(other, script=True, beside=beside) for other in others]
        if e.tag == "mover":
            return _with("mover", {} if parts[1].text == "¯" else {"accent": "true"}, parts)
        if e.tag == "msup" and (parts[1].text or "-") in _PRIMES:
            return _with("mrow", {}, [parts[0], _with("mo", {}, (), parts[1].text)])
        limits = not beside and parts[0].text is not None and parts[0].text in "∑∏"
        return _with({"msub": "munder", "msubsup": "munderover"}.get(e.tag, e.tag) if limits else e.tag, {}, parts)
    if e.tag in ("msqrt", "mtd"):
        return _with(e.tag, {}, _row(e, script=script, beside=beside))
    return _with(e.tag, {}, [_single(child, script=script, beside=beside) for child in e])


def _with(tag: str, attributes: dict[str, str], parts: Iterable[Element], text: str | None = None) -> Element:
    out = Element(tag, attributes)
    out.text = text
    out.extend(parts)
    return out


def _leaf(e: Element) -> Element:
    text = escaping.unescape(e.text or "")
    if text in _BARS and text:
        bar, form = _BARS[text]
        return _with("mo", {"form": form, "stretchy": "true"}, (), bar)
    if e.tag == "mspace":
        return _with("mspace", {"width": e.get("width", "0")}, ())
    if e.tag == "mi" and text in (*_RELATIONS, *_BINARY):
        return _with("mo", {}, (), text)
    if e.tag != "mo":
        upright = len(text) == 1 and "Α" <= text <= "Ω"  # capital Greek letters
        return _with(e.tag, {"mathvariant": "normal"} if upright else {}, (), text)
    if text in _LETTERS or text.isalpha():
        return _with("mi", {}, (), text)
    if text in (*_OPENING, *_CLOSING):
        if e.get("minsize") == "1.2em":  # a browser leaves room for the largest size of what may stretch
            kept = {"stretchy": "false", "mathsize": "1.2em"}
        elif e.get("stretchy") == "false":
            kept = {"stretchy": "false"}
        else:
            kept = {key: e.get(key, "") for key in ("minsize", "maxsize") if e.get(key)}
        return _with("mo", {"form": "prefix" if text in _OPENING else "postfix", **kept}, (), text)
    return _with("mo", {"stretchy": "false"} if text in _ACCENTS else {}, (), _ACCENTS.get(text, text))


def _word(e: Element) -> Element | None:
    """Letters that make a word, as one identifier."""
    variants = {part.get("mathvariant") for part in e if part.tag in ("mi", "mn")}
    if len(e) < 2 or len(variants) != 1 or not variants <= {"normal", "italic"}:
        return None
    if not all(part.tag in ("mi", "mn", "mspace") for part in e):
        return None
    text = "".join(" " if part.tag == "mspace" else escaping.unescape(part.text or "") for part in e)
    return _with("mi", {"class": "word"} if "italic" in variants else {"class": "name"}, (), text)


# ------------------------------------------------------------------ brackets and spaces


def _core(e: Element) -> Element:
    return _core(e[0]) if e.tag in _SCRIPTS and e.get("accent") is None else e


def _opens(e: Element) -> bool:
    """Whether it is a group in brackets."""
    return e.tag == "mrow" and len(e) > 0 and e[0].get("form") == "prefix" and e[-1].get("form") == "postfix"


def _grouped(parts: Iterable[Element], script: bool) -> list[Element]:
    """Every bracket with what it holds as one element; a bracket without its other half stays as it is."""
    stack: list[list[Element]] = [[]]
    for part in parts:
        core = _core(part)
        form = core.get("form") if core.tag == "mo" else None
        if form == "prefix":
            stack.append([part])
        elif form == "postfix" and len(stack) > 1:
            opening, *inside = stack.pop()
            group = _with("mrow", {}, [opening, *_spaced(inside, script), core])
            stack[-1].append(_with(part.tag, {}, [group, *part[1:]]) if part is not core else group)
        else:
            stack[-1].append(part)
    return [part for level in stack for part in level]


def _kind(e: Element, before: str | None) -> str:
    """What a part is to TeX, after a part of the given kind."""
    core = _core(e)
    text = core.text or ""
    if core.tag == "mfrac":
        return "inner"
    if core.tag == "mi":
        return "op" if (len(text) > 1 and core.get("class") is None) or text.startswith("arg ") else "ord"
    if core.tag != "mo":
        return "ord"
    if core.get("form"):
        return "open" if core.get("form") == "prefix" else "close"
    if text in _BINARY:
        return "bin" if before in ("ord", "close", "inner") else "ord"
    if text in _RELATIONS:
        return "rel"
    return "punct" if text == "," else "op" if text in _BIG else "ord"


def _kinds(e: Element, before: str | None) -> tuple[str, str]:
    """What a part is to what stands before it, and to what stands behind."""
    group = _core(e)
    if _opens(group):
        return "open", "close"
    kind = _kind(e, before)
    return kind, kind


def _spaced(parts: list[Element], script: bool) -> list[Element]:
    """The same with TeX's spaces: those of an operator as its attributes, others as elements of their own."""
    table = _ALWAYS if script else _SPACES
    kinds: list[tuple[str, str] | None] = []
    before: str | None = None
    for part in parts:
        kinds.append(None if part.tag == "mspace" else _kinds(part, before))
        before = kinds[-1][1] if kinds[-1] else before
    out: list[Element] = []
    around: dict[int, list[int]] = {id(p): [0, 0] for p in parts if p.tag == "mo" and p.get("form") is None}
    last: tuple[Element, str] | None = None
    for part, kind in zip(parts, kinds, strict=True):
        if kind is None:
            out.append(part)
            continue
        space = 0 if last is None else table.get((last[1], kind[0]), 0)
        if last is not None and last[1] == "op" and kind[0] != "op" and _core(last[0]).tag == "mi":
            out.append(_with("mo", {}, (), _APPLIED))
        if last is not None and id(last[0]) in around:
            around[id(last[0])][1] = space
        elif id(part) in around:
            around[id(part)][0] = space
        elif space:
            out.append(_with("mspace", {"width": _em(space)}, ()))
        out.append(part)
        last = part, kind[1]
    for part in parts:
        if id(part) in around:
            part.set("lspace", _em(around[id(part)][0]))
            part.set("rspace", _em(around[id(part)][1]))
        elif part.tag in _SCRIPTS and (_core(part).text or "-") in _BIG:
            _core(part).set("lspace", "0")
            _core(part).set("rspace", "0")
    return out


def _em(eighteenths: int) -> str:
    return f"{eighteenths / 18:.3f}em" if eighteenths else "0"


# ------------------------------------------------------------------ what changed

_CRUMB = 2  # what is the same between two changes is taken for a part of them if it is as short as that


@dataclass(frozen=True)
class Difference:
    """What makes two formulas differ, by the numbers of their symbols in reading order.

    Attributes:
        gone: symbols of the first, each with the class ``gone``.
        new: symbols of the second, each with the class ``new``; where something is gone and nothing new, the
            symbol before has ``behind`` or the one behind has ``before``, for a marked blank on that side.
    """

    gone: Mapping[int, str]
    new: Mapping[int, str]


@lru_cache(maxsize=1 << 10)
def difference(before: str, after: str) -> Difference:
    """The difference of two formulas of LaTeX, symbol by symbol.

    A symbol is the same only if it also stands in the same kind of place: as an exponent, above a line, below a sum.
    """
    old, new = ([key for key, _ in _symbols(_tree(formula, True))] for formula in (before, after))
    gone: dict[int, str] = {}
    fresh: dict[int, str] = {}
    changes = [c for c in SequenceMatcher(None, old, new, autojunk=False).get_opcodes() if c[0] != "equal"]
    for number, (_, i, j, m, n) in enumerate(changes):
        _, _, end, _, last = changes[number - 1] if number else ("", 0, -_CRUMB - 1, 0, -_CRUMB - 1)
        if m - last <= _CRUMB:
            i, m = end, last
        gone |= dict.fromkeys(range(i, j), "gone")
        fresh |= dict.fromkeys(range(m, n), "new")
        if m == n:
            fresh |= _gap(new, m)
    return Difference(gone, fresh)


_Key = tuple[str, ...]


def _gap(symbols: list[_Key], at: int) -> dict[int, str]:
    """Where to mark a gap before a symbol: at that neighbour that is less deep in scripts."""
    before = len(symbols[at - 1]) if at else 99
    behind = len(symbols[at]) if at < len(symbols) else 99
    return {at - 1: "behind"} if before <= behind else {at: "before"}


def _symbols(e: Element, place: _Key = ()) -> Iterator[tuple[_Key, Element]]:
    """The symbols of a formula in reading order, each with where it stands."""
    if e.tag == "mspace" or e.text == _APPLIED:
        return
    if not len(e):
        yield (e.text or "", *place), e
    for position, child in enumerate(e):
        plain = e.tag in ("mrow", "math") or (e.tag in _SCRIPTS and position == 0)
        yield from _symbols(child, place if plain else (*place, f"{e.tag}{position}"))


def _distributed(marked: str, trees: list[Element], symbols: Mapping[int, str]) -> list[dict[int, str]]:
    """For each line of a broken formula, the classes of its symbols by the identity of the element."""
    whole = [key[0] for key, _ in _symbols(_tree(tex.finished(marked), True))]
    out: list[dict[int, str]] = []
    number = 0
    for tree in trees:
        classes: dict[int, str] = {}
        for key, symbol in _symbols(tree):
            if number < len(whole) and key[0] == whole[number]:
                classes |= {id(symbol): symbols[number]} if number in symbols else {}
                number += 1
            elif key[0] not in ("⋅", "·"):  # which a new line may begin with
                return [{} for _ in trees]
        out.append(classes)
    return out if number == len(whole) else [{} for _ in trees]


_SIDES = ("before", "behind")
_ROWS = ("mrow", "math", "msqrt", "mtd")


def _mark(e: Element, classes: Mapping[int, str]) -> str:
    """Give classes to the largest parts that have one throughout; returns that of the whole, or nothing."""
    if not len(e):
        found = classes.get(id(e), "")
        return "" if found in _SIDES else found
    inside = ["any" if _is_silent(child) else _mark(child, classes) for child in e]
    kinds = set(inside) - {"any"}
    if e.tag != "math" and len(kinds) == 1:
        return kinds.pop()
    if e.tag in _ROWS:
        _wrap(e, inside)
    else:
        for child, kind in zip(e, inside, strict=True):
            _classify(child, kind)
    return ""


def _open(e: Element, classes: Mapping[int, str]) -> str:
    """Put marked blanks into rows, beside the parts whose symbols ask for one; returns what a row above is to do."""
    if not len(e):
        side = classes.get(id(e), "")
        return side if side in _SIDES else ""
    sides = [_open(child, classes) for child in e]
    if e.tag not in _ROWS:
        return next(filter(None, sides), "")
    parts = list(e)
    for part in parts:
        e.remove(part)
    for part, side in zip(parts, sides, strict=True):
        blank = _with("mspace", {"class": "gap", "width": "0.4em", "height": "0.75em", "depth": "0.2em"}, ())
        e.extend({"before": [blank, part], "behind": [part, blank]}.get(side, [part]))
    return ""


def _is_silent(e: Element) -> bool:
    return e.tag == "mspace" or e.text == _APPLIED


def _classify(e: Element, kind: str) -> None:
    if kind:
        e.set("class", f"{e.get('class', '')} {kind}".strip())


def _wrap(row: Element, kinds: list[str]) -> None:
    """Put each run of parts of a row that share a class in an element of its own, so that its mark has no gaps."""
    parts = list(zip(row, kinds, strict=True))
    for part, _ in parts:
        row.remove(part)
    while parts:
        kind = parts[0][1].removesuffix("any")
        length = (
            next((k for k, (_, other) in enumerate(parts) if other not in (kind, "any")), len(parts)) if kind else 1
        )
        while length > 1 and parts[length - 1][1] == "any":
            length -= 1
        run = [part for part, _ in parts[:length]]
        row.extend([_with("mrow", {"class": kind}, run)] if kind else run)
        parts = parts[length:]
