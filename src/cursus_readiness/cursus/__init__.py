"""Cursus's graph and configuration, and compiling them to a pipeline definition in Cursus's own environment."""
