"""The few nodes that SymPy does not have, each with its meaning as an ordinary SymPy expression.

What this module knows: how the nodes are put together and what they mean.  What it does not
know: rules, facts, typesetting beyond SymPy's own printers.

==================  =============================================  ===========================
node                written                                        meaning (``.doit()``)
==================  =============================================  ===========================
Sigmoid(z)          sigma(z)                                       1 / (1 + exp(-z))
Softplus(z)         softplus(z)                                    log(1 + exp(z))
Probability(...)    P[Y_i = y_i | X_i = x_i]                       an atom: the model gives it
Density(...)        p[Y_i = y_i | X_i = x_i]                       an atom: the model gives it
Survival(...)       P[Y_i > y_i | X_i = x_i]                       an atom: the model gives it
ProductOver(...)    prod over {i : y_i = 1}                        product of body or 1
Opaque(h, ...)      f_w(x_i), nothing known but its range          an atom
Curve(h, k, t)      A(t), A'(t), ...: a function of one number     an atom
Named(D, ...)       J(w), an expression under a name               the named expression
Where(g, a, b)      a where 0 <= g, else b                         Piecewise
Series(body, ...)   sum over k = low, low + 1, ...                 Sum up to infinity
==================  =============================================  ===========================

Sums and products run over ``{i in Z : low <= i <= high}``; the empty sum is 0, the empty product 1.
A series has a value if it converges absolutely.  Of the two branches of ``Where`` only the one that
is chosen needs to have a value.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Self

from sympy import (
    Basic,
    Dummy,
    Eq,
    Expr,
    Function,
    Integer,
    Integral,
    Ne,
    Piecewise,
    Pow,
    Product,
    Rational,
    S,
    Sum,
    Symbol,
    Tuple,
    digamma,
    exp,
    factorial,
    gamma,
    log,
    trigamma,
)
from sympy.core.symbol import Str

from lossproof.errors import UnsupportedExpression
from lossproof.notation.inert import apart, derivative, free, is_leaf, limits_of, rebuild, substitute

#: The highest derivative of an unknown function of one number.
MOST_SLOPES = 3


class Sigmoid(Function):
    """The logistic function, ``R -> (0, 1)``: ``sigma(z) = 1 / (1 + exp(-z))``."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> Expr:
        """``sigma' = sigma (1 - sigma)``."""
        return Sigmoid(self.args[0]) * (1 - Sigmoid(self.args[0]))

    def doit(self, **hints: Any) -> Expr:
        return meaning(self).doit(**hints)

    def _latex(self, printer: Any) -> str:
        return rf"\sigma{{\left({printer._print(self.args[0])}\right)}}"


