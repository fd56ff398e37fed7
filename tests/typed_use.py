"""What a user's type checker sees of the package: checked by mypy with the rest, never run."""

from typing import assert_type

import lossproof as lp

d = lp.derive("logistic")
assert_type(d, lp.Derivation)
assert_type(d.theorem, lp.Theorem)
assert_type(d.relation, lp.Relation)
assert_type(d.latex(), str)
assert_type([step.rule for step in d.steps], list[lp.Rule])
verdict = lp.recover("Abs(y - f)", target="real", prediction="real")
assert_type(verdict, lp.Verdict)
assert_type(verdict.ok, bool)
flood = lp.Model("flood", lp.Bernoulli(), lp.OpaqueNetwork())
assert_type(lp.gradient(flood), lp.Derivation)
