"""Expressions as terms of Coq over the real numbers.

What this module knows: how each node is written.  What it does not know: rules, steps, proofs.  It is
part of what is trusted, for Coq proves what is written here; so it is short, one line for each node.

Every number is a term of type ``R``, indices and sizes too (matrices have a module of their own); an
array is a function of its indices, a bound index the argument of a function, and ``w`` with the j-th
element changed to ``t`` is ``update w j t``, so that a derivative in ``w_j`` is
``Derive (fun t => ... update w j t ...) (w j)``.
The functions that are not Coq's own (`Sum`, `Product`, `power`, ...) are defined at the head of ``rules.v``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from sympy import (
    Abs,
    Add,
    Basic,
    Derivative,
    E,
    Eq,
    Expr,
    Indexed,
    IndexedBase,
    Integer,
    Integral,
    KroneckerDelta,
    Max,
    Mul,
    Pow,
    Product,
    Rational,
    S,
    Sum,
    Symbol,
    besseli,
    cos,
    digamma,
    erf,
    exp,
    factorial,
    gamma,
    log,
    pi,
    sign,
    sin,
    trigamma,
)

from lossproof.certificates.matrices import RESERVED as OF_MATRICES
from lossproof.certificates.matrices import array, matrix_term
from lossproof.errors import UnsupportedExpression
from lossproof.kernel.schema import Applied, Each, Meta
from lossproof.notation.inert import symbol_of
from lossproof.notation.matrices import Column, Gradient, NamedMatrix
from lossproof.notation.nodes import (
    Chance,
    Curve,
    Density,
    Named,
    Opaque,
    ProductOver,
    Series,
    Sigmoid,
    Softplus,
    Survival,
    Where,
)
from lossproof.notation.plain import written

#: Functions of numbers, by the name of the function in Coq.
FUNCTIONS: Mapping[type[Basic], str] = {
    log: "ln",
    exp: "exp",
    Abs: "Rabs",
    Max: "Rmax",
    Pow: "power",
    Sigmoid: "sigmoid",
    Softplus: "softplus",
    KroneckerDelta: "Kronecker",
    cos: "cos",
    sin: "sin",
    sign: "sign",
    factorial: "factorial",
    gamma: "Gamma",
    digamma: "digamma Gamma",
    trigamma: "trigamma Gamma",
    besseli: "Bessel",
    Where: "Where",
    erf: "erf",
}
#: Ends of an integral that are no numbers.
INFINITIES: Mapping[Basic, str] = {S.Infinity: "p_infty", S.NegativeInfinity: "m_infty"}
#: What a random variable is asked for.
LAWS_OF: Mapping[type[Chance], str] = {Density: "density", Survival: "survival"}


@dataclass(frozen=True)
class Scope:
    """What the symbols around a place stand for, as terms of Coq.

    Attributes:
        values: the term for each symbol; a function ``f`` goes by the symbol ``f()``.
        taken: the names that mean something here.
        also: symbols that the body of a definition mentions besides its parameters and that may move;
            they are handed to it first.
    """

    values: Mapping[Symbol, str] = field(default_factory=dict)
    taken: frozenset[str] = frozenset()
    also: Mapping[Symbol, tuple[Symbol, ...]] = field(default_factory=dict)

    def bind(self, symbol: Symbol, wanted: str = "") -> tuple[str, Scope]:
        """A name of its own for a bound symbol, and the scope in which it stands for that."""
        name = fresh(identifier(wanted or symbol.name), self.taken)
        return name, replace(self, values={**self.values, symbol: name}, taken=self.taken | {name})

    def put(self, symbol: Symbol, value: str) -> Scope:
        """The scope in which a symbol stands for a term."""
        return replace(self, values={**self.values, symbol: value})


#: Words that mean something in a file of Coq, or that ``rules.v`` defines for every expression.
RESERVED = frozenset(
    word
    for line in (
        "as at cofix else end exists exists2 fix for forall fun if IF in let match mod Prop return Set then Type using",
        "where with by R S O I E PI nat Z list map count integer within terms sum_of product_of power update ln exp",
        "sign cos sin sigmoid softplus factorial digamma trigamma Gamma Bessel Kronecker Sum Product Derive Derive_n",
        "ex_derive ex_derive_n ordered up_to_constant proportional maximiser minimiser D T fst snd",
        OF_MATRICES,
        "Integral integrable is_integral between Sum_from summable following Where erf p_infty m_infty",
        "Finite Rbar bessel_function",
        "Rabs Rmax Req_EM_T add_list multiply_list gamma_function In true false SProp T1 T2 T3 T4 T5 T6 T7 T8 T9 _",
    )
    for word in line.split()
)


def identifier(name: str) -> str:
    """A name as Coq writes it."""
    return f"{name}_" if name in RESERVED else name


def fresh(name: str, taken: frozenset[str]) -> str:
    """The name, or the first of ``name_1, name_2, ...`` that is not taken."""
    names = (name if k == 0 else f"{name}_{k}" for k in range(len(taken) + 1))
    return next(n for n in names if n not in taken)


def term(e: Basic, scope: Scope) -> str:
    """An expression as a term of type ``R``, or that of matrices, in brackets unless it is one word.

    Raises:
        UnsupportedExpression: if it has a node that has no term.
    """
    if isinstance(e, Rational):
        return _rational(e)
    if e is pi:
        return "PI"
    if e is E:
        return "(exp 1)"
    if isinstance(e, (Symbol, IndexedBase)):
        return scope.values.get(symbol_of(e)) or _unknown(e)
    for kind, write in _WRITERS.items():
        if isinstance(e, kind):
            return write(e, scope)
    name = FUNCTIONS.get(type(e))
    if name:
        return call(name, (term(a, scope) for a in e.args))
    return matrix_term(e, scope, term) or _unknown(e)


def bare(e: Basic, scope: Scope, inside: tuple[type[Basic], ...] = ()) -> str:
    """An expression as a term without the brackets around it, unless it is of a kind that needs them there."""
    written_out = term(e, scope)
    keeps = isinstance(e, (Rational, Symbol, IndexedBase, *inside)) or not written_out.startswith("(")
    return written_out if keeps else written_out[1:-1]


def call(name: str, arguments: Iterator[str] | tuple[str, ...]) -> str:
    """A function applied; a constant if there are no arguments."""
    words = (name, *arguments)
    return f"({' '.join(words)})" if len(words) > 1 else name


def _unknown(e: Basic) -> str:
    raise UnsupportedExpression(written(e), "Coq")


def _rational(e: Rational) -> str:
    whole = str(e.p) if e.p >= 0 else f"(-{-e.p})"
    return whole if e.q == 1 else f"({whole} / {e.q})"


def _joined(sign_between: str, of_list: str, binds_less: tuple[type[Basic], ...]) -> Callable[[Expr, Scope], str]:
    """An operation between its arguments, or the function that does it to a list, in a pattern."""

    def write(e: Expr, scope: Scope) -> str:
        if not e.args or not isinstance(e.args[0], Each):
            return f"({sign_between.join(bare(a, scope, binds_less) for a in e.args)})" if e.args else _unknown(e)
        template, sequence = e.args[0].args
        letter, inside = scope.bind(sequence)
        return f"({of_list} (map (fun {letter} => {bare(template, inside)}) {term(sequence, scope)}))"

    return write


def _indexed(e: Expr, scope: Scope) -> str:
    return call(term(e.args[0], scope), (term(k, scope) for k in e.args[1:]))


def first(low: Expr, scope: Scope) -> str:
    """The bound from which is counted: an integer, for Coq counts from it and the expression means integers only."""
    return term(low, scope) if _whole(low) else _unknown(low)


def _whole(e: Basic) -> bool:
    return isinstance(e, (Integer, Meta)) or (isinstance(e, (Add, Mul)) and all(map(_whole, e.args)))


def _over_range(name: str) -> Callable[[Expr, Scope], str]:
    def write(e: Expr, scope: Scope) -> str:
        index, low, high = e.args[1]
        letter, inside = scope.bind(index)
        return f"({name} {first(low, scope)} {term(high, scope)} (fun {letter} => {bare(e.args[0], inside)}))"

    return write


def end(e: Basic, scope: Scope) -> str:
    """An end of an integral, of type ``Rbar``; Coq takes a number for one by itself."""
    return INFINITIES.get(e) or term(e, scope)


def over_reals(name: str, e: Integral, scope: Scope) -> str:
    """A function of the ends of an integral and of its body."""
    variable, low, high = e.args[1]
    letter, inside = scope.bind(variable)
    return f"({name} {end(low, scope)} {end(high, scope)} (fun {letter} => {bare(e.args[0], inside)}))"


def without_end(name: str, e: Series, scope: Scope) -> str:
    """A function of the bound of a series and of its terms."""
    index, low, _ = e.args[1]
    letter, inside = scope.bind(index)
    return f"({name} {first(low, scope)} (fun {letter} => {bare(e.args[0], inside)}))"


def _product_over(e: ProductOver, scope: Scope) -> str:
    index, low, high = e.args[1]
    letter, inside = scope.bind(index)
    left, right = (term(a, inside) for a in e.args[2].args)
    chosen = (bare(e.args[0], inside), "1")
    yes, no = chosen if isinstance(e.args[2], Eq) else chosen[::-1]
    body = f"if Req_EM_T {left} {right} then {yes} else {no}"
    return f"(Product {first(low, scope)} {term(high, scope)} (fun {letter} => {body}))"


def _derivative(e: Derivative, scope: Scope) -> str:
    variable, order = e.args[1]
    return f"(Derive {' '.join(moving(e.args[0], variable, scope))})" if order == 1 else _unknown(e)


def moving(e: Basic, variable: Basic, scope: Scope) -> tuple[str, str]:
    """An expression as a function of a variable, and the point at which it is taken."""
    letter, inside = slope(variable, scope)
    at = array(variable, scope, term) if isinstance(variable, Column) else term(variable, scope)
    return f"(fun {letter} => {bare(e, inside)})", at


def slope(variable: Basic, scope: Scope) -> tuple[str, Scope]:
    """A name for the number, or the array, that moves, and the scope in which the variable moves with it."""
    symbol = symbol_of(variable)
    letter, inside = scope.bind(Symbol(f"{symbol.name}'"), "t" if isinstance(variable, Indexed) else symbol.name)
    indices = variable.indices if isinstance(variable, Indexed) else ()
    if isinstance(variable, Column):
        indices = variable.args[1]
    if not indices:
        return letter, inside.put(symbol, letter)
    return letter, inside.put(symbol, changed(term(symbol, scope), [term(k, scope) for k in indices], letter))


def changed(array: str, indices: list[str], value: str) -> str:
    """The array with one element changed: ``update w c (update (w c) j t)``."""
    first, *rest = indices
    return f"(update {array} {first} {changed(f'({array} {first})', rest, value) if rest else value})"


def function(name: str) -> Symbol:
    """The symbol that a function goes by in a scope."""
    return Symbol(f"{name}()")


def assumed(name: str) -> Symbol:
    """The symbol that a function which is assumed to exist goes by in a scope; it is no symbol of a user."""
    return Symbol(f"the {name}")


def _gradient(e: Gradient, scope: Scope) -> str:
    return call("gradient", (term(e.size[0], scope), *moving(e.args[0], e.args[1], scope)))


def _named(e: Named | NamedMatrix | Opaque, scope: Scope) -> str:
    head = function(e.head.name)
    return call(term(head, scope), tuple(term(a, scope) for a in (*scope.also.get(head, ()), *e.arguments)))


def _curve(e: Curve, scope: Scope) -> str:
    name = term(Symbol(f"{e.head.name}()"), scope)
    return (
        call(name, (term(e.args[2], scope),))
        if not e.order
        else f"(Derive_n {name} {e.order} {term(e.args[2], scope)})"
    )


def _chance(e: Chance, scope: Scope) -> str:
    """The law of a variable is a function of its index, the value, what is given, and the parameters.

    The index of the variable that is given is the same, or there is none.
    """
    variable, value, condition, given, parameters = e.args
    indices = variable.indices if isinstance(variable, Indexed) else ()
    if isinstance(condition, Indexed) and condition.indices != indices:
        _unknown(e)
    arguments = (*indices, value, given, *parameters)
    return call(term(function(law(e)), scope), (term(a, scope) for a in arguments))


def law(e: Chance) -> str:
    """What the law of a random variable given another goes by; the spaces keep it apart from every other name."""
    ranks = [len(getattr(v, "indices", ())) for v in (e.args[0], e.args[2])]
    of_elements = [] if ranks == [0, 0] else ["each"] if ranks == [1, 1] else map(str, ranks)
    return " ".join((LAWS_OF.get(type(e), "probability"), *(str(symbol_of(e.args[k])) for k in (0, 2)), *of_elements))


_WRITERS: Mapping[type[Basic], Callable[[Expr, Scope], str]] = {
    Add: _joined(" + ", "add_list", (Add,)),
    Mul: _joined(" * ", "multiply_list", (Add, Mul)),
    Applied: lambda e, scope: call(term(e.args[0], scope), tuple(term(a, scope) for a in e.args[1:])),
    Indexed: _indexed,
    Sum: _over_range("Sum"),
    Product: _over_range("Product"),
    ProductOver: _product_over,
    Integral: lambda e, scope: over_reals("Integral", e, scope),
    Series: lambda e, scope: without_end("Sum_from", e, scope),
    Derivative: _derivative,
    Gradient: _gradient,
    Named: _named,
    NamedMatrix: _named,
    Opaque: _named,
    Curve: _curve,
    Chance: _chance,
}
