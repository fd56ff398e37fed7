"""Right-censored exponential regression: densities of the events times survival probabilities of the rest.

python derivations/exponential_censored.py --standalone --out exponential_censored.tex
"""

from sympy import Expr

from lossproof import Assumed, Chain, Ranged
from lossproof.cli import script
from lossproof.kernel.schema import Abstraction
from lossproof.models import OBSERVATIONS, i, y
from lossproof.models.symbols import EVENTS
from lossproof.notation.inert import add, exp, log, mul, neg
from lossproof.rulebook import logarithms, optima, probability, sums
from lossproof.strategies.censored import EXPONENTIAL

model = EXPONENTIAL
noise, f, event = model.noise, model.prediction, EVENTS[i]
density, hazard, survival = (named(f, y[i]) for named in (noise.density, noise.risk, noise.surviving))

# There is no joint density of observations of which some are censored.
hypotheses = tuple(h for h in model.hypotheses if not (isinstance(h, Assumed) and h.name == "conditional independence"))


def lemma(name: str, title: str, start: Expr) -> Chain:
    """About one observation."""
    return Chain(
        f"exponential-censored-{name}",
        (*hypotheses, Ranged(OBSERVATIONS)),
        model.parameters,
        start=start,
        title=f"{model.heading}: {title}",
    )


as_hazard = lemma("hazard", "density as hazard and survival", density)
as_hazard.unfold(noise.density)
as_hazard.laws(mul(hazard.body, survival.body))
as_hazard.fold(survival)
as_hazard.fold(hazard)

log_hazard = lemma("log-hazard", "logarithm of the hazard", log(hazard))
log_hazard.unfold(noise.risk)
log_hazard.laws(neg(f))

log_survival = lemma("log-survival", "logarithm of the survival", log(survival))
log_survival.unfold(noise.surviving)
log_survival.laws(neg(mul(y[i], exp(neg(f)))))

chain = Chain(
    "exponential-censored",
    hypotheses,
    model.parameters,
    start=noise.joint(model.marginal),
    title="Exponential regression, right-censored: maximum likelihood is minimum loss",
)

# The indicator of an event becomes an exponent.
events = Abstraction((i,), event)
chain.assume("exponential distribution")
chain.assume("survival function")
chain.rewrite(probability.LABEL_ONE_AS_EXPONENT, y=events)
chain.rewrite(probability.LABEL_ZERO_AS_EXPONENT, y=events)
chain.rewrite(sums.MERGE_PRODUCTS)
chain.fold(model.likelihood)

# Minus the logarithm; the density is hazard times survival, so every observation has survived up to y_i.
chain.at_root(optima.NEGATIVE_LOGARITHM)
chain.unfold(model.likelihood.definition)
chain.rewrite(logarithms.LOG_OF_PRODUCT)
chain.rewrite(logarithms.LOG_OF_FACTORS)
chain.rewrite(logarithms.LOG_OF_POWER)
chain.cite(as_hazard.done())
chain.rewrite(logarithms.LOG_OF_FACTORS)
chain.algebra(add(mul(event, log(hazard)), log(survival)), at=chain.here.args[1].args[0].__eq__)
chain.cite(log_hazard.done())
chain.cite(log_survival.done())
chain.rewrite(sums.MINUS_INTO_SUM)

# Nothing is constant, so the negative log-likelihood is the loss itself.
loss = model.pointwise_loss
chain.laws(loss.body, at=chain.here.args[0].__eq__)
chain.fold(loss)
chain.fold(model.loss)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
