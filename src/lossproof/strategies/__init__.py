"""Strategies: which rule next.  Untrusted: a wrong choice can only fail, never prove wrongly."""
