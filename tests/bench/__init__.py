"""Benchmarks: ``make bench``, or ``python -m tests.bench start drag`` for single ones."""

import os

# What the bench was called with: the tests' conftest, which the bench uses too, later sets one thread for everything.
THREADS = os.environ.get("OMP_NUM_THREADS")
