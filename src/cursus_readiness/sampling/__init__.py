"""Watching a process tree: probes that read it, a sampler that decides when and keeps what they saw."""
