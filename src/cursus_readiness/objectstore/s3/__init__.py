"""The part of S3's protocol that scripts use, answered from the local folder that stands for S3."""
