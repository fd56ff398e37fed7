"""What a recovered density is: its name, moments and tails, samples from it, and a picture."""

from lossproof.recovery.portrait.naming import Name
from lossproof.recovery.portrait.numbers import Moments
from lossproof.recovery.portrait.portrait import Moment, Portrait, portrait
from lossproof.recovery.portrait.tails import Pull, Tail, Weight

__all__ = ["Moment", "Moments", "Name", "Portrait", "Pull", "Tail", "Weight", "portrait"]
