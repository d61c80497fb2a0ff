"""The report in every format: pure functions from ReadinessReport to text."""
