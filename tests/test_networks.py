"""Real networks in the place of ``f``: the derived losses and gradients are those that PyTorch computes.

A network is handed to a derivation as what it is there, a function of its parameters and an input of
which nothing is known.  Images are scikit-learn's digits.
"""

from __future__ import annotations

import importlib.util
import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from sympy import Derivative, IndexedBase

import lossproof as lp
from lossproof.kernel.domains import REAL
from lossproof.models import GAUSSIAN, POISSON, Categorical, Model, NoiseModel, OpaqueNetwork, OpaqueScores, i, j, k
from lossproof.notation.inert import walk
from lossproof.numeric.evaluate import Instance, Precise, evaluate
from lossproof.strategies.likelihood import loss_gradient, negative_log_likelihood, replaced

torch: Any = importlib.import_module("torch") if importlib.util.find_spec("torch") else None

IMAGES, FEW, CLASSES = 200, 25, 10
CATEGORICAL: Model[NoiseModel] = Model("categorical", Categorical(), OpaqueScores(), "Any network with a logit each")


@pytest.fixture(autouse=True)
def one_thread(needs: Callable[[str], None]) -> Iterator[None]:
    needs("torch")
    needs("sklearn")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def digits(count: int = IMAGES) -> tuple[Any, Any]:
    datasets = importlib.import_module("sklearn.datasets")
    images, labels = datasets.load_digits(return_X_y=True)
    return images[:count] / 16, labels[:count]


def perceptron(outputs: int) -> Any:
    torch.manual_seed(1)
    layers = [torch.nn.Linear(64, 24), torch.nn.Tanh(), torch.nn.Linear(24, 16), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers, torch.nn.Linear(16, outputs)).double()


def convolutional(outputs: int) -> Any:
    torch.manual_seed(2)
    layers = [torch.nn.Unflatten(-1, (1, 8, 8)), torch.nn.Conv2d(1, 4, 3, padding=1), torch.nn.ReLU()]
    return torch.nn.Sequential(
        *layers, torch.nn.MaxPool2d(2), torch.nn.Flatten(), torch.nn.Linear(64, outputs)
    ).double()


NETWORKS = pytest.mark.parametrize("build", [perceptron, convolutional])


class Network:
    """A network as a function of its parameters in one array, and an input."""

    def __init__(self, module: Any) -> None:
        self.module = module
        self.shapes = {name: p.shape for name, p in module.named_parameters()}

    @property
    def theta(self) -> Any:
        return torch.nn.utils.parameters_to_vector(self.module.parameters()).detach()

    def __call__(self, theta: Any, rows: Any) -> Any:
        """Outputs of rows, shape (n, outputs), differentiable in the parameters."""
        ends = np.cumsum([math.prod(shape) for shape in self.shapes.values()])
        parts = [theta[start:end] for start, end in itertools.pairwise([0, *ends])]
        named = {name: p.reshape(shape) for (name, shape), p in zip(self.shapes.items(), parts, strict=True)}
        return torch.func.functional_call(self.module, named, (rows,))

    def outputs(self, theta: Any, rows: Any) -> Any:
        """The same with NumPy, for rows with any axes before the last."""
        flat = torch.tensor(np.asarray(rows, dtype=float).reshape(-1, 64))
        with torch.no_grad():
            found = self(torch.tensor(np.asarray(theta, dtype=float)), flat).numpy()
        return found.reshape(*np.shape(rows)[:-1], found.shape[-1])

    def score(self, theta: Any, classes: Any, rows: Any) -> Any:
        """``f_{theta,k}(x_i)``, classes counted from 1."""
        found, at = self.outputs(theta, rows), np.asarray(classes, dtype=int) - 1
        shape = np.broadcast_shapes(at.shape, found.shape[:-1])
        spread = np.broadcast_to(found, (*shape, found.shape[-1]))
        return np.take_along_axis(spread, np.broadcast_to(at, shape)[..., None], axis=-1)[..., 0]

    def number(self, theta: Any, rows: Any) -> Any:
        """``f_theta(x_i)`` of a network with one output."""
        return self.outputs(theta, rows)[..., 0]

    def jacobian(self, rows: Any) -> Any:
        """``d f_{theta,k}(x_i) / d theta_j`` by automatic differentiation, shape (n, outputs, parameters)."""
        return torch.func.jacrev(lambda theta: self(theta, torch.tensor(rows)))(self.theta).numpy()

    def train(self, loss: Callable[[Any], Any], rows: Any, steps: int = 15) -> tuple[float, float]:
        """A few steps; the loss before and after."""
        optimiser = torch.optim.Adam(self.module.parameters(), lr=0.01)
        found = []
        for _ in range(steps):
            optimiser.zero_grad()
            value = loss(self.module(torch.tensor(rows)))
            value.backward()
            optimiser.step()
            found.append(value.item())
        return found[0], found[-1]


