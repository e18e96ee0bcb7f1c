"""Which run or schedule a request is about: its path names them, with a query for the rest."""

from aiohttp import web

from bot.sandbox.staffology.schedule import Schedule
from bot.sandbox.staffology.state import Employer, Key


def schedule_of(employer: Employer, request: web.Request) -> Schedule:
    """Return the schedule of a path, or answer 404."""
    at = request.match_info
    ordinal = at.get("ordinal") or request.query.get("ordinal", "1")
    try:
        return employer.schedules[at["year"], at["pay_period"], int(ordinal)]
    except (KeyError, ValueError) as error:
        raise web.HTTPNotFound from error


def key_of(employer: Employer, request: web.Request) -> Key:
    """Return the key of the run of a path, or answer 404."""
    at, query = request.match_info, request.query
    try:
        key = Key(
            at["year"],
            at["pay_period"],
            int(at["number"]),
            int(query.get("ordinal", "1")),
            int(query.get("version", "0")),
        )
    except ValueError as error:
        raise web.HTTPBadRequest from error
    if key not in employer.runs:
        raise web.HTTPNotFound
    return key
