"""Scenario files: found, loaded, and every mistake named with its line."""
