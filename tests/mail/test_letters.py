from dataclasses import fields, is_dataclass, replace
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.core.money import Money
from bot.core.resource import Line
from bot.mail.deadlines import DeadlinesAhead
from bot.mail.letters import LETTERS, Adopted, ApprovalAsked, Letter, PayrunDone
from bot.mail.month import MonthPaid
from bot.mail.parts import AmountRow, History, change, differs, line_changes, than_last_run, when
from bot.mail.preview_asks import ASK, STOCKHOLM
from bot.mail.previews import PREVIEWS
from bot.mail.render import Rendered, Renderer
from bot.mail.scheduled import Scheduled

TEMPLATES = Path(__file__).parents[2] / "templates"
EVERY = [pytest.param(letter, id=name) for name, letter in PREVIEWS.items()]
NOT_PRINTED = {"zone", "made_at", "template"}
RENDERER = Renderer(TEMPLATES, TEMPLATES)


class Seen(HTMLParser):
    """The text of a document, its tags with their attributes, and whether they nest."""

    VOID = frozenset({"meta", "br", "link", "img", "input"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-3:]}"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if "style" not in self.open and "title" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return squeezed(" ".join(self.words))


def squeezed(text: str) -> str:
    return " ".join(text.replace("\u00a0", " ").split())


async def rendered(letter: Letter) -> Rendered:
    return await RENDERER.render(letter.template, "en", letter.context())


def sek(amount: str) -> Money:
    return Money.of(amount, "SEK")


def facts(value: object) -> list[str]:
    """Every text and amount in a letter, however deep: what its reader must be told."""
    if isinstance(value, str):
        return [squeezed(value)] if value else []
    if isinstance(value, Money):
        return [squeezed(value.plain().removesuffix(f" {value.currency}"))]
    if isinstance(value, tuple):
        return [fact for part in value for fact in facts(part)]
    if isinstance(value, History):
        return [fact for bar in value.bars for fact in facts(bar.amount)]
    if isinstance(value, AmountRow):
        return [*facts(value.label), *facts(value.now), *facts(value.last)]
    if is_dataclass(value):
        return [fact for one in fields(value) for fact in facts(getattr(value, one.name))]
    return []


@pytest.mark.parametrize("kind", LETTERS)
def test_every_letter_has_an_example_and_its_three_files(kind):
    assert any(type(letter) is kind for letter in PREVIEWS.values())
    assert sorted(path.name for path in (TEMPLATES / kind.template).iterdir()) == [
        "body.html",
        "body.txt",
        "subject.txt",
    ]


def test_every_template_folder_is_a_letters():
    assert {path.name for path in TEMPLATES.iterdir() if path.is_dir()} == {kind.template for kind in LETTERS}


@pytest.mark.parametrize("letter", EVERY)
async def test_a_text_twin_stays_within_72_columns_but_for_an_address_alone(letter):
    mail = await rendered(letter)

    wide = [line for line in mail.text.splitlines() if len(line) > 72 and not line.startswith("https://")]
    assert wide == []


@pytest.mark.parametrize("letter", EVERY)
async def test_html_nests_and_carries_nothing_remote_and_no_script(letter):
    seen = Seen((await rendered(letter)).html)

    assert seen.open == []
    assert {tag for tag, _ in seen.tags}.isdisjoint({"img", "script", "link", "iframe", "form", "svg"})
    assert not any(name in ("src", "background", "onclick") for _, attrs in seen.tags for name in attrs)


@pytest.mark.parametrize("letter", EVERY)
async def test_html_keeps_the_dark_colours_and_inlines_the_light_ones(letter):
    mail = await rendered(letter)

    assert mail.html.count("@media (prefers-color-scheme: dark)") == 1
    assert "background-color: #111817" in mail.html
    h1 = next(attrs for tag, attrs in Seen(mail.html).tags if tag == "h1")
    assert "color: #17211f" in (h1["style"] or "")


