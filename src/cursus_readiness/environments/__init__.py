"""The interpreter and packages that a step runs with."""
