"""Training runs: the run folder, the worker process, start and stop."""
