"""A loss that is a Python function: called with symbols, then compared with what came out.

The function is called once with stand-ins for numbers.  They take part in arithmetic and
comparisons, in NumPy's, SciPy's, PyTorch's and SymPy's functions of one number at a time, and in
``if``, ``max`` and the like: wherever the function asks whether a comparison holds, it is run once
for each answer, and the results are put together by `Where`.  Decimals are the fractions that they
are written as.  What comes out is evaluated at random numbers of the sets and must agree there with
the function, so that a function that looks at the clock, or keeps something, is found out.

Which parameter is the observation and which the prediction, is read from their names: those of the
question (``y`` and ``f``), or those that are common, `OBSERVATIONS` and `PREDICTIONS`.  Libraries do
not agree on the order (PyTorch has the prediction first, scikit-learn's metrics the observation), so
that other names are an error, not a guess.  Parameters that have a default keep it; the others are
constants.

What this module knows: how a function becomes an expression.  What it does not know: what the
expression is good for.
"""

from __future__ import annotations

import inspect
import math
import random
import sys
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import partialmethod
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

import numpy as np
from sympy import Basic as SymPyBasic
from sympy import Expr, Float, Integer, Mul, Rational, S

from lossproof.errors import NoFiniteValue, TracingError
from lossproof.notation.inert import ONE, TWO, ZERO, add, exp, inverse, log, maximum, mul, neg, power
from lossproof.notation.plain import written
from lossproof.notation.shapes import DEEPEST, bearable
from lossproof.numeric.evaluate import Precise, evaluate
from lossproof.recovery.conversion import decimal, inert
from lossproof.recovery.functions import FUNCTIONS, Choice, both, comparison, either, minus
from lossproof.recovery.text import MOST_PARTS, Names

if TYPE_CHECKING:
    from lossproof.recovery.question import Setting

#: What the observation and the prediction are commonly called.
OBSERVATIONS = frozenset({"y", "y_true", "target", "targets", "label", "labels", "observation", "observed", "actual"})
PREDICTIONS = frozenset(
    {"f", "input", "inputs", "pred", "preds", "prediction", "predictions", "predicted", "y_pred", "y_hat", "yhat"}
    | {"output", "outputs", "logit", "logits", "score", "scores", "raw_prediction", "y_score"}
)
#: How often a function may be run, and how many comparisons it may ask about on one way through it.
MOST_RUNS, MOST_QUESTIONS = 64, 40
#: At how many points a trace is compared with the function, of how many drawn, and how close the two must be.
POINTS, DRAWN, CLOSE = 24, 200, 1e-6

#: What calling somebody's function with something unusual may raise.
_RAISED = (
    *(TypeError, ValueError, AttributeError, ArithmeticError, LookupError, RuntimeError),
    *(AssertionError, NameError, ImportError),
)


# ------------------------------------------------------------------ the stand-ins


class _Run:
    """One way through a function: the answers given, and what was asked."""

    def __init__(self, answers: tuple[bool, ...]) -> None:
        self.answers, self.asked = answers, list[Condition]()

    def answer(self, condition: Condition) -> bool:
        self.asked.append(condition)
        if len(self.asked) > MOST_QUESTIONS:
            raise TracingError(f"the function asks about more than {MOST_QUESTIONS} comparisons on one way through it")
        k = len(self.asked) - 1
        return self.answers[k] if k < len(self.answers) else True


