"""Derivations as JSON: the round trip is the identity, and nothing that was changed gets in."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lossproof as lp
from lossproof.errors import LossproofError, ReplayError
from lossproof.referees import verify
from lossproof.strategies.catalogue import CATALOGUE

TEXT = lp.derive("logistic").to_json()
DOCUMENT: dict[str, Any] = json.loads(TEXT)


@pytest.mark.parametrize("name", CATALOGUE)
def test_the_round_trip_is_the_identity(name: str) -> None:
    d = lp.derive(name)
    text = d.to_json()
    assert lp.load(text) == d
    assert lp.load(text).to_json() == text
    assert lp.load(text.encode()) == d


def changed(change: Any) -> str:
    document = copy.deepcopy(DOCUMENT)
    change(document)
    return json.dumps(document)


def steps(document: dict[str, Any]) -> list[dict[str, Any]]:
    return document["derivation"]["steps"]


TAMPERED = {
    "another result": (3, lambda d: steps(d)[2].update(after=steps(d)[3]["after"])),
    "another rule": (11, lambda d: steps(d)[10].update(rule="exponential of a sum")),
    "an unknown rule": (11, lambda d: steps(d)[10].update(rule="wishful thinking")),
    "an upgraded relation": (9, lambda d: steps(d)[8]["relation"].update(kind="=")),
    "a lost condition": (11, lambda d: steps(d)[10].update(conditions=[])),
    "another place": (11, lambda d: steps(d)[10]["places"][0].update(path=[0])),
    "no place": (11, lambda d: steps(d)[10].update(places=[])),
    "a path into nowhere": (11, lambda d: steps(d)[10]["places"][0].update(path=[7, 7])),
    "a missing value": (11, lambda d: steps(d)[10]["places"][0]["given"].pop("a")),
    "a missing step": (5, lambda d: steps(d).pop(4)),
    "a lemma that is not there": (11, lambda d: steps(d)[10].update(theorem=3)),
    "soft labels": (2, lambda d: d["derivation"]["hypotheses"][4]["domain"].pop("integer")),
    "a lost hypothesis": (1, lambda d: d["derivation"]["hypotheses"].pop(6)),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_a_tampered_step_is_named(what: str) -> None:
    number, change = TAMPERED[what]
    with pytest.raises(ReplayError) as caught:
        lp.load(changed(change))
    assert caught.value.step == number


MALFORMED = [
    "",
    "nonsense",
    "[]",
    "{}",
    "[" * 100_000,
    '{"format": "lossproof derivation"}',
    changed(lambda d: d.update(version=2)),
    changed(lambda d: d.update(version=True)),
    changed(lambda d: d.update(format="something")),
    changed(lambda d: d.update(nodes=None)),
    changed(lambda d: d.update(nodes=[["Symbol"]])),
    changed(lambda d: d.update(nodes=[["Symbol", "__import__('os')", {}]])),
    changed(lambda d: d.update(nodes=[["Symbol", "a", {"infinite": True}]])),
    changed(lambda d: d.update(nodes=[["Symbol", "a", {"positive": True, "negative": True}]])),
    changed(lambda d: d.update(nodes=[["Add", 0, 0]])),
    changed(lambda d: d.update(nodes=[["Number", "9" * 5000]])),
    changed(lambda d: d.update(nodes=[["Number", "1/0"]])),
    changed(lambda d: d.update(nodes=[["Number", "1.5"]])),
    changed(lambda d: d.update(nodes=[["Number", "2"]] + [["Mul", k, k] for k in range(60)])),
    changed(lambda d: d.update(nodes=[["Number", "2"]] + [["exp", k] for k in range(100_000)])),
    changed(lambda d: d["derivation"].update(name=7)),
    changed(lambda d: d["derivation"].update(start=10**9)),
    changed(lambda d: d["derivation"].update(start=True)),
    changed(lambda d: d["derivation"].update(parameters=[0])),
    changed(lambda d: d["derivation"]["hypotheses"].append({"believed": 1})),
    changed(lambda d: d["derivation"]["hypotheses"][0]["domain"].update(low="1e999999999")),
    changed(lambda d: d["derivation"]["hypotheses"][0]["domain"].update(low="inf")),
    changed(lambda d: d.pop("lemmas")),
    changed(lambda d: d.update(lemmas=[None])),
]


@pytest.mark.parametrize("text", MALFORMED, ids=range(len(MALFORMED)))
def test_a_malformed_document_is_a_typed_error(text: str) -> None:
    with pytest.raises(ReplayError):
        lp.load(text)


_LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.just([]), st.just({}))


@st.composite
def swaps(draw: st.DrawFn) -> str:
    """The document with one part, anywhere, swapped for something else."""
    document = copy.deepcopy(DOCUMENT)
    here: Any = document
    while True:
        keys = list(here) if isinstance(here, dict) else list(range(len(here)))
        key = draw(st.sampled_from(keys))
        inner = here[key]
        if not isinstance(inner, (dict, list)) or not inner or draw(st.integers(0, 4)) == 0:
            here[key] = draw(_LEAVES)
            return json.dumps(document)
        here = inner


@settings(max_examples=300)
@given(swaps())
def test_any_swap_is_refused_or_leaves_something_true(text: str) -> None:
    try:
        loaded = lp.load(text)
    except LossproofError:
        return
    assert loaded.theorem
    assert verify(loaded, referees="balls").ok


@settings(max_examples=200)
@given(st.binary(max_size=60), st.integers(0, len(TEXT)), st.integers(0, 40))
def test_any_damage_to_the_bytes_is_a_typed_error_or_harmless(junk: bytes, at: int, cut: int) -> None:
    raw = TEXT.encode()
    try:
        loaded = lp.load(raw[:at] + junk + raw[at + cut :])
    except LossproofError:
        return
    assert loaded.theorem.relation == lp.derive("logistic").relation
