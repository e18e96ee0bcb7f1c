"""What can go wrong with a vendor, by who must act: nobody, operations, the sender.

A module of its own, because the client below the connectors raises these as well.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from bot.core.words import told_by


class VendorProblem(Exception):
    """The vendor could not be read: down, slow, refusing us, or not making sense.

    `what` is one plain clause for people ("answered 503"), `retry_after_s` the seconds
    the vendor asked us to wait, `needs` what a person must do where only a person can
    ("log in again"). `is_outage` says that it is about the whole account and not about
    what was asked for: a few of those in a row, and the account is left alone for a while.
    """

    def __init__(
        self, what: str, *, retry_after_s: float | None = None, needs: str = "", is_outage: bool = False
    ) -> None:
        super().__init__(what)
        self.what = what
        self.retry_after_s = retry_after_s
        self.needs = needs
        self.is_outage = is_outage or bool(needs)


class HeldBack(Exception):
    """Nothing was sent: the connection rests, or its calls are used up for now.

    Not a VendorProblem, because the vendor has said nothing: nobody counts it as a
    failure, and no connector may take it for an answer. `until` is when it is worth
    asking again; `for_the_day` that it is the calls of a day that are used up.
    """

    def __init__(self, what: str, until: datetime, *, for_the_day: bool = False) -> None:
        super().__init__(what)
        self.what = what
        self.until = until
        self.for_the_day = for_the_day


class Unauthorised(VendorProblem):
    """The vendor did not accept who we are (401): nothing happened."""


class NotThere(VendorProblem):
    """What always is there, such as a list, is not (404): our address for it may be wrong."""


class Gone(Exception):
    """The vendor says that this resource does not exist (any more)."""


@contextmanager
def nothing_is_gone() -> Iterator[None]:
    """For what is no resource, such as a list: that it is not there is NotThere, and nothing is Gone."""
    try:
        yield
    except Gone as gone:
        raise NotThere(told_by(gone)) from None


class HookRefused(Exception):
    """A webhook is not from the vendor: 401, and not stored as news."""
