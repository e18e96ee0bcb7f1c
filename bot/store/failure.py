"""How the database says that it failed: as SQLAlchemy does, whoever spoke to the driver.

SQLAlchemy takes as long to import as all else that the first webhook needs, so that it is
imported here only where something failed; later it is there anyway.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.exc import OperationalError


def as_failure(problem: Exception) -> "OperationalError":
    """What the driver, or nobody, has said: to be raised."""
    from sqlalchemy.exc import OperationalError

    return OperationalError(None, None, problem)


def is_failure(problem: Exception) -> bool:
    """Whether it is the database that failed, or the way to it."""
    from sqlalchemy.exc import SQLAlchemyError

    return isinstance(problem, (SQLAlchemyError, OSError))
