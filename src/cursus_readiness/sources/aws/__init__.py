"""What is read from AWS: objects of S3, and what an execution of a pipeline has left there."""
