"""The atlas: every loss of torch.nn and of scikit-learn, held to the library's own implementation.

For each row: the declared pointwise loss is the one that the library computes, in every reduction; the
declared density, made from the library's own values, has mass 1 and is the one of the model that the row
names; what is declared refuted leaves no base measure; and `recover` answers what is declared.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import inspect
import io
import itertools
import json
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest
import scipy.integrate
import scipy.optimize
import scipy.special
import scipy.stats
from sympy import Expr

from lossproof.cli import main
from lossproof.errors import UnknownName
from lossproof.notation.inert import free
from lossproof.numeric.evaluate import evaluate
from lossproof.recovery import atlas
from lossproof.recovery.libraries import LIBRARIES, UNREDUCED, Loss, Row
from lossproof.recovery.question import Setting, name
from lossproof.recovery.recover import recover
from lossproof.recovery.refutation import Refutation
from lossproof.recovery.sets import Counts, Finite, Interval, Labels, Set, Simplex, Vectors
from lossproof.recovery.text import Names, read_expression, read_sets
from lossproof.recovery.vanishing import Growing, Vanishing
from lossproof.recovery.verdict import Verdict, Word

torch: Any = importlib.import_module("torch") if importlib.util.find_spec("torch") else None
sklearn_loss: Any = importlib.import_module("sklearn._loss.loss")

OBSERVATIONS = 12

#: What the constants stand for; ``eps`` is also a share of label smoothing.
CONSTANTS: dict[str, Any] = {"delta": 0.7, "beta": 0.4, "tau": 0.3, "eps": 0.05, "w": 2.5, "m": 0.6, "K": 3}

ROWS = [
    pytest.param(loss, row, id=f"{loss.name}({row.call}) {row.target} #{number}")
    for losses in LIBRARIES.values()
    for loss in losses
    for number, row in enumerate(loss.rows)
]
ASKED = [one for one in ROWS if one.values[1].target]


@pytest.fixture(autouse=True)
def _libraries(request: pytest.FixtureRequest, needs: Callable[[str], None]) -> Iterator[None]:
    """Torch where it is asked for, with one thread: the arrays are small."""
    loss = getattr(request.node, "callspec", None)
    if loss is not None and getattr(loss.params.get("loss"), "library", "") == "torch.nn":
        needs("torch")
        before = torch.get_num_threads()
        torch.set_num_threads(1)
        yield
        torch.set_num_threads(before)
    else:
        yield


# ------------------------------------------------------------------ the library's own implementation


class Theirs:
    """A loss of a library with a row's options, as a function of observations and predictions.

    ``f`` holds the predictions in the row's order; each has a row for each observation.
    """

    def __init__(self, loss: Loss, row: Row) -> None:
        self.loss, self.row = loss, row
        self.options = {k: self._value(v) for k, v in row.options.items()}
        self.of_classes = loss.name in ("CrossEntropyLoss", "LinearCrossEntropyLoss", "NLLLoss", "NLLLoss2d")

    @staticmethod
    def _value(value: Any) -> Any:
        return CONSTANTS[value] if isinstance(value, str) else value

    def __call__(self, y: Any, f: tuple[Any, ...], reduction: str) -> Any:
        """One number for each observation if they are not reduced."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if self.loss.library == "torch.nn":
                return self._torch(np.asarray(y), tuple(map(np.asarray, f)), reduction)
            return self._sklearn(np.asarray(y, dtype=float), np.asarray(f[0], dtype=float), reduction)

    def _sklearn(self, y: Any, f: Any, reduction: str) -> Any:
        options = {k: v for k, v in self.options.items() if k != "sample_weight"}
        if self.loss.name.endswith("ArrayAPI"):
            options["xp"] = np
        if "K" in self.loss.options.values():
            y, options["n_classes"] = y - 1, f.shape[1]
        weight = self.options.get("sample_weight")
        weights = None if weight is None else np.full(len(y), weight)
        theirs = getattr(sklearn_loss, self.loss.name)(**options)
        compute = theirs if reduction == "mean" else theirs.loss
        return compute(y_true=np.ascontiguousarray(y), raw_prediction=np.ascontiguousarray(f), sample_weight=weights)

    def _torch(self, y: Any, f: tuple[Any, ...], reduction: str) -> Any:
        f = tuple(torch.tensor(v, dtype=torch.float64) for v in f)
        special = getattr(self, f"_{self.loss.name}", None)
        if special is not None:
            return special(y, f, reduction).numpy()
        if self.of_classes:
            return self._classes(y, f[0], reduction).numpy()
        return self._module(reduction)(*f[:1], torch.tensor(y, dtype=torch.float64), *f[1:]).numpy()

    def _module(self, reduction: str, **more: Any) -> Any:
        options = dict(self.options)
        if "weight" in options or "pos_weight" in options:
            options = {
                k: torch.tensor(np.atleast_1d(v), dtype=torch.float64) if "weight" in k else v
                for k, v in options.items()
            }
        return getattr(torch.nn, self.loss.name)(reduction=reduction, **options, **more)

    def _classes(self, y: Any, f: Any, reduction: str) -> Any:
        more = {}
        if self.loss.name == "LinearCrossEntropyLoss":
            more = {"in_features": f.shape[1], "num_classes": f.shape[1], "dtype": torch.float64}
        module = self._module(reduction, **more)
        if more:
            with torch.no_grad():
                module.linear.weight.copy_(torch.eye(f.shape[1]))
        if self.loss.name.startswith("NLL") and "simplex" in self.row.prediction:
            f = f.log()
        target = torch.tensor(y) if y.ndim == 2 else torch.tensor(y - 1, dtype=torch.int64)
        return module(f, target).detach()

    def _AdaptiveLogSoftmaxWithLoss(self, y: Any, f: tuple[Any, ...], reduction: str) -> Any:
        """The layer's own linear functions pick three numbers for the head and two for the cluster."""
        module = torch.nn.AdaptiveLogSoftmaxWithLoss(5, 4, list(self.options["cutoffs"]), 1.0, dtype=torch.float64)
        with torch.no_grad():
            module.head.weight.copy_(torch.eye(5)[:3])
            module.tail[0][0].weight.copy_(torch.eye(5))
            module.tail[0][1].weight.copy_(torch.eye(5)[3:])
        found = module(torch.cat(f, dim=1), torch.tensor(y - 1, dtype=torch.int64))
        return (found.loss if reduction == "mean" else -found.output).detach()

    def _KLDivLoss(self, y: Any, f: tuple[Any, ...], reduction: str) -> Any:
        if self.row.target == "unit":
            return self._module(reduction)(f[0], torch.tensor(y))
        if y.ndim == 1:
            y = np.eye(f[0].shape[1])[np.asarray(y, dtype=int) - 1]
        target = torch.tensor(y).log() if self.options.get("log_target") else torch.tensor(y)
        found = self._module(reduction)(f[0].log(), target)
        return found.sum(dim=1) if reduction == "none" else found

    def _MultiLabelMarginLoss(self, y: Any, f: tuple[Any, ...], reduction: str) -> Any:
        listed = [[k for k in range(len(s)) if s[k]] + [-1] * int(len(s) - sum(s)) for s in y]
        return self._module(reduction)(f[0], torch.tensor(listed, dtype=torch.int64))

    def _MultiMarginLoss(self, y: Any, f: tuple[Any, ...], reduction: str) -> Any:
        return self._module(reduction)(f[0], torch.tensor(y - 1, dtype=torch.int64))

    def _CosineEmbeddingLoss(self, y: Any, f: tuple[Any, ...], reduction: str) -> Any:
        first = torch.stack([torch.ones_like(f[0]), torch.zeros_like(f[0])], dim=1)
        second = torch.stack([f[0], (1 - f[0] ** 2).sqrt()], dim=1)
        return self._module(reduction)(3 * first, 2 * second, torch.tensor(y, dtype=torch.float64))

    def _MarginRankingLoss(self, y: Any, f: tuple[Any, ...], reduction: str) -> Any:
        return self._module(reduction)(*f, torch.tensor(y, dtype=torch.float64))

    def _TripletMarginLoss(self, y: Any, f: tuple[Any, ...], reduction: str, **more: Any) -> Any:
        near, far = f[:2]
        if self.row.target:
            first = torch.tensor(y) > 0
            near, far = torch.where(first, f[0], f[1]), torch.where(first, f[1], f[0])
        cosine = torch.full_like(near, -1.0)
        if len(f) == 3:
            cosine = (f[0] ** 2 + f[1] ** 2 - f[2] ** 2) / (2 * f[0] * f[1])
        direction = torch.stack([cosine, (1 - cosine**2).clamp(min=0).sqrt()], dim=1)
        positive = near[:, None] * torch.tensor([1.0, 0.0], dtype=torch.float64)
        module = self._module(reduction, **(more or {"eps": 0.0}))
        return module(torch.zeros_like(positive), positive, far[:, None] * direction)

    def _TripletMarginWithDistanceLoss(self, y: Any, f: tuple[Any, ...], reduction: str) -> Any:
        return self._TripletMarginLoss(y, f, reduction, distance_function=lambda a, b: (a - b).norm(dim=-1))

    def _CTCLoss(self, y: Any, f: tuple[Any, ...], reduction: str) -> Any:
        labels = ((), (1,), (2,), (1, 2), (2, 1), (1, 1))
        chosen = [labels[int(v) - 1] for v in y]
        targets = torch.tensor([[*c, 0, 0][:2] for c in chosen])
        lengths = torch.tensor([len(c) for c in chosen])
        steps = torch.full((len(y),), 2)
        return self._module(reduction)(torch.stack(f).log(), targets, steps, lengths)

    def divisor(self, y: Any, reduction: str) -> float:
        """What the sum of the pointwise losses is divided by."""
        said = self.row.divisor if reduction == "mean" and self.row.divisor else self.loss.reductions[reduction]
        match said:
            case "1":
                return 1.0
            case "n":
                return float(len(y))
            case "n K":
                return float(len(y) * CONSTANTS["K"])
            case "the number of labels that are not ignored":
                return float(np.sum(y > 0))
        assert said == "the sum of the observations' weights"
        if "sample_weight" in self.options:
            return float(self.options["sample_weight"] * len(y))
        return float(np.sum(np.take(self.options["weight"], np.asarray(y, dtype=int) - 1)))


