"""docs/growth.md, whose tables are what the model of growth says."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from tests.bench.growth_limits import (
    CALL_TAKES_S,
    COMMITS_A_S,
    POLL,
    limits,
    quotas,
)
from tests.bench.growth_model import PRICES, SERVICE, Cost, alike, week
from tests.docs.follow import DOCS

PAGE = "growth.md"
SIZES = (10, 1_000, 100_000)
COUNTED = tuple(Cost().named())

_TEXT = """\
# Plan past this machine

What payrunbot costs as there are more companies, where it first becomes too much, and what is done then.
For whoever runs it. Written by `make growth` from a sum (`tests/bench/growth_model.py`); `make bench` plays
a week of 2, 4 and 8 companies through the service itself, with the sandbox vendors, counts, and asks that
what it counts and the sum are no more than a tenth apart.

A company here has one account and one pay run a week: four in ten at Gigapay, two in ten each at
Staffology, Xero and Roubler. The rules are those that ship, two people approve, and each account is polled
every {poll_minutes} minutes, which is the default.

## What a week costs

{costs}

- **calls** to vendors. **events** are webhooks taken; Xero and Roubler send none.
- **rows** are those still there when the week is over. **writes** are commits that changed something, each
  with its fsync.
- **mails** are one for each recipient.

Almost all calls and writes are polls, which cost the same whether anything happened or not. The pay runs
themselves cost:

{without_polls}

## The prices

{prices}

Besides, a week leaves {service_rows:.0f} rows where nothing is watched, and Staffology's runs that have no
remark and are due on one day are asked about in one mail to each approver, for all companies together.

## Where a limit is met first

How much of each limit is used, and from how many companies on it is too little; the first to be met stands
first. *Assumed* are {commits} commits a second and {call_s} s a call: put in your own. The time of a commit
is in `/metrics`, and so is that of a call.

{limits}

A vendor's quota of a connection is not among them, since each company brings its own. What one uses of it a
day:

{quotas}

The starter tier of Xero has 1,000 calls a day, of which a third is kept for what acts: poll every 15
minutes there. Where a vendor documents no limit the most is what payrunbot allows itself (`budget`).

## What is done then

**Poll less.** News of Gigapay and Staffology comes by webhook, and a poll only finds what was lost. An hour
instead of {poll_minutes} minutes makes their calls and writes a sixth. What is read once an hour anyway is
not read less often.

**More replicas** on one PostgreSQL share looking, acting and mailing. They share one primary for writing:
they help with calls, and not with commits.

**Partition by connection.** No row is about two connections, and nothing is decided about one by reading
another; so a service with its own database for each share of the connections is as good as one for all, and
there is no limit to how many. What has to be minded: `mail.per_hour` and pauses of
everything hold within one service; a person signs in at each; the audit is one chain for each; a balancer
in front sends `/hooks/<connection>/…` to the service that has the connection. A connection can't be moved
from one service to another with its history today: a new one reads what is there, and adopts only what
happens from then on.

**Read replicas** of PostgreSQL take reports and dumps away from the primary. The service itself reads and
writes at the primary only, and refuses to start at a standby: what it decides on must be what is committed.

**Retention.** `keep` says how long: `raw` the bodies of webhooks, `lines` the lines of pay runs,
`decisions` answers and their reasons. Totals, the keys of what was done, and the audit stay for ever.
Without `keep` doing anything a year leaves {a_year}. Pages and ticks don't get slower by what is stored
([benchmarks](benchmarks.md)); backups do.

## What these figures do not say

- How long anything takes. They are counts: a machine, a network and a vendor make times of them.
- Anything of 1,000 or 100,000 companies that was seen to happen. Eight were played; beyond that it is a
  sum, and a sum knows no queue, no cache that has become too small and no lock that many wait for.
- What it costs when something goes wrong. In the week that is counted nothing is lost, no call fails,
  nobody edits a pay run and nobody is late. Each of these costs calls, writes and mails of its own.
- Bytes. A pay run here has three lines; rows of one with 500 are as many, and larger.
- What happens at once. Writes and calls of polls are even over the week, and what people are asked is not:
  that is why mails are held against an hour. On a busy service the seal of the audit and several webhooks
  share a commit, which makes writes fewer than here.
- That polls so close cost exactly so much. Some of what a poll reads is kept for an hour: at half an hour
  between polls the sum was a tenth too high for Gigapay's and Staffology's calls.
- Reading by people: pages are rows read, not written.
"""


def page() -> str:
    a_year = (week(alike(size), POLL).rows * 52 for size in SIZES)
    said = (f"{_number(rows)} rows with {size:,}" for rows, size in zip(a_year, SIZES, strict=True))
    return _TEXT.format(
        poll_minutes=f"{POLL.total_seconds() / 60:.0f}",
        costs=_costs([week(alike(size), POLL) for size in SIZES]),
        without_polls=_costs([week(alike(size), timedelta.max) for size in SIZES]),
        prices=_prices(),
        service_rows=SERVICE.rows,
        commits=COMMITS_A_S,
        call_s=CALL_TAKES_S,
        limits=_limits(),
        quotas=_quotas(),
        a_year=", ".join(said) + " companies",
    )


def _costs(costs: Sequence[Cost]) -> str:
    rows = (
        (f"{size:,}", *(_number(count) for count in cost.each()))
        for size, cost in zip(SIZES, costs, strict=True)
    )
    return _table(("companies", *COUNTED), rows)


def _prices() -> str:
    rows = []
    for vendor, price in PRICES.items():
        rows.append((f"{vendor}, a poll", *(_price(count) for count in price.poll.each())))
        rows.append((f"{vendor}, a pay run", *(_price(count) for count in price.pay_run.each())))
    return _table(("of", *COUNTED), rows)


def _limits() -> str:
    rows = (
        (
            one.what + (" (assumed)" if one.is_assumed else ""),
            _number(one.most),
            *(_share(one.used[size] / one.most) for size in SIZES),
            f"{_number(one.met_at)}",
            one.then,
        )
        for one in limits(SIZES)
    )
    used = (f"used by {size:,}" for size in SIZES)
    return _table(("limit", "most", *used, "met at, companies", "then"), rows)


def _quotas() -> str:
    rows = (
        (
            one.vendor,
            _number(one.a_day),
            f"{one.most:,}" + ("" if one.is_documented else ", our own"),
            _share(one.a_day / one.most),
        )
        for one in quotas()
    )
    return _table(("vendor", "calls a day", "most", "used"), rows)


def _number(count: float) -> str:
    """Two figures are all that a sum like this is worth; smaller ones whole."""
    digits = len(str(int(count))) - 2
    return f"{round(count, -max(0, digits)):,.0f}"


def _price(count: float) -> str:
    return f"{count:g}" if count else ""


def _share(share: float) -> str:
    if share > 2:
        return f"{_number(share)} times"
    return f"{share:.0%}" if share >= 0.01 else "under 1%"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    (DOCS / PAGE).write_text(page())
