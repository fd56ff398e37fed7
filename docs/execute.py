"""Execute a notebook and keep its outputs: ``python docs/execute.py docs/tutorial.ipynb``.

The outputs are stored, so that the notebook can be read where nothing runs, on GitHub for instance.  What is
stored of an output is plain text, Markdown, LaTeX and pictures, but not HTML: viewers that do not trust a
notebook take the MathML out of it.  The tests execute the notebook again and compare.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

#: Seconds for one cell, on a slow machine.
PATIENCE = 120


def executed(path: Path) -> Any:
    """The notebook of a file with the outputs that it has now.

    Raises:
        nbclient.exceptions.CellExecutionError: if a cell fails.
    """
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=PATIENCE, record_timing=False, coalesce_streams=True).execute()
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop("text/html", None)
    notebook.metadata.language_info = {"name": "python"}
    return notebook


if __name__ == "__main__":
    for name in sys.argv[1:]:
        found = executed(Path(name))
        nbformat.write(found, name)