# ------------------------------------------------------------------ ours


class Ours:
    """A row's texts as functions of the observation and the predictions."""

    def __init__(self, row: Row) -> None:
        self.row = row
        self.sets = read_sets(row.prediction)
        if not row.target:
            names = row.names.split(", ")
            self.variables = tuple(names)
            self.read: Callable[[str], Any] = lambda text: read_expression(text, _numbers(names))
            return
        setting = Setting.of(row.target, row.prediction, f=row.names, where=row.where)
        self.variables = ("y", *(name(v) for v, _ in setting.predictions))
        self.read = cache(lambda text: setting.read(text))
        self.target = setting.target

    def __call__(self, e: str | Expr, *values: Any) -> float:
        """The value of a text, or of an expression, at one observation and its predictions."""
        expression = self.read(e) if isinstance(e, str) else e
        named = dict(zip(self.variables, values, strict=True))
        inside = {s.name for s in free(expression)}
        return float(evaluate(expression, {k: v for k, v in (CONSTANTS | named).items() if k in inside}))

    def pointwise(self, y: Any, f: tuple[Any, ...]) -> Any:
        """The loss of each observation."""
        rows = zip(*f, strict=True) if y is None else zip(y, *f, strict=True)
        return np.array([self(self.row.loss, *values) for values in rows])


