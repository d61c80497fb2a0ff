"""Make a dataset appear under an S3 URI of the run: local files, synthetic tables."""
