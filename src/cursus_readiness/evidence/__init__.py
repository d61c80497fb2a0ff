"""What can be looked up about a project: its workflows, pages, code, and the records that others left."""
