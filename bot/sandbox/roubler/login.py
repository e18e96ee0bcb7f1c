"""Roubler's login: authorization code, then access and refresh tokens.

Assumed, because the stored page ends before it: the token path `/oauth2/token`, an hour
for an access token, and rotation: each refresh gives a new refresh token, and the one
before is taken once more within `grace`, for a client whose reply was lost. Without
`scope=offline_access` there is none. A code that was asked for with a challenge (PKCE,
S256) is only good with its verifier; `needs_pkce` refuses to give one without.
"""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from aiohttp import web
from yarl import URL

from bot.sandbox.clock import Clock
from bot.sandbox.tokens import Tokens, token_form
from bot.sandbox.vendor import CALL, json_reply


@dataclass
class _Refresh:
    used_at: datetime | None = None
    times: int = 0


@dataclass(frozen=True)
class _Code:
    redirect_uri: str
    challenge: str
    is_offline: bool

    def is_for(self, form: dict[str, str]) -> bool:
        """Say whether it was asked for by whoever brings it."""
        digest = sha256(form.get("code_verifier", "").encode()).digest()
        proof = urlsafe_b64encode(digest).decode().rstrip("=")
        return form.get("redirect_uri", "") == self.redirect_uri and self.challenge in ("", proof)


class Login:
    """The authorization server. With `anyone`, an unknown refresh token is good for its first use."""

    def __init__(self, clock: Clock, *, anyone: bool) -> None:
        self.tokens = Tokens(clock, "roubler", timedelta(hours=1))
        self._clock = clock
        self._anyone = anyone
        self.grace = timedelta(minutes=1)
        self.needs_pkce = False
        self._codes: dict[str, _Code] = {}
        self._refresh: dict[str, _Refresh] = {}

    def allow(self, refresh_token: str) -> None:
        """Know this refresh token, as if somebody had logged in for it."""
        self._refresh[refresh_token] = _Refresh()

    async def authorize(self, request: web.Request) -> web.Response:
        """Send the visitor back with a code; the API user is taken to be logged in."""
        query = request.query
        if (
            query.get("response_type") != "code"
            or not query.get("client_id")
            or not query.get("redirect_uri")
            or query.get("code_challenge_method", "S256") != "S256"
            or (self.needs_pkce and not query.get("code_challenge"))
        ):
            return json_reply({"error": "invalid_request"}, 400)
        code = self.tokens.fresh("code")
        offline = "offline_access" in query.get("scope", "").split()
        self._codes[code] = _Code(query["redirect_uri"], query.get("code_challenge", ""), offline)
        back = URL(query["redirect_uri"]).update_query(code=code, state=query.get("state", ""))
        return web.Response(status=302, headers={"Location": str(back)})

    async def token(self, request: web.Request) -> web.Response:
        """Exchange a code or a refresh token."""
        form, known = await token_form(request)
        if not known:
            return json_reply({"error": "invalid_client"}, 401)
        is_offline = True
        match form.get("grant_type"):
            case "authorization_code":
                # A code is good once, and only for the redirect it was asked with.
                code = self._codes.pop(form.get("code", ""), None)
                good = code is not None and code.is_for(form)
                is_offline = code is not None and code.is_offline
            case "refresh_token":
                good = self._take(form.get("refresh_token", ""))
            case _:
                return json_reply({"error": "unsupported_grant_type"}, 400)
        if not good:
            return json_reply({"error": "invalid_grant"}, 400)
        request[CALL].more["grant"] = form["grant_type"]
        given = {
            "access_token": self.tokens.give(),
            "expires_in": int(self.tokens.life.total_seconds()),
            "scope": "offline_access" if is_offline else "",
            "token_type": "bearer",
        }
        if is_offline:
            given["refresh_token"] = self.tokens.fresh("refresh")
            self.allow(str(given["refresh_token"]))
        return json_reply(given)

    def _take(self, token: str) -> bool:
        if self._anyone and token:
            self._refresh.setdefault(token, _Refresh())
        known = self._refresh.get(token)
        if known is None:
            return False
        now = self._clock.now()
        if known.used_at is not None and (known.times > 1 or now - known.used_at >= self.grace):
            return False
        known.used_at = known.used_at or now
        known.times += 1
        return True
