"""Numbers put into expressions: on data in floating point, and at points in high precision."""
