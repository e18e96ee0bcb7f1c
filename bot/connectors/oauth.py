"""Access tokens: had from a token endpoint, kept sealed, renewed before they expire.

Surprising here: a refresh token may rotate. What the endpoint answers is saved before
it is used, because one that is lost is a lost login. Another process may have renewed
meanwhile, so the saved row is read again before asking.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from bot.connectors import Tokens
from bot.connectors.client import MaybeSent, NotSent, Reply, VendorClient
from bot.connectors.problem import Unauthorised, VendorProblem
from bot.connectors.values import Raw, Sent, amount, instant, validated

EARLY = timedelta(minutes=2)
"""A token is renewed this long before its end: a call begun with it still finishes."""

T = TypeVar("T")
Form = Callable[[Mapping[str, str]], Mapping[str, str]]


class TokenReply(Sent):
    access_token: str
    expires_in: Raw = None
    refresh_token: str | None = None


class Bearer:
    """The access token of one connection.

    `form` makes the request's form from the saved values, which are empty before the
    first. `tries` is how often it may be sent when the answer is lost: more than once
    only where the vendor accepts the old refresh token again.
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
    ) -> None:
        self._client = client
        self._tokens = tokens
        self._connection = connection
        self._token_url = token_url
        self._form = form
        self._tries = tries
        self._needs = needs
        self._also_saved = also_saved or {}
        self._lock = asyncio.Lock()
        self._access = ""
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

    async def _token(self, refused: str | None) -> str:
        async with self._lock:
            if self._is_good(refused):
                return self._access
            saved = await self._tokens.load() or {}
            if "access_token" in saved and "expires_at" in saved:
                self._access, self._expires_at = saved["access_token"], instant(saved["expires_at"])
                if self._is_good(refused):
                    return self._access
            reply = await self._ask(self._form(saved))
            told = validated(TokenReply, reply.json(), "the token request")
            # 60 s where the vendor does not say: short, so that it is asked again soon.
            lasts = timedelta(seconds=int(amount(told.expires_in)) if told.expires_in is not None else 60)
            expires_at = self._client.now() + lasts
            values = {
                **saved,
                **self._also_saved,
                "access_token": told.access_token,
                "expires_at": expires_at.isoformat(),
            }
            if told.refresh_token:
                values["refresh_token"] = told.refresh_token
            await self._tokens.save(values)
            self._access, self._expires_at = told.access_token, expires_at
            return self._access

    def _is_good(self, refused: str | None) -> bool:
        if not self._access or self._access == refused or self._expires_at is None:
            return False
        return self._client.now() < self._expires_at - EARLY

    async def _ask(self, form: Mapping[str, str]) -> Reply:
        hidden = [value for key, value in form.items() if key in ("client_secret", "refresh_token")]
        for left in reversed(range(self._tries)):
            try:
                reply = await self._client.call(
                    self._connection, "POST", self._token_url, route="token", data=form, secrets=hidden
                )
            except (NotSent, MaybeSent) as error:
                if left and isinstance(error, MaybeSent):
                    continue
                raise VendorProblem(f"token endpoint {error}", is_outage=True) from None
            return self._granted(reply)
        raise VendorProblem("token endpoint gave no answer", needs=self._needs)

    def _granted(self, reply: Reply) -> Reply:
        if reply.status == 200:
            return reply
        what = f"token endpoint answered {reply.status}"
        if reply.status in (400, 401, 403):
            raise VendorProblem(f"{what}: {reply.detail()}", needs=self._needs)
        wait = reply.retry_after_s(self._client.now())
        raise VendorProblem(what, retry_after_s=wait, is_outage=reply.status >= 500)
