"""Derivations as JSON, with a version, and back: what is read counts only once it is replayed.

The format (version 1)::

    {"format": "lossproof derivation", "version": 1,
     "nodes": [...],                      every expression, see lossproof.notation.codec
     "lemmas": [derivation, ...],         those that are cited, each before its use
     "derivation": {"name", "title", "hypotheses", "parameters", "start", "steps", "claim", "part"}}

Expressions are numbers of nodes.  A step says its rule, its places, and for a reader, and for the
replay to compare, what came out: ``after``, ``relation``, ``conditions`` and ``about``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, ClassVar

from sympy import Basic, Expr, Symbol

from lossproof.errors import LossproofError, ReplayError
from lossproof.kernel.conditions import (
    Assumed,
    Declared,
    DeclaredMatrix,
    Hypothesis,
    Labelled,
    Maps,
    Property,
    Range,
    Ranged,
    Smooth,
)
from lossproof.kernel.derivation import MOST_STEPS, Cite, Derivation, is_part
from lossproof.kernel.domains import Domain, End
from lossproof.kernel.relations import Relation
from lossproof.kernel.rules import Assume, Rule
from lossproof.kernel.schema import Abstraction, Value
from lossproof.kernel.steps import Place, Step, apply
from lossproof.notation.codec import Encoder, TableError, decode
from lossproof.notation.matrices import MatrixTerm
from lossproof.notation.nodes import Head
from lossproof.notation.plain import written

FORMAT, VERSION = "lossproof derivation", 1
LONGEST_TEXT = 20_000_000


# ------------------------------------------------------------------ writing


def to_json(derivation: Derivation, *, indent: int | None = 1) -> str:
    """The derivation as JSON text.

    Raises:
        UnsupportedExpression: if it holds a kind of node that the format does not have.
    """
    encoder = Encoder()
    lemmas: list[Derivation] = []
    body = _write_derivation(derivation, encoder, lemmas)
    written_lemmas = [_write_derivation(lemma, encoder, lemmas) for lemma in lemmas]
    document = {"format": FORMAT, "version": VERSION, "nodes": encoder.rows, "lemmas": written_lemmas}
    return json.dumps({**document, "derivation": body}, indent=indent, ensure_ascii=False)


def _write_derivation(d: Derivation, encoder: Encoder, lemmas: list[Derivation]) -> dict[str, Any]:
    steps = [_write_step(s, encoder, lemmas) for s in d.steps]
    return {
        "name": d.name,
        "title": d.title,
        "hypotheses": [_write_hypothesis(h, encoder) for h in d.hypotheses],
        "parameters": [encoder.number(p) for p in d.parameters],
        "start": encoder.number(d.start),
        "steps": steps,
        **({} if d.claim is None else {"claim": _write_domain(d.claim)}),
        **({} if d.part is None else {"part": list(d.part)}),
    }


def _write_step(step: Step, encoder: Encoder, lemmas: list[Derivation]) -> dict[str, Any]:
    match step.rule:
        case Cite(cited, reverse):
            if cited not in lemmas:
                if any(isinstance(s.rule, Cite) for s in cited.steps):
                    _collect(cited, lemmas)
                lemmas.append(cited)
            rule: dict[str, Any] = {"theorem": lemmas.index(cited), "reverse": reverse}
        case Assume(assumption):
            rule = {"assumption": assumption}
        case _:
            rule = {"rule": step.rule.name}
    return {
        **rule,
        "places": [
            {"path": list(p.path), "given": {name: _write_value(v, encoder) for name, v in p.given}}
            for p in step.places
        ],
        "after": encoder.number(step.after),
        **_outcome(step),
    }


def _collect(derivation: Derivation, lemmas: list[Derivation]) -> None:
    """Lemmas that a lemma cites come before it."""
    for step in derivation.steps:
        if isinstance(step.rule, Cite) and step.rule.derivation not in lemmas:
            _collect(step.rule.derivation, lemmas)
            lemmas.append(step.rule.derivation)


def _outcome(step: Step) -> dict[str, Any]:
    return {
        "relation": _write_relation(step.relation),
        "conditions": [str(c) for c in step.conditions],
        "about": [str(a) for a in step.about],
    }


def _write_relation(relation: Relation) -> dict[str, Any]:
    carries = relation.carries
    return {
        "kind": str(relation),
        "over": [written(p) for p in relation.over],
        "reverses": relation.reverses,
        "carries": None if carries is None else f"{written(carries.parameters[0])} -> {written(carries.body)}",
    }


def _write_value(value: Value, encoder: Encoder) -> Any:
    if isinstance(value, tuple):
        return {"each": [_write_value(v, encoder) for v in value]}
    if isinstance(value, Abstraction):
        return {"of": [encoder.number(p) for p in value.parameters], "body": encoder.number(value.body)}
    return encoder.number(value)


def _write_hypothesis(h: Hypothesis, encoder: Encoder) -> dict[str, Any]:
    def ranges(many: tuple[Range, ...]) -> list[list[int]]:
        return [[encoder.number(e) for e in (r.index, r.low, r.high)] for r in many]

    match h:
        case Declared(term, domain, over):
            return {"declared": encoder.number(term), "domain": _write_domain(domain), "ranges": ranges(over)}
        case DeclaredMatrix(term, what, over):
            return {"declared_matrix": encoder.number(term), "property": what.name, "ranges": ranges(over)}
        case Smooth(term, variable, over):
            return {"smooth": encoder.number(term), "variable": encoder.number(variable), "ranges": ranges(over)}
        case Assumed(name, left, right, over):
            sides = {"left": encoder.number(left), "right": encoder.number(right)}
            return {"assumed": name, **sides, "ranges": ranges(over)}
        case Ranged(over):
            return {"ranged": ranges((over,))[0]}
        case Labelled(term, low, high, over):
            sides = {"low": encoder.number(low), "high": encoder.number(high)}
            return {"labelled": encoder.number(term), **sides, "ranges": ranges(over)}
        case Maps(head, order, source, target):
            sets = {"source": _write_domain(source), "target": _write_domain(target)}
            return {"maps": encoder.number(head), "order": order, **sets}


def _write_domain(domain: Domain) -> dict[str, Any]:
    marks = ("low_closed", "high_closed", "integer", "nonzero")
    return {"low": str(domain.low), "high": str(domain.high), **{m: True for m in marks if getattr(domain, m)}}


# ------------------------------------------------------------------ reading


def from_json(text: str | bytes, rules: Mapping[str, Rule]) -> Derivation:
    """The derivation in a JSON text, replayed step by step with the rules at hand.

    Raises:
        ReplayError: if the text is not such a document, or a step does not give what it says; the
            error names the step (0: what surrounds the steps).
    """
    document = _document(text)
    try:
        nodes = decode(document.get("nodes"))
    except TableError as error:
        raise ReplayError(0, str(error)) from error
    reader = _Reader(nodes, rules)
    lemmas = document.get("lemmas")
    for lemma in lemmas if isinstance(lemmas, list) else [None]:
        reader.lemmas.append(reader.guarded(lemma))
    return reader.guarded(document.get("derivation"))


def _document(text: str | bytes) -> dict[str, Any]:
    if len(text) > LONGEST_TEXT:
        raise ReplayError(0, f"the text is longer than {LONGEST_TEXT} characters")
    try:
        document = json.loads(text if isinstance(text, str) else text.decode())  # UTF-8, and no codec by what is in it
    except (ValueError, RecursionError) as error:
        raise ReplayError(0, f"it is not JSON ({error})") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ReplayError(0, f'it is not a document with "format": "{FORMAT}"')
    if document.get("version") != VERSION or isinstance(document.get("version"), bool):
        raise ReplayError(0, f"its version is {document.get('version')!r:.60}; this program reads version {VERSION}")
    return document


class _Malformed(LossproofError):
    """A part of the document is not of the expected form."""


class _Reader:
    def __init__(self, nodes: list[Basic], rules: Mapping[str, Rule]) -> None:
        self.nodes, self.rules = nodes, rules
        self.lemmas: list[Derivation] = []

    def guarded(self, data: object) -> Derivation:
        try:
            return self._derivation(data)
        except _Malformed as error:
            raise ReplayError(0, str(error)) from error
        except RecursionError:
            raise ReplayError(0, "an expression is nested too deeply") from None

    def _derivation(self, data: object) -> Derivation:
        fields = _fields(data, "derivation", "name", "title", "hypotheses", "parameters", "start", "steps")
        name, title = fields["name"], fields["title"]
        for words in (name, title):
            if not isinstance(words, str) or len(words) > 200 or not words.isprintable():
                raise _Malformed("a derivation needs a name and a title")
        hypotheses = tuple(self._hypothesis(h) for h in _list(fields["hypotheses"], "hypotheses"))
        parameters = tuple(self._expression(p) for p in _list(fields["parameters"], "parameters"))
        empty = Derivation(name, hypotheses, parameters, self._term(fields["start"]))
        _ = empty.theorem  # what surrounds the steps is checked before they are
        facts, steps, here = empty.facts, [], empty.start
        entries = _list(fields["steps"], "steps")
        if len(entries) > MOST_STEPS:
            raise _Malformed(f"a derivation has at most {MOST_STEPS} steps")
        part = tuple(_list(fields["part"], "part")) if "part" in fields else None
        if part is not None and not is_part(part, len(entries)):
            raise _Malformed("a part has the number of its first step and how many the whole has")
        first = 1 if part is None else part[0]
        for number, entry in enumerate(entries, start=first):
            try:
                step = self._step(entry, here, facts)
            except ReplayError as error:
                raise ReplayError(number, error.why) from error
            except LossproofError as error:
                raise ReplayError(number, str(error)) from error
            steps.append(step)
            here = step.after
        claim = _read_domain(fields["claim"]) if "claim" in fields else None
        derivation = Derivation(name, hypotheses, parameters, empty.start, tuple(steps), title, claim, part)
        _ = derivation.theorem
        return derivation

    def _step(self, data: object, here: Expr, facts: Any) -> Step:
        fields = _fields(data, "step", "places", "after", "relation", "conditions", "about")
        places = tuple(self._place(p) for p in _list(fields["places"], "places"))
        step = apply(self._rule(fields), places, here, facts)
        if self._term(fields["after"]) != step.after:
            raise _Malformed(f"'after' is not what rule '{step.rule.name}' gives: {written(step.after)}")
        for what, value in _outcome(step).items():
            if fields[what] != value:
                raise _Malformed(f"'{what}' is not what rule '{step.rule.name}' gives")
        return step

    def _rule(self, fields: Mapping[str, Any]) -> Rule:
        if "theorem" in fields:
            number, reverse = fields["theorem"], fields.get("reverse", False)
            if type(number) is not int or not 0 <= number < len(self.lemmas) or not isinstance(reverse, bool):
                raise _Malformed("it cites a lemma that is not there")
            return Cite(self.lemmas[number], reverse)
        if "assumption" in fields:
            if not isinstance(fields["assumption"], str):
                raise _Malformed("an assumption is cited by name")
            return Assume(fields["assumption"])
        name = fields.get("rule")
        if not isinstance(name, str) or name not in self.rules:
            raise _Malformed(f"unknown rule {name!r}")
        return self.rules[name]

    def _place(self, data: object) -> Place:
        fields = _fields(data, "place", "path", "given")
        path = _list(fields["path"], "path")
        if not all(type(k) is int for k in path) or not isinstance(fields["given"], dict):
            raise _Malformed("a place is a path of numbers and what is given")
        return Place(tuple(path), tuple(sorted((k, self._value(v)) for k, v in fields["given"].items())))

    def _value(self, data: object) -> Value:
        if isinstance(data, dict) and "each" in data:
            return tuple(self._single(v) for v in _list(data["each"], "each"))
        return self._single(data)

    def _single(self, data: object) -> Expr | Abstraction:
        if not isinstance(data, dict):
            return self._node(data)
        fields = _fields(data, "value", "of", "body")
        parameters = tuple(self._node(p) for p in _list(fields["of"], "of"))
        if not all(type(p) is Symbol for p in parameters) or len(set(parameters)) != len(parameters):
            raise _Malformed("a function is of distinct symbols")
        return Abstraction(parameters, self._expression(fields["body"]))

    def _node(self, number: object) -> Any:
        if type(number) is not int or not 0 <= number < len(self.nodes):
            raise _Malformed(f"{number!r} is not the number of a node")
        return self.nodes[number]

    def _expression(self, number: object) -> Expr:
        node = self._node(number)
        if not isinstance(node, Expr):
            raise _Malformed(f"node {number} is not an expression")
        return node

    def _term(self, number: object) -> Basic:
        """A number or a matrix."""
        node = self._node(number)
        if not isinstance(node, (Expr, MatrixTerm)):
            raise _Malformed(f"node {number} is neither a number nor a matrix")
        return node

    def _hypothesis(self, data: object) -> Hypothesis:
        if not isinstance(data, dict):
            raise _Malformed("a hypothesis is an object")
        for kind, read in self._HYPOTHESES.items():
            if kind in data:
                return read(self, data)
        raise _Malformed("a hypothesis of unknown kind")

    def _declared(self, data: dict[str, Any]) -> Hypothesis:
        fields = _fields(data, "declaration", "declared", "domain", "ranges")
        return Declared(self._expression(fields["declared"]), _read_domain(fields["domain"]), self._ranges(fields))

    def _declared_matrix(self, data: dict[str, Any]) -> Hypothesis:
        fields = _fields(data, "declaration", "declared_matrix", "property", "ranges")
        if not isinstance(fields["property"], str) or fields["property"] not in Property.__members__:
            raise _Malformed("a property of a matrix is one of a list")
        return DeclaredMatrix(self._term(fields["declared_matrix"]), Property[fields["property"]], self._ranges(fields))

    def _smooth(self, data: dict[str, Any]) -> Hypothesis:
        fields = _fields(data, "declaration", "smooth", "variable", "ranges")
        return Smooth(self._term(fields["smooth"]), self._expression(fields["variable"]), self._ranges(fields))

    def _assumed(self, data: dict[str, Any]) -> Hypothesis:
        fields = _fields(data, "assumption", "assumed", "left", "right", "ranges")
        if not isinstance(fields["assumed"], str) or not fields["assumed"].isprintable():
            raise _Malformed("an assumption needs a name")
        left, right = self._expression(fields["left"]), self._expression(fields["right"])
        return Assumed(fields["assumed"], left, right, self._ranges(fields))

    def _ranged(self, data: dict[str, Any]) -> Hypothesis:
        return Ranged(self._range(data["ranged"]))

    def _labelled(self, data: dict[str, Any]) -> Hypothesis:
        fields = _fields(data, "declaration", "labelled", "low", "high", "ranges")
        term, low, high = (self._expression(fields[name]) for name in ("labelled", "low", "high"))
        return Labelled(term, low, high, self._ranges(fields))

    def _maps(self, data: dict[str, Any]) -> Hypothesis:
        fields = _fields(data, "declaration", "maps", "order", "source", "target")
        head, order = self._node(fields["maps"]), fields["order"]
        if not isinstance(head, Head) or type(order) is not int:
            raise _Malformed("a function is declared by its name and the order of a derivative")
        return Maps(head, order, _read_domain(fields["source"]), _read_domain(fields["target"]))

    _HYPOTHESES: ClassVar[dict[str, Callable[[_Reader, dict[str, Any]], Hypothesis]]] = {
        "declared": _declared,
        "declared_matrix": _declared_matrix,
        "smooth": _smooth,
        "assumed": _assumed,
        "ranged": _ranged,
        "labelled": _labelled,
        "maps": _maps,
    }

    def _ranges(self, fields: Mapping[str, Any]) -> tuple[Range, ...]:
        return tuple(self._range(r) for r in _list(fields["ranges"], "ranges"))

    def _range(self, data: object) -> Range:
        parts = _list(data, "range")
        if len(parts) != 3:
            raise _Malformed("a range is [index, low, high]")
        index, low, high = (self._expression(p) for p in parts)
        if type(index) is not Symbol:
            raise _Malformed("an index is a symbol")
        return Range(index, low, high)


def _fields(data: object, what: str, *names: str) -> dict[str, Any]:
    if not isinstance(data, dict) or not all(name in data for name in names):
        raise _Malformed(f"a {what} needs {', '.join(names)}")
    return data


def _list(data: object, what: str) -> list[Any]:
    if not isinstance(data, list):
        raise _Malformed(f"'{what}' must be a list")
    return data


def _read_domain(data: object) -> Domain:
    fields = _fields(data, "domain", "low", "high")
    marks = {m: fields.get(m, False) for m in ("low_closed", "high_closed", "integer", "nonzero")}
    if not all(isinstance(v, bool) for v in marks.values()):
        raise _Malformed("the marks of a domain are true or false")
    try:
        return Domain(_read_end(fields["low"]), _read_end(fields["high"]), **marks)
    except ValueError as error:
        raise _Malformed(str(error)) from error


def _read_end(text: object) -> End:
    if text in ("inf", "-inf"):
        return float(str(text))
    if not isinstance(text, str) or len(text) > 100 or "e" in text.lower() or "_" in text:
        raise _Malformed("an end of a domain is a fraction, inf or -inf")
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError) as error:
        raise _Malformed("an end of a domain is a fraction, inf or -inf") from error