class Number:
    """Stands for a number whose value is an expression."""

    __slots__ = ("_expression", "_run")
    __hash__ = None  # type: ignore[assignment]
    __array_priority__ = 1000

    def __init__(self, expression: Expr, run: _Run) -> None:
        if not bearable(expression, MOST_PARTS, DEEPEST):
            raise TracingError("the function builds an expression that is too large or nested too deeply")
        self._expression, self._run = expression, run

    # -------------------------------------------------------------- arithmetic

    def _made(self, name: str, *arguments: Any) -> Any:
        """The function of this name at some arguments."""
        if name in _COMPARISONS:
            left, right = map(_expression, arguments)
            return Condition(_COMPARISONS[name], left, right, self._run)
        if name in _CONNECTIVES:
            return _connected(name, [self._condition(a) for a in arguments], self._run)
        if name == "where" and len(arguments) == 3:
            condition, yes, no = arguments
            return Number(self._condition(condition).choose(_expression(yes), _expression(no)), self._run)
        if name not in CALLS:
            raise TracingError(f"the function '{name}' is not one of those that can be traced: {_known()}")
        make, least, most = CALLS[name]
        if not least <= len(arguments) <= most:
            raise TracingError(f"'{name}' of {len(arguments)} arguments cannot be traced")
        return Number(make(*map(_expression, arguments)), self._run)

    def _condition(self, a: Any) -> Condition:
        if isinstance(a, Condition):
            return a
        if isinstance(a, (bool, np.bool_)):
            return Condition("==", ZERO, ZERO if a else ONE, self._run)
        return Condition("!=", _expression(a), ZERO, self._run)

    def _binary(self, other: Any, name: str, swapped: bool = False) -> Any:
        if _opaque(other):
            return NotImplemented
        return self._made(name, other, self) if swapped else self._made(name, self, other)

    __add__ = partialmethod(_binary, name="add")
    __radd__ = partialmethod(_binary, name="add", swapped=True)
    __sub__ = partialmethod(_binary, name="subtract")
    __rsub__ = partialmethod(_binary, name="subtract", swapped=True)
    __mul__ = partialmethod(_binary, name="multiply")
    __rmul__ = partialmethod(_binary, name="multiply", swapped=True)
    __truediv__ = partialmethod(_binary, name="divide")
    __rtruediv__ = partialmethod(_binary, name="divide", swapped=True)
    __pow__ = partialmethod(_binary, name="power")
    __rpow__ = partialmethod(_binary, name="power", swapped=True)
    __lt__ = partialmethod(_binary, name="less")
    __le__ = partialmethod(_binary, name="less_equal")
    __gt__ = partialmethod(_binary, name="greater")
    __ge__ = partialmethod(_binary, name="greater_equal")
    __eq__ = partialmethod(_binary, name="equal")
    __ne__ = partialmethod(_binary, name="not_equal")
    __and__ = partialmethod(_binary, name="logical_and")
    __rand__ = partialmethod(_binary, name="logical_and", swapped=True)
    __or__ = partialmethod(_binary, name="logical_or")
    __ror__ = partialmethod(_binary, name="logical_or", swapped=True)

    def __neg__(self) -> Any:
        return self._made("negative", self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return self._made("absolute", self)

    def __invert__(self) -> Any:
        return self._made("logical_not", self)

    def __bool__(self) -> bool:
        return self._run.answer(self._condition(self))

    # -------------------------------------------------------------- what libraries ask for

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__" or options:
            raise TracingError(f"numpy's '{ufunc.__name__}' with options cannot be traced")
        return self._made(ufunc.__name__, *inputs)

    def __array_function__(self, function: Any, types: Any, arguments: Any, options: Any) -> Any:
        return self._called(function.__name__, arguments, options)

    @classmethod
    def __torch_function__(cls, function: Any, types: Any, arguments: Any = (), options: Any = None) -> Any:
        every = (*arguments, *(options or {}).values())
        first = next(a for a in every if isinstance(a, Number))
        return first._called(function.__name__, arguments, options or {})

    def _called(self, name: str, arguments: Sequence[Any], options: Mapping[str, Any]) -> Any:
        if name in ("clip", "clamp"):
            return self._clipped(*arguments, **options)
        if {**options, "inplace": False} != {"inplace": False}:
            raise TracingError(f"'{name}' with options cannot be traced")
        return self._made(name, *arguments)

    def _clipped(self, a: Any, low: Any = None, high: Any = None, **options: Any) -> Any:
        low, high = options.pop("min", options.pop("a_min", low)), options.pop("max", options.pop("a_max", high))
        if options:
            raise TracingError("'clip' with options cannot be traced")
        out = a if low is None else self._made("maximum", a, low)
        return out if high is None else self._made("minimum", out, high)

    def __getattr__(self, name: str) -> Any:
        """Methods such as ``f.exp()`` of arrays and tensors."""
        if name.startswith("_") or (name not in CALLS and name not in ("clip", "clamp")):
            raise AttributeError(f"a number that is traced has no '{name}'")
        return lambda *arguments, **options: self._called(name, (self, *arguments), options)

    def _sympy_(self) -> Expr:
        return self._expression

    # -------------------------------------------------------------- what a number has and a symbol has not

    def _no_number(self, *_: Any) -> NoReturn:
        raise TracingError(
            "the function asks for the number behind a symbol, as math.exp, float, int or round do; "
            "write numpy.exp for math.exp, and so on"
        )

    __float__ = __int__ = __index__ = __complex__ = __round__ = __trunc__ = __floor__ = __ceil__ = _no_number

    def _no_array(self, *_: Any) -> NoReturn:
        raise TracingError("the function takes an element of its argument, which is one number; give vectors as text")

    __getitem__ = __iter__ = __len__ = _no_array


class Condition(Number):
    """Stands for whether a comparison holds; as a number, 1 or 0."""

    __slots__ = ("choice", "parts")

    def __init__(self, operator: str, left: Expr, right: Expr, run: _Run, choice: Choice | None = None) -> None:
        self.choice = choice or comparison(left, operator, right)
        self.parts = None if choice is not None else (operator, left, right)
        super().__init__(self.choice(ONE, ZERO), run)

    def choose(self, yes: Expr, no: Expr) -> Expr:
        """``yes`` where the comparison holds, else ``no``; the larger or the smaller of two if that is what it is."""
        if self.parts is not None and yes != no:
            operator, left, right = self.parts
            if operator in ("<", "<="):
                left, right = right, left
            if operator in ("<", "<=", ">", ">="):
                if (yes, no) == (left, right):
                    return maximum(no, yes)
                if (yes, no) == (right, left):
                    return neg(maximum(minus(no), minus(yes)))
        return self.choice(yes, no)


def _connected(name: str, conditions: Sequence[Condition], run: _Run) -> Condition:
    if name.endswith("not"):
        inner = conditions[0].choice
        return Condition("", ZERO, ZERO, run, lambda yes, no: inner(no, yes))
    join = both if name.endswith("and") else either
    return Condition("", ZERO, ZERO, run, join(*(c.choice for c in conditions)))


def _opaque(a: Any) -> bool:
    """Whether nothing is known of an operand, so that it may know what to do itself."""
    return not isinstance(a, (Number, int, float, Fraction, np.generic, SymPyBasic, np.ndarray)) and not _is_tensor(a)


def _is_tensor(a: Any) -> bool:
    return type(a).__module__.split(".")[0] == "torch" and hasattr(a, "item")


def _expression(a: Any) -> Expr:
    """An operand as an expression.

    Raises:
        TracingError: if it is not one number.
    """
    if isinstance(a, Number):
        return a._expression
    if isinstance(a, (np.generic, np.ndarray)) or _is_tensor(a):
        if getattr(a, "size", 1) != 1 and not _is_tensor(a):
            raise TracingError("the function computes with an array; give vectors as text")
        return _expression(a.item())
    if isinstance(a, (bool, int)):
        return Integer(int(a))
    if isinstance(a, Fraction):
        return Rational(a.numerator, a.denominator)
    if isinstance(a, (float, Float)):
        near = next((k for k, v in ((S.Pi, math.pi), (S.Exp1, math.e)) if a == v), None)
        return near if near is not None else decimal(a)
    if isinstance(a, Expr):
        return inert(a, Names({s.name: s for s in a.free_symbols}))
    raise TracingError(f"the function computes with {a!r:.60}, which is not a number")


# ------------------------------------------------------------------ functions by name

_COMPARISONS = {
    "less": "<",
    "lt": "<",
    "less_equal": "<=",
    "le": "<=",
    "greater": ">",
    "gt": ">",
    "greater_equal": ">=",
    "ge": ">=",
    "equal": "==",
    "eq": "==",
    "not_equal": "!=",
    "ne": "!=",
}
_CONNECTIVES = frozenset({"logical_and", "logical_or", "logical_not", "bitwise_and", "bitwise_or", "bitwise_not"})
_HALF = Rational(1, 2)

Call: TypeAlias = tuple[Callable[..., Expr], int, int]


def _times_log(a: Expr, b: Expr) -> Expr:
    """``a log b``, and 0 where ``a = 0``."""
    return comparison(a, "==", ZERO)(ZERO, mul(a, log(b)))


def _quotient(a: Expr, b: Expr) -> Expr:
    if isinstance(a, Rational) and isinstance(b, Rational) and b is not ZERO:
        return a / b
    return inverse(b) if a is ONE else mul(a, inverse(b))


def _product(a: Expr, b: Expr) -> Expr:
    """A product; Python reads ``-a b`` as ``(-a) b``, and a person as ``-(a b)``."""
    return neg(mul(*a.args[1:], b)) if isinstance(a, Mul) and a.args[0] == -1 else mul(a, b)


_ARITHMETIC: dict[str, Call] = {
    "add": (add, 2, 2),
    "subtract": (lambda a, b: add(a, minus(b)), 2, 2),
    "multiply": (_product, 2, 2),
    "divide": (_quotient, 2, 2),
    "power": (power, 2, 2),
    "negative": (minus, 1, 1),
    "positive": (lambda a: a, 1, 1),
    "sum": (lambda a: a, 1, 1),  # of one number
    "mean": (lambda a: a, 1, 1),
    "reciprocal": (inverse, 1, 1),
    "relu": (lambda a: maximum(ZERO, a), 1, 1),
    "maximum": (maximum, 2, 2),
    "minimum": FUNCTIONS["min"],
    "logaddexp": (lambda a, b: log(add(exp(a), exp(b))), 2, 2),
    "log_expit": (lambda a: neg(FUNCTIONS["softplus"][0](minus(a))), 1, 1),
    "xlogy": (_times_log, 2, 2),
    "log2": (lambda a: mul(log(a), inverse(log(TWO))), 1, 1),
    "log10": (lambda a: mul(log(a), inverse(log(Integer(10)))), 1, 1),
    "exp2": (lambda a: power(TWO, a), 1, 1),
    "hypot": (lambda a, b: power(add(power(a, TWO), power(b, TWO)), _HALF), 2, 2),
}
_ALIASES = {
    "absolute": "abs",
    "fabs": "abs",
    "fmax": "maximum",
    "fmin": "minimum",
    "true_divide": "divide",
    "div": "divide",
    "sub": "subtract",
    "mul": "multiply",
    "neg": "negative",
    "pow": "power",
    "float_power": "power",
    "rsub": "subtract",
    "expit": "sigmoid",
    "gammaln": "lgamma",
    "special_gammaln": "lgamma",
    "logsigmoid": "log_expit",
    "log_sigmoid": "log_expit",
    "special_expit": "sigmoid",
    "special_xlogy": "xlogy",
    "special_erf": "erf",
}
#: The functions that can be traced, by the names that libraries have for them.
CALLS: Mapping[str, Call] = {
    **{name: found for name, found in FUNCTIONS.items() if name.islower()},
    **_ARITHMETIC,
    **{alias: {**FUNCTIONS, **_ARITHMETIC}[name] for alias, name in _ALIASES.items()},
}


def _known() -> str:
    return "arithmetic, exp, log, abs, sqrt, maximum, where, sigmoid, softplus and the like"


# ------------------------------------------------------------------ tracing


def traced(function: Callable[..., Any], setting: Setting) -> Expr:
    """The expression that a function computes of the observation and the predictions.

    Raises:
        TracingError: if it cannot be traced, or does not do what its trace says.
    """
    names = setting.names
    if names.arrays:
        raise TracingError("a function of vectors cannot be traced; give the loss as text, with elements f[k]")
    roles = _roles(function, setting)
    return _compared(function, roles, _explored(function, roles, names), setting)


def _roles(function: Callable[..., Any], setting: Setting) -> dict[str, str]:
    """For each parameter that is to be given, the name of the symbol that it stands for."""
    from lossproof.recovery.question import name

    try:
        parameters = inspect.signature(getattr(function, "forward", function)).parameters.values()
    except (TypeError, ValueError):
        raise TracingError("the function does not say which parameters it has") from None
    kinds = inspect.Parameter
    if any(p.kind in (kinds.VAR_POSITIONAL, kinds.VAR_KEYWORD, kinds.POSITIONAL_ONLY) for p in parameters):
        raise TracingError("the function does not name its parameters; wrap it: lambda y, f: ...")
    asked = [p.name for p in parameters if p.default is p.empty]
    y, fs = name(setting.y), [name(f) for f, _ in setting.predictions]
    every = [p.name for p in parameters]
    found = {n: n for n in (y, *fs) if n in every}
    for wanted, common in ((y, OBSERVATIONS), *((f, PREDICTIONS) for f in fs[:1])):
        if wanted not in found:
            called = [p for p in asked if p in common and p not in found]
            if len(called) != 1:
                kind = "observation" if wanted == y else "prediction"
                raise TracingError(
                    f"which of the parameters ({', '.join(every)}) is the {kind} '{wanted}' cannot be told from their "
                    "names; call them y and f, or say with y= and f= what they are called"
                )
            found[called[0]] = wanted
    missing = set(fs) - set(found.values())
    if missing:
        raise TracingError(f"the function has no parameter '{min(missing)}'")
    return found | {p: p for p in asked if p not in found}


def _explored(function: Callable[..., Any], roles: Mapping[str, str], names: Names) -> Expr:
    """The function run with symbols, once for each way through it."""
    runs = 0

    def explore(answers: tuple[bool, ...]) -> Expr:
        nonlocal runs
        runs += 1
        if runs > MOST_RUNS:
            raise TracingError(f"the function has more than {MOST_RUNS} ways through it")
        run = _Run(answers)
        given = {p: Number(names.symbol(symbol), run) for p, symbol in roles.items()}
        try:
            out = _result(function(**given), names)
        except _RAISED as error:
            raise TracingError(f"the function fails when it is called with symbols: {_said(error)}") from None
        for k in range(len(run.asked) - 1, len(answers) - 1, -1):
            other = explore((*answers, *(True,) * (k - len(answers)), False))
            out = run.asked[k].choose(out, other)
        return out

    found = explore(())
    if not bearable(found, MOST_PARTS, DEEPEST):
        raise TracingError("the function builds an expression that is too large or nested too deeply")
    return found


def _said(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:160]}"


