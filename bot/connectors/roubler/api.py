"""What Roubler is sent and gets: GraphQL, https://developer.roubler.com.

Surprising here: a query is POSTed and still changes nothing, so it may be read again
like any other. A mutation is sent once. Names of people are not even asked for.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from yarl import URL

from bot.connectors import Tokens
from bot.connectors.client import Reply, VendorClient
from bot.connectors.oauth import Bearer, basic
from bot.connectors.problem import Gone, Unauthorised, VendorProblem, nothing_is_gone
from bot.connectors.roubler.documents import DOCUMENTS
from bot.connectors.roubler.settings import RoublerSettings
from bot.connectors.roubler.shapes import Data, PayRun, Viewer, data_of, refuses_the_login
from bot.connectors.values import validated
from bot.core.words import say


class RoublerApi:
    """The calls. Reads raise what `VendorClient.read` raises; actions what `VendorClient.call` does."""

    def __init__(self, settings: RoublerSettings, client: VendorClient, tokens: Tokens) -> None:
        self._client = client
        self._settings = settings
        self._id = settings.id
        self._url = settings.graphql_address
        self._headers = {"X-Company-ID": settings.company_id}
        if settings.location_id:
            self._headers["X-Location-ID"] = settings.location_id
        self._seed = settings.refresh_token.get_secret_value() if settings.refresh_token else None
        self._seed_mark = sha256((self._seed or "").encode()).hexdigest()[:16]
        self._needs = say(
            "log in again: payrunbot login {connection}, or a new refresh_token", connection=settings.id
        )
        secret = settings.client_secret.get_secret_value()
        in_form = settings.client_auth == "form"
        self._who = {"client_id": settings.client_id, "client_secret": secret} if in_form else {}
        self._bearer = Bearer(
            client,
            tokens,
            connection=settings.id,
            token_url=settings.token_address,
            form=lambda saved: {
                "grant_type": "refresh_token",
                "refresh_token": self._refresh(saved),
                **self._who,
            },
            # Assumed: the token before a lost answer is accepted once more.
            tries=2,
            needs=self._needs,
            also_saved={"seed": self._seed_mark},
            headers={} if in_form else basic(settings.client_id, secret),
            rotates=True,
        )

    async def pay_runs(self) -> list[PayRun]:
        """All runs: the query has neither pages nor a filter."""
        with nothing_is_gone():
            found = (await self._query("payRuns", {})).value
        if not isinstance(found, list):
            raise VendorProblem(say("answered {what} without its list", what="payRuns"))
        return [validated(PayRun, one, say("a pay run")) for one in found]

    async def pay_run(self, run_id: str) -> tuple[PayRun, Mapping[str, str]]:
        """One run with its items, and its fields that failed with the words why. Raises Gone."""
        found = await self._query("payRun", {"payRunId": run_id})
        if found.value is None:
            raise Gone(say("Roubler knows no such pay run"))
        return validated(PayRun, found.value, say("a pay run")), found.failed

    async def viewer(self) -> Viewer:
        """Where the login works."""
        found = await self._query("viewer", {})
        if found.value is None or found.failed:
            said = "; ".join(found.failed.values()) or say("nobody")
            raise VendorProblem(say("answered {what} with: {said}", what="viewer", said=said))
        return validated(Viewer, found.value, "viewer")

    async def process_pay_run(self, run_id: str, processed_at: str) -> Reply:
        """Record that a run was paid elsewhere, at an instant in UTC."""
        return await self._mutate("processPayRun", {"id": run_id, "input": {"processedAt": processed_at}})

    async def delete_pay_run(self, run_id: str) -> Reply:
        """Delete a run, for good."""
        return await self._mutate("deletePayRun", {"id": run_id})

    # Logging in

    def authorize_url(self, redirect_uri: str, state: str, challenge: str) -> str:
        """Where a person logs in as the API user. `challenge` counts where the settings ask for PKCE."""
        asked = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": redirect_uri,
            "scope": "offline_access",
            "state": state,
        }
        if self._settings.pkce:
            asked |= {"code_challenge": challenge, "code_challenge_method": "S256"}
        return str(URL(self._settings.authorize_address).update_query(asked))

    async def exchange(self, code: str, redirect_uri: str, verifier: str) -> None:
        """Save the tokens that a code is good for, once. Raises VendorProblem or HeldBack."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            **self._who,
            **({"code_verifier": verifier} if self._settings.pkce else {}),
        }
        await self._bearer.log_in(form)

    def _refresh(self, saved: Mapping[str, str]) -> str:
        """The last token that was given, unless a person has put a new one into the settings since."""
        is_reseeded = self._seed is not None and saved.get("seed") != self._seed_mark
        token = self._seed if is_reseeded else saved.get("refresh_token") or self._seed
        if not token:
            raise VendorProblem(say("has never been logged in to"), needs=self._needs)
        return token

    # Sending

    async def _query(self, name: str, variables: Mapping[str, str]) -> Data:
        async def send(bearer: Mapping[str, str]) -> Data:
            reply = await self._client.read(
                self._id,
                self._url,
                route=name,
                method="POST",
                headers={**bearer, **self._headers},
                json={"query": DOCUMENTS[name], "variables": variables},
            )
            return data_of(name, reply)

        return await self._bearer.use(send)

    async def _mutate(self, name: str, variables: Mapping[str, Any]) -> Reply:
        async def send(bearer: Mapping[str, str]) -> Reply:
            reply = await self._client.call(
                self._id,
                "POST",
                self._url,
                route=name,
                headers={**bearer, **self._headers},
                json={"query": DOCUMENTS[name], "variables": variables},
            )
            if refuses_the_login(reply):
                raise Unauthorised(say("answered {status} to {route}", status=reply.status, route=name))
            return reply

        return await self._bearer.use(send)
