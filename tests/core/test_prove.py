"""What the proof settles, type by type and form by form, on both sides of each edge."""

from dataclasses import replace

import pytest

from bot.core.condition import Answer, Block, How
from bot.core.prove import CannotTell, Example, Impossible, Wanted, find, given_line
from tests.core.calendars import AU, SE, UK, at
from tests.core.words import claim

NOW = at("2026-11-13T15:05")
ANSWERS = {
    "": frozenset({Answer.YES}),
    "no": frozenset({Answer.NO}),
    "unknown": frozenset({Answer.UNKNOWN}),
    "not yes": frozenset({Answer.NO, Answer.UNKNOWN}),
}


def wanted(*lines: str) -> list[Wanted]:
    """Lines that must be yes; `no: …`, `unknown: …` and `not yes: …` say otherwise."""
    found = []
    for line in lines:
        answers, colon, text = line.partition(": ")
        found.append(Wanted(claim(text if colon else line), ANSWERS[answers if colon else ""]))
    return found


def proof(*lines: str, calendar=SE, around=NOW):
    return find(wanted(*lines), calendar, around)


def given(*lines: str, calendar=SE, around=NOW) -> str:
    found = proof(*lines, calendar=calendar, around=around)
    assert isinstance(found, Example), found
    return given_line(found, calendar)


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(
            ("cost is at most 5 SEK", "cost is more than 5 SEK"), id="money, the edge is one side's"
        ),
        pytest.param(("cost is at most 5 SEK", "cost is at most 5 EUR"), id="money is of one currency"),
        pytest.param(
            ("cost is at most 5 SEK", "unknown: cost is more than 3 SEK"), id="known in that currency"
        ),
        pytest.param(("cost is 5 SEK", "cost is less than 5 SEK"), id="money, exactly"),
        pytest.param(("cost is missing", "cost is not more than 5 SEK"), id="a missing amount is not low"),
        pytest.param(("payouts is more than 3", "payouts is less than 4"), id="counts are whole"),
        pytest.param(("payouts is less than 0",), id="nothing is counted below none"),
        pytest.param(("payouts is none", "payouts is at least 1"), id="none of a count is zero"),
        pytest.param(
            ("change in net pay is at most 10 %", "change in net pay is more than 10.0 %"), id="percent"
        ),
        pytest.param(("open for is more than 1 hour", "open for is at most 60 minutes"), id="duration"),
        pytest.param(("status is open", "status is one of approved, closed"), id="status"),
        pytest.param(
            ("no: status is open", "no: status is one of approved, closed", "no: status is missing"),
            id="a status has no other words",
        ),
        pytest.param(("automated is yes", "automated is not yes"), id="yes/no"),
        pytest.param(
            ("not yes: automated is yes", "not yes: automated is no", "automated is known"),
            id="yes/no, third",
        ),
        pytest.param(("run is A1", "run is not a1"), id="text is compared without capitals"),
        pytest.param(
            ("period end is after Thu 12 Nov 2026", "period end is before Fri 13 Nov 2026"),
            id="days are whole",
        ),
        pytest.param(
            ("period end is one of 2026-11-12, 2026-11-14", "period end is before 2026-11-12"),
            id="one of days",
        ),
        pytest.param(
            (
                "period end is before pay date",
                "pay date is before effective pay date",
                "effective pay date is not after period end",
            ),
            id="days in a circle",
        ),
        pytest.param(
            (
                "period end is in the next 3 days",
                "period end is not before now",
                "period end was more than 0001 days ago",
            ),
            id="a day ahead is not past",
        ),
    ],
)
def test_what_can_not_be_is_proved_impossible(lines):
    assert proof(*lines) == Impossible()


