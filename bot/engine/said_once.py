"""A trouble that lasts is logged when it begins, when it turns into another, and when it is over.

A disk that is full fails every piece of work there is, many times a second: a line for
each would bury the one that says since when, and fill whatever disk is left.
"""

from sqlalchemy.exc import DBAPIError
from structlog.typing import FilteringBoundLogger


class SaidOnce:
    """Counts failures in a row of one thing, and logs only where something changes."""

    def __init__(self, log: FilteringBoundLogger, event: str, **about: object) -> None:
        self._log = log.bind(**about)
        self._event = event
        self._problem: str | None = None
        self.in_a_row = 0

    @property
    def problem(self) -> str | None:
        """What is wrong now; None where it went well the last time."""
        return self._problem

    def failed(self, problem: BaseException | str) -> None:
        """Note one failure; an exception is logged with its trace the first time.

        But for one of the database's: which statement met the full disk tells nobody
        anything, and its trace would quote it.
        """
        self.in_a_row += 1
        known = self._problem
        self._problem = problem if isinstance(problem, str) else name_of(problem)
        if self._problem == known:
            return
        trace = {} if isinstance(problem, str | DBAPIError) else {"exc_info": problem}
        self._log.error(self._event, problem=self._problem, **trace)

    def went_well(self) -> None:
        if self._problem is None:
            return
        self._log.info(f"{self._event}: over", problem=self._problem, times=self.in_a_row)
        self._problem, self.in_a_row = None, 0


def name_of(problem: BaseException) -> str:
    """Which trouble it is, in few words. Of the database its own sentence, which names no parameter."""
    return f"{problem.orig}" if isinstance(problem, DBAPIError) else type(problem).__name__
