"""How wide a formula is, without asking TeX: the letters of Computer Modern and TeX's rules of spacing.

Widths are in units of one em, 10.95 points in a document of 11 points, and for display style.
Accurate to a few per cent, which is what it takes to see whether a formula fits its line.

Sources: cmmi10.tfm and cmr10.tfm; Knuth (1986), The TeXbook, chapter 18 and appendix G.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_ITALIC = dict(
    zip(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        (
            *(0.75, 0.759, 0.715, 0.828, 0.738, 0.643, 0.786, 0.831, 0.44, 0.555, 0.849, 0.681, 0.97),
            *(0.803, 0.763, 0.642, 0.791, 0.759, 0.613, 0.584, 0.683, 0.583, 0.944, 0.828, 0.581, 0.683),
            *(0.529, 0.429, 0.433, 0.52, 0.466, 0.49, 0.477, 0.576, 0.345, 0.412, 0.521, 0.298, 0.878),
            *(0.6, 0.485, 0.503, 0.446, 0.451, 0.469, 0.361, 0.572, 0.485, 0.716, 0.572, 0.49, 0.465),
        ),
        strict=True,
    )
)
_GREEK = {
    **{"alpha": 0.64, "beta": 0.566, "gamma": 0.518, "delta": 0.444, "epsilon": 0.406, "zeta": 0.438, "eta": 0.497},
    **{"theta": 0.469, "iota": 0.354, "kappa": 0.576, "lambda": 0.583, "mu": 0.603, "nu": 0.494, "xi": 0.438},
    **{"pi": 0.57, "rho": 0.517, "sigma": 0.571, "tau": 0.437, "phi": 0.596, "chi": 0.626, "psi": 0.651},
    **{"omega": 0.622, "ell": 0.417, "partial": 0.531, "Gamma": 0.625, "Sigma": 0.722, "infty": 1.0, "nabla": 0.833},
}
_SIGNS = {"(": 0.389, ")": 0.389, "[": 0.278, "]": 0.278, ",": 0.278, "/": 0.5, "!": 0.278, "|": 0.278, "'": 0.3}
_BINARY = {"+": 0.778, "-": 0.778, "\\cdot": 0.278, "\\cdots": 1.2}
_RELATIONS = {"=": 0.778, ":": 0.278, ">": 0.778, "<": 0.778, "\\mid": 0.278, ":=": 1.06}
_RELATIONS |= {"\\in": 0.667, "\\geq": 0.778, "\\leq": 0.778, "\\neq": 0.778, "\\longrightarrow": 1.6}
_FUNCTIONS = {"\\log": 1.278, "\\ln": 0.83, "\\Pr": 1.07, "\\exp": 1.53, "\\max": 1.86, "\\cos": 1.34, "\\sin": 1.23}
_WORDS = ("\\text", "\\mathrm", "\\mathit", "\\mathsf", "\\mathtt", "\\mathbf")
_FONTS = ("\\mathbb", "\\mathcal", "\\mathfrak", "\\boldsymbol", "\\displaystyle")
_ACCENTS = ("\\hat", "\\bar", "\\tilde", "\\dot", "\\ddot", "\\vec", "\\check", "\\breve", "\\widehat", "\\widetilde")
_AROUND = (*_FONTS, *_ACCENTS)
_SPACES = {"\\,": 1 / 6, "\\ ": 0.333, "\\quad": 1.0, "\\qquad": 2.0}
_SIZES = {"\\bigl": 0.458, "\\bigr": 0.458, "\\biggl": 0.736, "\\biggr": 0.736}
_TALL = ("\\frac", "\\sum", "\\prod")
_SCRIPT = 0.73
_ROMAN = 0.5  # the average letter of a word

_TOKEN = re.compile(r"\\[a-zA-Z]+\*?|\\.|:=|[{}^_]|\S")

_Tokens = list[str]


@dataclass(frozen=True)
class _Atom:
    """A part of a formula, with what decides the space around it."""

    kind: str  # ord, op, bin, rel, open, close, punct, inner, space
    width: float


@lru_cache(maxsize=1 << 13)
def width(formula: str) -> float:
    """How wide a formula is in display style, in em.

    >>> 1.0 < width("x_i") < 1.5
    False
    >>> width(r"\\frac{a + b}{c}") == width(r"\\frac{c}{a + b}")
    True
    """
    return _line(_atoms(_TOKEN.findall(formula)))


def _line(atoms: list[_Atom], scale: float = 1.0) -> float:
    return scale * (sum(a.width for a in atoms) + sum(map(_between, atoms, atoms[1:])))


def _between(left: _Atom, right: _Atom) -> float:
    kinds = (left.kind, right.kind)
    if "space" in kinds:
        return 0.0
    if "rel" in kinds:
        return 0.278 if left.kind not in ("open", "rel") and right.kind not in ("close", "punct") else 0.0
    if "bin" in kinds:
        return 0.222 if left.kind != "open" else 0.0
    if left.kind == "punct":
        return 1 / 6
    if right.kind in ("close", "punct") or left.kind == "open":
        return 0.0
    if right.kind == "open":
        return 1 / 6 if left.kind == "inner" else 0.0
    return 1 / 6 if kinds != ("ord", "ord") and kinds != ("close", "ord") else 0.0


def _atoms(tokens: _Tokens, *, display: bool = True) -> list[_Atom]:
    """The atoms of a formula, in display style or smaller, where ranges stand beside sums; consumes the tokens."""
    tokens.reverse()
    out: list[_Atom] = []
    while tokens:
        atom = _next(tokens, display)
        if atom is not None:
            sub, sup = _scripts(tokens)
            wide = max(sub, sup)
            limits = atom.kind == "limits"
            kind = "op" if limits else atom.kind
            above = limits and display
            out.append(_Atom(kind, max(atom.width, wide) if above else atom.width + wide + 0.05 * (wide > 0)))
    return out


def _scripts(tokens: _Tokens) -> tuple[float, float]:
    """The widths of what is set below and above."""
    found = {"_": 0.0, "^": 0.0}
    while tokens and tokens[-1] in found:
        which = tokens.pop()
        found[which] = _line([a for a in _atoms(_argument(tokens), display=False) if a.kind != "space"], _SCRIPT)
    return found["_"], found["^"]


def _argument(tokens: _Tokens) -> _Tokens:
    """The next token, or what stands in the next braces, in reading order."""
    if not tokens:
        return []
    token = tokens.pop()
    if token != "{":
        return [token, *_argument(tokens)] if token in (*_WORDS, *_AROUND) else [token]
    out: _Tokens = []
    depth = 1
    while tokens:
        token = tokens.pop()
        depth += (token == "{") - (token == "}")
        if not depth:
            break
        out.append(token)
    return out


def _next(tokens: _Tokens, display: bool) -> _Atom | None:
    token = tokens.pop()
    if token in _SPACES:
        return _Atom("space", _SPACES[token])
    if token in _BINARY:
        return _Atom("bin", _BINARY[token])
    if token in _RELATIONS:
        return _Atom("rel", _RELATIONS[token])
    if token in ("^", "_"):
        tokens.append(token)
        return _Atom("ord", 0.0)
    if token == "{":
        tokens.append(token)
        return _Atom("ord", _line(_atoms(_argument(tokens), display=display)))
    if token == "}":
        return None
    if token.startswith("\\"):
        return _command(token, tokens, display)
    kinds = {"(": "open", "[": "open", ")": "close", "]": "close", ",": "punct", "!": "close"}
    slant = 0.12 if (token.isupper() or token == "f") and tokens[-1:] != ["_"] else 0.0
    return _Atom(kinds.get(token, "ord"), _SIGNS.get(token) or _ITALIC.get(token, 0.5) + slant)


def _command(token: str, tokens: _Tokens, display: bool) -> _Atom | None:
    if token == "\\frac":
        above, below = (_line(_atoms(_argument(tokens), display=False)) for _ in range(2))
        return _Atom("ord", max(above, below) + 0.22)
    if token in ("\\sum", "\\prod"):
        return _Atom("limits", (1.444 if token == "\\sum" else 1.278) if display else 1.0)
    if token in _FUNCTIONS:
        return _Atom("op", _FUNCTIONS[token])
    if token.startswith("\\operatorname"):
        letters = len([t for t in _argument(tokens) if t != "\\,"])
        return _Atom("limits" if token.endswith("*") else "op", letters * _ROMAN + 0.2)
    if token == "\\left":
        return _stretched(tokens, display)
    if token in _SIZES:
        tokens.pop()
        return _Atom("open" if token.endswith("l") else "close", _SIZES[token])
    if token in ("\\lvert", "\\rvert"):
        return _Atom("open" if token == "\\lvert" else "close", 0.278)
    if token == "\\sqrt":
        return _Atom("ord", _line(_atoms(_argument(tokens))) + (1.0 if "\\frac" in tokens else 0.833))
    if token in _WORDS:
        return _Atom("ord", _ROMAN * sum(len(t) for t in _argument(tokens)))
    if token in _AROUND:
        return _Atom("ord", _line(_atoms(_argument(tokens)))) if tokens else None
    return _Atom("ord", _GREEK.get(token[1:], 0.5))


def _stretched(tokens: _Tokens, display: bool) -> _Atom:
    r"""What stands between ``\left`` and ``\right``, with its brackets."""
    tokens.pop()
    inside: _Tokens = []
    depth = 1
    while tokens:
        token = tokens.pop()
        depth += (token == "\\left") - (token == "\\right")
        if not depth:
            tokens.pop()
            break
        inside.append(token)
    bracket = 0.736 if any(t in _TALL for t in inside) else 0.458
    return _Atom("inner", _line(_atoms(inside, display=display)) + 2 * bracket)
