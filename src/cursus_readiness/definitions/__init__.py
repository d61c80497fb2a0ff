"""The SageMaker pipeline definition (version 2020-12-01): its model, its expressions, its validation. Pure."""
