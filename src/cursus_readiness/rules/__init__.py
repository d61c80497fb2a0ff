"""Is the data that a step wrote right? One rule per file."""
