"""Every loss of ``torch.nn`` and of scikit-learn's ``_loss``, declared as questions: which likelihood is behind it?

A *loss* is a class of a library, a *row* of it one choice of its options, with the pointwise loss as text, the sets
that observation and prediction live in, and the answer that is expected.  What is expected is only here to be
compared with: the atlas prints what `recover` finds.  Each row is also held to the library's own implementation.

An option whose value is a letter is that constant: ``delta="delta"`` is a Huber loss with any ``delta > 0``.  Labels
count from 1, in the libraries from 0.  ``n`` is the number of observations; for a loss that works element by element,
of elements.

What this module knows: which function each loss computes.  What it does not know: how a question is answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lossproof.recovery.verdict import Word

#: The value of an option: a number, a choice, weights of the classes, or the letter of a constant.
Value = bool | int | float | str | tuple[float, ...]

#: What the sum of the pointwise losses is divided by, for each reduction; the library's default first.
BY_ELEMENT: Mapping[str, str] = {"mean": "n", "sum": "1", "none": "1"}
POINTWISE: Mapping[str, str] = {"loss": "1", "mean": "n"}
#: The reductions that give one number for each observation.
UNREDUCED = ("none", "loss")


@dataclass(frozen=True)
class Row:
    """One choice of a loss's options, as a question, with the answer that is expected.

    Attributes:
        loss: the pointwise loss; ``y`` is the observation, ``f`` the prediction (``g`` or ``v`` a second one).
        target: the set of the observation; empty if there is none to normalise over.
        prediction: the set of the prediction, or several with commas between.
        verdict: one of the five words; None if there is no target.
        scale, base_measure, normaliser: ``base_measure * exp(-scale * loss) / normaliser`` is the density.
        model: the noise model.
        names: what the predictions are called.
        options: what differs from the library's defaults.
        where: what is known of the constants beyond being positive.
        reductions: which of the loss's reductions this row is about; empty for all.
        divisor: what ``mean`` divides by, if not by what the loss says.
        note: what a reader should know.
    """

    loss: str
    target: str
    prediction: str
    verdict: Word | None
    scale: str = ""
    base_measure: str = ""
    normaliser: str = ""
    model: str = ""
    names: str = "f"
    options: Mapping[str, Value] = field(default_factory=dict)
    where: str = ""
    reductions: tuple[str, ...] = ()
    divisor: str = ""
    note: str = ""

    @property
    def call(self) -> str:
        """The options as they are written in a call."""
        return ", ".join(f"{k}={v if isinstance(v, str) else repr(v)}" for k, v in self.options.items())


@dataclass(frozen=True)
class Loss:
    """A loss of a library.

    Attributes:
        library: ``torch.nn`` or ``sklearn._loss``.
        name: of the class.
        rows: its questions, the defaults first.
        options: of the constructor, and what each does to the likelihood.
        reductions: what the sum of the pointwise losses is divided by, the default first.
        note: what a reader should know.
    """

    library: str
    name: str
    rows: tuple[Row, ...]
    options: Mapping[str, str]
    reductions: Mapping[str, str]
    note: str = ""


# ------------------------------------------------------------------ the ways to write a row


def _likelihood(
    loss: str, target: str, prediction: str, model: str, base_measure: str = "1", constant: str = "1", **more: Any
) -> Row:
    """A likelihood: outright, or up to a constant if there is one."""
    verdict = Word.LIKELIHOOD if constant == "1" else Word.UP_TO_A_CONSTANT
    return _row(Row(loss, target, prediction, verdict, "1", base_measure, constant, model), more)


def _at_scale(
    scale: str, loss: str, target: str, prediction: str, model: str, base_measure: str = "1", **more: Any
) -> Row:
    """A likelihood once the loss is multiplied by the scale."""
    return _row(Row(loss, target, prediction, Word.AT_SCALE, scale, base_measure, "1", model), more)


def _refuted(loss: str, target: str, prediction: str, **more: Any) -> Row:
    """No likelihood for any base measure and any scale."""
    return _row(Row(loss, target, prediction, Word.PSEUDO), more)


def _without_target(loss: str, prediction: str, why: str, **more: Any) -> Row:
    """A loss of predictions only: there is no observation to normalise over."""
    return _row(Row(loss, "", prediction, None, note=why), more)


_WORDS = ("names", "where", "reductions", "divisor", "note")


def _row(row: Row, more: Mapping[str, Any]) -> Row:
    """The row with what else is said of it; every other name is an option of the library's."""
    words = {name: value for name, value in more.items() if name in _WORDS}
    return replace(row, options={name: value for name, value in more.items() if name not in _WORDS}, **words)