def _numbers(names: list[str]) -> Names:
    import sympy

    return Names({n: sympy.Symbol(n, real=True) for n in names})


def size(s: Any) -> int:
    """How many classes or elements."""
    return int(CONSTANTS.get(str(s), 0) or s)


def drawn(s: Set, chance: np.random.Generator, count: int) -> Any:
    """Random elements of a set; the first are unusual ones."""
    match s:
        case Counts():
            return np.concatenate([[0, 1, 40], chance.poisson(2.0, count - 3)]).astype(float)
        case Finite(outcomes):
            return chance.choice(np.array(outcomes, dtype=float), count)
        case Labels(high):
            return chance.integers(1, size(high) + 1, count).astype(float)
        case Simplex(k):
            return np.concatenate([[[1e-9, 1 - 2e-9, 1e-9]], chance.dirichlet(np.ones(size(k)), count - 1)])
        case Vectors(of, k):
            return drawn(of, chance, count * size(k)).reshape(count, size(k))
    assert isinstance(s, Interval)
    low, high = float(s.low), float(s.high)
    if np.isfinite(low) and np.isfinite(high):
        return np.concatenate([low + (high - low) * np.array([1e-9, 1 - 1e-9]), chance.uniform(low, high, count - 2)])
    if np.isfinite(low):
        return np.concatenate([low + np.array([1e-6, 50.0]), low + chance.gamma(2.0, 1.0, count - 2)])
    if np.isfinite(high):
        return np.concatenate([high - np.array([1e-6, 50.0]), high - chance.gamma(2.0, 1.0, count - 2)])
    return np.concatenate([[-30.0, 30.0, 0.0], chance.normal(0.0, 2.0, count - 3)])


def inputs(row: Row, seed: int) -> tuple[Any, tuple[Any, ...]]:
    """Random observations and predictions; some observations lie at their prediction."""
    ours, chance = Ours(row), np.random.default_rng(seed)
    f = tuple(drawn(s, chance, OBSERVATIONS) for s in ours.sets)
    if len(f) == 3:  # distances: the sides of a triangle
        f = (*f[:2], np.clip(f[2], abs(f[0] - f[1]) * 1.001, (f[0] + f[1]) * 0.999))
    if not row.target:
        return None, f
    y = drawn(ours.target, chance, OBSERVATIONS)
    if isinstance(ours.target, Interval) and y.shape == f[0].shape and row.prediction == row.target:
        y[-2:] = f[0][-2:]
    return y, f


# ------------------------------------------------------------------ what is mentioned


def test_every_loss_of_torch_is_in_the_atlas(needs: Callable[[str], None]) -> None:
    needs("torch")
    theirs = {n for n in dir(torch.nn) if n.endswith(("Loss", "Loss2d"))}
    assert theirs == {loss.name for loss in LIBRARIES["torch"]}


def test_every_loss_of_scikit_learn_is_in_the_atlas() -> None:
    def public(kind: Any) -> Iterator[Any]:
        for below in kind.__subclasses__():
            yield below
            yield from public(below)

    theirs = {c.__name__ for c in public(sklearn_loss.BaseLoss) if c.__module__ == sklearn_loss.__name__}
    assert theirs == {loss.name for loss in LIBRARIES["scikit-learn"]}
    assert set(importlib.import_module("sklearn._loss").__all__) <= theirs


@pytest.mark.parametrize("loss", [loss for losses in LIBRARIES.values() for loss in losses], ids=lambda loss: loss.name)
def test_every_option_of_a_loss_is_in_the_atlas(loss: Loss) -> None:
    kind = getattr(torch.nn if loss.library == "torch.nn" else sklearn_loss, loss.name)
    theirs = set(inspect.signature(kind.__init__).parameters) - {"self"}
    assert theirs == set(loss.options)
    assert all(set(row.options) <= theirs for row in loss.rows)


