"""Steps that somebody wrote by hand, checked line by line: proved, wrong with a point that shows it, or open.

A line is proved only by a theorem of the kernel, and wrong only at numbers at which both sides were
enclosed apart.  `reading` reads the text, `proving` searches for a proof, `checked` says what was found.
"""

from lossproof.checking.checked import CheckedLine, CheckedSteps, Finding, check_steps
from lossproof.checking.reading import steps_in

__all__ = ["CheckedLine", "CheckedSteps", "Finding", "check_steps", "steps_in"]