def _torch(
    name: str,
    *rows: Row,
    note: str = "",
    reductions: Mapping[str, str] = BY_ELEMENT,
    common: Mapping[str, str] | None = None,
    **options: str,
) -> Loss:
    """A loss of torch; ``common`` are the options that it shares with others."""
    return Loss("torch.nn", name, rows, {**(_REDUCED if common is None else common), **options}, reductions, note)


def _sklearn(name: str, *rows: Row, note: str = "", **options: str) -> Loss:
    return Loss("sklearn._loss", name, rows, {**_ARRAYS, **options}, POINTWISE, note)


_REDUCTION: Mapping[str, str] = {
    "reduction": "what the sum of the pointwise losses is divided by: -log L is J times that",
}
_REDUCED: Mapping[str, str] = {
    **_REDUCTION,
    "size_average": "deprecated: another word for reduction",
    "reduce": "deprecated: another word for reduction",
}
_DEVICE, _DTYPE = "where is computed", "which numbers are computed with"
_ARRAYS = {
    "sample_weight": "each observation's loss times its weight; the constructor asks only whether there are weights",
    "xp": "which library of arrays computes",
    "device": _DEVICE,
}

# ------------------------------------------------------------------ formulas that several losses share

ABSOLUTE = "Abs(y - f)"
SQUARED = "(y - f)^2"
HUBER = "where(Abs(y - f) <= delta, (y - f)^2/2, delta*(Abs(y - f) - delta/2))"
PINBALL = "where(y >= f, tau*(y - f), (1 - tau)*(f - y))"
LOGISTIC = "log(1 + exp(f)) - y*f"
ENTROPY = "-y*log(f) - (1 - y)*log(1 - f)"
CLAMPED = "-y*max(log(f), -100) - (1 - y)*max(log(1 - f), -100)"
LOG_SUM, LOG_SUM_3 = "log(sum(exp(f[k]), k, 1, K))", "log(sum(exp(f[k]), k, 1, 3))"
POISSON = "exp(f) - y*f"
STIRLING = "where(y > 1, y*log(y) - y + log(2*pi*y)/2, 0)"
TWO_FRAMES = (
    "where(y <= 1, -log(f[1]*g[1]), where(y <= 2, -log(f[2]*g[1] + f[1]*g[2] + f[2]*g[2]), "
    "where(y <= 3, -log(f[3]*g[1] + f[1]*g[3] + f[3]*g[3]), where(y <= 4, -log(f[2]*g[3]), -log(f[3]*g[2])))))"
)

_WEIGHTS = "the sum of the observations' weights"
_ANY_SHAPE = "the prediction is an array of any shape; each element is an observation"
_CORNER = (
    "for certain predictions all mass would have to sit at one point, where the Lebesgue measure has none: there is no "
    "density for any base measure and any scale"
)
_SOFT = "observations in [0, 1] instead of {0, 1}: " + _CORNER
_SOFTER_CLASSES = "probabilities of the classes as observations: " + _CORNER
_WEIGHTED_CLASSES = "different weights change the odds that the loss asks for"
_SAME_WEIGHT = (
    "with the same weight for all: different weights would need a scale each; a whole number w stands for w equal "
    "observations"
)

# ------------------------------------------------------------------ torch.nn

_CROSS_ENTROPY = (
    _likelihood(LOG_SUM + " - f[y]", "{1..K}", "real^K", "categorical, softmax of f"),
    _likelihood(
        "where(y >= 1, " + LOG_SUM_3 + " - f[y], 0)", "{0,1,2,3}", "real^3",
        "categorical, softmax of f; missing with probability 1/2, whatever f", constant="2", ignore_index=-1,
        divisor="the number of labels that are not ignored",
        note="the ignored label is written 0: it says nothing about f, like a missing observation",
    ),
    _refuted(
        "where(y <= 1, 2, 1)*(" + LOG_SUM_3 + " - f[y])", "{1..3}", "real^3", weight=(2, 1, 1),
        divisor=_WEIGHTS, note=_WEIGHTED_CLASSES,
    ),
    _refuted(
        LOG_SUM_3 + " - 9/10*f[y] - 1/30*sum(f[k], k, 1, 3)", "{1..3}", "real^3", label_smoothing=0.1,
        note="a score far above all others is worse for every label: cross-entropy with a penalty",
    ),
    _refuted(
        LOG_SUM_3 + " - (1 - eps)*f[y] - eps/3*sum(f[k], k, 1, 3)", "{1..3}", "real^3", where="eps in (0,1)",
        label_smoothing="eps",
    ),
    _refuted(
        LOG_SUM_3 + " - sum(y[k]*f[k], k, 1, 3)", "simplex(3)", "real^3", note=_SOFTER_CLASSES,
    ),
)  # fmt: skip

