"""What a rule with `every` says, how it reads aloud, and what counts as a change of it."""

from pathlib import Path

import pytest

from bot.core.rule import IfMissed, Rule
from bot.core.sentence import sentence
from bot.rulebook import ConnectionSetup, Rulebook, Setup, load
from bot.rulebook.rule_tests import run_tests
from tests.rules.test_mistakes import SHIPPED
from tests.rules.vocabulary import small_vocabulary

TEXT = """rules:
  - id: still-open
    title: Payruns still open
    every: first working day of the week 08:00
    watch: gigapay.payrun
    when: [status is open, payouts is at least 1]
    then: {send_mail: {template: scheduled, to: payroll}}
    mode: act
    tests:
      - given: {status: open, payouts: 2}
        expect: act
      - given: {status: open, payouts: unknown}
        expect: unknown
      - given: {status: closed}
        expect: nothing
"""
SE = {"gigapay-se": ConnectionSetup("gigapay", "se")}
UK_TOO = {**SE, "gigapay-uk": ConnectionSetup("gigapay", "uk-bacs")}


def read(folder: Path, text: str = TEXT, connections: dict[str, ConnectionSetup] | None = None) -> Rulebook:
    folder = folder / "rules"
    folder.mkdir(exist_ok=True)
    (folder / "calendars.yaml").write_text((SHIPPED / "calendars.yaml").read_text())
    (folder / "a.yaml").write_text(text)
    setup = Setup(
        groups={"payroll": ("payroll-1",)},
        templates=frozenset({"scheduled", "month"}),
        connections=SE if connections is None else connections,
    )
    return load(folder, vocabulary=small_vocabulary(), setup=setup)


def rule(folder: Path, text: str = TEXT) -> Rule:
    book = read(folder, text)
    assert book.report() == ""
    return book.rules["still-open"]


@pytest.mark.parametrize(
    ("said", "reads"),
    [
        pytest.param(
            "", "missed times are told to ops and not made up for", id="tell, where nothing is said"
        ),
        pytest.param("tell", "missed times are told to ops and not made up for", id="tell"),
        pytest.param("run late", "after missed times it is listed once, late", id="run late"),
        pytest.param("skip", "missed times are left out", id="skip"),
    ],
)
def test_it_reads_aloud_as_one_sentence(said: str, reads: str, tmp_path: Path) -> None:
    missed = f"    if_missed: {said}\n    watch:" if said else "    watch:"
    read_back = rule(tmp_path, TEXT.replace("    watch:", missed))

    assert read_back.if_missed is IfMissed(said or "tell")
    assert sentence(read_back) == (
        "On the first working day of the week at 08:00, list each Gigapay payrun for which status is open "
        f"and payouts is at least 1: mail scheduled to payroll; {reads}; done at once."
    )


@pytest.mark.parametrize(
    "every",
    [
        pytest.param("every: cron 0 8 * * 1-5", id="in one line"),
        pytest.param("every:\n      cron: 0 8 * * 1-5", id="below it"),
        pytest.param('every: "cron: 0 8 * * 1-5"', id="quoted"),
    ],
)
def test_a_cron_line_may_stand_behind_it_or_below_it(every: str, tmp_path: Path) -> None:
    found = rule(tmp_path, TEXT.replace("every: first working day of the week 08:00", every))

    assert sentence(found).startswith("By cron “0 8 * * 1-5”, list each Gigapay payrun")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(("08:00", "08:01"), id="another time"),
        pytest.param(("    watch:", "    if_missed: skip\n    watch:"), id="what of missed times"),
    ],
)
def test_its_times_are_part_of_what_is_signed(change: tuple[str, str], tmp_path: Path) -> None:
    assert rule(tmp_path).hash != rule(tmp_path, TEXT.replace(*change)).hash


def test_its_own_tests_are_about_its_conditions(tmp_path: Path) -> None:
    results = run_tests(read(tmp_path))

    assert [one.got for one in results] == ["act", "unknown", "nothing"]
    assert all(one.ok for one in results)


def test_connections_with_two_calendars_have_no_common_clock_unless_one_is_named(tmp_path: Path) -> None:
    problems = read(tmp_path, connections=UK_TOO).report()
    named = read(tmp_path, TEXT.replace("    watch:", "    calendar: se\n    watch:"), UK_TOO)
    one = read(tmp_path, TEXT.replace("    watch:", "    connections: [gigapay-uk]\n    watch:"), UK_TOO)

    assert problems == (
        "rules/a.yaml:4:5  its connections have several work calendars, se, uk-bacs: "
        "say by which one it is asked, such as calendar: se\n"
        "    4 |     every: first working day of the week 08:00\n"
        "      |     ^^^^^"
    )
    assert named.report() == ""
    assert one.report() == ""


@pytest.mark.parametrize(
    ("watch", "problem"),
    [
        pytest.param("gigapay.payrun", "", id="a vendor's pay runs"),
        pytest.param(
            "xero.calendar",
            '"month" adds up pay runs, so its rule watches some: watch: payrun',
            id="what is no pay run",
        ),
    ],
)
def test_the_mail_about_a_month_is_of_pay_runs(tmp_path: Path, watch: str, problem: str) -> None:
    text = TEXT.replace("template: scheduled", "template: month").replace("gigapay.payrun", watch)
    report = read(tmp_path, text).report()

    assert (problem in report) and (report == "") is (problem == "")


NAMED = TEXT.replace("    watch:", "    calendar: se\n    watch:")


def test_a_named_calendar_says_when_it_is_asked_and_each_pay_run_keeps_its_own(tmp_path: Path) -> None:
    at_times = read(tmp_path, NAMED, UK_TOO).rules["still-open"]
    text = NAMED.replace("    every: first working day of the week 08:00\n", "")
    at_once = read(tmp_path, text.replace("send_mail: {template: scheduled,", "alert: {")).rules["still-open"]

    assert at_times.calendar_for("uk-bacs") == "uk-bacs"
    assert at_times.calendars_for("uk-bacs") == {"se", "uk-bacs"}
    assert at_once.calendar_for("uk-bacs") == "se"
    assert at_once.calendars_for("uk-bacs") == {"se"}


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(("Friday 15:00", "Friday 14:00"), id="the clock's"),
        pytest.param(("pay date 17:00", "pay date 16:00"), id="a connection's own"),
    ],
)
def test_each_of_these_calendars_is_part_of_what_is_signed(tmp_path: Path, changed: tuple[str, str]) -> None:
    before = read(tmp_path, NAMED, UK_TOO).rules["still-open"]
    path = tmp_path / "rules" / "calendars.yaml"
    text = path.read_text()
    assert changed[0] in text
    path.write_text(text.replace(*changed))
    setup = Setup(groups={"payroll": ("payroll-1",)}, templates=frozenset({"scheduled"}), connections=UK_TOO)

    after = load(tmp_path / "rules", vocabulary=small_vocabulary(), setup=setup).rules["still-open"]

    assert after.hash != before.hash