def test_the_rows_of_a_loss_are_different_and_the_first_has_the_defaults() -> None:
    for losses in LIBRARIES.values():
        for loss in losses:
            asked = [(row.call, row.target, row.prediction, row.reductions, row.loss) for row in loss.rows]
            assert len(asked) == len(set(asked)), loss.name
            assert loss.rows[0].options == {} or loss.name in ("AdaptiveLogSoftmaxWithLoss", "GaussianNLLLoss")


# ------------------------------------------------------------------ the loss


@pytest.mark.parametrize(("loss", "row"), ROWS)
def test_the_pointwise_loss_is_the_one_that_the_library_computes(loss: Loss, row: Row) -> None:
    theirs, ours = Theirs(loss, row), Ours(row)
    for reduction in row.reductions or tuple(loss.reductions):
        for seed in range(3):
            y, f = inputs(row, seed)
            found = ours.pointwise(y, f)
            if reduction in UNREDUCED:
                np.testing.assert_allclose(theirs(y, f, reduction), found, rtol=1e-9, atol=1e-10)
            else:
                total = float(theirs(y, f, reduction)) * theirs.divisor(found if y is None else y, reduction)
                assert total == pytest.approx(float(np.sum(found)), rel=1e-9, abs=1e-10), reduction


# ------------------------------------------------------------------ the density


def unreduced(loss: Loss, row: Row) -> Callable[[Any, tuple[Any, ...]], Any]:
    """The library's pointwise loss of many observations at one prediction."""
    theirs = Theirs(loss, row)
    reduction = next((r for r in UNREDUCED if r in (row.reductions or loss.reductions)), None)

    def many(y: Any, f: tuple[Any, ...]) -> Any:
        repeated = tuple(np.repeat(np.asarray(v, dtype=float)[None], len(y), axis=0) for v in f)
        if reduction is not None or loss.name == "KLDivLoss":
            return theirs(y, repeated, reduction or "none")
        return np.array([theirs(y[i : i + 1], tuple(v[:1] for v in repeated), "mean") for i in range(len(y))])

    return many


class Known:
    """A distribution of SciPy, or made from its functions: the logarithm of its density, and where it is centred."""

    def __init__(self, log_density: Callable[[Any], Any], centre: float = 0.0) -> None:
        self.log_density, self.centre = log_density, centre


def continuous(distribution: Any) -> Known:
    return Known(distribution.logpdf, float(distribution.median()))


def huber(f: float, knee: float, scale: float = 1.0) -> Known:
    """Huber's least favourable density: normal in the middle, exponential beyond the knee."""
    middle = np.sqrt(2 * np.pi) * (2 * scipy.stats.norm.cdf(knee) - 1)
    total = scale * (middle + 2 / knee * np.exp(-(knee**2) / 2))
    return Known(lambda y: -scipy.special.huber(knee, (y - f) / scale) - np.log(total), f)


def asymmetric_laplace(f: float, tau: float, scale: float) -> Known:
    s = 1 / np.sqrt(tau * (1 - tau))
    return Known(scipy.stats.laplace_asymmetric(tau * s, loc=f, scale=s * scale).logpdf, f)


def categorical(log_shares: Any) -> Known:
    return Known(lambda y: log_shares[np.asarray(y, dtype=int) - 1])


def or_missing(log_shares: Any) -> Known:
    """A missing observation, 0, has probability 1/2."""
    both = np.concatenate([[0.0], log_shares]) - np.log(2)
    return Known(lambda y: both[np.asarray(y, dtype=int)])


def two_stages(f: Any, g: Any) -> Known:
    head, tail = scipy.special.log_softmax(f), scipy.special.log_softmax(g)
    return categorical(np.concatenate([head[:2], head[2] + tail]))


def labelling(f: Any, g: Any) -> Known:
    """Paths of two frames, repetitions merged and then the blank, class 0, left out."""
    labels = ((), (1,), (2,), (1, 2), (2, 1))
    chances = np.zeros(5)
    for path in itertools.product(range(3), repeat=2):
        merged = tuple(k for k, _ in itertools.groupby(path) if k)
        chances[labels.index(merged)] += f[path[0]] * g[path[1]]
    return categorical(np.log(chances))


def signs(p: float) -> Known:
    return Known(lambda y: scipy.stats.bernoulli.logpmf((np.asarray(y) + 1) / 2, p))


sigmoid, log_softmax = scipy.special.expit, scipy.special.log_softmax
normal, laplace, bernoulli, poisson = scipy.stats.norm, scipy.stats.laplace, scipy.stats.bernoulli, scipy.stats.poisson
C = CONSTANTS