_NEGATIVE_LOG = (
    _likelihood("-log(f[y])", "{1..K}", "simplex(K)", "categorical, f", note="the input is log f"),
    _likelihood(
        "where(y >= 1, -log(f[y]), 0)", "{0,1,2,3}", "simplex(3)",
        "categorical, f; missing with probability 1/2, whatever f", constant="2", ignore_index=-1,
        divisor="the number of labels that are not ignored",
        note="the ignored label is written 0: it says nothing about f, like a missing observation",
    ),
    _refuted(
        "-where(y <= 1, 2, 1)*log(f[y])", "{1..3}", "simplex(3)", weight=(2, 1, 1),
        divisor=_WEIGHTS, note=_WEIGHTED_CLASSES,
    ),
    _refuted(
        "-f[y]", "{1..3}", "real^3",
        note="with inputs that are not logarithms of probabilities: adding to all of them lowers every loss",
    ),
)  # fmt: skip

_TRIPLET = (
    _without_target(
        "max(0, f - g + 1)", "positive, positive",
        "f and g are the distances of the anchor to the positive and to the negative; all three are predictions, "
        "and there is no observation to normalise over", names="f, g",
    ),
    _refuted(
        "max(0, 1 - y*(g - f))", "{-1,1}", "positive, positive", names="f, g",
        note="read as a comparison, y = 1 if the first of the two is the positive one: a hinge",
    ),
    _refuted("max(0, m - y*(g - f))", "{-1,1}", "positive, positive", names="f, g", margin="m"),
    _without_target(
        "max(0, f - min(g, h) + 1)", "positive, positive, positive",
        "h is the distance of the positive to the negative; there is still no observation", names="f, g, h", swap=True,
    ),
)  # fmt: skip

