"""Benchmarks: ``make bench``, or ``python -m tests.bench start drag`` for single ones."""
