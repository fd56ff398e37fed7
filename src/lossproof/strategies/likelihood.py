"""From any likelihood to its loss, and the gradient of the loss: one chain for every noise model.

The argument is always the same: independence, the density, minus the logarithm, the laws of the
logarithm; then what does not contain the parameters is dropped, and what is a positive constant
factor.  Nothing here knows a distribution; a model declares how the result is to be written, or
the terms of the expanded logarithm are sorted by whether they contain a parameter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial

from sympy import (
    Add,
    Basic,
    Expr,
    Integer,
    Mul,
    Pow,
    Rational,
    Symbol,
    digamma,
    expand,
    expand_mul,
    fraction,
    gcd_list,
    polygamma,
    trigamma,
)
from sympy import exp as sympy_exp
from sympy import log as sympy_log

from lossproof.errors import LossproofError, RuleDoesNotApply
from lossproof.kernel.conditions import Declared, Ranged
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import COUNT, POSITIVE
from lossproof.kernel.facts import Facts
from lossproof.losses import loss as definition_of_loss
from lossproof.models import (
    FEATURES,
    OBSERVATIONS,
    LinearPredictor,
    LinearScores,
    Model,
    NoiseModel,
    OpaqueScores,
    b,
    i,
    j,
    n,
    x,
    y,
)
from lossproof.models.noise import prediction_names
from lossproof.notation.inert import (
    ONE,
    ZERO,
    add,
    build,
    derivative,
    exp,
    free,
    inverse,
    is_leaf,
    log,
    mul,
    neg,
    power,
    rebuild,
    symbol_of,
    total,
    walk,
)
from lossproof.notation.nodes import Definition, Named, meaning
from lossproof.notation.plain import written
from lossproof.rulebook import calculus, logarithms, optima, sigmoids, sums
from lossproof.strategies.chain import Chain

_LOGARITHMS = (
    logarithms.LOG_OF_PRODUCT,
    logarithms.LOG_OF_FACTORS,
    logarithms.LOG_OF_EXP,
    logarithms.LOG_OF_INVERSE,
    logarithms.LOG_OF_POWER,
    sigmoids.LOG_OF_SIGMOID,
    sigmoids.LOG_OF_SIGMOID_COMPLEMENT,
)

#: From the derivative of a loss down to those of its predictions.
DERIVATIVES = (
    calculus.DERIVATIVE_OF_CONSTANT,
    calculus.DERIVATIVE_OF_SUM,
    calculus.DERIVATIVE_OF_DIFFERENCE_FROM_CONSTANT,
    calculus.DERIVATIVE_OF_TERMS,
    calculus.DERIVATIVE_OF_MULTIPLE,
    calculus.DERIVATIVE_OF_LINEAR_TERM,
    calculus.PRODUCT_RULE,
    calculus.DERIVATIVE_OF_SQUARE,
    calculus.DERIVATIVE_OF_INVERSE,
    calculus.DERIVATIVE_OF_POWER,
    calculus.DERIVATIVE_OF_EXP,
    calculus.DERIVATIVE_OF_LOG,
    calculus.DERIVATIVE_OF_SIGMOID,
    calculus.DERIVATIVE_OF_SOFTPLUS,
    calculus.DERIVATIVE_OF_ABSOLUTE_VALUE,
    calculus.DERIVATIVE_OF_COSINE,
    calculus.DERIVATIVE_OF_SINE,
    calculus.DERIVATIVE_OF_ERROR_FUNCTION,
    calculus.DERIVATIVE_OF_GAMMA,
    calculus.DERIVATIVE_OF_DIGAMMA,
    calculus.DERIVATIVE_OF_SIGN,
    calculus.DERIVATIVE_OF_CASES,
    calculus.DERIVATIVE_OF_CURVE,
)


_HALF = Rational(1, 2)
#: What SymPy's polygamma functions are called here.
_POLYGAMMAS: Mapping[Basic, type[Basic]] = {Integer(0): digamma, Integer(1): trigamma}


@dataclass(frozen=True)
class Split:
    """Minus the logarithm of one factor as ``constant + scale * loss``."""

    constant: Expr
    scale: Expr
    loss: Expr


def negative_log_likelihood(model: Model[NoiseModel]) -> Derivation:
    """The joint density is the likelihood, and maximising it is minimising the summed loss.

    Raises:
        SideConditionError: if a factor is not known to be positive where its logarithm is taken, or
            if what would be dropped contains a parameter; it names what is missing.
    """
    title = f"{model.heading}: maximum likelihood is minimum loss"
    chain = Chain(model.name, model.hypotheses, model.parameters, model.joint, title)
    chain.assume("conditional independence").assume(model.noise.name).fold(model.likelihood)
    chain.at_root(optima.NEGATIVE_LOGARITHM)
    return to_loss(chain, model).done()


def equation(model: Model[NoiseModel]) -> Derivation:
    """``-log L(w)`` as the sum that the loss is made of, with its constants: the part that is an equation."""
    return equation_in(negative_log_likelihood(model), model)


def equation_in(whole: Derivation, model: Model[NoiseModel]) -> Derivation:
    """The part of a derivation from the likelihood to the loss that says what ``-log L(w)`` is."""
    return whole.equations[1].called(f"{model.name}-equation", f"{model.heading}: the negative log-likelihood")


def to_loss(chain: Chain, model: Model[NoiseModel]) -> Chain:
    """From ``-log L(w)`` to ``J(w)``."""
    return collect(expand_logarithms(chain, model), model)


def expand_logarithms(chain: Chain, model: Model[NoiseModel]) -> Chain:
    """From ``-log L(w)`` to minus a sum of logarithms."""
    parameters = {symbol_of(p) for p in model.predictor.parameters}
    chain.unfold(model.likelihood.definition)
    return chain.exhaust(*_LOGARITHMS, at=lambda e: bool(parameters & free(e)))


def collect(chain: Chain, model: Model[NoiseModel]) -> Chain:
    """From minus a sum over the observations to ``J(w)``."""
    chain.rewrite(sums.MINUS_INTO_SUM, at=lambda e: e is chain.here)
    body, (index, low, high) = chain.here.args
    found = split(model, body, chain.facts)
    if in_terms(found) != body:
        try:
            chain.laws(in_terms(found), at=_body_of_sum(chain.here))
        except RuleDoesNotApply as error:
            if chain.refusals:
                raise chain.refusals[-1] from error
            if model.noise.pointwise(model.predictor) is None:
                raise
            why = f"minus the logarithm of the density is not {written(in_terms(found))}"
            what = "leave the loss out to have it found, or mend loss, scale and constant"
            raise RuleDoesNotApply("declared loss", f"the noise of '{model.name}'", f"{why}; {what}") from error
    if isinstance(found.loss, Named):
        chain.fold(found.loss)
    _separate(chain, found)
    summed = model.named("J", total(found.loss, index, low, high))
    chain.fold(summed)
    return _drop(chain, found, summed)


def in_terms(found: Split) -> Expr:
    """``constant + scale * loss`` without zeros and ones; the loss written out."""
    loss = found.loss.body if isinstance(found.loss, Named) else found.loss
    scaled = loss if found.scale == ONE else mul(found.scale, loss)
    return scaled if found.constant == ZERO else add(found.constant, scaled)


def _separate(chain: Chain, found: Split) -> None:
    """The constant and the factor out of the sum over the observations."""
    if found.constant != ZERO:
        chain.at_root(sums.SUM_OF_TERMS)
        if i not in free(found.constant):
            constant = chain.here.args[0]
            chain.rewrite(sums.SUM_OF_CONSTANT, at=lambda e: e is constant)
            summed, tidy = chain.here.args[0], over_line(n, found.constant)
            if summed != tidy:
                chain.algebra(tidy, at=lambda e: e is summed)
    if found.scale != ONE:
        scaled = chain.here.args[1] if found.constant != ZERO else chain.here
        chain.rewrite(sums.CONSTANT_FACTOR_OUT_OF_SUM, at=lambda e: e is scaled)


def over_line(count: Expr, constant: Expr) -> Expr:
    """``count * constant`` with the count above the line if the constant begins with a half."""
    if isinstance(constant, Mul) and isinstance(constant.args[0], Rational) and constant.args[0].p == 1:
        return mul(mul(count, inverse(Integer(constant.args[0].q))), *constant.args[1:])
    return mul(count, constant)


def _drop(chain: Chain, found: Split, summed: Named) -> Chain:
    """What does not contain the parameters, and what is a positive constant factor."""
    if found.constant != ZERO:
        chain.at_root(optima.DROP_CONSTANT_TERM)
    if chain.here != summed:
        chain.at_root(optima.DROP_POSITIVE_FACTOR)
    return chain


# ------------------------------------------------------------------ sorting the terms


def split(model: Model[NoiseModel], body: Expr, facts: Facts) -> Split:
    """What is constant in the body of the sum, what is a positive factor, and the loss.

    As the model declares it; else the terms are sorted by whether they contain a prediction.
    """
    declared = model.noise.pointwise(model.predictor)
    if declared is not None:
        return Split(model.noise.constant, model.noise.scale, declared)
    swap, back = _swaps(model)
    *names, observed = back
    plain = expand(meaning(replaced(body, swap)), multinomial=False, power_base=False, power_exp=False, log=False)
    terms = Add.make_args(plain)
    constant = _as_logarithm([t for t in terms if not t.free_symbols & set(names)])
    scale, rest = _factored([t for t in terms if t.free_symbols & set(names)], frozenset((*names, observed)))
    if not facts.shows(scale, POSITIVE):
        scale, rest = ONE, mul(scale, rest)
    scale = as_fraction(scale)
    rest = in_pairs(rest, frozenset(names))
    if i in free(rest):
        return Split(replaced(constant, back), scale, replaced(rest, back))
    named = definition_of_loss(rest, *names, observed)(*outputs_of(model), y[i])
    return Split(replaced(constant, back), scale, named)


def _as_logarithm(terms: Sequence[Expr]) -> Expr:
    """A sum of constant terms, of which those that are numbers times logarithms become one logarithm of a product."""
    exponents: dict[Expr, Rational] = {}
    rest: list[Expr] = []
    for term in terms:
        factor, logarithm = term.as_coeff_Mul()
        if not isinstance(logarithm, sympy_log):
            rest.append(term)
            continue
        for base, exponent in _powers(logarithm.args[0]):
            if exponent.is_Rational:
                exponents[base] = exponents.get(base, Rational(0)) + factor * exponent
            else:
                rest.append(factor * exponent * sympy_log(base))
    exponents = {base: e for base, e in sorted(exponents.items(), key=lambda item: not item[0].is_number) if e}
    if not exponents:
        return Add(*rest)
    common = gcd_list([abs(e) for e in exponents.values()])
    common = -common if all(e < 0 for e in exponents.values()) else common
    inside = [base if e == common else power(base, e / common) for base, e in exponents.items()]
    whole = log(inside[0] if len(inside) == 1 else mul(*inside))
    combined = whole if common == 1 else mul(common, whole)
    return combined if not rest else add(combined, Add(*rest))


def _powers(e: Expr) -> list[tuple[Expr, Expr]]:
    """The factors of a product as powers; rational numbers by their primes."""
    found: list[tuple[Expr, Expr]] = []
    for factor in Mul.make_args(e):
        base, exponent = factor.as_base_exp()
        if base.is_Pow and base.exp.is_Rational:
            base, exponent = base.base, base.exp * exponent
        if base.is_Rational and base > 0:
            found += [(Integer(p), exponent * k) for p, k in base.factors().items() if p != 1]
        else:
            found.append((base, exponent))
    return found


def as_fraction(e: Expr) -> Expr:
    """An ordinary quotient with one line between numerator and denominator: ``1 / (2 sigma^2)``."""
    top, bottom = fraction(e)
    if bottom == 1:
        return top
    return inverse(bottom) if top == 1 else mul(top, inverse(bottom))


def in_pairs(e: Expr, variables: frozenset[Symbol]) -> Expr:
    """Products as products of two, what is constant first, so that the product rule fits."""
    if is_leaf(e):
        return e
    parts = [in_pairs(a, variables) for a in e.args]
    if not isinstance(e, Mul) or not variables & e.free_symbols:
        return rebuild(e, parts)
    constant = [a for a in parts if not variables & a.free_symbols]
    out, *others = reversed([a for a in parts if variables & a.free_symbols])
    for a in others:
        out = mul(a, out)
    if not constant:
        return out
    factor = constant[0] if len(constant) == 1 else Mul(*constant)
    if factor == -1:
        return neg(out)
    return neg(mul(-factor, out)) if factor.could_extract_minus_sign() else mul(factor, out)


def _swaps(model: Model[NoiseModel]) -> tuple[dict[Basic, Basic], dict[Basic, Basic]]:
    """Predictions and observation to plain symbols, and back."""
    outputs = outputs_of(model)
    names = (*prediction_names(len(outputs)), "y")
    swap = dict(zip((*outputs, y[i]), (Symbol(name, real=True) for name in names), strict=True))
    return swap, {value: key for key, value in swap.items()}


def outputs_of(model: Model[NoiseModel]) -> tuple[Expr, ...]:
    """What the predictor gives for ``x_i``."""
    if isinstance(model.predictor, (LinearScores, OpaqueScores)):
        raise LossproofError(f"{model.noise.name} must declare its pointwise loss, for it takes a score for each class")
    return model.predictor.outputs


def replaced(e: Basic, swap: Mapping[Basic, Basic]) -> Expr:
    """The expression with parts replaced as they stand; only to find what the kernel then checks."""
    if e in swap:
        return swap[e]
    if isinstance(e, polygamma) and e.args[0] in _POLYGAMMAS:
        return build(_POLYGAMMAS[e.args[0]], (replaced(e.args[1], swap),))
    return e if is_leaf(e) else rebuild(e, [replaced(a, swap) for a in e.args])


# ------------------------------------------------------------------ gradients


@cache
def prediction_gradient(predictor: LinearPredictor) -> Derivation:
    """``d f_w(x_i) / d w_j = x_ij``."""
    w = predictor.parameters[-1]
    hypotheses = (*predictor.hypotheses, Ranged(FEATURES), Ranged(OBSERVATIONS), Declared(n, COUNT))
    title = "Linear predictor: gradient of the prediction"
    start = derivative(predictor.prediction, w[j])
    chain = Chain("linear-prediction-gradient", hypotheses, predictor.parameters, start, title)
    chain.unfold(predictor.definition)
    chain.exhaust(*DERIVATIVES[:6], calculus.DERIVATIVE_OF_COORDINATE, sums.SIFT)
    return chain.algebra(x[i, j]).done() if chain.here != x[i, j] else chain.done()


def prediction_in_intercept(predictor: LinearPredictor) -> Derivation:
    """``d f_{b,w}(x_i) / d b = 1``."""
    hypotheses = (*predictor.hypotheses, Ranged(OBSERVATIONS), Declared(n, COUNT))
    title = "Linear predictor: slope of the prediction in the intercept"
    start = derivative(predictor.prediction, b)
    chain = Chain("linear-prediction-bias-gradient", hypotheses, predictor.parameters, start, title)
    chain.unfold(predictor.definition).rewrite(calculus.DERIVATIVE_OF_TERMS)
    chain.exhaust(calculus.DERIVATIVE_OF_VARIABLE, calculus.DERIVATIVE_OF_CONSTANT)
    return chain.algebra(ONE).done()


def bias_gradient(model: Model[NoiseModel]) -> Derivation:
    """``dJ / d b = sum_i dl / d prediction`` for the intercept ``b`` of a linear predictor.

    Raises:
        LossproofError: if there is no intercept.
    """
    if not isinstance(model.predictor, LinearPredictor) or not model.predictor.intercept:
        raise LossproofError(f"'{model.name}' has no intercept; its predictor would be LinearPredictor(intercept=True)")
    hypotheses = (*model.hypotheses, *model.noise.smooth_if(model.predictor))
    title = f"{model.heading}: slope of the loss in the intercept"
    start = derivative(_loss(model), b)
    chain = Chain(f"{model.name}-bias-gradient", hypotheses, model.parameters, start, title)
    _into_the_loss(chain, model)
    chain.cite(prediction_in_intercept(model.predictor))
    slopes = model.noise.slopes(model.predictor)
    return (chain.laws(slopes[0], at=_body_of_sum(chain.here)) if slopes else chain).done()


def loss_gradient(model: Model[NoiseModel]) -> Derivation:
    """``dJ / d w_j = sum_i (dl / d prediction) x_ij``; for a network, times ``d f_theta(x_i) / d theta_j``.

    From there on back-propagation takes over.
    """
    loss = _loss(model)
    variable = model.predictor.parameters[-1][j]
    hypotheses = (*model.hypotheses, *model.noise.smooth_if(model.predictor), Ranged(FEATURES))
    title = f"{model.heading}: gradient of the loss"
    chain = Chain(f"{model.name}-gradient", hypotheses, model.parameters, derivative(loss, variable), title)
    _into_the_loss(chain, model)
    linear = isinstance(model.predictor, LinearPredictor)
    if isinstance(model.predictor, LinearPredictor):
        chain.cite(prediction_gradient(model.predictor))
    inner = [x[i, j]] if linear else [derivative(f, variable) for f in outputs_of(model)]
    slopes = model.noise.slopes(model.predictor) or _found_slopes(model, chain.here.args[0], inner)
    terms = [mul(slope, f) for slope, f in zip(slopes, inner, strict=True)]
    return chain.laws(add(*terms) if len(terms) > 1 else terms[0], at=_body_of_sum(chain.here)).done()


def _found_slopes(model: Model[NoiseModel], body: Expr, inner: Sequence[Expr]) -> tuple[Expr, ...]:
    """What stands before each derivative of a prediction, collected."""
    marks = [Symbol(f"slope_{c}") for c in range(1, len(inner) + 1)]
    swap, back = _swaps(model)
    swap |= dict(zip(inner, marks, strict=True))
    plain = expand(meaning(replaced(body, swap)), multinomial=False, power_base=False, power_exp=False, log=False)
    symbols = frozenset(back)
    found = [_factored(Add.make_args(plain.coeff(mark)), symbols) for mark in marks]
    return tuple(replaced(rest if c == ONE else mul(c, rest), back) for c, rest in found)


def collected(e: Expr, variables: Iterable[Symbol]) -> Expr:
    """An expression in letters with its terms collected, a common constant in front; to be proved equal to it."""
    plain = expand(tidied(e), multinomial=False, power_base=False, power_exp=False, log=False)
    constant, rest = _factored(Add.make_args(plain), frozenset(variables))
    return replaced(rest if constant == ONE else mul(constant, rest), {})


def tidied(e: Expr) -> Expr:
    """An expression in letters without factors 1 and terms 0, as SymPy has it; to be proved equal to it."""
    return replaced(e if is_leaf(e) else e.func(*map(tidied, e.args)), {})


def _factored(terms: Sequence[Expr], variables: frozenset[Basic]) -> tuple[Expr, Expr]:
    """A sum of evaluated terms as a constant times the rest, if the constants of the terms differ by numbers only."""
    parts = [t.as_independent(*variables, as_Add=False) for t in terms]
    first = parts[0][0]
    ratios = [c / first for c, _ in parts]
    whole = Add(*terms)
    if not all(ratio.is_Rational for ratio in ratios):
        return ONE, whole
    common = gcd_list([abs(ratio) for ratio in ratios]) * first
    common = -common if common.could_extract_minus_sign() else common
    return common, expand_mul(whole / common)


def _into_the_loss(chain: Chain, model: Model[NoiseModel]) -> None:
    """The derivative through the sum and the pointwise loss, down to the prediction."""
    loss = _loss(model)
    chain.unfold(loss.definition).rewrite(calculus.DERIVATIVE_OF_SUM)
    pointwise = loss.body.args[0]
    if isinstance(pointwise, Named):
        chain.unfold(pointwise.definition)
    chain.exhaust(*DERIVATIVES)
    for function in functions_in(pointwise):
        chain.unfold(function).exhaust(*DERIVATIVES).fold(function)
        tidy = partial(_without_roots, model)
        if any(tidy(e) is not None for e in walk(chain.here)):
            chain.laws_wherever(tidy)


def functions_in(pointwise: Expr) -> tuple[Definition, ...]:
    """The named functions that a pointwise loss is written with."""
    inside = walk(pointwise.definition.body) if isinstance(pointwise, Named) else ()
    return tuple(dict.fromkeys(part.definition for part in inside if isinstance(part, Named)))


def _without_roots(model: Model[NoiseModel], e: Basic) -> Expr | None:
    """An exponential in whose argument roots of numbers are multiplied out, or None if there are none."""
    if type(e) is not sympy_exp or not any(
        isinstance(p, Pow) and p.exp == _HALF and p.base.is_Integer for p in walk(e)
    ):
        return None
    swap, back = _swaps(model)
    return exp(replaced(in_pairs(expand(meaning(replaced(e.args[0], swap))), frozenset(back)), back))


def _loss(model: Model[NoiseModel]) -> Named:
    if model.noise.pointwise(model.predictor) is not None:
        return model.loss
    found = negative_log_likelihood(model).rhs
    assert isinstance(found, Named)
    return found


def _body_of_sum(here: Expr) -> Callable[[Expr], bool]:
    return lambda e: e is here.args[0]
