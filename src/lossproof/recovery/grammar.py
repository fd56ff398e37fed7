"""The grammar of losses, sets and conditions, and the tree of a text.

What this module knows: what follows what.  What it does not know: what any of it means.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from lossproof.errors import MissingExtra, ParseError

if TYPE_CHECKING:
    from lark import Lark, Token, Tree

#: The longest text.
MOST_CHARACTERS = 5000

_GRAMMAR = r"""
loss: disjunction
?disjunction: conjunction | conjunction ("or" conjunction)+ -> either
?conjunction: comparison | comparison ("and" comparison)+ -> both
?comparison: sum | sum (COMPARE sum)+ -> compare
?sum: product | product ((PLUS | MINUS) product)+ -> add
?product: unary | unary ((TIMES | OVER) unary)+ -> multiply
?unary: raised | MINUS unary -> minus | PLUS unary -> plus
?raised: postfix | postfix POWER unary -> power
?postfix: atom | postfix "!" -> factorial
?atom: NUMBER -> number | NAME -> name | call | NAME "[" sum ("," sum)* "]" -> element | "(" disjunction ")" -> group
call: NAME "(" [disjunction ("," disjunction)*] ")"

sets: set ("," set)*
set: base [POWER size]
base: NAME -> named | NAME "(" sum ("," sum)* ")" -> built | "{" sum ("," sum)* "}" -> finite
    | "{" sum ".." sum "}" -> labels | range
!range: ("(" | "[") sum "," sum (")" | "]")
size: NUMBER | NAME

conditions: condition (("and" | ",") condition)*
condition: NAME "in" set -> member | sum (COMPARE sum)+ -> bounds

NUMBER: /([0-9]+(\.(?!\.)[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?/
NAME: /[A-Za-z][A-Za-z_0-9]*/
COMPARE: "<=" | ">=" | "==" | "!=" | "<" | ">"
POWER: "**" | "^"
PLUS: "+"
MINUS: "-"
TIMES: "*"
OVER: "/"
%ignore /[ \t\r\n]+/
"""

#: What the terminals of the grammar are called in messages.
_WORDS = {
    "NUMBER": "a number",
    "NAME": "a name",
    "COMPARE": "a comparison",
    "POWER": "'^'",
    "PLUS": "'+'",
    "MINUS": "'-'",
    "TIMES": "'*'",
    "OVER": "'/'",
    "LPAR": "'('",
    "RPAR": "')'",
    "LSQB": "'['",
    "RSQB": "']'",
    "LBRACE": "'{'",
    "RBRACE": "'}'",
    "COMMA": "','",
    "BANG": "'!'",
    "AND": "'and'",
    "OR": "'or'",
    "IN": "'in'",
    "__ANON_0": "'..'",
    "$END": "the end",
}
#: What may begin an operand, said in one word.
_OPERAND = {"NUMBER", "NAME", "LPAR", "PLUS", "MINUS"}
_OPERATOR = {"PLUS", "MINUS", "TIMES", "OVER"}


@cache
def _parsers() -> Lark:
    try:
        from lark import Lark
    except ImportError:
        raise MissingExtra("a loss as text", "lark") from None
    starts = ["loss", "sets", "conditions"]
    return Lark(_GRAMMAR, parser="lalr", start=starts, propagate_positions=True, maybe_placeholders=False)


def tree_of(text: str, start: str) -> Tree[Token]:
    """The tree of a text.

    Raises:
        ParseError: pointing at the character that does not fit.
    """
    parser = _parsers()
    from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedToken

    if len(text) > MOST_CHARACTERS:
        raise ParseError(text, MOST_CHARACTERS, f"a text of at most {MOST_CHARACTERS} characters")
    try:
        return parser.parse(text, start=start)
    except UnexpectedToken as error:
        at = len(text) if error.token.type == "$END" else error.token.start_pos
        raise ParseError(text, at or 0, _words(error.accepts or error.expected)) from None
    except UnexpectedCharacters as error:
        operand = set(error.allowed or ()) >= _OPERAND
        raise ParseError(text, error.pos_in_stream, _words(_OPERAND if operand else _OPERATOR)) from None
    except UnexpectedEOF as error:
        raise ParseError(text, len(text), _words(error.expected)) from None


def _words(terminals: Iterable[str]) -> str:
    """What would have been accepted, in words."""
    found = set(terminals)
    words: list[str] = []
    if found >= _OPERAND:
        words.append("a number, a name or a bracket")
        found -= _OPERAND
    elif found >= _OPERATOR:
        words.append("an operator")
        found -= _OPERATOR | {"POWER", "BANG", "COMPARE", "LPAR", "LSQB", "AND", "OR"}
    words += sorted(_WORDS.get(t, t.lower()) for t in found)
    return " or ".join(words) or "nothing more"


# ------------------------------------------------------------------ parts of a tree


def start_of(at: Tree[Token] | Token) -> int:
    """The offset of the first character of a part."""
    place = getattr(at, "start_pos", None)
    return int(place if place is not None else getattr(at.meta, "start_pos", 0))


def branch(c: Any) -> Tree[Token]:
    """A child that is a tree, by its position in the grammar."""
    return c


def child(tree: Tree[Token]) -> Tree[Token]:
    """The first child, which is a tree."""
    return branch(tree.children[0])


def token_of(tree: Tree[Token]) -> Token:
    """The first child, which is a token."""
    token: Any = tree.children[0]
    return token


def pairs(tree: Tree[Token]) -> Iterator[tuple[Any, Tree[Token]]]:
    """Each operator of a chain with the operand after it."""
    return zip(tree.children[1::2], map(branch, tree.children[2::2]), strict=True)
