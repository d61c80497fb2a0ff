"""Run a plan: materialise inputs, run jobs in order, judge outputs by rules, store everything."""
