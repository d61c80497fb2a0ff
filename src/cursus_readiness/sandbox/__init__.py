"""A step's own root directory and process tree: ``/opt/ml`` view, limits, and an end that leaves nothing behind."""
