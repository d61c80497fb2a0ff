"""Compiles a Cursus pipeline without AWS; Python 3.8 syntax, imports nothing of the package around it."""
