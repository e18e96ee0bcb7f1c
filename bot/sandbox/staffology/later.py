"""Staffology's asynchronous form: a change is accepted with 202, and a job says how far it is.

Assumed, because the documents do not say: a job is found by listing the jobs (only an import's
202 has it as its body); a second change of a run, or a second start of a schedule, is a
conflict (409) while the first is queued; a change that turns out to be impossible ends its
job as Failed with the reason as its error; JobCompleted is sent however it ended.
"""

from abc import abstractmethod
from collections.abc import Mapping
from datetime import timedelta

from aiohttp import web

from bot.sandbox.exact import Json, dumps, loads, stable_id
from bot.sandbox.staffology.asked import key_of, schedule_of
from bot.sandbox.staffology.beside import Beside, open_run
from bot.sandbox.staffology.shapes import part, run_json, run_url
from bot.sandbox.staffology.state import Employer, Key, Queued, Refused
from bot.sandbox.vendor import CALL, json_reply


class Later(Beside):
    """Queued changes. `jobs_take` is how long one is Queued and Executing, in the clock's time."""

    jobs_take = timedelta(0)

    def routes(self) -> None:
        """Serve the queue and the jobs."""
        super().routes()
        at = "/employers/{employer}/payrun-async"
        self.route("POST", f"{at}/{{pay_period}}/importpay", "import_pay_later", self._import_later)
        runs = f"{at}/{{year}}/{{pay_period}}"
        self.route("POST", runs, "start_pay_run_later", self._start_later)
        run = f"{runs}/{{number:\\d+}}"
        self.route("PUT", run, "change_state_later", self._change_later)
        self.route("DELETE", run, "delete_pay_run_later", self._delete_later)
        self.route("GET", "/jobs", "GET /jobs", self._list_jobs)
        self.route("GET", "/jobs/{job}", "GET /jobs/:id", self._get_job)
        self.route("GET", "/jobs/{job}/errors", "GET /jobs/:id/errors", self._job_errors)

    # What the server does, given to the queue

    @abstractmethod
    def change(self, employer: Employer, key: Key, wanted: object, asked: Mapping[str, str]) -> int:
        """Bring a run into a state; how many payslips were mailed with it. Raises Refused."""

    @abstractmethod
    def tell_of_change(self, employer: Employer, key: Key) -> None:
        """Tell the webhooks of a change of state."""

    def work_off(self, employer: Employer) -> None:
        """Make the queued changes that are due."""
        for one in [queued for queued in employer.queue if queued.due <= self.clock.now()]:
            employer.queue.remove(one)
            job = employer.jobs[one.job]
            try:
                self._do(employer, one)
            except Refused as no:
                job.update(status="Failed", result={"errors": [str(no)]})
            else:
                job.update(status="Completed", result={"errors": []})
                self.by_itself(one.what, str(one.key), employer=employer.id)
            job.update(executionStartTime=f"{one.due:%Y-%m-%d}", executionTime=0, timeInQueue=0)
            self.deliver(employer, "JobCompleted", dumps(job))

    def _do(self, employer: Employer, queued: Queued) -> None:
        key, asked = queued.key, dict(queued.asked)
        match queued.what:
            case "start_pay_run_later":
                schedule = employer.schedules[key.tax_year, key.pay_period, key.ordinal]
                started = employer.start(schedule, queued.due)
                self.tell(employer, "Payrun_StateChanged", started)
            case "delete_pay_run_later":
                employer.delete(key)
            case "import_pay_later":
                self.bring_in(employer, key, loads(asked["rows"].encode()))
            case _:
                self.change(employer, key, asked.pop("state"), asked)
                self.tell_of_change(employer, key)

    def _queue(
        self, request: web.Request, employer: Employer, what: str, key: Key, **asked: str
    ) -> Json | None:
        """Accept a change; None where one like it is queued already."""
        if any(one.key == key for one in employer.queue):
            return None
        job_id = stable_id("job", employer.id, len(employer.jobs))
        due = self.clock.now() + self.jobs_take
        job: Json = {
            "id": job_id,
            "employerId": employer.id,
            "employerName": employer.name,
            "type": "Import" if what == "import_pay_later" else "PayRun",
            "name": what,
            "status": "Queued",
            "createdDate": f"{self.clock.now():%Y-%m-%d}",
        }
        employer.jobs[job_id] = job
        employer.queue.append(Queued(job_id, what, key, due, tuple(asked.items())))
        request[CALL].acted(str(key), employer=employer.id, job=job_id)
        return job

    async def _start_later(self, request: web.Request) -> web.Response:
        employer = self.employer(request, now=True)
        schedule = schedule_of(employer, request)
        number = employer.next_period(schedule)
        if number is None or employer.open_run(schedule) is not None:
            return self.refused(request, Refused("The next PayRun cannot be started."))
        key = Key(schedule.tax_year, schedule.pay_period, number, schedule.ordinal)
        if self._queue(request, employer, "start_pay_run_later", key) is None:
            return self.error(409, "It is being started.")
        return web.Response(status=202, headers={"Location": run_url(employer, key)})

    async def _change_later(self, request: web.Request) -> web.Response:
        employer = self.employer(request, now=True)
        key = key_of(employer, request)
        wanted = loads(await request.read()).get("state")
        if wanted not in ("Open", "Finalised"):
            return self.refused(request, Refused("Only Open and Finalised states are available."))
        asked = {**request.query, "state": wanted}
        if self._queue(request, employer, "change_state_later", key, **asked) is None:
            return self.error(409, "It is being changed.")
        return json_reply(run_json(employer, key), 202)

    async def _delete_later(self, request: web.Request) -> web.Response:
        employer = self.employer(request, now=True)
        key = key_of(employer, request)
        if employer.runs[key]["isClosed"]:
            return self.refused(request, Refused("A closed PayRun cannot be deleted."))
        if self._queue(request, employer, "delete_pay_run_later", key) is None:
            return self.error(409, "It is being changed.")
        return web.Response(status=202)

    async def _import_later(self, request: web.Request) -> web.Response:
        employer = self.employer(request, now=True)
        ordinal = int(request.query.get("ordinal", "1"))
        key = open_run(employer, request.match_info["pay_period"], ordinal)
        if key is None:
            return self.refused(request, Refused("There is no open PayRun."))
        rows = dumps(loads(await request.read()))
        job = self._queue(request, employer, "import_pay_later", key, rows=rows)
        return self.error(409, "It is being changed.") if job is None else json_reply(job, 202)

    async def _list_jobs(self, request: web.Request) -> web.Response:
        asked = request.query
        found = [
            job
            for employer in self.seen(request).values()
            for job in employer.jobs.values()
            if asked.get("employerId", employer.id) == employer.id
            and asked.get("jobType", job["type"]) == job["type"]
        ]
        return json_reply(part(found, dict(asked)))

    async def _get_job(self, request: web.Request) -> web.Response:
        return json_reply(self._job(request))

    async def _job_errors(self, request: web.Request) -> web.Response:
        job = self._job(request)
        said = (job.get("result") or {}).get("errors") or []
        errors = [
            {
                "id": stable_id("job error", job["id"], number),
                "jobId": job["id"],
                "createdDate": job["createdDate"],
                "errorType": "PayRun",
                "errorMessage": text,
            }
            for number, text in enumerate(said)
        ]
        return json_reply(part(errors, dict(request.query)))

    def _job(self, request: web.Request) -> Json:
        wanted = request.match_info["job"]
        for employer in self.seen(request).values():
            if wanted in employer.jobs:
                return employer.jobs[wanted]
        raise web.HTTPNotFound
