"""One step type per file: its resolved Arguments become a Job, and the properties that later steps may Get."""
