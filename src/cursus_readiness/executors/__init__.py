"""Run one step."""