TORCH: tuple[Loss, ...] = (
    _torch(
        "L1Loss",
        _likelihood(ABSOLUTE, "real", "real", "Laplace, location f, scale 1", constant="2"),
        note=_ANY_SHAPE,
    ),
    _torch(
        "MSELoss",
        _likelihood(SQUARED, "real", "real", "normal, mean f, variance 1/2", constant="sqrt(pi)"),
        _refuted(
            SQUARED, "{0,1}", "interval(0,1)",
            note="Brier score: a squared error on a probability, with a label as observation",
        ),
        note=_ANY_SHAPE,
    ),
    _torch(
        "HuberLoss",
        _likelihood(
            "where(Abs(y - f) <= 1, (y - f)^2/2, Abs(y - f) - 1/2)", "real", "real",
            "Huber's least favourable, location f, knee 1", constant="sqrt(2*pi)*erf(1/sqrt(2)) + 2*exp(-1/2)",
        ),
        _likelihood(
            HUBER, "real", "real", "Huber's least favourable, location f, knee delta",
            constant="sqrt(2*pi)*erf(delta/sqrt(2)) + 2/delta*exp(-delta^2/2)", delta="delta",
        ),
        common=_REDUCTION,
        delta="where the parabola becomes a line",
    ),
    _torch(
        "SmoothL1Loss",
        _likelihood(
            "where(Abs(y - f) < 1, (y - f)^2/2, Abs(y - f) - 1/2)", "real", "real",
            "Huber's least favourable, location f, knee 1", constant="sqrt(2*pi)*erf(1/sqrt(2)) + 2*exp(-1/2)",
        ),
        _likelihood(
            "where(Abs(y - f) < beta, (y - f)^2/(2*beta), Abs(y - f) - beta/2)", "real", "real",
            "Huber's least favourable, location f, knee and scale sqrt(beta)",
            constant="sqrt(2*pi*beta)*erf(sqrt(beta/2)) + 2*exp(-beta/2)", beta="beta",
        ),
        _likelihood(ABSOLUTE, "real", "real", "Laplace, location f, scale 1", constant="2", beta=0),
        beta="where the parabola becomes a line; Huber's loss divided by it",
    ),
    _torch(
        "BCELoss",
        _likelihood(
            ENTROPY, "{0,1}", "unit", "Bernoulli, probability f",
            note="the library clamps both logarithms at -100: at f <= exp(-100) and f = 1 it is no longer this loss",
        ),
        _at_scale(
            "1/w", "w*(" + ENTROPY + ")", "{0,1}", "unit", "Bernoulli, probability f", weight="w", note=_SAME_WEIGHT,
        ),
        _refuted(ENTROPY, "interval(0,1)", "unit", note=_SOFT),
        _refuted(
            CLAMPED, "{0,1}", "unit",
            note="with the clamp of the logarithms written out: too much mass by up to exp(-100), below that f",
        ),
        weight="each element's loss times its weight",
    ),
    _torch(
        "BCEWithLogitsLoss",
        _likelihood(LOGISTIC, "{0,1}", "real", "Bernoulli, probability sigmoid(f)"),
        _at_scale(
            "1/w", "w*(" + LOGISTIC + ")", "{0,1}", "real", "Bernoulli, probability sigmoid(f)", weight="w",
            note=_SAME_WEIGHT,
        ),
        _refuted(
            "3*y*log(1 + exp(-f)) + (1 - y)*log(1 + exp(f))", "{0,1}", "real", pos_weight=3, note=_WEIGHTED_CLASSES,
        ),
        _refuted(LOGISTIC, "interval(0,1)", "real", note=_SOFT),
        weight="each element's loss times its weight",
        pos_weight="the loss of label 1 times this",
    ),
    _torch(
        "CrossEntropyLoss",
        *_CROSS_ENTROPY,
        weight="the loss of each class times its weight; mean then divides by the sum of the observations' weights",
        ignore_index="a label whose loss is 0: a missing observation",
        label_smoothing="a share of the label is spread over all classes",
    ),
    _torch(
        "LinearCrossEntropyLoss",
        *_CROSS_ENTROPY,
        common=_REDUCTION,
        note="f = W x + b, with W and b the layer's own",
        in_features="the length of x", num_classes="K", out_features="several outputs, each an observation",
        bias="whether there is b",
        weight="the loss of each class times its weight; mean then divides by the sum of the observations' weights",
        ignore_index="a label whose loss is 0: a missing observation",
        label_smoothing="a share of the label is spread over all classes",
        options="in which pieces it is computed", device=_DEVICE, dtype=_DTYPE,
    ),
    _torch(
        "NLLLoss",
        *_NEGATIVE_LOG,
        weight="the loss of each class times its weight; mean then divides by the sum of the observations' weights",
        ignore_index="a label whose loss is 0: a missing observation",
    ),
    _torch(
        "NLLLoss2d",
        *_NEGATIVE_LOG,
        note="deprecated: another name of NLLLoss",
        weight="the loss of each class times its weight; mean then divides by the sum of the observations' weights",
        ignore_index="a label whose loss is 0: a missing observation",
    ),
    _torch(
        "AdaptiveLogSoftmaxWithLoss",
        _likelihood(
            LOG_SUM_3 + " - where(y <= 2, f[y], f[3] - log(exp(g[1]) + exp(g[2])) + where(y <= 3, g[1], g[2]))",
            "{1..4}", "real^3, real^2", "categorical in two stages: the class or its cluster, then within it",
            names="f, g",
            cutoffs=(2,),
            note="two classes in the head and one cluster of two; f and g are the layer's own linear functions of x",
        ),
        reductions={"mean": "n", "none": "1"},
        common={},
        note="always the mean (loss); output is minus the pointwise loss",
        in_features="the length of x", n_classes="the number of classes", cutoffs="which classes form a cluster",
        div_value="how much smaller the layers of the clusters are", head_bias="whether the head has an intercept",
        device=_DEVICE, dtype=_DTYPE,
    ),
    _torch(
        "PoissonNLLLoss",
        _likelihood(POISSON, "counts", "real", "Poisson, mean exp(f)", base_measure="1/y!"),
        _likelihood(
            POISSON + " + " + STIRLING, "counts", "real", "Poisson, mean exp(f)",
            base_measure="exp(" + STIRLING + ")/y!", full=True,
            note="Stirling's term stands for log y!: it depends on y only; the base measure takes up the difference",
        ),
        _likelihood(
            "f - y*log(f + eps)", "counts", "positive", "Poisson, mean f + eps", base_measure="1/y!",
            constant="exp(eps)", log_input=False, eps="eps",
        ),
        _likelihood(
            "f - y*log(f)", "counts", "positive", "Poisson, mean f", base_measure="1/y!", log_input=False, eps=0,
        ),
        _likelihood(
            "f - y*log(f + eps) + " + STIRLING, "counts", "positive", "Poisson, mean f + eps",
            base_measure="exp(" + STIRLING + ")/y!", constant="exp(eps)", log_input=False, full=True, eps="eps",
        ),
        _refuted(POISSON, "positive", "real", note="observations that are not whole: " + _CORNER),
        log_input="whether f is the logarithm of the mean",
        full="adds Stirling's term, which depends on y only",
        eps="added to f under the logarithm, for log_input=False",
    ),
    _torch(
        "GaussianNLLLoss",
        _likelihood(
            "(log(max(v, eps)) + (y - f)^2/max(v, eps))/2", "real", "real, positive",
            "normal, mean f, variance max(v, eps)", names="f, v", constant="sqrt(2*pi)", eps="eps",
        ),
        _likelihood(
            "(log(v) + (y - f)^2/v)/2", "real", "real, positive", "normal, mean f, variance v",
            names="f, v", constant="sqrt(2*pi)", eps=0,
        ),
        _likelihood(
            "(log(v) + (y - f)^2/v)/2 + log(2*pi)/2", "real", "real, positive", "normal, mean f, variance v",
            names="f, v", full=True, eps=0,
        ),
        common=_REDUCTION,
        full="adds log(2 pi)/2",
        eps="the variance is at least that",
    ),
    _torch(
        "KLDivLoss",
        _likelihood(
            "-log(f[y])", "{1..3}", "simplex(3)", "categorical, f", reductions=("sum", "batchmean", "mean"),
            note="observations with one class only; the input is log f",
        ),
        _refuted(
            "sum(y[k]*log(y[k]/f[k]), k, 1, 3)", "simplex(3)", "simplex(3)", reductions=("sum", "batchmean", "mean"),
            note=_SOFTER_CLASSES,
        ),
        _refuted(
            "sum(y[k]*log(y[k]/f[k]), k, 1, 3)", "simplex(3)", "simplex(3)", reductions=("sum", "batchmean", "mean"),
            log_target=True, note="the observation is given as its logarithm: only the base measure changes",
        ),
        _refuted(
            "y*(log(y) - f)", "unit", "interval(-oo,0)", reductions=("none",),
            note="element by element the loss falls in f for every y: alone, an element is no observation",
        ),
        reductions={"mean": "n K", "batchmean": "n", "sum": "1", "none": "1"},
        log_target="whether the observation is given as its logarithm",
    ),
    _torch(
        "SoftMarginLoss",
        _likelihood("log(1 + exp(-y*f))", "{-1,1}", "real", "Bernoulli on {-1, 1}, probability sigmoid(f)"),
    ),
    _torch(
        "MultiLabelSoftMarginLoss",
        _at_scale(
            "3", "sum(log(1 + exp(f[k])) - y[k]*f[k], k, 1, 3)/3", "{0,1}^3", "real^3",
            "three independent Bernoullis, probabilities sigmoid(f[k])",
            note="the loss is divided by the number of classes, which the scale takes back",
        ),
        _refuted(
            "(log(1 + exp(f[1])) - y[1]*f[1] + 2*(log(1 + exp(f[2])) - y[2]*f[2]))/2", "{0,1}^2", "real^2",
            weight=(1, 2), note="each label would need a scale of its own",
        ),
        weight="the loss of each class times its weight",
    ),
    _torch(
        "MultiMarginLoss",
        _refuted("sum(max(0, 1 - f[y] + f[k]), k, 1, 3)/3 - 1/3", "{1..3}", "real^3"),
        _refuted("sum(max(0, 1 - f[y] + f[k])^2, k, 1, 3)/3 - 1/3", "{1..3}", "real^3", p=2),
        _refuted("sum(max(0, m - f[y] + f[k]), k, 1, 3)/3 - m/3", "{1..3}", "real^3", margin="m"),
        _refuted("sum(max(0, m - f[y] + f[k])^2, k, 1, 3)/3 - m^2/3", "{1..3}", "real^3", p=2, margin="m"),
        _refuted(
            "where(y <= 1, 2, 1)*(sum(max(0, 1 - f[y] + f[k]), k, 1, 3)/3 - 1/3)", "{1..3}", "real^3",
            weight=(2, 1, 1),
        ),
        note="beyond the margin a label's own loss is 0 and the losses of the others still grow",
        p="1 or 2: the power of the hinge", margin="how far the label's score must lie above the others",
        weight="the loss of each class times its weight",
    ),
    _torch(
        "MultiLabelMarginLoss",
        _refuted(
            "sum(sum(y[j]*(1 - y[k])*max(0, 1 - f[j] + f[k]), k, 1, 3), j, 1, 3)/3", "{0,1}^3", "real^3",
        ),
        note="an observation is a set of labels, in the library the list of them",
    ),
    _torch(
        "HingeEmbeddingLoss",
        _refuted(
            "where(y > 0, f, max(0, 1 - f))", "{-1,1}", "real",
            note="f is the distance of two inputs, both embedded by the model: there is no observation to normalise "
            "over but the label y, whether they are alike",
        ),
        _refuted("where(y > 0, f, max(0, m - f))", "{-1,1}", "real", margin="m"),
        _refuted(
            "where(y > 0, f, max(0, 1 - f))", "{-1,1}", "positive", note="with a distance, which is positive",
        ),
        margin="how far apart inputs that are not alike must lie",
    ),
    _torch(
        "CosineEmbeddingLoss",
        _refuted(
            "where(y > 0, 1 - f, max(0, f))", "{-1,1}", "interval(-1,1)",
            note="f is the cosine between two inputs, both embedded by the model: there is no observation to normalise "
            "over but the label y, whether they are alike",
        ),
        _refuted("where(y > 0, 1 - f, max(0, f - 1/2))", "{-1,1}", "interval(-1,1)", margin=0.5),
        _refuted(
            "where(y > 0, 1 - f, max(0, f - m))", "{-1,1}", "interval(-1,1)", margin="m",
        ),
        margin="from which cosine on inputs that are not alike cost something",
    ),
    _torch(
        "MarginRankingLoss",
        _refuted(
            "max(0, -y*(f - g))", "{-1,1}", "real, real", names="f, g",
            note="both inputs are predictions: there is no observation to normalise over but the label y, which of the "
            "two ranks higher",
        ),
        _refuted("max(0, m - y*(f - g))", "{-1,1}", "real, real", names="f, g", margin="m"),
        margin="how far apart the two must lie",
    ),
    _torch(
        "TripletMarginLoss",
        *_TRIPLET,
        margin="how much nearer the positive must lie", p="the norm of the distance",
        eps="added to each coordinate's difference in the distance",
        swap="the distance of the positive to the negative takes the place of g where it is smaller",
    ),
    _torch(
        "TripletMarginWithDistanceLoss",
        *_TRIPLET,
        common=_REDUCTION,
        margin="how much nearer the positive must lie", distance_function="the distance",
        swap="the distance of the positive to the negative takes the place of g where it is smaller",
    ),
    _torch(
        "CTCLoss",
        _likelihood(
            TWO_FRAMES, "{1..5}", "simplex(3), simplex(3)", "the labelling of a random path", names="f, g",
            reductions=("sum", "none"),
            note="two frames, labels a and b, the first class is the blank; observations: no label, a, b, ab, ba",
        ),
        _refuted(
            TWO_FRAMES.replace("-log(f[2]*g[3]), -log(f[3]*g[2])", "-log(f[2]*g[3])/2, -log(f[3]*g[2])/2"),
            "{1..5}", "simplex(3), simplex(3)", reductions=("mean",), names="f, g",
            note="the default: each loss is divided by the length of its labelling, a scale that depends on y",
        ),
        _likelihood(
            TWO_FRAMES.replace("-log(f[3]*g[2])", "where(y <= 5, -log(f[3]*g[2]), 0)"), "{1..6}",
            "simplex(3), simplex(3)", "the labelling of a random path; impossible with probability 1/2, whatever f",
            constant="2", names="f, g", reductions=("sum", "none"), zero_infinity=True,
            note="with the labelling aa, for which two frames are too few: its loss is 0, like that of a missing one",
        ),
        reductions={"mean": "n", "sum": "1", "none": "1"},
        note="for any number of frames and labels: every path has one labelling, so the labellings' chances, sums over "
        "paths, add to the sum over all paths of the product over frames, which is the product of sums that are 1",
        common=_REDUCTION,
        blank="which class is the blank",
        zero_infinity="impossible labellings cost 0 instead of oo, whatever f, like missing observations",
    ),
)  # fmt: skip