#: The noise models that rows name, as distributions at a prediction.
MODELS: dict[str, Callable[..., Known]] = {
    "Laplace, location f, scale 1": lambda f: continuous(laplace(f, 1)),
    "Laplace, location f, scale 2": lambda f: continuous(laplace(f, 2)),
    "Laplace, location f, scale 1/w": lambda f: continuous(laplace(f, 1 / C["w"])),
    "normal, mean f, variance 1/2": lambda f: continuous(normal(f, np.sqrt(1 / 2))),
    "normal, mean f, variance 1": lambda f: continuous(normal(f, 1)),
    "normal, mean f, variance 1/w": lambda f: continuous(normal(f, np.sqrt(1 / C["w"]))),
    "normal, mean f, variance v": lambda f, v: continuous(normal(f, np.sqrt(v))),
    "normal, mean f, variance max(v, eps)": lambda f, v: continuous(normal(f, np.sqrt(max(v, C["eps"])))),
    "normal, mean exp(f), variance 1": lambda f: continuous(normal(np.exp(f), 1)),
    "Huber's least favourable, location f, knee 1": lambda f: huber(f, 1),
    "Huber's least favourable, location f, knee 1/2": lambda f: huber(f, 1 / 2),
    "Huber's least favourable, location f, knee delta": lambda f: huber(f, C["delta"]),
    "Huber's least favourable, location f, knee delta sqrt(w), scale 1/sqrt(w)": lambda f: huber(
        f, C["delta"] * np.sqrt(C["w"]), 1 / np.sqrt(C["w"])
    ),
    "Huber's least favourable, location f, knee and scale sqrt(beta)": lambda f: huber(
        f, np.sqrt(C["beta"]), np.sqrt(C["beta"])
    ),
    "asymmetric Laplace, location f, scale 1": lambda f: asymmetric_laplace(f, C["tau"], 1),
    "asymmetric Laplace, location f, scale 1/w": lambda f: asymmetric_laplace(f, C["tau"], 1 / C["w"]),
    "Bernoulli, probability f": lambda f: Known(bernoulli(f).logpmf),
    "Bernoulli, probability sigmoid(f)": lambda f: Known(bernoulli(sigmoid(f)).logpmf),
    "Bernoulli on {-1, 1}, probability sigmoid(f)": lambda f: signs(sigmoid(f)),
    "three independent Bernoullis, probabilities sigmoid(f[k])": lambda f: Known(
        lambda y: bernoulli.logpmf(y, sigmoid(f)).sum(axis=1)
    ),
    "categorical, f": lambda f: categorical(np.log(f)),
    "categorical, softmax of f": lambda f: categorical(log_softmax(f)),
    "categorical, f; missing with probability 1/2, whatever f": lambda f: or_missing(np.log(f)),
    "categorical, softmax of f; missing with probability 1/2, whatever f": lambda f: or_missing(log_softmax(f)),
    "categorical in two stages: the class or its cluster, then within it": two_stages,
    "Poisson, mean f": lambda f: Known(poisson(f).logpmf),
    "Poisson, mean f + eps": lambda f: Known(poisson(f + C["eps"]).logpmf),
    "Poisson, mean exp(f)": lambda f: Known(poisson(np.exp(f)).logpmf),
    "exponential, mean f": lambda f: continuous(scipy.stats.expon(scale=f)),
    "exponential, mean exp(f)": lambda f: continuous(scipy.stats.expon(scale=np.exp(f))),
    "inverse Gaussian, mean f, shape 1": lambda f: continuous(scipy.stats.invgauss(f)),
    "inverse Gaussian, mean exp(f), shape 1": lambda f: continuous(scipy.stats.invgauss(np.exp(f))),
    "the labelling of a random path": labelling,
    "the labelling of a random path; impossible with probability 1/2, whatever f": lambda f, g: Known(
        lambda y: np.append(labelling(f, g).log_density([1, 2, 3, 4, 5]), 0.0)[np.asarray(y, dtype=int) - 1] - np.log(2)
    ),
}  # fmt: skip


def predictions(row: Row) -> list[tuple[Any, ...]]:
    """A few predictions, unusual ones among them."""
    return list(zip(*(_some(s) for s in read_sets(row.prediction)), strict=True))


def _some(s: Set) -> list[Any]:
    match s:
        case Simplex(_):
            return [np.array(p) for p in ([1 / 3] * 3, [1e-6, 1 - 2e-6, 1e-6], [0.5, 0.2, 0.3])]
        case Vectors(_, k):
            return [np.array(p)[: size(k)] for p in ([0.0, 0.0, 0.0], [-25.0, 3.0, 1.0], [0.3, 2.0, -1.5])]
        case Interval() if s.high.is_finite:
            return [1e-6, 0.5, 0.97]
        case Interval() if s.low.is_finite:
            return [0.02, 1.0, 30.0]
    return [-3.2, 0.0, 3.3]


def outcomes(s: Set) -> Any:
    """Every observation of a finite set; of the counts, all that have weight."""
    match s:
        case Counts():
            return np.arange(140.0)
        case Labels(high):
            return np.arange(1.0, size(high) + 1)
        case Vectors(Finite(values), k):
            return np.array(list(itertools.product(map(float, values), repeat=size(k))))
    assert isinstance(s, Finite)
    return np.array(s.outcomes, dtype=float)