@pytest.mark.parametrize(
    ("lines", "example"),
    [
        pytest.param(
            ("cost is at most 5 SEK", "cost is at least 5 SEK"), "cost: 5 SEK", id="the limit itself"
        ),
        pytest.param(("cost is more than 5 SEK",), "cost: 5.01 SEK", id="a cent over"),
        pytest.param(
            ("cost is more than 5 SEK", "cost is less than 5.01 SEK"),
            "cost: 5.0010 SEK",
            id="between two cents",
        ),
        pytest.param(("cost is less than 0 SEK",), "cost: -0.01 SEK", id="money may be negative"),
        pytest.param(("unknown: cost is more than 5 SEK",), "cost: 0 EUR", id="another currency"),
        pytest.param(
            ("unknown: cost is more than 5 SEK", "unknown: cost is more than 5 EUR"),
            "cost: 0 GBP",
            id="a third",
        ),
        pytest.param(
            ("no: cost is more than 5 SEK", "no: cost is at most 5 SEK"), "cost: missing", id="missing"
        ),
        pytest.param(("unknown: cost is missing",), "cost: unknown", id="unread"),
        pytest.param(("payouts is more than 3", "payouts is less than 5"), "payouts: 4", id="one more"),
        pytest.param(("payouts is not missing", "payouts is none"), "payouts: 0", id="none that is known"),
        pytest.param(("payouts is not none",), "payouts: 1", id="some"),
        pytest.param(("change in net pay is more than 10 %",), "change in net pay: 11 %", id="percent"),
        pytest.param(
            ("change in net pay is more than 10 %", "change in net pay is less than 10.1 %"),
            "change in net pay: 10.01 %",
            id="percent, finer",
        ),
        pytest.param(("open for is more than 2 days",), "open for: 2881 minutes", id="a minute longer"),
        pytest.param(("open for is 48 hours",), "open for: 2 days", id="the same length"),
        pytest.param(("status is not one of open, closed",), "status: approved", id="status"),
        pytest.param(("automated is not no",), "automated: yes", id="yes/no"),
        pytest.param(("run is not one of text, A1",), "run: text 2", id="another text"),
        pytest.param(("period end is not after 2026-11-12",), "period end: Thu 12 Nov 2026", id="a day"),
        pytest.param(
            ("period end is not one of 2026-11-13, 2026-11-14",), "period end: Thu 12 Nov 2026", id="not days"
        ),
    ],
)
def test_an_example_is_near_what_the_author_wrote(lines, example):
    assert given(*lines) == f"{example}, now: Fri 13 Nov 2026 15:05"


@pytest.mark.parametrize(
    ("lines", "possible"),
    [
        (("last payout was more than 30 minutes ago", "last payout was less than 30 minutes ago"), False),
        (("last payout was more than 30 minutes ago", "last payout was less than 31 minutes ago"), True),
        (("last payout was more than 24 hours ago", "last payout is not known"), False),
        (("unknown: last payout was more than 1 hour ago", "last payout is after now"), True),
        (("unknown: last payout was more than 1 hour ago", "last payout is before now"), False),
        (("input cut-off is in the next 2 hours", "input cut-off is not in the next 120 minutes"), False),
        (("input cut-off is in the next 2 hours", "input cut-off is not in the next 119 minutes"), True),
        (("now is after input cut-off", "input cut-off is in the next 5 days"), False),
        (
            ("now is after input cut-off", "last payout is after input cut-off", "last payout is before now"),
            True,
        ),
        (
            (
                "now is before input cut-off",
                "input cut-off is before last payout",
                "last payout is before now",
            ),
            False,
        ),
        (("now is after 09:00", "now is before 08:59"), False),
        (("now is after 09:00", "now is before 09:01"), True),
        (("now is after Fri 13 Nov 2026 15:00", "now is before Fri 13 Nov 2026 15:00:01"), True),
        (("now is after Fri 13 Nov 2026 15:00", "now is not after Fri 13 Nov 2026 15:00"), False),
        (("now is after Fri 13 Nov 2026 23:59", "now is before 2026-11-14"), True),
        (("now is after Sat 14 Nov 2026 00:00", "now is before 2026-11-14"), False),
        (("period end is after now", "period end is in the next 1 day"), False),
        (("period end is after now", "period end is in the next 2 days"), True),
        (("period end was more than 2 days ago", "period end was less than 3 days ago"), False),
        (("period end was more than 1 day ago", "period end was less than 3 days ago"), True),
        (
            ("now is after bank deadline", "bank deadline is after period end", "period end is after now"),
            False,
        ),
        (("bank deadline is not before period end", "bank deadline is not after period end"), True),
        (("now is after Tue 14 Jul 2026 00:00", "now is before 2026-07-14"), False),
        (("now is after Mon 13 Jul 2026 23:59", "now is before 2026-07-14"), True),
        (
            (
                "now is after bank deadline",
                "bank deadline is not before period end",
                "period end is after now",
            ),
            False,
        ),
        (("no: bank deadline is before period end", "no: bank deadline is not before period end"), True),
        (
            (
                "no: bank deadline is before period end",
                "no: bank deadline is not before period end",
                "bank deadline is known",
                "period end is missing",
            ),
            True,
        ),
        (
            (
                "no: bank deadline is before period end",
                "no: bank deadline is not before period end",
                "bank deadline is known",
                "period end is known",
            ),
            False,
        ),
        (
            (
                "unknown: bank deadline is before period end",
                "bank deadline is known",
                "period end is missing",
            ),
            False,
        ),
        (("last payout is in the next 1 hour", "last payout is after 12:30", "now is before 11:30"), False),
        (("last payout is in the next 1 hour", "last payout is after 12:30", "now is before 11:31"), True),
        (("now is missing",), False),
        (("now is after now",), False),
    ],
)
def test_times_are_settled_by_how_far_they_can_lie_apart(lines, possible):
    found = proof(*lines)

    assert isinstance(found, Example if possible else Impossible), found


