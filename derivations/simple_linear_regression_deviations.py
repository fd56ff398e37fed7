"""Simple linear regression: deviations from the mean sum to 0.

``sum_{i=1}^n (x_i - x_bar) = 0``, for every ``n >= 1``.

    python derivations/simple_linear_regression_deviations.py --format text
"""

from sympy import IndexedBase

from lossproof import Chain, Derivation
from lossproof.cli import script
from lossproof.models import i, n, x, y
from lossproof.notation.inert import ONE, ZERO, sub, total
from lossproof.notation.nodes import Named
from lossproof.rulebook import sums
from lossproof.strategies.simple_regression import DATA, X_MEAN, Y_MEAN


def deviations(array: IndexedBase, mean: Named) -> Derivation:
    """The argument for any array and its mean."""
    chain = Chain(
        f"simple-linear-regression-deviations-{array.label}",
        DATA,
        (),
        start=total(sub(array[i], mean), i, ONE, n),
        title=f"Simple linear regression: deviations of {array.label} from their mean sum to 0",
    )
    chain.rewrite(sums.SUM_OF_TERMS)
    chain.rewrite(sums.SUM_OF_CONSTANT)
    chain.unfold(mean.definition)
    chain.algebra(ZERO)
    return chain.done()


of_inputs, of_observations = deviations(x, X_MEAN), deviations(y, Y_MEAN)
derivation = of_inputs

if __name__ == "__main__":
    script(derivation, __doc__)
