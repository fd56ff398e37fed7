"""A reader's notation, held against what it is to be used on: a page must not say what was not proved.

A notation is refused if a name that it renames does not occur, and if two different things would
look alike, whether in LaTeX or in plain text: ``n=N`` where ``N`` occurs, ``f=w``, ``sigma=\\pi``
beside the number, ``f=P`` beside probabilities.  Both are looked for name by name, and once more in
whole as they are written (``x_1`` beside the first element of ``x``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from sympy import (
    Basic,
    E,
    Expr,
    IndexedBase,
    Integral,
    KroneckerDelta,
    NumberSymbol,
    Product,
    Sum,
    Symbol,
    Tuple,
    besseli,
    digamma,
    gamma,
    pi,
    trigamma,
)

from lossproof.errors import LooksAlike, UnknownName
from lossproof.kernel.conditions import Hypothesis, Maps, Range, bounds_of, ranges_of, terms_of
from lossproof.kernel.derivation import CALLS, LOOKED_AT, Cite, Derivation, Theorem
from lossproof.kernel.steps import Step
from lossproof.notation.inert import ONE, limits_of, walk
from lossproof.notation.layout import Layout
from lossproof.notation.letters import USUAL, Letter, Notation, notation_of
from lossproof.notation.matrices import Column, Gradient, IdentityMatrix, Transpose
from lossproof.notation.nodes import Chance, Curve, Head, Sigmoid
from lossproof.notation.plain import PLAIN, Ascii, Plain, spelled
from lossproof.render.glossary import glossary

P = TypeVar("P", bound=Layout)

#: Letters that stand for a function, a number or an operator wherever such a part occurs.
_SIGNS: tuple[tuple[tuple[type[Basic], ...], str, Letter], ...] = (
    ((Sigmoid,), "the sigmoid", Letter(r"\sigma", "σ")),
    ((gamma,), "the gamma function", Letter(r"\Gamma", "Γ")),
    ((digamma, trigamma), "the digamma function", Letter(r"\psi", "ψ")),
    ((KroneckerDelta,), "Kronecker's delta", Letter(r"\delta", "δ")),
    ((besseli,), "the Bessel function", Letter("I", "I")),
    ((IdentityMatrix,), "the identity matrix", Letter("I", "I")),
    ((type(pi),), "the number pi", Letter(r"\pi", "π")),
    ((type(E),), "the number e", Letter("e", "e")),
    ((Integral,), "the d of an integral", Letter("d", "d")),
    ((Transpose, Gradient), "the sign of a transpose", Letter(r"\top", "T")),
)
#: Words of mathematics, which no name may be.
_FUNCTIONS = ("log", "ln", "exp", "max", "min", "cos", "sin", "sign", "erf", "softplus", "Pr")
_WORDS = (*_FUNCTIONS, "arg", "argmax", "argmin", "if", "else")
#: The sets that domains are written with, whether this page shows a domain or the text around it does.
_SETS = ((Letter(r"\mathbb{R}", "ℝ"), "the real numbers"), (Letter(r"\mathbb{Z}", "ℤ"), "the integers"))


def printer_for(kind: type[P], thing: Derivation | Step | Theorem, notation: Notation | str = USUAL) -> P:
    """The printer that writes a thing as a notation says.

    Names that do not occur in a step or a theorem change nothing there: they may occur around it.

    Raises:
        ParseError: if the notation is text that cannot be read.
        UnknownName: if a renamed name does not occur in a derivation; it says the nearest.
        LooksAlike: if two different things would be written alike.
    """
    wanted = notation_of(notation)
    if wanted == USUAL:
        return kind()
    parts = tuple(walk(*_shown(thing)))
    names = _names(parts)
    for name in wanted.letters:
        if name not in names and isinstance(thing, Derivation):
            raise UnknownName(f"name in '{thing.name}':", name, names)
    both: tuple[Layout, ...] = (kind(wanted), Plain(wanted))
    for printer in dict.fromkeys(both):
        _check_names(names, printer, parts)
        _check_parts(parts, printer)
    return kind(wanted, _implied(thing, parts) if wanted.sums == "index" else frozenset())


def shared(notation: Notation | str, derivations: Sequence[Derivation]) -> list[Notation]:
    """For each derivation, the part of a notation that is about names which occur in it.

    Raises:
        ParseError: if the notation is text that cannot be read.
        UnknownName: if a renamed name occurs in none of them; it says the nearest.
    """
    wanted = notation_of(notation)
    occurring = [_names(tuple(walk(*_shown(d)))) for d in derivations]
    for name in wanted.letters:
        if not any(name in names for names in occurring):
            raise UnknownName(
                "name in these derivations:", name, dict.fromkeys(n for names in occurring for n in names)
            )
    return [
        replace(wanted, symbols={name: one.latex for name, one in wanted.letters.items() if name in names})
        for names in occurring
    ]


def of_rules(printer: P) -> P:
    """The same printer for the statement of a rule, whose letters are its own."""
    return type(printer)(replace(printer.notation, symbols=""))


def renamed(text: str, printer: Layout) -> list[tuple[str, bool]]:
    """A title or the name of an assumption in pieces, each with whether it is the symbol of a renamed name.

    The article "a" is a word, whatever is called so.
    """
    names = "|".join(re.escape(name) for name in printer.notation.letters if name not in ("a", "A"))
    if not names:
        return [(text, False)]
    pieces = re.split(rf"(?<![\w-])({names})(?![\w-])", text)
    return [(printer.name(piece) if k % 2 else piece, bool(k % 2)) for k, piece in enumerate(pieces) if piece]


# ------------------------------------------------------------------ what is shown


def _shown(thing: Derivation | Step | Theorem) -> Iterator[Basic]:
    """Every expression that a page about a thing may show."""
    if isinstance(thing, Step):
        yield from (thing.before, thing.after, *thing.about, *thing.relation.over)
        return
    for h in thing.hypotheses:
        yield from _in_hypothesis(h)
    yield from thing.parameters
    if isinstance(thing, Theorem):
        yield from (thing.left, thing.right)
        return
    yield from (thing.start, *(step.after for step in thing))
    for step in thing:
        if isinstance(step.rule, Cite):
            yield from (step.rule.derivation.lhs, step.rule.derivation.rhs)
    for meant in glossary(thing):
        yield from (e for e in meant if isinstance(e, Basic))


def _in_hypothesis(h: Hypothesis) -> Iterator[Basic]:
    yield from terms_of(h)
    yield from bounds_of(h)
    yield from (r.index for r in ranges_of(h))
    if isinstance(h, Maps):
        yield Curve(h.head, h.order, Symbol("t"))


def _names(parts: Iterable[Basic]) -> dict[str, None]:
    """The names that occur, of numbers, arrays, functions and matrices; primes belong to the name."""
    found: dict[str, None] = {}
    for part in parts:
        if isinstance(part, Symbol):
            found[part.name] = None
        elif isinstance(part, IndexedBase):
            found[part.label.name] = None
        elif isinstance(part, Head):
            found[part.name] = None
    return found


# ------------------------------------------------------------------ what looks alike

_UNSEEN = re.compile(r"[{}_\s]|\\(mathit|mathrm|,|!)")


def _seen(written: str, printer: Layout) -> str:
    """What a printer writes, as a reader gets it."""
    return spelled(written) if isinstance(printer, Ascii) else written


def _look(written: str, printer: Layout) -> str:
    """What is left of a formula if braces, spaces and the height of a line are not seen."""
    return _UNSEEN.sub("", _seen(written, printer))


def _check_names(names: Iterable[str], printer: Layout, parts: tuple[Basic, ...]) -> None:
    """No renamed name looks like another name, nor like a sign that is in use."""
    chosen = printer.notation.letters
    slopes = {part.head.name: part.order for part in parts if isinstance(part, Curve)}
    heads = {_before_brackets(part, printer): part for part in parts if isinstance(part, CALLS)}
    seen: dict[str, str] = {}
    for name in sorted(names, key=chosen.__contains__):
        own = {_look(printer.name(name) + "'" * k, printer) for k in range(slopes.get(name, 0) + 1)}
        for look in own:
            other = seen.setdefault(look, name)
            if other != name and (name in chosen or other in chosen):
                raise LooksAlike(f"'{other}'", f"'{name}'", _seen(printer.name(name), printer))
        if name in chosen:
            for look, part in heads.items():
                if look in own and part.head.name != name:
                    raise LooksAlike(PLAIN.written(part), f"'{name}'", _seen(printer.name(name), printer))
            for sign, what in _signs(printer, parts):
                if own & {_look(sign.latex, printer), _look(sign.text, printer)}:
                    raise LooksAlike(what, f"'{name}'", _seen(printer.name(name), printer))
        elif _new_signs(printer) & own:
            raise LooksAlike("a sign of the notation", f"'{name}'", _seen(printer.name(name), printer))


def _before_brackets(call: Basic, printer: Layout) -> str:
    """What a call shows of its function: ``f_w`` of ``f_w(x)``."""
    return _look(re.split(r"(?:\\left|\\[bB]igg?l)?[(\[]", printer.written(call), maxsplit=1)[0], printer)


def _signs(printer: Layout, parts: tuple[Basic, ...]) -> Iterator[tuple[Letter, str]]:
    """The letters and words that are taken, each with what for."""
    yield from ((Letter(word, word), f"the word '{word}'") for word in _WORDS)
    yield from _SETS
    kinds = {type(part) for part in parts}
    yield from ((letter, what) for types, what, letter in _SIGNS if kinds.intersection(types))
    for kind in kinds:
        if issubclass(kind, Chance):
            yield (printer.notation.chance if kind.letter == "P" else Letter(kind.letter, kind.letter)), "a probability"


def _new_signs(printer: Layout) -> set[str]:
    """What the notation itself brings to a page."""
    wanted = printer.notation
    signs = {wanted.logarithm, wanted.chance.latex, wanted.chance.text} - {"log", "P"}
    return {look for sign in signs for look in (_look(sign, printer), _look(sign.removeprefix("\\"), printer))}


def _check_parts(parts: Iterable[Basic], printer: Layout) -> None:
    """No two names, elements or calls look alike as a whole."""
    seen: dict[str, Basic] = {}
    for part in parts:
        whole = part.label if isinstance(part, IndexedBase) else part
        if not isinstance(whole, LOOKED_AT) or isinstance(whole, NumberSymbol):
            continue
        look = ("column " if isinstance(whole, Column) else "") + _look(printer.written(whole), printer)
        other = seen.setdefault(look, whole)
        if other != whole and PLAIN.written(other) != PLAIN.written(whole):
            raise LooksAlike(PLAIN.written(other), PLAIN.written(whole), _seen(printer.written(whole), printer))


# ------------------------------------------------------------------ ranges that go without saying


def _implied(thing: Derivation | Step | Theorem, parts: Iterable[Basic]) -> frozenset[Tuple]:
    """The ranges from 1 that are declared for an index, and are the only ones that it has.

    Only what hypotheses declare is implied, so a step by itself keeps its limits.
    """
    declared: list[Range] = [] if isinstance(thing, Step) else [r for h in thing.hypotheses for r in ranges_of(h)]
    ranges: dict[Symbol, set[tuple[Expr, Expr]]] = {}
    for r in declared:
        ranges.setdefault(r.index, set()).add((r.low, r.high))
    wanted = {index for index, known in ranges.items() if len(known) == 1 and next(iter(known))[0] == ONE}
    for part in parts:
        limits = limits_of(part)
        if limits is not None:
            ranges.setdefault(limits[0], set()).add((limits[1], limits[2]))
    return frozenset(Tuple(index, *next(iter(ranges[index]))) for index in wanted if len(ranges[index]) == 1)


def abbreviations(derivation: Derivation, printer: Layout) -> list[str]:
    """What signs without limits stand for, where they occur: ``sum_i := sum_{i=1}^n``."""
    whole = tuple(walk(derivation.start, *(step.after for step in derivation)))
    out = []
    for operator, kind in (("sum", Sum), ("prod", Product)):
        used = dict.fromkeys(
            part.args[1] for part in whole if isinstance(part, kind) and part.args[1] in printer.implied
        )
        for index, low, high in used:
            i, first, last = (printer.written(e) for e in (index, low, high))
            out.append(f"{printer.big(operator, i, '')} := {printer.big(operator, f'{i}={first}', last)}")
    return out