def _result(out: Any, names: Names) -> Expr:
    if out is None:
        raise TracingError("the function returns nothing")
    if isinstance(out, SymPyBasic) and not isinstance(out, Number):
        return inert(out, names)
    return _expression(out)


# ------------------------------------------------------------------ comparing


def _compared(function: Callable[..., Any], roles: Mapping[str, str], e: Expr, setting: Setting) -> Expr:
    """The expression, if the function has its values at random numbers of the sets.

    Raises:
        TracingError: naming a point at which it has not, or if there is none at which both have a value.
    """
    from lossproof.recovery.points import draw

    chance, numbers = random.Random(0), Precise(30)
    agreed = 0
    for _ in range(DRAWN):
        point = draw(setting, roles.values(), chance)
        try:
            ours: float | None = float(evaluate(e, point, numbers))
        except NoFiniteValue:
            ours = None
        theirs = _called(function, {p: float(point[symbol]) for p, symbol in roles.items()})
        if theirs is not None and not math.isfinite(theirs):
            theirs = None
        if (ours is None) != (theirs is None) or (
            ours is not None and theirs is not None and abs(ours - theirs) > CLOSE * (1 + abs(ours))
        ):
            at = ", ".join(f"{p} = {float(point[symbol]):.6g}" for p, symbol in roles.items())
            raise TracingError(
                f"the function does not do what its trace {written(e):.200} says: at {at} it gives "
                f"{'no number' if theirs is None else f'{theirs:.10g}'}, the trace "
                f"{'no number' if ours is None else f'{ours:.10g}'}"
            )
        agreed += ours is not None
        if agreed == POINTS:
            break
    if not agreed:
        raise TracingError("the function has no finite value at any of the numbers that were tried")
    return e


def _called(function: Callable[..., Any], at: Mapping[str, float]) -> float | None:
    """The value of a function at numbers, or None if there is none; tensors if it wants them."""
    for make in (float, np.float64, _tensor):
        try:
            with np.errstate(all="ignore"):
                out = function(**{p: make(v) for p, v in at.items()})
            return None if isinstance(out, complex) else float(out)
        except ArithmeticError:
            return None
        except ValueError as error:
            if "domain" in str(error):
                return None
        except _RAISED:
            pass
    raise TracingError("the function cannot be called with numbers (floats, or tensors), so its trace is not checked")


def _tensor(value: float) -> Any:
    torch = sys.modules.get("torch")
    if torch is None:
        raise TypeError("PyTorch is not in use")
    return torch.tensor(value, dtype=torch.float64)