class Softplus(Function):
    """``softplus(z) = log(1 + exp(z))``, ``R -> (0, oo)``; its derivative is the sigmoid."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> Expr:
        return Sigmoid(self.args[0])

    def doit(self, **hints: Any) -> Expr:
        return meaning(self).doit(**hints)

    def _latex(self, printer: Any) -> str:
        return rf"\operatorname{{softplus}}{{\left({printer._print(self.args[0])}\right)}}"


class Chance(Expr):
    """What the distribution of a random variable given another is asked for.

    ``args = (variable, value, given, given_value, parameters)``.  The answer is a function
    of the parameters, so they are part of the node (and found by a search for free symbols)
    although it is customary not to print them.
    """

    #: How it is written: the letter, and the sign between variable and value.
    letter, sign = "P", "="

    is_commutative = True
    is_real = True
    variables_at = (0, 2)

    def __new__(cls, variable: Expr, value: Expr, given: Expr, at: Expr, parameters: Tuple) -> Self:
        return Expr.__new__(cls, variable, S(value), given, at, parameters)

    def _eval_derivative(self, s: Expr) -> Expr:
        return _unevaluated_derivative(self, s)

    def _latex(self, printer: Any) -> str:
        variable, value, given, at = (printer._print(a) for a in self.args[:4])
        return rf"{self.letter}\left[{variable} {self.sign} {value} \mid {given} = {at}\right]"

    def _sympystr(self, printer: Any) -> str:
        variable, value, given, at = (printer._print(a) for a in self.args[:4])
        return f"{self.letter}[{variable} {self.sign} {value} | {given} = {at}]"


class Probability(Chance):
    """``P[variable = value | given = given_value]`` for a discrete variable."""


class Density(Chance):
    """``p[variable = value | given = given_value]``: the probability density of a continuous variable at a value."""

    letter = "p"


class Survival(Chance):
    """``P[variable > value | given = given_value]``: that a variable exceeds a value."""

    sign = ">"


class ProductOver(Expr):
    """The product of ``body`` over the indices in a range that satisfy a condition.

    ``args = (body, Tuple(index, low, high), condition)`` with condition ``Eq(a, b)`` or ``Ne(a, b)``.
    """

    is_commutative = True
    limits_at = 1

    def __new__(cls, body: Expr, limits: Tuple, condition: Basic) -> ProductOver:
        return Expr.__new__(cls, body, limits, condition)

    @property
    def equation(self) -> tuple[Expr, Expr] | None:
        """The two sides of the equation that holds for every chosen index, if it is one."""
        chosen = self.args[2]
        return (chosen.args[0], chosen.args[1]) if isinstance(chosen, Eq) else None

    @property
    def bound_symbols(self) -> list[Symbol]:
        return [self.args[1][0]]

    @property
    def free_symbols(self) -> set[Basic]:
        index, low, high = self.args[1]
        inside = self.args[0].free_symbols | self.args[2].free_symbols
        return (inside - {index}) | low.free_symbols | high.free_symbols

    def doit(self, **hints: Any) -> Expr:
        return meaning(self).doit(**hints)

    def _eval_derivative(self, s: Expr) -> Expr:
        return self.doit().diff(s)

    def _latex(self, printer: Any) -> str:
        body, (index, *_), condition = self.args
        test = " = ".join(printer._print(a) for a in condition.args)
        if isinstance(condition, Ne):
            test = test.replace(" = ", r" \neq ")
        return rf"\prod_{{{printer._print(index)} : {test}}} {printer._print(body)}"


class Where(Expr):
    """``yes`` where ``0 <= gap``, else ``no``."""

    is_commutative = True
    is_real = True

    def __new__(cls, gap: Expr, yes: Expr, no: Expr) -> Where:
        return Expr.__new__(cls, gap, yes, no)

    def doit(self, **hints: Any) -> Expr:
        return meaning(self).doit(**hints)

    def _eval_derivative(self, s: Expr) -> Expr:
        return meaning(self).diff(s)

    def _code(self, printer: Any) -> str:
        return str(printer._print(meaning(self)))

    _numpycode = _scipycode = _mpmathcode = _pythoncode = _code


class Series(Expr):
    """The sum of ``body`` over all integers from a first one on; ``args = (body, Tuple(index, low, oo))``."""

    is_commutative = True
    limits_at = 1

    def __new__(cls, body: Expr, limits: Tuple) -> Series:
        return Expr.__new__(cls, body, limits)

    @property
    def free_symbols(self) -> set[Basic]:
        return set(free(self))

    def doit(self, **hints: Any) -> Expr:
        return meaning(self).doit(**hints)

    def _eval_derivative(self, s: Expr) -> Expr:
        return meaning(self).diff(s)


def series(body: Expr, index: Symbol, low: Expr) -> Series:
    """``sum_{index=low}^oo body``."""
    return Series(body, Tuple(index, low, S.Infinity))


class Head(Basic):
    """The name of a function, and how many of its arguments are written as subscripts."""

    def __new__(cls, name: str | Str, subscripts: int | Integer = 0) -> Head:
        return Basic.__new__(cls, Str(str(name)), Integer(subscripts))

    @property
    def name(self) -> str:
        return str(self.args[0].name)

    @property
    def subscripts(self) -> int:
        return int(self.args[1])


class Definition(Basic):
    """``head(parameters) := body``.  Calling it gives the `Named` expression."""

    parameters_at = 1
    names_matrix: type[Basic] | None = None  # the kind of node that a matrix goes by, which is built on this one

    def __new__(cls, head: Head, parameters: Tuple, body: Basic) -> Definition:
        return Basic.__new__(cls, head, parameters, body)

    @property
    def head(self) -> Head:
        return self.args[0]

    @property
    def parameters(self) -> Tuple:
        return self.args[1]

    @property
    def body(self) -> Expr:
        return self.args[2]

    def __call__(self, *arguments: Expr) -> Named:
        kind = Named if isinstance(self.body, Expr) or self.names_matrix is None else self.names_matrix
        return kind(self, *arguments)


class Name:
    """What names of numbers and names of matrices share: the definition travels inside the node."""

    args: tuple[Any, ...]

    @property
    def definition(self) -> Definition:
        return self.args[0]

    @property
    def head(self) -> Head:
        return self.definition.head

    @property
    def arguments(self) -> tuple[Expr, ...]:
        return tuple(self.args[1:])

    @property
    def body(self) -> Expr:
        """The named expression with the arguments put in, inert."""
        return _body(self)


class _Call(Expr):
    """What named and opaque functions share: they print as ``head_{subscripts}(arguments)``."""

    is_commutative = True
    is_real = True

    @property
    @abstractmethod
    def head(self) -> Head:
        """The name; each kind keeps it in its own place."""

    @property
    def arguments(self) -> tuple[Expr, ...]:
        return tuple(self.args[1:])

    def _written(self, printer: Any, name: str, subscript: str, call: str) -> str:
        printed = [printer._print(a) for a in self.arguments]
        below, inside = printed[: self.head.subscripts], printed[self.head.subscripts :]
        out = name + (subscript % ", ".join(below) if below else "")
        return out + (call % ", ".join(inside) if inside else "")

    def _latex(self, printer: Any) -> str:
        return self._written(printer, printer._print(Symbol(self.head.name)), "_{%s}", r"\left(%s\right)")

    def _sympystr(self, printer: Any) -> str:
        return self._written(printer, self.head.name, "_%s", "(%s)")


class Opaque(_Call):
    """An uninterpreted function of its arguments: ``f_w(x_i)`` of a network nobody looks into."""

    def __new__(cls, head: Head, *arguments: Expr) -> Opaque:
        return Expr.__new__(cls, head, *arguments)

    @property
    def head(self) -> Head:
        return self.args[0]

    def _eval_derivative(self, s: Expr) -> Expr:
        return _unevaluated_derivative(self, s)


@lru_cache(maxsize=1 << 12)
def _body(e: Named) -> Expr:
    return substitute(e.definition.body, dict(zip(e.definition.parameters, e.arguments, strict=True)))


class Curve(_Call):
    """``F^(k)(t)``: the k-th derivative of a function of one number, of which only what is declared is known.

    ``args = (head, k, t)``.  The hypothesis `Maps` says where it is defined and where its values lie.
    """

    def __new__(cls, head: Head, order: int | Integer, argument: Expr) -> Curve:
        if not 0 <= order <= MOST_SLOPES:
            raise UnsupportedExpression(f"a derivative of the order {order!s:.20}", "lossproof")
        return Expr.__new__(cls, head, Integer(order), argument)

    @property
    def head(self) -> Head:
        return self.args[0]

    @property
    def order(self) -> int:
        return int(self.args[1])

    @property
    def arguments(self) -> tuple[Expr, ...]:
        return (self.args[2],)

    def fdiff(self, argindex: int = 1) -> Expr:
        return Curve(self.head, self.order + 1, self.args[2])

    def _eval_derivative(self, s: Expr) -> Expr:
        return self.fdiff() * self.args[2].diff(s)

    def _sympystr(self, printer: Any) -> str:
        return f"{self.head.name}{chr(39) * self.order}({printer._print(self.args[2])})"

    _latex = _sympystr


class Named(Name, _Call):
    """An expression under a name, such as ``J(w)``; ``.body`` is what the name stands for.

    The definition travels inside the node, so that a name can never come apart from its meaning.
    """

    def __new__(cls, definition: Definition, *arguments: Expr) -> Named:
        if len(arguments) != len(definition.parameters):
            raise TypeError(f"{definition.head.name} takes {len(definition.parameters)} arguments")
        return Expr.__new__(cls, definition, *(S(a) for a in arguments))

    @property
    def free_symbols(self) -> set[Basic]:
        return set(self.body.free_symbols).union(*(a.free_symbols for a in self.arguments))

    def doit(self, **hints: Any) -> Expr:
        return meaning(self).doit(**hints)

    def _eval_derivative(self, s: Expr) -> Expr:
        # SymPy captures: diff(Sum(w[j]*x[j], (j, 1, d)), w[j]) gives Sum(x[j], (j, 1, d)).
        return meaning(apart(written_out(self), free(s))).diff(s)

    def _code(self, printer: Any) -> str:
        return str(printer._print(self.doit()))

    _numpycode = _scipycode = _mpmathcode = _pythoncode = _code


def _unevaluated_derivative(expression: Expr, s: Expr) -> Expr:
    return derivative(expression, s) if free(s) & free(expression) else S.Zero


@lru_cache(maxsize=1 << 14)
def written_out(e: Basic) -> Expr:
    """The expression with every name replaced by what it stands for, inert."""
    if isinstance(e, Name):
        return written_out(e.body)
    return e if is_leaf(e) else rebuild(e, [written_out(a) for a in e.args])


def meaning(e: Basic) -> Expr:
    """The expression as ordinary, evaluated SymPy: names written out, our nodes by what they mean.

    Sums and products keep their bounds; ``.doit()`` on the result evaluates those that are explicit.

    >>> from lossproof.models import LOGISTIC
    >>> meaning(LOGISTIC.pointwise_loss).func.__name__
    'Add'
    """
    if isinstance(e, Named):
        return meaning(e.body)
    if is_leaf(e) or isinstance(e, (Head, Opaque, Chance)):
        return e
    if isinstance(e, Curve):
        return Curve(e.head, e.order, meaning(e.args[2]))
    own = getattr(e, "meaning", None)
    if own is not None:
        return own()
    limits = limits_of(e)
    if isinstance(e, Integral) and limits is not None:
        # SymPy would believe what the variable carries: with y > 0 it makes y of |y|, also over the whole line.
        real = Dummy(limits[0].name, real=True)
        return Integral(meaning(substitute(e.args[0], {limits[0]: real})), (real, *map(meaning, limits[1:])))
    arguments = [meaning(a) for a in e.args]
    if isinstance(e, Sigmoid):
        return 1 / (1 + exp(-arguments[0]))
    if isinstance(e, Softplus):
        return log(1 + exp(arguments[0]))
    if isinstance(e, Where):
        gap, yes, no = arguments
        return Piecewise((yes, gap >= 0), (no, True))
    if isinstance(e, Series):
        return Sum(arguments[0], tuple(arguments[1]))
    if isinstance(e, ProductOver):
        body, limits, chosen = arguments
        return Product(Piecewise((body, chosen), (S.One, True)), tuple(limits))
    check_digits(e.func, arguments)
    return e.func(*arguments)


#: The longest number, in bits, and the largest argument of a factorial or the like that SymPy is to write out.
MOST_BITS_WRITTEN_OUT, LARGEST_WRITTEN_OUT = 1 << 16, 5000


def check_digits(kind: type[Basic], arguments: Sequence[Basic]) -> None:
    """Refuse what SymPy would make a number of very many digits of: it evaluates as soon as it is asked.

    Raises:
        UnsupportedExpression: for such a number.
    """
    if not all(isinstance(a, Rational) for a in arguments):
        return
    bits = max((max(abs(int(a.p)), int(a.q)).bit_length() for a in arguments[:1]), default=0)
    large = kind in (factorial, gamma, digamma, trigamma) and abs(arguments[0]) > LARGEST_WRITTEN_OUT
    if large or (kind is Pow and bits > 1 and bits * abs(arguments[1]) > MOST_BITS_WRITTEN_OUT):
        raise UnsupportedExpression("a number of too many digits", "ordinary SymPy")
