"""What can be asked of Staffology about one employer. Nothing here changes anything."""

from bot.connectors.problem import Gone, VendorProblem, nothing_is_gone
from bot.connectors.staffology.address import RunAddress, ScheduleAddress
from bot.connectors.staffology.models import (
    Automation,
    Changes,
    Employer,
    Entry,
    Item,
    Job,
    JobError,
    Journal,
    Payload,
    PayRun,
    Period,
    PeriodEvent,
    Schedule,
    StateChange,
    Webhook,
)
from bot.connectors.staffology.wire import MAX_PAGES, PAGE_SIZE, Wire, rows
from bot.connectors.values import segment, validated
from bot.core.words import say

_RUN = "payrun/:year/:period/:number"
_SCHEDULE = "schedules/:year/:period/:ordinal"


class Reads(Wire):
    """The reading calls. Each raises VendorProblem, HeldBack, and Gone where there is no such thing."""

    async def employers(self) -> list[Item]:
        """Every employer that the key may see."""
        found = await self.pages_from(f"{self._root}/employers", "employers", {}, say("employers"))
        return [validated(Item, one, say("an employer item")) for one in found]

    async def employer(self) -> Employer:
        return validated(Employer, await self.get("", "employers/:id"), say("the employer"))

    async def automation(self) -> Automation:
        return validated(
            Automation, await self.get("automation", "automation"), say("the automation settings")
        )

    # Schedules

    async def schedules(self, tax_year: str = "all") -> list[Schedule]:
        """The schedules of one tax year, or of all."""
        route = "schedules/all" if tax_year == "all" else "schedules/:year"
        with nothing_is_gone():
            found = await self.get(f"schedules/{segment(tax_year)}", route)
        return [validated(Schedule, one, say("a schedule")) for one in rows(found, say("schedules"))]

    async def schedule(self, address: ScheduleAddress) -> Schedule:
        path = f"schedules/{address.path}/{address.ordinal}"
        found = validated(Schedule, await self.get(path, _SCHEDULE), say("a schedule"))
        if found.address != address:
            raise VendorProblem(
                say(
                    "was asked for {asked} and answered with {found}",
                    asked=address.path,
                    found=found.address.path,
                )
            )
        return found

    async def periods(self, address: ScheduleAddress, number: int | None = None) -> list[Period]:
        """The periods of a schedule with their events, or only one of them."""
        params = {"includeEvents": "true"}
        if number is not None:
            params["periodNumber"] = str(number)
        path = f"schedules/{address.path}/{address.ordinal}/periods"
        found = await self.get(path, f"{_SCHEDULE}/periods", params)
        return [validated(Period, one, say("a period")) for one in rows(found, say("periods"))]

    async def period(self, address: RunAddress) -> Period:
        """The period that a run is for. Raises VendorProblem where the schedule has none."""
        for one in await self.periods(address.schedule, address.period):
            if one.period == address.period:
                return one
        raise VendorProblem(say("lists no period {number} of the schedule", number=address.period))

    # Pay runs

    async def runs_of(self, address: ScheduleAddress) -> list[Item]:
        path, ordinal = f"payrun/{address.path}", {"ordinal": str(address.ordinal)}
        with nothing_is_gone():
            found = await self.get(path, "payrun/:year/:period", ordinal)
        return [validated(Item, one, say("a pay run item")) for one in rows(found, say("pay runs"))]

    async def run(self, address: RunAddress) -> PayRun:
        """One run without its entries' amounts."""
        return self._asked_for(address, await self.get(address.path, _RUN, address.params))

    async def warnings(self, address: RunAddress) -> list[Item]:
        """The warnings of a period: the call has no version, so they are the main run's."""
        ordinal = {"ordinal": str(address.ordinal)}
        found = await self.pages(f"{address.path}/warnings", f"{_RUN}/warnings", ordinal, say("warnings"))
        return [validated(Item, one, say("a warning")) for one in found]

    async def state_history(self, address: RunAddress) -> list[StateChange]:
        """The changes of state of a period's main run: this call has no version either."""
        ordinal = {"ordinal": str(address.ordinal)}
        found = await self.get(f"{address.path}/stateHistory", f"{_RUN}/stateHistory", ordinal)
        return [
            validated(StateChange, one, say("a change of state"))
            for one in rows(found, say("changes of state"))
        ]

    async def events(self, address: RunAddress) -> list[PeriodEvent]:
        ordinal = {"ordinal": str(address.ordinal)}
        found = await self.get(f"{address.path}/events", f"{_RUN}/events", ordinal)
        return [validated(PeriodEvent, one, say("an event")) for one in rows(found, say("events"))]

    async def changes(self, address: RunAddress) -> Changes:
        """Beta at the vendor: it may change without a word."""
        found = await self.get(f"{address.path}/changes", f"{_RUN}/changes", address.params)
        return validated(Changes, found, say("the changes of a run"))

    async def journal(self, address: RunAddress) -> Journal:
        ordinal = {"ordinal": str(address.ordinal)}
        found = await self.get(f"{address.path}/journal", f"{_RUN}/journal", ordinal)
        return validated(Journal, found, say("the journal of a run"))

    async def is_fps_late(self, address: RunAddress) -> bool:
        """Whether finalising now needs a reason for a late FPS."""
        params = {
            "taxYear": address.tax_year,
            "payPeriod": address.pay_period,
            "periodNumber": str(address.period),
            "ordinal": str(address.ordinal),
        }
        path = "payrun/check-if-fps-late-reason-applicable"
        found = await self.get(path, path, params)
        if not isinstance(found, bool):
            raise VendorProblem(say("answered whether an FPS is late with neither yes nor no"))
        return found

    async def entries(self, address: RunAddress) -> list[Entry]:
        """Every entry of a run, one call for each."""
        ordinal = {"ordinal": str(address.ordinal)}
        found = []
        for entry_id in await self._entry_ids(address):
            try:
                raw = await self.get(f"{address.path}/{segment(entry_id)}", f"{_RUN}/:entry", ordinal)
            except Gone:  # the entry is, which must not be taken for the run
                raise VendorProblem(say("took an entry out of the run while it was read")) from None
            found.append(validated(Entry, raw, say("an entry")))
        return found

    async def _entry_ids(self, address: RunAddress) -> list[str]:
        """Pages are counted from zero. Raises VendorProblem where one moved between two of them.

        Whether a page may be shorter than was asked for is not documented. So one is the
        last where it is short and the run counts no more people, or where it brings nothing.
        """
        ids: dict[str, None] = {}
        for number in range(MAX_PAGES):
            paging = {**address.params, "pageNum": str(number), "pageSize": str(PAGE_SIZE)}
            run = self._asked_for(address, await self.get(address.path, _RUN, paging))
            page, before = [str(item.id) for item in run.entries or ()], len(ids)
            ids.update(dict.fromkeys(page))
            is_all = str(len(ids)) == str(run.employee_count)
            if len(ids) > before and not (is_all and len(page) < PAGE_SIZE):
                continue
            # Of a single short page nothing can be missed, whatever the run counts.
            if not is_all and (number > 1 or len(ids) >= PAGE_SIZE):
                raise VendorProblem(say("moved the entries between pages while they were read"))
            return list(ids)
        raise VendorProblem(
            say("lists more than {most} pages of {what}", most=MAX_PAGES, what=say("entries"))
        )

    def _asked_for(self, address: RunAddress, found: object) -> PayRun:
        run = validated(PayRun, found, say("a pay run"))
        if run.address != address:
            raise VendorProblem(
                say("was asked for {asked} and answered with {found}", asked=address, found=run.address)
            )
        return run

    # Jobs

    async def jobs(self, employer_id: str) -> list[Job]:
        found = await self.pages_from(
            f"{self._root}/jobs", "jobs", {"employerId": employer_id, "jobType": "PayRun"}, say("jobs")
        )
        return [validated(Job, one, say("a job")) for one in found]

    async def job(self, job_id: str) -> Job:
        """How far a queued change has come; ask again until it is Completed or Failed."""
        found = await self.get_from(f"{self._root}/jobs/{segment(job_id)}", "jobs/:id")
        return validated(Job, found, say("a job"))

    async def job_errors(self, job_id: str) -> list[JobError]:
        url = f"{self._root}/jobs/{segment(job_id)}/errors"
        found = await self.pages_from(url, "jobs/:id/errors", {}, say("errors of a job"))
        return [validated(JobError, one, say("an error of a job")) for one in found]

    # Webhooks

    async def webhooks(self) -> list[Webhook]:
        """Every webhook in full: the list has items only."""
        items = rows(await self.get("webhooks", "webhooks"), say("webhooks"))
        ids = [str(validated(Item, one, say("a webhook item")).id) for one in items]
        return [await self.webhook(one) for one in ids]

    async def webhook(self, webhook_id: str) -> Webhook:
        found = await self.get(f"webhooks/{segment(webhook_id)}", "webhooks/:id")
        return validated(Webhook, found, say("a webhook"))

    async def payload_ids(self, webhook_id: str) -> list[str]:
        """Every delivery of a webhook, of which the list tells nothing but the id."""
        path = f"webhooks/{segment(webhook_id)}/payloads"
        found = await self.pages(path, "webhooks/:id/payloads", {}, say("payloads"))
        return [str(validated(Item, one, say("a payload item")).id) for one in found]

    async def payload(self, webhook_id: str, payload_id: str) -> Payload:
        path = f"webhooks/{segment(webhook_id)}/payloads/{segment(payload_id)}"
        return validated(Payload, await self.get(path, "webhooks/:id/payloads/:payload"), say("a payload"))

    async def sample(self, event: str) -> object:
        """What a webhook of this event would be sent."""
        return await self.get(f"webhooks/samples/{segment(event)}", "webhooks/samples/:event")