@pytest.mark.parametrize(
    ("lines", "possible"),
    [
        (("period end is in the next 2 working days", "no: period end is in the next 5 working days"), False),
        (("no: period end is in the next 2 working days", "period end is in the next 3 working days"), True),
        (("period end is in the next 2 days", "no: period end is in the next 2 working days"), False),
        (("period end is in the next 2 working days", "no: period end is in the next 2 days"), True),
        (
            (
                "last payout was more than 4 working hours ago",
                "last payout was less than 4 working hours ago",
            ),
            False,
        ),
        (
            (
                "last payout was more than 4 working hours ago",
                "last payout was less than 5 working hours ago",
            ),
            True,
        ),
        (("last payout was more than 4 working hours ago", "last payout was less than 4 hours ago"), False),
        (("last payout was more than 4 working hours ago", "last payout was less than 5 hours ago"), True),
        (("last payout was more than 4 hours ago", "last payout was less than 1 working hour ago"), True),
    ],
)
@pytest.mark.parametrize("calendar", [SE, UK, AU], ids=lambda one: one.name)
def test_working_days_and_hours_are_settled_against_themselves_and_the_clock(lines, possible, calendar):
    found = proof(*lines, calendar=calendar)

    assert isinstance(found, Example if possible else Impossible), found


def test_an_example_stands_at_the_edge_of_what_the_calendar_counts():
    days = "no: period end is in the next 2 working days", "period end is in the next 3 working days"
    hours = "last payout was more than 9 working hours ago", "last payout was less than 10 working hours ago"

    assert given(*days) == "period end: Tue 17 Nov 2026, now: Fri 13 Nov 2026 15:05"
    assert given(*hours) == "last payout: Thu 12 Nov 2026 15:04, now: Fri 13 Nov 2026 15:05"


def test_what_working_days_come_to_is_left_open_and_said():
    found = proof("bank deadline is in the next 1 working day", "bank deadline is not in the next 50 days")

    assert found == CannotTell(
        "whether these can be so at one moment: "
        '"bank deadline is in the next 1 working day", "bank deadline is not in the next 50 days"'
    )


def test_an_example_names_only_what_matters():
    either = Block(How.ANY, (claim("status is open"), claim("cost is more than 5 SEK")))

    assert given_line(find([Wanted(either, ANSWERS[""])], SE, NOW), SE) == (
        "status: open, now: Fri 13 Nov 2026 15:05"
    )


