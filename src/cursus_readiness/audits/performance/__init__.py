"""Does the pipeline keep its limits, and use what it asks for?"""