def integral(density: Callable[[Any], Any], s: Interval, centre: float) -> float:
    """Over the line, with the knees of losses between two panels; over the positive numbers, by their logarithms."""
    if s.low.is_finite:
        edges, transformed = np.arange(-40.0, 20.0), lambda t: density(np.exp(t)) * np.exp(t)
    else:
        away = sorted({0.1, 0.4, 0.5, 0.7, *2.0 ** np.arange(10)})
        edges, transformed = centre + np.array([*(-a for a in reversed(away)), 0.0, *away]), density
    panels = itertools.pairwise(edges)
    return float(sum(scipy.integrate.fixed_quad(transformed, a, b, n=24)[0] for a, b in panels))


RECOVERED = [one for one in ASKED if one.values[1].verdict is not Word.PSEUDO]
REFUTED = [one for one in ASKED if one.values[1].verdict is Word.PSEUDO]


Parts = tuple[str | Expr, str | Expr, str | Expr]


def declared(row: Row) -> Parts:
    """The scale, the base measure and the total mass that a row says."""
    return row.scale, row.base_measure, row.normaliser


def log_density(loss: Loss, row: Row, f: tuple[Any, ...], parts: Parts | None = None) -> Callable[[Any], Any]:
    """Of the density with these parts, by default the declared ones, and with the library's own loss."""
    theirs, ours = unreduced(loss, row), Ours(row)
    written_scale, measure, mass = parts or declared(row)
    scale, constant = (ours(e, 1.0, *f) for e in (written_scale, mass))

    def of(y: Any) -> Any:
        base = [1.0 if measure in ("1", 1) else ours(measure, v, *f) for v in y]
        with np.errstate(divide="ignore"):  # a base measure may be too small for a double
            return np.log(base) - scale * theirs(y, f) - np.log(constant)

    return of


def mass_of(logarithm: Callable[[Any], Any], row: Row, f: tuple[Any, ...]) -> float:
    """The sum or integral over the target set."""
    target = Ours(row).target
    if isinstance(target, Interval):
        return integral(lambda y: np.exp(logarithm(y)), target, MODELS[row.model](*f).centre)
    return float(np.sum(np.exp(logarithm(outcomes(target)))))


def some(row: Row, f: tuple[Any, ...]) -> Any:
    """Observations at which densities are compared."""
    target, centre = Ours(row).target, MODELS[row.model](*f).centre
    if isinstance(target, Interval):
        return centre * np.array([0.3, 0.9, 1.5, 4.0]) + (0 if target.low.is_finite else np.arange(-1.5, 2))
    return outcomes(target)[:60]


@pytest.mark.parametrize(("loss", "row"), RECOVERED)
def test_the_density_made_from_the_librarys_loss_has_mass_one(loss: Loss, row: Row) -> None:
    for f in predictions(row):
        assert mass_of(log_density(loss, row, f), row, f) == pytest.approx(1, abs=1e-9), f


@pytest.mark.parametrize(("loss", "row"), RECOVERED)
def test_the_density_made_from_the_librarys_loss_is_that_of_the_named_model(loss: Loss, row: Row) -> None:
    for f in predictions(row):
        y, known = some(row, f), MODELS[row.model](*f)
        np.testing.assert_allclose(log_density(loss, row, f)(y), known.log_density(y), rtol=1e-8, atol=1e-8)


def test_at_scale_1_a_weighted_gamma_loss_is_a_gamma_distribution() -> None:
    loss = next(loss for loss in LIBRARIES["scikit-learn"] if loss.name == "HalfGammaLoss")
    row = next(row for row in loss.rows if row.options)
    w, f, y = CONSTANTS["w"], 0.4, np.array([0.1, 1.0, 7.0])
    found = log_density(loss, row, (f,), ("1", "y^(w - 1)", "gamma(w)/w^w"))(y)
    np.testing.assert_allclose(found, scipy.stats.gamma(w, scale=np.exp(f) / w).logpdf(y))


def test_a_row_says_outright_only_where_no_constant_is_needed() -> None:
    words = {row.verdict for _, row in (one.values for one in ASKED)}
    assert words == set(Word) - {Word.UNKNOWN}
    for _, row in (one.values for one in RECOVERED):
        assert (row.verdict is Word.LIKELIHOOD) == (row.scale == row.normaliser == "1"), row
        assert (row.verdict is Word.AT_SCALE) == (row.scale != "1"), row
    assert {row.model for _, row in (one.values for one in RECOVERED)} == set(MODELS)


# ------------------------------------------------------------------ no density


def spread(s: Set, chance: np.random.Generator, count: int) -> list[Any]:
    """Predictions all over a set, to its edges."""
    match s:
        case Simplex(k):
            return list(chance.dirichlet(np.full(size(k), 0.3), count) * (1 - 1e-9) + 1e-9 / size(k))
        case Vectors(_, k):
            edges = [t * np.eye(size(k))[0] for t in (0, 1, 2, 40)] + [-np.ones(size(k))]
            return [*edges, *chance.normal(size=(count - 5, size(k))) * chance.choice([1, 4], size=(count - 5, 1))]
        case Interval() if s.low.is_finite and s.high.is_finite:
            return list(np.linspace(float(s.low) + 1e-9, float(s.high) - 1e-9, count))
        case Interval() if s.low.is_finite:
            return list(chance.permutation(np.geomspace(0.01, 100, count)))
    return list(chance.permutation(np.linspace(-8, 8, count)))


