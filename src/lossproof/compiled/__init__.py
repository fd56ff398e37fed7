"""Derived losses that run: expressions as straight-line programs, and programs as code of several kinds."""
