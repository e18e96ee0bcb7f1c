"""Benchmarks: what must not cost more as there is more of it. `make bench` runs them all.

Only ratios of things done in turns in one run are figures here, since no two runs have the
same machine to themselves.
"""
