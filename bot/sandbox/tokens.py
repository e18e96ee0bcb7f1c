"""Access tokens as the two OAuth vendors give them: opaque, short-lived, forgotten on request."""

from base64 import b64decode
from binascii import Error as NotBase64
from datetime import datetime, timedelta

from aiohttp import web

from bot.sandbox.clock import Clock
from bot.sandbox.exact import stable_id


class Tokens:
    """The access tokens one server has given, and until when each is good."""

    def __init__(self, clock: Clock, vendor: str, life: timedelta) -> None:
        self.life = life
        self._clock = clock
        self._vendor = vendor
        self._made = 0
        self._until: dict[str, datetime] = {}

    def give(self) -> str:
        """Make a new access token."""
        token = self.fresh("access")
        self._until[token] = self._clock.now() + self.life
        return token

    def fresh(self, use: str) -> str:
        """Make a token text for another use; it opens nothing here."""
        self._made += 1
        return f"{use}-{stable_id(self._vendor, use, self._made)}"

    def is_good(self, request: web.Request) -> bool:
        """Say whether the request carries a token that was given and has not run out."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        until = self._until.get(token.strip())
        return kind.lower() == "bearer" and until is not None and self._clock.now() < until

    def forget(self) -> None:
        """Let every token given so far be refused."""
        self._until.clear()


async def token_form(request: web.Request) -> tuple[dict[str, str], bool]:
    """Return the form of a token request, and whether a client id and secret came with it.

    They may come in the form or as HTTP Basic; which of the two is the client's choice.
    """
    form = {key: str(value) for key, value in (await request.post()).items()}
    if form.get("client_id") and form.get("client_secret"):
        return form, True
    password = basic_password(request)
    return form, bool(password)


def basic_password(request: web.Request) -> str | None:
    """Return the password of HTTP Basic, None where there is none that can be read."""
    kind, _, coded = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        _, _, password = b64decode(coded, validate=True).decode().partition(":")
    except (NotBase64, UnicodeDecodeError):
        return None
    return password
