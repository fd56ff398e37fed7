"""Facts, relations, steps, derivations, replay: the only place where a theorem is made."""
