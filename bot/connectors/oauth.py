"""Access tokens: had from a token endpoint, kept sealed, renewed before they expire.

Surprising here: a refresh token may rotate. What the endpoint answers is saved before
it is used, because one that is lost is a lost login. Another process may have renewed
meanwhile, so the saved row is read again before asking; and where the token rotates only
one asks at a time, wherever it runs, because a vendor may take the second use of one
token for theft and end the login.
"""

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from contextlib import nullcontext
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from bot.connectors import Tokens
from bot.connectors.client import MaybeSent, NotSent, Reply, VendorClient
from bot.connectors.problem import Unauthorised, VendorProblem
from bot.connectors.values import Raw, Sent, amount, instant, validated
from bot.core.words import joined, say, told_by

EARLY = timedelta(minutes=2)
"""A token is renewed this long before its end: a call begun with it still finishes."""

MOST_S = 86_400
"""Seconds for which a token is believed to last, whatever the vendor says."""
SECRET_FIELDS = ("client_secret", "refresh_token", "code", "code_verifier")

T = TypeVar("T")
Form = Callable[[Mapping[str, str]], Mapping[str, str]]


class TokenReply(Sent):
    access_token: str
    expires_in: Raw = None
    refresh_token: str | None = None
    scope: object = None
    """What the token is good for, in words with spaces between; not every vendor says it."""


def basic(client_id: str, secret: str) -> dict[str, str]:
    """Id and secret as a header, for a token endpoint that wants them there."""
    return {"Authorization": f"Basic {b64encode(f'{client_id}:{secret}'.encode()).decode()}"}


class Bearer:
    """The access token of one connection.

    `form` makes the request's form from the saved values, which are empty before the
    first. `tries` is how often it may be sent when the answer is lost: more than once
    only where the vendor accepts the old refresh token again. With `rotates`, nobody else
    asks meanwhile.
    """

    def __init__(
        self,
        client: VendorClient,
        tokens: Tokens,
        *,
        connection: str,
        token_url: str,
        form: Form,
        tries: int,
        needs: str,
        also_saved: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        rotates: bool = False,
    ) -> None:
        self._client = client
        self._tokens = tokens
        self._connection = connection
        self._token_url = token_url
        self._form = form
        self._tries = tries
        self._needs = needs
        self._also_saved = also_saved or {}
        self._headers = headers or {}
        self._rotates = rotates
        self._lock = asyncio.Lock()
        self._access = self._scope = ""
        self._expires_at: datetime | None = None

    async def use(self, call: Callable[[Mapping[str, str]], Awaitable[T]]) -> T:
        """Do the call with an Authorization header; once more, with a new token, after a 401.

        A 401 says that nothing happened, so this holds for actions too, whose call
        must raise Unauthorised. Raises VendorProblem with `needs` when a person must act.
        """
        access = await self._token(refused=None)
        try:
            return await call({"Authorization": f"Bearer {access}"})
        except Unauthorised:
            access = await self._token(refused=access)
        try:
            return await call({"Authorization": f"Bearer {access}"})
        except Unauthorised as error:
            raise Unauthorised(error.what, needs=self._needs) from None

    async def log_in(self, form: Mapping[str, str]) -> None:
        """Have what a person's login gave, and save it in the place of all before. Sent once.

        Raises VendorProblem, and HeldBack where it may not be asked for now.
        """
        async with self._lock, self._tokens.turn():
            reply = await self._ask(form, tries=1)
            if validated(TokenReply, reply.json(), say("the token request")).refresh_token is None:
                raise VendorProblem(say("token endpoint gave no refresh token"), needs=self._needs)
            await self._keep(reply, await self._tokens.load(), instead_of=None)

    async def scopes(self) -> frozenset[str]:
        """What the access token is good for, as the vendor named it; nothing where it did not."""
        await self._token(refused=None)
        return frozenset(self._scope.split())

    async def _token(self, refused: str | None) -> str:
        async with self._lock:
            if self._is_good(refused) or await self._found(refused):
                return self._access
            async with self._tokens.turn() if self._rotates else nullcontext():
                if self._rotates and await self._found(refused):
                    return self._access
                saved = await self._tokens.load()
                reply = await self._ask(self._form(saved or {}), tries=self._tries)
                await self._keep(reply, saved, instead_of=(saved or {}) if self._rotates else None)
            return self._access

    async def _found(self, refused: str | None) -> bool:
        """Whether a good one has been saved, perhaps by another process."""
        saved = await self._tokens.load() or {}
        if "access_token" in saved and "expires_at" in saved:
            self._access, self._expires_at = saved["access_token"], instant(saved["expires_at"])
            self._scope = saved.get("scope", "")
        return self._is_good(refused)

    async def _keep(
        self, reply: Reply, saved: Mapping[str, str] | None, *, instead_of: Mapping[str, str] | None
    ) -> None:
        """Save what was given, unless something else stands there by now: that is newer, and used."""
        told = validated(TokenReply, reply.json(), say("the token request"))
        expires_at = self._client.now() + _lasts(told.expires_in)
        values = {
            **(saved or {}),
            **self._also_saved,
            "access_token": told.access_token,
            "expires_at": expires_at.isoformat(),
        }
        if told.refresh_token:
            values["refresh_token"] = told.refresh_token
        values["scope"] = told.scope if isinstance(told.scope, str) else ""
        if await self._tokens.save(values, instead_of=instead_of):
            self._access, self._expires_at = told.access_token, expires_at
            self._scope = values["scope"]
        else:
            await self._found(None)

    def _is_good(self, refused: str | None) -> bool:
        if not self._access or self._access == refused or self._expires_at is None:
            return False
        return self._client.now() < self._expires_at - EARLY

    async def _ask(self, form: Mapping[str, str], *, tries: int) -> Reply:
        hidden = [value for key, value in form.items() if key in SECRET_FIELDS]
        for left in reversed(range(tries)):
            try:
                reply = await self._client.call(
                    self._connection,
                    "POST",
                    self._token_url,
                    route="token",
                    headers=self._headers,
                    data=form,
                    secrets=hidden,
                )
            except (NotSent, MaybeSent) as error:
                if left and isinstance(error, MaybeSent):
                    continue
                what = say("token endpoint {problem}", problem=told_by(error))
                raise VendorProblem(what, is_outage=True) from None
            return self._granted(reply)
        raise VendorProblem(say("token endpoint gave no answer"), needs=self._needs)

    def _granted(self, reply: Reply) -> Reply:
        if reply.status == 200:
            return reply
        what = say("token endpoint answered {status}", status=reply.status)
        if reply.status in (400, 401, 403):
            raise VendorProblem(joined((what, reply.detail()), ": "), needs=self._needs)
        wait = reply.retry_after_s(self._client.now())
        raise VendorProblem(what, retry_after_s=wait, is_outage=reply.status >= 500)


def _lasts(told: Raw) -> timedelta:
    """60 s where the vendor does not say, or nothing usable: short, so that it is asked again soon."""
    try:
        seconds = amount(told)
    except ValueError:
        return timedelta(seconds=60)
    return timedelta(seconds=int(min(max(seconds, Decimal(0)), Decimal(MOST_S))))
