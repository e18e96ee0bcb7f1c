"""What can be changed at Staffology. Each call is sent once, and its reply given as it came.

Of these the bot's own actions use three: the change of state, the start of the next run
and the mailing of payslips. The others are for whoever works with this client by hand.
What ends in `_later` is the vendor's asynchronous form (beta there): it answers 202, and
`job_of` says which job to ask about.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from bot.connectors.client import Reply
from bot.connectors.problem import VendorProblem
from bot.connectors.staffology.address import RunAddress, ScheduleAddress
from bot.connectors.staffology.wire import Wire
from bot.connectors.values import segment
from bot.core.words import say

REASONS = ("Other", "AdditionalDataNotSubmitted", "ChangeToOriginalData", "PayBureauError")
LONGEST_REASON = 300
_RUN = "payrun/:year/:period/:number"
_LATER = "payrun-async/:year/:period"


def state_change(
    state: str, reason: str = "", reason_text: str = "", employees: Sequence[str] = ()
) -> dict[str, object]:
    """The body that changes a state. `employees` are for rolling back only. Raises ValueError."""
    if reason and reason not in REASONS:
        raise ValueError(f"{reason!r} is no reason that Staffology knows: {', '.join(REASONS)}")
    if len(reason_text) > LONGEST_REASON:
        raise ValueError(f"a reason has at most {LONGEST_REASON} characters")
    body: dict[str, object] = {"state": state}
    if reason:
        body["reason"] = reason
    if reason_text:
        body["reasonText"] = reason_text
    if employees:
        body["employeeUniqueIds"] = list(employees)
    return body


def job_of(reply: Reply) -> str | None:
    """The job that a 202 names, in its address or in its body; None where it names none.

    What a 202 of a change of state holds is the pay run, which has no id, so its `id` is
    no mistake for one.
    """
    place = reply.headers.get("Location", "").split("?")[0].rstrip("/")
    if "/jobs/" in place:
        return place.rpartition("/")[2]
    try:
        told = reply.json()
    except VendorProblem:
        return None
    found = told.get("id") if isinstance(told, dict) and "status" in told else None
    return found if isinstance(found, str) else None


class Writes(Wire):
    """The calls that change something. Each raises NotSent, MaybeSent or HeldBack."""

    # Pay runs

    async def start_next(self, address: ScheduleAddress) -> Reply:
        """Start the run of the schedule's next period: 201 with the run."""
        path, ordinal = f"payrun/{address.path}", {"ordinal": str(address.ordinal)}
        return await self.send("POST", path, "payrun/:year/:period", ordinal)

    async def start_supplementary(
        self, address: ScheduleAddress, description: str, employees: Sequence[str], pay_on: date
    ) -> Reply:
        body = {
            "description": description,
            "employeeUniqueIds": list(employees),
            "paymentDate": pay_on.isoformat(),
        }
        path, ordinal = f"payrun/{address.path}/supplementary", {"ordinal": str(address.ordinal)}
        return await self.send("POST", path, "payrun/:year/:period/supplementary", ordinal, body)

    async def change_state(
        self, address: RunAddress, body: Mapping[str, object], params: Mapping[str, str]
    ) -> Reply:
        """Finalise or open a run; `params` say what becomes of its payslips."""
        return await self.send("PUT", address.path, _RUN, {**address.params, **params}, body)

    async def delete(self, address: RunAddress) -> Reply:
        return await self.send("DELETE", address.path, _RUN, address.params)

    async def email_payslips(self, address: RunAddress, entry_id: str | None = None) -> Reply:
        """Mail all payslips of a run, or one. Those that were mailed before go again."""
        params = {**address.params, **({"id": entry_id} if entry_id else {})}
        return await self.send("POST", f"{address.path}/email", f"{_RUN}/email", params)

    async def change_payment_date(self, address: RunAddress, pay_on: date) -> Reply:
        path = f"{address.path}/paymentdate"
        body = f"{pay_on.isoformat()}T00:00:00Z"
        return await self.send("POST", path, f"{_RUN}/paymentdate", address.params, body)

    async def recalculate(self, address: RunAddress, entries: Sequence[str]) -> Reply:
        path, ordinal = f"{address.path}/recalculatepayrunentries", {"ordinal": str(address.ordinal)}
        return await self.send("POST", path, f"{_RUN}/recalculatepayrunentries", ordinal, list(entries))

    async def import_pay(
        self, address: ScheduleAddress, pay: Sequence[Mapping[str, Any]], *, only_check: bool
    ) -> Reply:
        """Bring payments into the schedule's open run, or only have them checked."""
        params = {"ordinal": str(address.ordinal), "validateOnly": str(only_check).lower()}
        path = f"payrun/{address.path.rpartition('/')[2]}/importpay"
        return await self.send("POST", path, "payrun/:period/importpay", params, [dict(one) for one in pay])

    # The same, queued

    async def start_next_later(self, address: ScheduleAddress) -> Reply:
        path, ordinal = f"payrun-async/{address.path}", {"ordinal": str(address.ordinal)}
        return await self.send("POST", path, _LATER, ordinal)

    async def change_state_later(
        self, address: RunAddress, body: Mapping[str, object], params: Mapping[str, str]
    ) -> Reply:
        route = f"{_LATER}/:number"
        return await self.send("PUT", address.async_path, route, {**address.params, **params}, body)

    async def delete_later(self, address: RunAddress) -> Reply:
        return await self.send("DELETE", address.async_path, f"{_LATER}/:number", address.params)

    async def import_pay_later(self, address: ScheduleAddress, pay: Sequence[Mapping[str, Any]]) -> Reply:
        path = f"payrun-async/{address.path.rpartition('/')[2]}/importpay"
        params = {"ordinal": str(address.ordinal), "throwOnError": "true"}
        rows = [dict(one) for one in pay]
        return await self.send("POST", path, "payrun-async/:period/importpay", params, rows)

    # Settings and webhooks

    async def change_automation(self, changes: Mapping[str, object]) -> Reply:
        """Change some automation settings and leave the others as they are.

        The vendor takes them whole, so they are read first, in its own spelling: what we do
        not know of must not be lost.
        """
        reply = await self._client.read(
            self._id, f"{self._base}/automation", route="automation", headers=self._headers
        )
        whole = reply.json()
        if not isinstance(whole, dict):
            raise VendorProblem(
                say("answered the automation settings in a shape that its documents do not show")
            )
        return await self.send("PUT", "automation", "automation", {}, {**whole, **changes})

    async def change_webhook(
        self, method: str, webhook_id: str | None, body: Mapping[str, object] | None
    ) -> None:
        """Create, change or delete a webhook. Raises VendorProblem."""
        path = f"webhooks/{segment(webhook_id)}" if webhook_id else "webhooks"
        await self.send_hook(method, path, "webhooks/:id" if webhook_id else "webhooks", body)