@pytest.mark.parametrize("letter", EVERY)
async def test_both_twins_lead_to_the_page_with_one_button_and_say_why_they_came(letter):
    mail = await rendered(letter)

    buttons = [
        attrs["href"]
        for tag, attrs in Seen(mail.html).tags
        if tag == "a" and "btn-a" in (attrs["class"] or "")
    ]
    assert buttons == [letter.url]
    assert letter.url in mail.text
    for twin in (squeezed(mail.text), Seen(mail.html).text):
        assert f"You get this because {letter.reason.because}." in twin
    for twin in (mail.text, mail.html):
        assert letter.reason.why_url in twin


@pytest.mark.parametrize("letter", EVERY)
async def test_all_that_a_letter_says_is_in_both_twins(letter):
    mail = await rendered(letter)
    said = [
        fact
        for one in fields(letter)
        if one.name not in NOT_PRINTED
        for fact in facts(getattr(letter, one.name))
    ]
    quiet = unprinted(letter)

    html = Seen(mail.html)
    links = " ".join(attrs["href"] or "" for tag, attrs in html.tags if tag == "a")
    for twin in (mail.text, f"{html.text} {links}"):
        words = squeezed(f"{mail.subject} {twin}").casefold()
        missing = [
            fact for fact in said if fact not in quiet and " ".join(fact.casefold().split()) not in words
        ]
        assert missing == []


def unprinted(letter: Letter) -> set[str]:
    """What the page shows and the mail leaves out, or the mail says in other words."""
    quiet = set()
    if isinstance(letter, Adopted):
        quiet |= {run.url for run in letter.runs}  # the text twin leads to the list alone
    if isinstance(letter, Scheduled):
        quiet |= {one.url for one in (*letter.listed, *letter.not_answered)}
    if isinstance(letter, DeadlinesAhead):
        quiet |= {one.url for week in letter.weeks for one in week.deadlines}
        quiet |= {one.url for one in letter.not_answered}
    if isinstance(letter, MonthPaid):
        quiet |= {one.url for one in (*letter.troubles, *letter.ahead, *letter.not_answered)}
    if isinstance(letter, ApprovalAsked):
        ask = letter.ask
        quiet |= {*ask.clean, *(one.check for one in ask.findings), ask.amount_note, ask.rule, ask.version}
        quiet |= {ask.verb_inside, ask.amount_label if ask.amount is None else ""}
    return quiet


@pytest.mark.parametrize("letter", EVERY)
async def test_no_mail_has_a_word_that_is_not_the_readers(letter):
    mail = await rendered(letter)

    words = f"{mail.subject} {mail.text} {Seen(mail.html).text}".casefold()
    for word in (
        "parked",
        "fingerprint",
        "quarantine",
        "lease",
        "verified",
        "please",
        "successfully",
        "none none",
    ):
        assert word not in words


@pytest.mark.parametrize(
    "name", ["payrun_closed", "payrun_finalised", "calendar_created", "left_alone", "roubler_errors"]
)
async def test_a_mail_about_something_done_ends_with_how_to_mend_it(name):
    mail = await rendered(PREVIEWS[name])

    assert "WRONG? DO THIS" in mail.text
    assert "Wrong? Do this" in Seen(mail.html).text


async def test_the_approval_is_asked_in_one_order_in_both_twins():
    mail = await rendered(PREVIEWS["approval_asked"])
    order = [
        "decide by 16:30 today",
        "close gigapay payrun 2859272?",
        "net pay",
        "18 450.25 sek",
        "look and decide",
        "amounts against last run",
        "why it differs from last run",
        "3 of 9 checks found something",
        "not checked by payrunbot",
        "what happens when you approve",
        "decide by 16:30 today, stockholm",
        "who prepared it",
        "you get this because",
    ]

    for twin in (squeezed(mail.text).casefold(), Seen(mail.html).text.casefold()):
        start = 0
        for words in order:
            start = twin.find(words, start)
            assert start >= 0, words


