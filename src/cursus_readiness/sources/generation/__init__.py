"""How tables are made up: declared, like a sample of real data, or with the fields of a Cursus configuration."""
