"""How Staffology shows its things: runs, items, schedules.

Assumed: an Item's url is relative, as in the guide; a warning's Item carries the
entry's id, the employee's name, and the warning words in its metadata.
"""

from bot.sandbox.exact import Json, stable_id
from bot.sandbox.staffology.pay import without_zeros
from bot.sandbox.staffology.schedule import Period, Schedule
from bot.sandbox.staffology.state import Employer, Key
from bot.sandbox.staffology.words import PAY_PERIODS, STATES


def item(thing_id: str, name: str, url: str, metadata: Json | None = None) -> Json:
    """Return a reference to something, as lists give it."""
    return {"id": thing_id, "name": name, "metadata": metadata or {}, "url": url}


def run_url(employer: Employer, key: Key) -> str:
    """Return the path of a run."""
    path = f"/employers/{employer.id}/payrun/{key.tax_year}/{key.pay_period}/{key.period}"
    more = [f"ordinal={key.ordinal}"] if key.ordinal != 1 else []
    more += [f"version={key.version}"] if key.version else []
    return path + ("?" + "&".join(more) if more else "")


def run_item(employer: Employer, key: Key) -> Json:
    """Return a run's Item."""
    name = f"{key.tax_year} {key.pay_period} {key.period}"
    return item(stable_id("run", employer.id, key), name, run_url(employer, key))


def entry_items(employer: Employer, key: Key) -> list[Json]:
    """Return the Items of a run's entries: no amounts, each has to be read."""
    at = run_url(employer, key).partition("?")[0]
    return [item(e["id"], e["employee"]["name"], f"{at}/{e['id']}") for e in employer.entries[key]]


def warning_items(employer: Employer, key: Key) -> list[Json]:
    """Return the Items of the entries that have warnings."""
    at = run_url(employer, key).partition("?")[0]
    return [
        item(e["id"], e["employee"]["name"], f"{at}/{e['id']}", {"warnings": ", ".join(e["warnings"])})
        for e in employer.entries[key]
        if e["warnings"]
    ]


def run_json(employer: Employer, key: Key, entries: list[Json] | None = None) -> Json:
    """Return a run as the API shows it: totals without zeros, entries as Items."""
    run = dict(employer.runs[key])
    on = employer.pilot_date(run)
    run.setdefault("autoPilotCloseDate", on and on.isoformat())
    run["totals"] = without_zeros(run["totals"])
    if "previousVersionTotals" in run:
        run["previousVersionTotals"] = without_zeros(run["previousVersionTotals"])
    run["entries"] = entry_items(employer, key) if entries is None else entries
    return run


def entry_json(entry: Json) -> Json:
    """Return an entry as the API shows it: warnings are one text of words, left out for none (assumed)."""
    shown = {**entry, "totals": without_zeros(entry["totals"])}
    del shown["warnings"]
    return shown | ({"warnings": ", ".join(entry["warnings"])} if entry["warnings"] else {})


def with_indexes(run: Json) -> Json:
    """Return a run with its enums sent as numbers, which the API is known to do at times."""
    year = str(run["taxYear"]).removeprefix("Year")
    return {
        **run,
        "taxYear": int(year),
        "payPeriod": PAY_PERIODS.index(run["payPeriod"]),
        "state": STATES.index(run["state"]),
    }


def schedule_json(employer: Employer, schedule: Schedule) -> Json:
    """Return a schedule with its open run and the preview of the next."""
    keys, opened = employer.runs_of(schedule), employer.open_run(schedule)
    number = employer.next_period(schedule)
    coming = None
    if number is not None:
        coming = {**employer.preview(schedule, number), "autoPilotCloseDate": None, "entries": []}
    first = schedule.period(1)
    return {
        "taxYear": schedule.tax_year,
        "payPeriod": schedule.pay_period,
        "ordinal": schedule.ordinal,
        "name": f"{schedule.pay_period} {schedule.ordinal}",
        "isConfigured": True,
        "isRequired": bool(employer.people),
        "hasOpenPayRunPeriod": opened is not None,
        "isYearCompleted": number is None and opened is None,
        "employeeCount": len(employer.people),
        "employerName": employer.name,
        "employerUniqueId": employer.id,
        "firstPeriodEndDate": first.end.isoformat(),
        "firstPaymentDate": first.unadjusted.isoformat(),
        "lastPeriodEndDate": employer.runs[keys[-1]]["endDate"] if keys else None,
        "lastPeriodNumber": keys[-1].period if keys else None,
        "paymentDateType": "SameDate",
        "periodEndDateType": "LastDay",
        "currentPayRun": run_item(employer, opened) if opened else None,
        "nextPayRun": coming,
        "payRuns": [run_item(employer, key) for key in keys],
        "yearEndTasks": employer.year_end_tasks.get(
            (schedule.tax_year, schedule.pay_period, schedule.ordinal), []
        ),
    }


def period_json(employer: Employer, schedule: Schedule, period: Period) -> Json:
    """Return one period of a schedule."""
    return {
        "id": stable_id("period", employer.id, schedule.tax_year, schedule.pay_period, period.number),
        "period": period.number,
        "startDate": period.start.isoformat(),
        "endDate": period.end.isoformat(),
        "paymentDate": period.payment.isoformat(),
        "unadjustedPaymentDate": period.unadjusted.isoformat(),
        "paySchedulePeriodEvents": employer.events.get(
            (schedule.tax_year, schedule.pay_period, schedule.ordinal, period.number), []
        ),
    }


def part(items: list[Json], query: dict[str, str], drift: int = 0, largest: int | None = None) -> list[Json]:
    """Return a page by `pageNum` (from 0) and `pageSize`; everything where no size is asked for.

    Whether a page has a largest size is not documented; `largest` is one.
    """
    asked, number = query.get("pageSize", ""), query.get("pageNum", "0")
    if not asked.isdecimal() or int(asked) == 0:
        return items
    size = min(int(asked), largest or int(asked))
    start = max(int(number) * size - drift, 0) if number.isdecimal() else 0
    return items[start : start + size]
