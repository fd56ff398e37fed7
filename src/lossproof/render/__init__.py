"""Expressions and derivations as LaTeX, Markdown, HTML and text.  A format is one module, named here."""

from lossproof.kernel.presenting import provide

#: What a derivation, a step or a theorem can be turned into.
FORMATS = ("latex", "markdown", "html", "text")

provide("output format", **{name: f"lossproof.render.{name}:{name}" for name in FORMATS})