def of_classes(network: Network, images: Any, labels: Any) -> Instance:
    theta = network.theta.numpy()
    values = {"n": len(images), "K": CLASSES, "d": len(theta), "theta": theta, "x": images, "y": labels + 1}
    return Instance(values, {"f": network.score})


def cross_entropy(labels: Any) -> Callable[[Any], Any]:
    target = torch.tensor(labels)
    return lambda logits: torch.nn.functional.cross_entropy(logits, target, reduction="sum")


def before_and_after(network: Network, images: Any, labels: Any) -> Iterator[None]:
    """Once with the parameters as drawn, once with trained ones."""
    yield
    first, last = network.train(cross_entropy(labels), images)
    assert last < first
    yield


def with_jacobian(gradient: Any, *indices: Any) -> Any:
    """The derived gradient with an array ``G`` for the derivative of the network: back-propagation takes over."""
    slopes = {p for p in walk(gradient) if isinstance(p, Derivative)}
    assert len(slopes) == 1
    return replaced(gradient, {slopes.pop(): IndexedBase("G", real=True)[indices]})


# ------------------------------------------------------------------ a logit for each class


@NETWORKS
def test_the_derived_loss_is_the_cross_entropy_of_pytorch_before_and_after_training(build: Callable[..., Any]) -> None:
    network, (images, labels) = Network(build(CLASSES)), digits()
    derived = negative_log_likelihood(CATEGORICAL).rhs
    values = []
    for _ in before_and_after(network, images, labels):
        ours = evaluate(derived, of_classes(network, images, labels))
        theirs = cross_entropy(labels)(network.module(torch.tensor(images))).item()
        assert ours == pytest.approx(theirs, rel=1e-12)
        values.append(ours)
    assert values[1] < 0.8 * values[0]


@NETWORKS
def test_exp_of_minus_the_loss_is_the_product_of_the_predicted_probabilities(build: Callable[..., Any]) -> None:
    network, (images, labels) = Network(build(CLASSES)), digits()
    precise = Precise(40)
    for _ in before_and_after(network, images, labels):
        instance = of_classes(network, images, labels)
        likelihood = evaluate(CATEGORICAL.likelihood, instance, precise)
        loss = evaluate(negative_log_likelihood(CATEGORICAL).rhs, instance, precise)
        assert abs(precise.context.exp(-loss) / likelihood - 1) < 1e-30
        with torch.no_grad():
            every = torch.softmax(network.module(torch.tensor(images)), dim=1).log().numpy()
        of_observed = every[np.arange(IMAGES), labels].sum()
        assert float(-loss) == pytest.approx(of_observed, rel=1e-12)
        assert float(precise.context.log(likelihood)) == pytest.approx(of_observed, rel=1e-12)


@NETWORKS
def test_the_derived_gradient_in_the_logits_is_that_of_autograd(build: Callable[..., Any]) -> None:
    network, (images, labels) = Network(build(CLASSES)), digits()
    derived = lp.derive("softmax-logit-gradient").rhs
    for _ in before_and_after(network, images, labels):
        logits = network.module(torch.tensor(images)).detach().requires_grad_()
        cross_entropy(labels)(logits).backward()
        indices = {"c": np.arange(1, CLASSES + 1)}
        given = [
            {"K": CLASSES, "z": z, "y": label} for z, label in zip(logits.detach().numpy(), labels + 1, strict=True)
        ]
        ours = np.array([evaluate(derived, Instance(values, indices=indices)) for values in given])
        assert ours == pytest.approx(logits.grad.numpy(), rel=1e-10, abs=1e-14)
        probabilities = torch.softmax(logits.detach(), dim=1).numpy()
        assert ours == pytest.approx(probabilities - np.eye(CLASSES)[labels], abs=1e-14)


