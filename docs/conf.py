"""The documentation site: ``python -m sphinx -W docs site``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "extension"))

import lossproof

project = "lossproof"
author = "The lossproof developers"
copyright = f"2026, {author}"
version = release = lossproof.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "myst_parser",
    "mathml",
    "notebooks",
    "reference_pages",
]
myst_enable_extensions = ["colon_fence", "dollarmath", "deflist"]
myst_heading_anchors = 3
myst_fence_as_directive = ["math"]  # as GitHub has it
exclude_patterns = ["extension", "_static"]
nitpicky = False
default_role = "py:obj"  # a single backtick in a docstring names an object

html_theme = "furo"
html_title = f"lossproof {release}"
html_math_renderer = "lossproof"
html_static_path = ["_static"]
html_css_files = ["formulas.css"]
html_copy_source = False
html_show_sourcelink = False

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
python_use_unqualified_type_names = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True  # an attribute that is both described and a member is one object