# ------------------------------------------------------------------ scikit-learn

_DISPERSION = "the weight is the precision of the observation: 1/w is its dispersion"
_RATES = (
    "with the same weight for all; with different ones J still is one for rates y: y*w is Poisson with mean w*exp(f)"
)
_TWEEDIE_ZERO = (
    "an observation of 0 would need a point mass of its own: with it, the compound Poisson-gamma distribution; "
    "with the Lebesgue measure alone, there is no density"
)

_POWER = (
    "the variance is this power of the mean; for negative powers and others above 2 the base measure is a stable "
    "density, which is not written in closed form"
)

_HALF_BINOMIAL = (
    _likelihood(LOGISTIC, "{0,1}", "real", "Bernoulli, probability sigmoid(f)"),
    _at_scale(
        "1/w", "w*(" + LOGISTIC + ")", "{0,1}", "real", "Bernoulli, probability sigmoid(f)", sample_weight="w",
        divisor=_WEIGHTS, note=_SAME_WEIGHT,
    ),
    _refuted(LOGISTIC, "interval(0,1)", "real", note=_SOFT),
)  # fmt: skip
_HALF_MULTINOMIAL = (
    _likelihood(LOG_SUM + " - f[y]", "{1..K}", "real^K", "categorical, softmax of f"),
    _at_scale(
        "1/w", "w*(" + LOG_SUM + " - f[y])", "{1..K}", "real^K", "categorical, softmax of f", sample_weight="w",
        divisor=_WEIGHTS, note=_SAME_WEIGHT,
    ),
)  # fmt: skip
_HALF_POISSON = (
    _likelihood(POISSON, "counts", "real", "Poisson, mean exp(f)", base_measure="1/y!"),
    _at_scale(
        "1/w", "w*(" + POISSON + ")", "counts", "real", "Poisson, mean exp(f)", base_measure="1/y!",
        sample_weight="w", divisor=_WEIGHTS, note=_RATES,
    ),
    _refuted(POISSON, "positive", "real", note="observations that are not whole: " + _CORNER),
)  # fmt: skip

