"""The local folder that stands for S3 during a run."""