def is_continuous(row: Row) -> bool:
    return isinstance(Ours(row).target, (Interval, Simplex))


FINITE = [one for one in REFUTED if not is_continuous(one.values[1])]


@pytest.mark.parametrize(("loss", "row"), [one for one in FINITE if "-100" not in one.values[1].loss])
def test_no_base_measure_gives_the_librarys_loss_the_same_mass_everywhere(loss: Loss, row: Row) -> None:
    chance = np.random.default_rng(3)
    theirs, every = unreduced(loss, row), outcomes(Ours(row).target)
    points = list(zip(*(spread(s, chance, 40) for s in read_sets(row.prediction)), strict=True))
    losses = np.array([theirs(every, f) for f in points])
    if any(np.all(a >= b) and np.any(a > b) for a, b in itertools.permutations(losses, 2)):
        return  # no outcome costs less and one costs more: less mass, whatever the base measure and the scale
    for scale in np.geomspace(0.1, 10, 41):
        _, distance = scipy.optimize.nnls(np.exp(-scale * losses), np.ones(len(points)))
        assert distance > 1e-3, scale


def test_the_clamp_of_the_logarithm_adds_mass_below_it(needs: Callable[[str], None]) -> None:
    needs("torch")
    loss = next(loss for loss in LIBRARIES["torch"] if loss.name == "BCELoss")
    row = next(row for row in loss.rows if "-100" in row.loss)
    y, f = np.array([0.0, 1.0]), 1e-60
    found = unreduced(loss, row)(y, (f,))
    assert found == pytest.approx([Ours(row)(row.loss, v, f) for v in y])
    assert found == pytest.approx([0, 100], abs=1e-50)  # without the clamp, the second would be 138


# ------------------------------------------------------------------ what is found

#: Questions that are not decided yet: what is expected is known, an argument for it is missing.
OPEN = {
    "-y*max(log(f), -100) - (1 - y)*max(log(1 - f), -100)",
    "log(sum(exp(f[k]), k, 1, 3)) - (1 - eps)*f[y] - eps/3*sum(f[k], k, 1, 3)",
    "where(y > 0, 1 - f, max(0, f - m))",
}


@cache
def found_for(loss: str, target: str, prediction: str, names: str, where: str) -> Verdict:
    return recover(loss, target=target, prediction=prediction, f=names, where=where)


def found(row: Row) -> Verdict:
    return found_for(row.loss, row.target, row.prediction, row.names, row.where)


@pytest.mark.parametrize(("loss", "row"), ASKED)
def test_the_verdict_is_the_one_that_is_expected(loss: Loss, row: Row) -> None:
    expected = Word.UNKNOWN if row.loss in OPEN else row.verdict
    assert found(row).verdict is expected, found(row).tried


@pytest.mark.parametrize(("loss", "row"), RECOVERED)
def test_the_recovered_density_is_the_one_made_from_the_librarys_loss(loss: Loss, row: Row) -> None:
    verdict = found(row)
    assert verdict.finding is not None
    assert verdict.finding.closed
    parts = (verdict.finding.scale, verdict.finding.base_measure, verdict.finding.normaliser)
    ours = Ours(row)
    for f in predictions(row):
        theirs = log_density(loss, row, f, parts)
        assert mass_of(theirs, row, f) == pytest.approx(1, abs=1e-9)
        y = some(row, f)
        np.testing.assert_allclose([ours(verdict.density, v, *f) for v in y], np.exp(theirs(y)), rtol=1e-7, atol=1e-99)


@pytest.mark.parametrize(("loss", "row"), [one for one in REFUTED if one.values[1].loss not in OPEN])
def test_the_witness_contradicts_the_librarys_own_loss(loss: Loss, row: Row) -> None:
    witness, theirs = found(row).witness, unreduced(loss, row)
    if isinstance(witness, Refutation):
        more_mass_somewhere(witness, lambda f: theirs(outcomes(Ours(row).target), f))
        return
    assert isinstance(witness, (Vanishing, Growing))
    y = drawn(Ours(row).target, np.random.default_rng(4), 30)[2:]

    def at(e: Any, s: float = 0.0) -> Any:
        """A bound at every observation, or a value on the path."""
        if isinstance(e, tuple):
            return np.array([at(part, s) for part in e])
        values = [evaluate(e, {k.name: {"y": v, witness.s.name: s}[k.name] for k in free(e)}) for v in y]
        return np.array(values) if free(e) & free(witness.question.y) else values[0]

    def loss_on(path: Any, s: float = 0.0) -> Any:
        return theirs(y, tuple(at(value, s) for value in path))

    for s in (1.0, 0.3, 0.01) if isinstance(witness, Growing) else (0.0, 1.0, 10.0, 30.0):
        along, slack = loss_on(witness.path, s), 1e-9
        if isinstance(witness, Vanishing):
            assert np.all(along >= at(witness.rate) * s + at(witness.level) - slack)
            assert np.all(along >= loss_on(witness.start) - at(witness.bound) - slack)
        else:
            upper = at(witness.limit) - at(witness.rate) * s + at(witness.factor) * s ** float(witness.order)
            assert np.all(along <= upper + slack)
            assert np.all(along >= at(witness.limit) - at(witness.fall) * s - slack)
            assert np.all(along >= loss_on(witness.first) - at(witness.bound) - slack)
    assert np.all(at(witness.rate) > 0)


