"""The way back: which likelihood is behind a loss, or a proof that there is none."""
