"""Derivations as files that Coq checks: `coqc` accepts the file, or there is no certificate."""
