"""What stands at the head of written code: what it computes, and the derivations that prove it."""

from __future__ import annotations

from lossproof.compiled.unit import Unit

_WIDTH = 100


def described(unit: Unit, lines: str) -> str:
    """The head of a module: a title, how to call what is in it, and every derivation, step by step.

    Args:
        unit: the programs, with the derivations that prove what they compute.
        lines: how to call the functions.
    """
    parts = [f"The loss of '{unit.name}', compiled from its derivation by lossproof.", lines]
    outputs = dict.fromkeys(name for program in unit.programs.values() for name in program.outputs)
    parts += [d.text(width=_WIDTH) for name in ("total", *outputs) for d in unit.proofs(name)]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"
