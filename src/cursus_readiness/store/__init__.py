"""The run folder: the only thing that gathering hands over to judging."""
