"""What a rule may watch, beside the kinds that connectors have: any vendor's pay runs, and connections.

Everything that compares a rule with a resource, or with a connection, asks here. A kind's
name says its vendor (`gigapay.payrun`) only where there is a vendor.
"""

PAYRUN = "payrun"
"""Any vendor's pay run, with the fields that all of them share."""
CONNECTION = "connection"
"""The health of each configured connection; made by the service itself, and never read at a vendor."""


def is_payrun(kind: str) -> bool:
    """Whether a kind of resource is a pay run, of one vendor or of any."""
    return kind == PAYRUN or kind.endswith(f".{PAYRUN}")


def is_about(watch: str, kind: str) -> bool:
    """Whether a rule that watches this is asked about a resource of that kind."""
    return watch == kind or (watch == PAYRUN and is_payrun(kind))


def may_be_of(watch: str, vendor: str) -> bool:
    """Whether what a rule watches can be at a connection of this vendor."""
    return watch in (PAYRUN, CONNECTION) or watch.partition(".")[0] == vendor
