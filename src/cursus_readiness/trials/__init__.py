"""Run a scenario several times, changed in one respect, and say what that did."""