SCIKIT_LEARN: tuple[Loss, ...] = (
    _sklearn(
        "HalfSquaredError",
        _likelihood(SQUARED + "/2", "real", "real", "normal, mean f, variance 1", constant="sqrt(2*pi)"),
        _likelihood(
            "w*" + SQUARED + "/2", "real", "real", "normal, mean f, variance 1/w", constant="sqrt(2*pi/w)",
            sample_weight="w",
            divisor=_WEIGHTS, note=_DISPERSION,
        ),
    ),
    _sklearn(
        "AbsoluteError",
        _likelihood(ABSOLUTE, "real", "real", "Laplace, location f, scale 1", constant="2"),
        _likelihood(
            "w*" + ABSOLUTE, "real", "real", "Laplace, location f, scale 1/w", constant="2/w", sample_weight="w",
            divisor=_WEIGHTS, note=_DISPERSION,
        ),
    ),
    _sklearn(
        "PinballLoss",
        _likelihood(ABSOLUTE + "/2", "real", "real", "Laplace, location f, scale 2", constant="4"),
        _likelihood(
            PINBALL, "real", "real", "asymmetric Laplace, location f, scale 1", constant="1/(tau*(1 - tau))",
            where="tau in (0,1)", quantile="tau",
        ),
        _likelihood(
            "w*" + PINBALL, "real", "real", "asymmetric Laplace, location f, scale 1/w",
            constant="1/(w*tau*(1 - tau))", where="tau in (0,1)", quantile="tau", sample_weight="w",
            divisor=_WEIGHTS, note=_DISPERSION,
        ),
        quantile="which quantile of y the prediction is",
    ),
    _sklearn(
        "HuberLoss",
        _likelihood(
            HUBER.replace("delta", "1/2").replace("1/2/2", "1/4"), "real", "real",
            "Huber's least favourable, location f, knee 1/2",
            constant="sqrt(2*pi)*erf(1/(2*sqrt(2))) + 4*exp(-1/8)",
        ),
        _likelihood(
            HUBER, "real", "real", "Huber's least favourable, location f, knee delta",
            constant="sqrt(2*pi)*erf(delta/sqrt(2)) + 2/delta*exp(-delta^2/2)", delta="delta",
        ),
        _likelihood(
            "w*" + HUBER, "real", "real", "Huber's least favourable, location f, knee delta sqrt(w), scale 1/sqrt(w)",
            constant="sqrt(2*pi/w)*erf(delta*sqrt(w/2)) + 2/(w*delta)*exp(-w*delta^2/2)", delta="delta",
            sample_weight="w",
            divisor=_WEIGHTS, note=_DISPERSION,
        ),
        delta="where the parabola becomes a line",
        quantile="which quantile of the residuals delta is set to by estimators; the loss does not use it",
    ),
    _sklearn(
        "HalfPoissonLoss", *_HALF_POISSON,
    ),
    _sklearn("HalfPoissonLossArrayAPI", *_HALF_POISSON, note="HalfPoissonLoss for other arrays"),
    _sklearn(
        "HalfGammaLoss",
        _likelihood(
            "f + y*exp(-f)", "positive", "real", "exponential, mean exp(f)",
            note="at any other scale c it is a gamma distribution of shape c",
        ),
        _at_scale(
            "1/w", "w*(f + y*exp(-f))", "positive", "real", "exponential, mean exp(f)", sample_weight="w",
            divisor=_WEIGHTS,
            note="at scale 1, with base measure y^(w - 1), gamma of shape w, also for different weights",
        ),
    ),
    _sklearn(
        "HalfTweedieLoss",
        _refuted("2*y*exp(-f/2) + 2*exp(f/2)", "positive", "real", note=_TWEEDIE_ZERO),
        _likelihood(
            "(y - exp(f))^2/2", "real", "real", "normal, mean exp(f), variance 1", constant="sqrt(2*pi)", power=0,
        ),
        _refuted(
            "-2*y*exp(f/2) + 2/3*exp(3*f/2)", "positive", "real", power=0.5,
            note="no distribution has a variance that is such a power of its mean, for powers between 0 and 1",
        ),
        _likelihood(POISSON, "counts", "real", "Poisson, mean exp(f)", base_measure="1/y!", power=1),
        _likelihood("f + y*exp(-f)", "positive", "real", "exponential, mean exp(f)", power=2),
        _likelihood(
            "y*exp(-2*f)/2 - exp(-f)", "positive", "real", "inverse Gaussian, mean exp(f), shape 1",
            base_measure="y^(-3/2)*exp(-1/(2*y))", constant="sqrt(2*pi)", power=3,
        ),
        power=_POWER,
    ),
    _sklearn(
        "HalfTweedieLossIdentity",
        _refuted("-4*sqrt(y) + 2*y/sqrt(f) + 2*sqrt(f)", "positive", "positive", note=_TWEEDIE_ZERO),
        _likelihood(SQUARED + "/2", "real", "real", "normal, mean f, variance 1", constant="sqrt(2*pi)", power=0),
        _likelihood(
            "where(y >= 1, y*log(y), 0) - y*log(f) + f - y", "counts", "positive", "Poisson, mean f",
            base_measure="exp(where(y >= 1, y*log(y), 0) - y)/y!", power=1,
        ),
        _likelihood(
            "log(f/y) + y/f - 1", "positive", "positive", "exponential, mean f", base_measure="1/y", constant="exp(1)",
            power=2,
        ),
        _likelihood(
            "1/(2*y) + y/(2*f^2) - 1/f", "positive", "positive", "inverse Gaussian, mean f, shape 1",
            base_measure="y^(-3/2)", constant="sqrt(2*pi)", power=3,
        ),
        power=_POWER,
    ),
    _sklearn("HalfBinomialLoss", *_HALF_BINOMIAL),
    _sklearn("HalfBinomialLossArrayAPI", *_HALF_BINOMIAL, note="HalfBinomialLoss for other arrays"),
    _sklearn("HalfMultinomialLoss", *_HALF_MULTINOMIAL, n_classes="K"),
    _sklearn(
        "HalfMultinomialLossArrayAPI", *_HALF_MULTINOMIAL, note="HalfMultinomialLoss for other arrays", n_classes="K"
    ),
    _sklearn(
        "ExponentialLoss",
        _refuted(
            "y*exp(-f) + (1 - y)*exp(f)", "{0,1}", "real",
            note="its minimiser is half the logit, yet it is the logarithm of no probability",
        ),
        _refuted("y*exp(-f) + (1 - y)*exp(f)", "interval(0,1)", "real", note="observations in [0, 1]"),
    ),
)  # fmt: skip

LIBRARIES: Mapping[str, tuple[Loss, ...]] = {"torch": TORCH, "scikit-learn": SCIKIT_LEARN}
