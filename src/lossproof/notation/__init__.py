"""How an expression is written: inert SymPy and the few nodes of our own."""
