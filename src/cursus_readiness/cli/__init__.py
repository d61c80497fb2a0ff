"""The commands: parse, delegate, print, exit code."""
