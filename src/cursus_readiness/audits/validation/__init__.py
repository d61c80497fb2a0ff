"""Does the pipeline do what it should?"""