async def test_asking_names_the_deed_the_deadline_and_the_amount_in_its_subject():
    asked, again = (
        await rendered(PREVIEWS["approval_asked"]),
        await rendered(PREVIEWS["approval_asked again"]),
    )

    assert squeezed(asked.subject) == "Approve by 16:30: close Gigapay payrun 2859272, 18 450.25 SEK"
    assert (
        squeezed(again.subject)
        == "Changed, approve again by 16:30: close Gigapay payrun 2859272, 19 270.25 SEK"
    )


async def test_asking_again_shows_each_line_that_changed_and_what_it_was():
    mail = await rendered(PREVIEWS["approval_asked again"])

    text = squeezed(mail.text)
    assert "1078, lowered 15:21 −300.00 was 2 615.00, now 2 315.00" in text
    assert "1083, added 15:21, after the cut-off +1 120.00 was none, now 1 120.00" in text
    assert "8 lines are the same to the last digit." in text


async def test_a_calendar_is_asked_for_without_any_amount():
    mail = await rendered(PREVIEWS["approval_asked calendar"])

    assert mail.subject == (
        "Approve by Wed 25 Nov 18:00: create the next calendar from Xero calendar Weekly North"
    )
    assert "0 OF 2 CHECKS FOUND ANYTHING" in mail.text
    assert "AMOUNTS" not in mail.text
    assert "Net pay" not in mail.html


@pytest.mark.parametrize(
    ("people", "hidden"), [pytest.param(2, True, id="two people"), pytest.param(3, False, id="three people")]
)
@pytest.mark.parametrize(
    "name", ["approval_asked", "approval_asked again", "payrun_closed", "payrun_finalised"]
)
async def test_a_run_of_fewer_than_three_people_shows_no_amount(name, people, hidden):
    letter = PREVIEWS[name]
    if isinstance(letter, ApprovalAsked):
        few: Letter = replace(letter, ask=replace(letter.ask, people=people))
    else:
        assert isinstance(letter, PayrunDone)
        few = replace(letter, people=people)
    mail = await rendered(few)

    for twin in (mail.subject + mail.text, mail.subject + Seen(mail.html).text):
        assert (".25" in twin or "412.77" in twin) is not hidden
        assert ("Fewer than three people are paid" in twin) is hidden


@pytest.mark.parametrize(
    ("zone", "says"),
    [
        pytest.param("Australia/Sydney", "Pay date in Sydney (ours", id="another"),
        pytest.param("Europe/Stockholm", "Pay date (ours", id="the reader's own"),
    ],
)
async def test_a_pay_date_names_its_place_where_it_is_not_the_readers(zone, says):
    mail = await rendered(replace(PREVIEWS["roubler_errors"], pay_zone=ZoneInfo(zone)))

    assert says in squeezed(mail.text)
    assert ("Wed 25 Nov, Sydney" in Seen(mail.html).text) is ("Sydney" in says)


async def test_what_a_vendor_wrote_cannot_become_markup():
    letter = replace(PREVIEWS["needs_person"], vendor_said="<b>no</b> & <script>alert(1)</script>")
    mail = await rendered(letter)

    assert "<b>no</b> & <script>alert(1)</script>" in mail.text
    assert "<script>" not in mail.html
    assert "<b>no</b> & <script>alert(1)</script>" in Seen(mail.html).text


def test_a_percentage_is_of_last_runs_amount_and_none_without_one():
    assert AmountRow("Net pay", sek("18450.25"), sek("14905.00")).percent.quantize(Decimal("0.1")) == Decimal(
        "23.8"
    )
    assert AmountRow("Net pay", sek("1"), None).percent is None
    assert AmountRow("Net pay", sek("1"), sek("0")).percent is None
    assert AmountRow("Net pay", sek("1"), Money.of("1", "GBP")).percent is None


