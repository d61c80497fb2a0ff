"""Can this machine run what it is asked to? One check per file."""
