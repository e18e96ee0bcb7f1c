"""payrunbot: watches pay runs, does the routine steps by rule, and says what it did and why."""

__version__ = "0.1.0"
"""The one place that says it: the package, `payrunbot --version` and the metrics read it here."""