@NETWORKS
def test_the_derived_gradient_in_the_parameters_is_that_of_autograd(build: Callable[..., Any]) -> None:
    network, (images, labels) = Network(build(CLASSES)), digits(FEW)
    derived = with_jacobian(lp.derive("categorical-gradient").rhs, i, k, j)
    for _ in before_and_after(network, images, labels):
        network.module.zero_grad()
        cross_entropy(labels)(network.module(torch.tensor(images))).backward()
        theirs = torch.cat([p.grad.reshape(-1) for p in network.module.parameters()]).numpy()
        at = of_classes(network, images, labels)
        some = np.arange(1, len(theirs) + 1)[:: max(1, len(theirs) // 150)]
        values = {**at.values, "G": network.jacobian(images)}
        ours = evaluate(derived, Instance(values, at.functions, indices={"j": some}))
        assert ours == pytest.approx(theirs[some - 1], rel=1e-10, abs=1e-13)


def test_the_network_is_differentiated_as_it_stands_in_the_derivation() -> None:
    """Without autograd: the derivative in the theorem, taken numerically, of the network itself."""
    network, (images, labels) = Network(perceptron(CLASSES)), digits(FEW)
    gradient = lp.derive("categorical-gradient")
    at = of_classes(network, images, labels)
    cross_entropy(labels)(network.module(torch.tensor(images))).backward()
    theirs = torch.cat([p.grad.reshape(-1) for p in network.module.parameters()]).numpy()
    for position in (len(theirs), len(theirs) - 40, 100):
        here = Instance(at.values, at.functions, indices={"j": position})
        assert evaluate(gradient.rhs, here) == pytest.approx(theirs[position - 1], rel=1e-6, abs=1e-8)
        assert evaluate(gradient.lhs, here) == pytest.approx(theirs[position - 1], rel=1e-6, abs=1e-8)


# ------------------------------------------------------------------ one real output


def _gaussian(outputs: Any, y: Any) -> Any:
    return torch.nn.functional.mse_loss(outputs, y, reduction="sum")


def _poisson(outputs: Any, y: Any) -> Any:
    return torch.nn.functional.poisson_nll_loss(outputs, y, log_input=True, reduction="sum")


@NETWORKS
@pytest.mark.parametrize(("noise", "loss"), [(GAUSSIAN, _gaussian), (POISSON, _poisson)])
def test_a_network_with_one_output_has_the_loss_and_the_gradient_of_pytorch(
    build: Callable[..., Any], noise: Any, loss: Callable[..., Any]
) -> None:
    network, (images, _) = Network(build(1)), digits(2 * FEW)
    y = (images > 0.5).sum(axis=1).astype(float) / (1 if noise is POISSON else 10)
    model: Model[NoiseModel] = Model("network", noise, OpaqueNetwork(REAL))
    derived, gradient = negative_log_likelihood(model).rhs, with_jacobian(loss_gradient(model).rhs, i, j)
    target = torch.tensor(y)
    for trained in (False, True):
        if trained:
            first, last = network.train(lambda z: loss(z[:, 0], target), images)
            assert last < first
        network.module.zero_grad()
        whole = loss(network.module(torch.tensor(images))[:, 0], target)
        whole.backward()
        theirs = torch.cat([p.grad.reshape(-1) for p in network.module.parameters()]).numpy()
        values = {"n": len(images), "d": len(theirs), "theta": network.theta.numpy(), "x": images, "y": y}
        functions = {"f": network.number}
        assert evaluate(derived, Instance(values, functions)) == pytest.approx(whole.item(), rel=1e-12)
        values["G"] = network.jacobian(images)[:, 0, :]
        ours = evaluate(gradient, Instance(values, functions, indices={"j": np.arange(1, len(theirs) + 1)}))
        assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-11)


def test_a_wrong_gradient_is_noticed() -> None:
    network, (images, labels) = Network(perceptron(CLASSES)), digits(FEW)
    cross_entropy((labels + 1) % CLASSES)(network.module(torch.tensor(images))).backward()
    theirs = torch.cat([p.grad.reshape(-1) for p in network.module.parameters()]).numpy()
    at = of_classes(network, images, labels)
    some = np.arange(1, 60)
    derived = with_jacobian(lp.derive("categorical-gradient").rhs, i, k, j)
    ours = evaluate(derived, Instance({**at.values, "G": network.jacobian(images)}, at.functions, indices={"j": some}))
    assert np.abs(ours - theirs[some - 1]).max() > 1e-3
