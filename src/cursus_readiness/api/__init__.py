"""The classes of the public API that carry out something."""
