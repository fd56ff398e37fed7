"""The models that ship: a noise model behind a predictor, one line each, with who else computes the loss.

Each gives two results, the loss and its gradient; nothing here says how they are derived.  Before them stands
the gradient of the linear prediction, which all gradients behind a linear predictor cite.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import BINARY, NONNEGATIVE, POSITIVE, REAL
from lossproof.models import BERNOULLI, LinearPredictor, Model, Noise, NoiseModel, OpaqueNetwork
from lossproof.models import distributions as noise
from lossproof.models.regression import GAUSSIAN_NETWORK, LINEAR_REGRESSION, LINEAR_REGRESSION_INTERCEPT
from lossproof.strategies import binary, likelihood
from lossproof.strategies.entry import Entry

_LINEAR = LinearPredictor()
_POISSON: Model[NoiseModel] = Model("poisson", noise.POISSON, _LINEAR, "Poisson regression")
_TWO_OUTPUTS = OpaqueNetwork(REAL, also=(("v", POSITIVE),))

#: Each model with the functions of other libraries that compute its loss or its log-density.
STANDARD: tuple[tuple[Model[NoiseModel], tuple[str, ...]], ...] = (
    (
        LINEAR_REGRESSION,
        (
            "torch.nn.MSELoss",
            "torch.distributions.Normal",
            "scipy.stats.norm",
            "statsmodels.api.OLS",
            "statsmodels.api.families.Gaussian",
            "sklearn.metrics.mean_squared_error",
            "sklearn.linear_model.LinearRegression",
        ),
    ),
    (
        LINEAR_REGRESSION_INTERCEPT,
        (
            "torch.nn.MSELoss",
            "torch.distributions.Normal",
            "scipy.stats.norm",
            "statsmodels.api.OLS",
            "statsmodels.api.families.Gaussian",
            "sklearn.metrics.mean_squared_error",
            "sklearn.linear_model.LinearRegression",
        ),
    ),
    (
        GAUSSIAN_NETWORK,
        ("torch.nn.MSELoss", "torch.distributions.Normal", "scipy.stats.norm", "sklearn.metrics.mean_squared_error"),
    ),
    (
        Model("weighted-least-squares", noise.WEIGHTED_GAUSSIAN, _LINEAR, "Weighted least squares"),
        ("statsmodels.api.WLS", "torch.distributions.Normal", "scipy.stats.norm", "sklearn.metrics.mean_squared_error"),
    ),
    (
        Model(
            "heteroscedastic", noise.HETEROSCEDASTIC_GAUSSIAN, _TWO_OUTPUTS, "A network that predicts mean and variance"
        ),
        ("torch.nn.GaussianNLLLoss", "torch.distributions.Normal", "scipy.stats.norm"),
    ),
    (
        Model("laplace", noise.LAPLACE, _LINEAR, "Laplace noise"),
        (
            "torch.nn.L1Loss",
            "torch.distributions.Laplace",
            "scipy.stats.laplace",
            "sklearn.metrics.mean_absolute_error",
            "sklearn._loss.AbsoluteError",
        ),
    ),
    (
        Model("asymmetric-laplace", noise.ASYMMETRIC_LAPLACE, _LINEAR, "Asymmetric Laplace noise"),
        ("sklearn.metrics.mean_pinball_loss", "sklearn._loss.PinballLoss", "scipy.stats.laplace_asymmetric"),
    ),
    (
        Model("student-t", noise.STUDENT_T, _LINEAR, "Student t noise"),
        ("scipy.stats.t", "torch.distributions.StudentT"),
    ),
    (Model("cauchy", noise.CAUCHY, _LINEAR, "Cauchy noise"), ("scipy.stats.cauchy", "torch.distributions.Cauchy")),
    (Model("von-mises", noise.VON_MISES, _LINEAR, "Angles with von Mises noise"), ("scipy.stats.vonmises",)),
    (Model("probit", noise.PROBIT, _LINEAR, "Probit regression"), ("scipy.stats.norm", "statsmodels.api.Probit")),
    (
        Model(
            "complementary-log-log",
            noise.COMPLEMENTARY_LOG_LOG,
            _LINEAR,
            "Regression with a complementary log-log link",
        ),
        ("scipy.stats.bernoulli", "statsmodels.api.families.Binomial"),
    ),
    (
        _POISSON,
        (
            "torch.nn.PoissonNLLLoss",
            "torch.distributions.Poisson",
            "scipy.stats.poisson",
            "statsmodels.api.families.Poisson",
            "sklearn.metrics.mean_poisson_deviance",
            "sklearn._loss.HalfPoissonLoss",
        ),
    ),
    (
        Model("binomial", noise.BINOMIAL, _LINEAR, "Binomial regression"),
        ("scipy.stats.binom", "torch.distributions.Binomial", "statsmodels.api.families.Binomial"),
    ),
    (
        Model("geometric", noise.GEOMETRIC, _LINEAR, "Geometric regression"),
        ("scipy.stats.geom", "torch.distributions.Geometric"),
    ),
    (
        Model("negative-binomial", noise.NEGATIVE_BINOMIAL, _LINEAR, "Negative binomial regression"),
        ("scipy.stats.nbinom", "torch.distributions.NegativeBinomial", "statsmodels.api.families.NegativeBinomial"),
    ),
    (
        Model("exponential", noise.EXPONENTIAL, _LINEAR, "Exponential regression"),
        (
            "scipy.stats.expon",
            "torch.distributions.Exponential",
            "sklearn.metrics.mean_gamma_deviance",
            "sklearn._loss.HalfGammaLoss",
        ),
    ),
    (
        Model("gamma", noise.GAMMA, _LINEAR, "Gamma regression"),
        (
            "scipy.stats.gamma",
            "torch.distributions.Gamma",
            "statsmodels.api.families.Gamma",
            "sklearn.metrics.mean_gamma_deviance",
            "sklearn._loss.HalfGammaLoss",
        ),
    ),
    (
        Model("inverse-gaussian", noise.INVERSE_GAUSSIAN, _LINEAR, "Inverse Gaussian regression"),
        ("scipy.stats.invgauss", "statsmodels.api.families.InverseGaussian", "sklearn.metrics.mean_tweedie_deviance"),
    ),
    (
        Model("weibull", noise.WEIBULL, _LINEAR, "Weibull regression"),
        ("scipy.stats.weibull_min", "torch.distributions.Weibull"),
    ),
    (
        Model("log-normal", noise.LOG_NORMAL, _LINEAR, "Log-normal regression"),
        ("scipy.stats.lognorm", "torch.distributions.LogNormal", "sklearn.metrics.mean_squared_log_error"),
    ),
    (
        Model("beta", noise.BETA, _LINEAR, "Beta regression"),
        ("scipy.stats.beta", "torch.distributions.Beta", "statsmodels.othermod.betareg.BetaModel"),
    ),
)


def _with_base_measure(model: Model[NoiseModel]) -> Derivation:
    """``-log L(w) = sum_i log y_i! + J(w)``: nothing is dropped."""
    title = f"{model.heading}: the negative log-likelihood, base measure and all"
    return likelihood.equation(model).called(f"{model.name}-full", title)


FAMILY = "Linear regression, and other real observations"


def _family(model: Model[NoiseModel]) -> str:
    """Models are listed by what is observed."""
    support = model.noise.support if isinstance(model.noise, Noise) else REAL
    if support == BINARY:
        return "Labels 0 and 1, behind other links than the logit"
    if support.integer:
        return "Counts"
    return "Positive observations, and shares" if support.within(NONNEGATIVE) else FAMILY


def _entries() -> Iterator[Entry]:
    yield Entry("bernoulli-gradient", partial(likelihood.loss_gradient, BERNOULLI), family=binary.FAMILY)
    yield Entry("linear-prediction-gradient", partial(likelihood.prediction_gradient, _LINEAR))
    for model, peers in STANDARD:
        family = _family(model)
        yield Entry(model.name, partial(likelihood.negative_log_likelihood, model), peers, model, family)
        yield Entry(f"{model.name}-gradient", partial(likelihood.loss_gradient, model), (), model, family)
    yield Entry("poisson-full", partial(_with_base_measure, _POISSON), (), _POISSON, _family(_POISSON))


ENTRIES = tuple(_entries())
