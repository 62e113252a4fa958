"""Measurements of quality and speed; each prints what it measured: `python -m benchmarks.NAME`."""