def more_mass_somewhere(witness: Refutation, losses_at: Callable[[tuple[Any, ...]], Any]) -> None:
    """The certificate's combination of masses is not 0, as it would be if they were the same everywhere."""
    for cell in witness.cells:
        assert sum(cell.multipliers) == 0
        losses = np.array([losses_at(tuple(map(_value, point))) for point in cell.points])
        losses -= losses.min(axis=0)  # a positive factor for each outcome, so that no mass is too small for a double
        low = float(cell.low) or 0.01
        for scale in np.geomspace(low, float(cell.high or max(10.0, 100 * low)), 7):
            total = np.array(cell.multipliers, dtype=float) @ np.exp(-scale * losses)
            assert np.all(total > -1e-12 * np.abs(cell.multipliers).sum())
            assert np.any(total > 0), scale


def _value(part: Any) -> Any:
    """A point of a witness, with numbers for the constants."""
    if isinstance(part, tuple):
        return np.array([_value(v) for v in part])
    return float(evaluate(part, {s.name: CONSTANTS[s.name] for s in free(part)}))


# ------------------------------------------------------------------ the command


@pytest.fixture(scope="module")
def charted() -> list[dict[str, Any]]:
    """The atlas of scikit-learn as the command prints it."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert main(["atlas", "--library", "scikit-learn", "--format", "json"]) == 0
    return json.loads(printed.getvalue())


def test_the_command_prints_what_was_found_for_every_row(charted: list[dict[str, Any]]) -> None:
    rows = [(loss.name, row) for loss in LIBRARIES["scikit-learn"] for row in loss.rows]
    assert len(charted) == len(rows)
    for line, (loss, row) in zip(charted, rows, strict=True):
        verdict = found(row)
        assert (line["loss"], line["pointwise"], line["verdict"]) == (loss, row.loss, verdict.verdict)
        assert (line["scale"] is None) == (line["density"] is None) == (not verdict.ok)
        assert (line["witness"] is None) == (verdict.witness is None)
        assert set(line["relations"]) == ({"loss", "mean"} if verdict.ok else set())


def test_the_relation_says_what_undoes_the_reduction_and_the_weight(charted: list[dict[str, Any]]) -> None:
    relations = {(line["loss"], line["target"], *line["options"]): line["relations"] for line in charted}
    assert relations["HalfBinomialLoss", "{0,1}"] == {"loss": "-log p = J_i", "mean": "-log L = n J"}
    assert relations["HalfSquaredError", "real"]["mean"] == "-log L = n J + const"
    weighted = relations["HalfBinomialLoss", "{0,1}", "sample_weight"]
    assert weighted["mean"] == "-log L = (the sum of the observations' weights)/w J"


def test_a_loss_without_an_observation_says_so() -> None:
    lines = [atlas.Answer(loss, row, None) for loss in LIBRARIES["torch"] for row in loss.rows if not row.target]
    assert {line.loss.name for line in lines} == {"TripletMarginLoss", "TripletMarginWithDistanceLoss"}
    for line in lines:
        assert line.verdict == "no observation"
        assert "no observation" in line.row.note
        assert line.to_dict()["verdict"] is line.to_dict()["witness"] is None
        assert "f in positive, g in positive" in atlas.page([line])


@pytest.mark.parametrize("name", ["HingeEmbeddingLoss", "CosineEmbeddingLoss", "MarginRankingLoss"])
def test_a_loss_of_a_pair_says_that_only_a_label_is_observed(name: str) -> None:
    loss = next(loss for loss in LIBRARIES["torch"] if loss.name == name)
    assert "no observation to normalise over but the label y" in loss.rows[0].note
    assert all(row.target == "{-1,1}" and row.verdict is Word.PSEUDO for row in loss.rows)


def test_the_atlas_is_also_a_table_in_markdown() -> None:
    loss = LIBRARIES["torch"][0]
    table = atlas.page([atlas.Answer(loss, row, found(row)) for row in loss.rows], "markdown").splitlines()
    assert table[0].startswith("| loss | pointwise |")
    assert "`L1Loss()`" in table[2]
    assert "-log L = n J + const (mean)" in table[2]
    assert len({line.replace("\\|", "").count("|") for line in table}) == 1


def test_another_library_is_refused_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UnknownName, match="torch"):
        next(atlas.answers("torc"))
    assert main(["atlas", "--library", "torc"]) == 2
    assert "did you mean 'torch'?" in capsys.readouterr().err


def test_the_command_knows_every_library_of_the_atlas(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["atlas", "--help"]) == 0
    assert " or ".join(LIBRARIES) in capsys.readouterr().out
