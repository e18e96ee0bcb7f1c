"""What can go wrong with a vendor, by who must act: nobody, operations, the sender.

A module of its own, because the client below the connectors raises these as well.
"""


class VendorProblem(Exception):
    """The vendor could not be read: down, slow, refusing us, or not making sense.

    `what` is one plain clause for people ("answered 503"), `retry_after_s` the seconds
    the vendor asked us to wait, `needs` what a person must do where only a person can
    ("log in again").
    """

    def __init__(self, what: str, *, retry_after_s: float | None = None, needs: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.retry_after_s = retry_after_s
        self.needs = needs


class Unauthorised(VendorProblem):
    """The vendor did not accept who we are (401): nothing happened."""


class Gone(Exception):
    """The vendor says that this resource does not exist (any more)."""


class HookRefused(Exception):
    """A webhook is not from the vendor: 401, and not stored as news."""
