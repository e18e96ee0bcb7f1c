"""What Roubler is sent and gets: GraphQL, https://developer.roubler.com.

Surprising here: a GraphQL error comes with status 200, so a reply is only read once
its `errors` are looked at. They are not the pay run's own `errors`, which are about
people's pay and are data. A query is POSTed and still changes nothing, so it may be
read again like any other. Names of people are not even asked for.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, Literal

from pydantic import ConfigDict, SecretStr, field_validator
from pydantic.alias_generators import to_camel

from bot.connectors import ConnectionSettings, Tokens
from bot.connectors.client import Reply, VendorClient
from bot.connectors.oauth import Bearer
from bot.connectors.problem import Gone, Unauthorised, VendorProblem
from bot.connectors.values import Id, Raw, Sent, base_address, validated

PRODUCTION = {"au": "https://graphql.au.roubler.com", "eu": "https://graphql.eu.roubler.com"}
# The page that names the token address is not public; this follows the login's own path.
LOGIN = "https://oidc.roubler.com/oauth2/token"

PAY_RUNS = """query PayRuns {
  payRuns { id name startDate endDate status createdAt finalisedAt processedAt modifiedAt }
}"""

PAY_RUN = """query PayRun($payRunId: ID!) {
  payRun(id: $payRunId) {
    id name startDate endDate status createdAt finalisedAt processedAt modifiedAt
    errors { message employee { id } }
    payItems { employee { id } payType { id } unitAmount quantity amount }
    timesheets { id status }
  }
}"""


class RoublerSettings(ConnectionSettings):
    currency: str = "AUD"
    region: Literal["au", "eu"] = "au"
    client_id: str
    client_secret: SecretStr
    company_id: str
    location_id: str | None = None
    refresh_token: SecretStr | None = None
    """Seeds the connection once; what the vendor rotates it to is kept sealed and wins."""
    money_unit: Literal["cents", "units"] = "cents"
    """What an amount of 475959 means. Not documented; the sample's numbers fit cents."""
    token_url: str = LOGIN

    @field_validator("company_id", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        return str(value) if isinstance(value, int) else value


class _Node(Sent):
    model_config = ConfigDict(alias_generator=to_camel)


class Employee(_Node):
    id: Id


class RunError(_Node):
    message: Raw = None
    employee: Employee | None = None


class PayType(_Node):
    id: Id


class PayItem(_Node):
    employee: Employee | None = None
    pay_type: PayType | None = None
    amount: Raw = None


class Timesheet(_Node):
    id: Id
    status: Raw = None


class PayRun(_Node):
    id: Id
    name: Raw = None
    start_date: Raw = None
    end_date: Raw = None
    status: Raw = None
    created_at: Raw = None
    finalised_at: Raw = None
    processed_at: Raw = None
    modified_at: Raw = None
    errors: Sequence[RunError] | None = None
    pay_items: Sequence[PayItem] | None = None
    timesheets: Sequence[Timesheet] | None = None


class GraphError(Sent):
    message: Raw = None
    extensions: Mapping[str, Any] | None = None

    @property
    def code(self) -> str:
        return str((self.extensions or {}).get("code", "")).upper()


class Answer(Sent):
    data: Mapping[str, Any] | None = None
    errors: Sequence[GraphError] | None = None


class RoublerApi:
    """The calls. Reads raise what `VendorClient.read` raises."""

    def __init__(self, settings: RoublerSettings, client: VendorClient, tokens: Tokens) -> None:
        self._client = client
        self._id = settings.id
        self._url = base_address(settings.base_url, PRODUCTION[settings.region], "/graphql")
        self._headers = {"X-Company-ID": settings.company_id}
        if settings.location_id:
            self._headers["X-Location-ID"] = settings.location_id
        self._seed = settings.refresh_token.get_secret_value() if settings.refresh_token else None
        self._seed_mark = sha256((self._seed or "").encode()).hexdigest()[:16]
        self._needs = f"log in again, and put the new refresh_token of {settings.id} into the settings"
        who = {"client_id": settings.client_id, "client_secret": settings.client_secret.get_secret_value()}
        self._bearer = Bearer(
            client,
            tokens,
            connection=settings.id,
            token_url=settings.token_url,
            form=lambda saved: {"grant_type": "refresh_token", "refresh_token": self._refresh(saved), **who},
            # Assumed: the token before a lost answer is accepted once more.
            tries=2,
            needs=self._needs,
            also_saved={"seed": self._seed_mark},
        )

    async def pay_runs(self) -> list[PayRun]:
        """All runs: the query has neither pages nor a filter."""
        found = (await self._query("payRuns", PAY_RUNS, {})).get("payRuns")
        if not isinstance(found, list):
            raise VendorProblem("answered payRuns without its list")
        return [validated(PayRun, one, "a pay run") for one in found]

    async def pay_run(self, run_id: str) -> PayRun:
        """One run with its items. Raises Gone."""
        found = (await self._query("payRun", PAY_RUN, {"payRunId": run_id})).get("payRun")
        if found is None:
            raise Gone("Roubler knows no such pay run")
        return validated(PayRun, found, "a pay run")

    def _refresh(self, saved: Mapping[str, str]) -> str:
        """The last token that was given, unless a person has put a new one into the settings since."""
        is_reseeded = self._seed is not None and saved.get("seed") != self._seed_mark
        token = self._seed if is_reseeded else saved.get("refresh_token") or self._seed
        if not token:
            raise VendorProblem("has never been logged in to", needs=self._needs)
        return token

    async def _query(self, name: str, query: str, variables: Mapping[str, str]) -> Mapping[str, Any]:
        async def send(bearer: Mapping[str, str]) -> Mapping[str, Any]:
            reply = await self._client.read(
                self._id,
                self._url,
                route=name,
                method="POST",
                headers={**bearer, **self._headers},
                json={"query": query, "variables": variables},
            )
            return data_of(name, reply)

        return await self._bearer.use(send)


def data_of(name: str, reply: Reply) -> Mapping[str, Any]:
    """The data of an answer without errors. Raises for the others, by what they say."""
    answer = validated(Answer, reply.json(), name)
    if answer.errors:
        first = answer.errors[0]
        said = reply.scrub(str(first.message or first.code or "an error without words"))
        # No error codes are documented; these are the words GraphQL servers commonly use.
        if first.code in ("UNAUTHENTICATED", "UNAUTHORIZED") or "authentication" in said.lower():
            raise Unauthorised(f"answered {name} with: {said}")
        if first.code == "NOT_FOUND" or said.lower().endswith("not found"):
            raise Gone(f"answered {name} with: {said}")
        raise VendorProblem(f"answered {name} with: {said}")
    if answer.data is None:
        raise VendorProblem(f"answered {name} without data")
    return answer.data
