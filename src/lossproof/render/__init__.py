"""Expressions and derivations as LaTeX, Markdown, HTML and text.  A format is one module here."""

from lossproof.render import html, latex, markdown, text

__all__ = ["html", "latex", "markdown", "text"]