def test_bars_start_at_zero_share_one_scale_and_keep_six_earlier_runs():
    past = [(date(2026, 10, number), sek(str(number * 10))) for number in range(1, 9)]
    history = History.of("Net pay", past, (date(2026, 11, 20), sek("160")))

    assert history is not None
    assert [(bar.amount.amount, bar.share, bar.is_now) for bar in history.bars] == [
        (30, 19, False),
        (40, 25, False),
        (50, 31, False),
        (60, 38, False),
        (70, 44, False),
        (80, 50, False),
        (160, 100, True),
    ]
    assert history.median == sek("55")
    assert history.median_share == 34


def test_two_earlier_runs_or_another_currency_are_no_history():
    runs = [(date(2026, 10, number), sek("10")) for number in (1, 2)]

    assert History.of("Net pay", runs, (date(2026, 10, 9), sek("10"))) is None
    assert (
        History.of(
            "Net pay", [*runs, (date(2026, 10, 3), Money.of("1", "GBP"))], (date(2026, 10, 9), sek("10"))
        )
        is None
    )
    assert History.of("Net pay", [*runs, (date(2026, 10, 3), sek("1"))], None) is not None


def test_runs_of_nothing_have_bars_of_no_length():
    runs = [(date(2026, 10, number), sek("0")) for number in (1, 2, 3)]
    history = History.of("Net pay", runs, (date(2026, 10, 9), sek("0")))

    assert history is not None
    assert {bar.share for bar in history.bars} == {0}
    assert history.median_share == 0


LAST = (
    Line("p1", "1071", sek("1550.00")),
    Line("p2", "1058", sek("1610.00")),
    Line("p3", "1044", sek("1980.00")),
    Line("p4", "1041", sek("2150.00")),
)
NOW = (
    Line("q1", "1058", sek("1240.25")),
    Line("q2", "1044", sek("2000.00")),
    Line("q3", "1044", sek("310.00")),
    Line("q4", "1041", sek("2150.00")),
    Line("q5", "1080", sek("2520.00")),
)


def test_a_difference_is_told_by_person_with_several_lines_as_one():
    assert [(one.what, one.who, one.by) for one in differs(LAST, NOW)] == [
        ("1 joined", "1080", sek("2520.00")),
        ("1 left", "1071", sek("-1550.00")),
        ("1 gets less", "1058", sek("-369.75")),
        ("1 gets more", "1044", sek("330.00")),
    ]


def test_lines_that_changed_come_largest_first_and_the_rest_not_at_all():
    assert [(one.payee, one.note, one.by) for one in line_changes(LAST, NOW)] == [
        ("1080", "new", sek("2520.00")),
        ("1071", "not in this run", sek("-1550.00")),
        ("1058", "less", sek("-369.75")),
        ("1044", "more", sek("330.00")),
    ]


def test_a_large_group_names_eight_and_counts_the_rest():
    many = [Line(f"p{number}", str(1000 + number), sek("1")) for number in range(10)]

    (change,) = differs((), many)

    assert change.what == "10 joined"
    assert change.who == "1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007 and 2 more"
    assert change.by == sek("10")


def test_today_is_the_readers_day_not_utcs():
    letter = PREVIEWS["approval_asked"]
    late = replace(letter, ask=replace(ASK, decide_by=letter.made_at.replace(hour=23, minute=30)))

    assert late.zone is STOCKHOLM
    assert when(late.ask.decide_by, late.made_at, late.zone) == "Sat 21 Nov 00:30"


@pytest.mark.parametrize(
    ("last", "now", "says"),
    [
        pytest.param("14905.00", "18510.25", "24.2 % more than last run", id="more, to a tenth"),
        pytest.param("100.00", "75.00", "25.0 % less than last run", id="less"),
        pytest.param("10000.00", "10000.40", "the same as last run", id="less than a tenth of a percent"),
    ],
)
def test_a_change_is_said_to_a_tenth_of_a_percent(last: str, now: str, says: str):
    said = than_last_run(change(Money.of(last, "SEK"), Money.of(now, "SEK")))

    assert said.replace("\u00a0", " ") == says
