"""What runs in Cursus's own interpreter: this folder goes on its path, nothing else of this package."""