@pytest.mark.parametrize(
    ("how", "answers", "expected"),
    [
        pytest.param(How.ALL, "", "status: open, payouts: 1", id="all yes"),
        pytest.param(How.ALL, "no", "status: approved", id="all no"),
        pytest.param(How.ALL, "unknown", "status: unknown, payouts: 1", id="all unknown: none is no"),
        pytest.param(How.ANY, "", "status: open", id="any yes"),
        pytest.param(How.ANY, "no", "status: approved, payouts: 0", id="any no"),
        pytest.param(How.ANY, "unknown", "status: unknown, payouts: 0", id="any unknown: none is yes"),
        pytest.param(How.ALL, "not yes", "status: approved", id="all not yes"),
        pytest.param(How.ANY, "not yes", "status: approved, payouts: 0", id="any not yes"),
    ],
)
@pytest.mark.parametrize("turned", [False, True], ids=["", "not not"])
def test_blocks_are_taken_apart_by_their_three_answers(how, answers, expected, turned):
    block = Block(how, (claim("status is open"), claim("payouts is at least 1")))
    if turned:
        block = Block(How.NOT, (Block(How.NOT, (block,)),))
    found = find([Wanted(block, ANSWERS[answers])], SE, NOW)

    assert isinstance(found, Example)
    assert given_line(found, SE) == f"{expected}, now: Fri 13 Nov 2026 15:05"


def test_not_turns_the_answers_round():
    inner = Block(How.ANY, (claim("status is open"), claim("payouts is at least 1")))
    neither = Block(How.NOT, (inner,))

    assert find([Wanted(neither, ANSWERS[""]), *wanted("payouts is 2")], SE, NOW) == Impossible()
    assert isinstance(find([Wanted(neither, ANSWERS[""]), *wanted("payouts is 0")], SE, NOW), Example)


def test_nothing_in_a_block_answers_as_the_evaluator_does():
    assert isinstance(find([Wanted(Block(How.ALL, ()), ANSWERS[""])], SE, NOW), Example)
    assert find([Wanted(Block(How.ANY, ()), ANSWERS[""])], SE, NOW) == Impossible()


def either(*lines: str) -> Wanted:
    return Wanted(Block(How.ANY, tuple(claim(line) for line in lines)), ANSWERS[""])


ALL_DIFFERENT = [
    either(f"{one} is before {other}", f"{one} is after {other}")
    for one, other in (
        ("period end", "pay date"),
        ("pay date", "effective pay date"),
        ("effective pay date", "period end"),
    )
]
ON_TWO_DAYS = [
    Wanted(claim(f"{one} is one of 2026-11-12, 2026-11-13"), ANSWERS[""])
    for one in ("period end", "pay date", "effective pay date")
]


def test_every_way_is_tried_before_something_is_called_impossible():
    assert find([*ALL_DIFFERENT, *ON_TWO_DAYS], SE, NOW) == Impossible()
    assert isinstance(find([*ALL_DIFFERENT, *ON_TWO_DAYS[1:]], SE, NOW), Example)


def test_more_ways_than_are_tried_are_not_called_impossible():
    idle = [either(f"payouts is not {one}", f"run is not {one}") for one in range(12)]

    assert find([*idle, *ALL_DIFFERENT, *ON_TWO_DAYS], SE, NOW) == CannotTell(
        "there are more than 3000 ways to combine its conditions"
    )
    assert isinstance(find([*idle, *ALL_DIFFERENT], SE, NOW), Example)


def test_a_zone_whose_days_came_back_proves_nothing_about_time():
    calendar = type(SE)(type(SE.spec)("nl", "America/St_Johns"))
    lines = ("last payout was more than 2 hours ago", "last payout was less than 1 hour ago")

    assert proof(*lines, calendar=calendar) == CannotTell(
        "the clocks of America/St_Johns have gone back over a midnight"
    )
    assert proof("status is open", "status is closed", calendar=calendar) == Impossible()


def test_an_example_keeps_to_the_clocks_of_its_zone():
    on_the_change = at("2026-10-25T12:00")

    assert (
        given("now is after 02:30", "now is before 02:31", around=on_the_change)
        == "now: Sun 25 Oct 2026 02:30:59"
    )


def test_a_field_of_two_kinds_is_left_open():
    text = claim("run is 5")
    as_text = replace(text, field=replace(text.field, name="cost"))
    found = find([*wanted("cost is 5 SEK"), Wanted(as_text, ANSWERS[""])], SE, NOW)

    assert found == CannotTell("cost is text in one rule and money in the other")
