from dataclasses import fields, is_dataclass, replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bot.core.money import Money
from bot.mail.preview_asks import ASK_AGAIN
from bot.web import listed, mail_views, persons, render, rule_views, views, weeks
from bot.web.render import page
from bot.web.shapes import Form, Frame, Pager, Status
from bot.web.views import Page
from tests.web.examples import APPROVAL, AUDIT, PAGES, PAYRUN, PAYRUNS, RULE, TODAY

EVERY = [pytest.param(view, id=name) for name, view in PAGES.items()]


class Seen(HTMLParser):
    """A page as a strict reader sees it: tags, their nesting, and the words between them."""

    VOID = frozenset({"meta", "br", "link", "img", "input", "hr"})
    ALONE = frozenset({"use", "rect", "path", "circle", "line"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.forms: list[tuple[dict[str, str | None], list[tuple[str, dict[str, str | None]]]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        assert len(found) == len(attrs), f"<{tag}> has an attribute twice"
        self.tags.append((tag, found))
        if tag == "form":
            assert "form" not in self.open, "a form in a form"
            self.forms.append((found, []))
        elif "form" in self.open:
            self.forms[-1][1].append((tag, found))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in self.ALONE, f"<{tag}/> is not closed by its slash"
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-3:]}"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return squeezed(" ".join(self.words))

    def each(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


def squeezed(text: str) -> str:
    return " ".join(text.replace("\u00a0", " ").split())


def text_of(view: Page) -> str:
    return Seen(page(view)).text


def forms(value: object) -> list[Form]:
    """Every form of a view, however deep."""
    if isinstance(value, Form):
        return [value]
    if isinstance(value, tuple):
        return [form for part in value for form in forms(part)]
    if is_dataclass(value):
        return [form for one in fields(value) for form in forms(getattr(value, one.name))]
    return []


def test_every_page_has_an_example_and_every_template_a_page():
    modules = (views, weeks, persons, rule_views, mail_views, listed)
    shown = [one for module in modules for one in vars(module).values()]
    kinds = {kind for kind in shown if isinstance(kind, type) and issubclass(kind, Page)}
    kinds.discard(Page)
    pages = Path(render.__file__).parent / "pages"

    assert {type(view) for view in PAGES.values()} == kinds
    assert {path.name for path in pages.glob("[!_]*.html")} == {kind.template for kind in kinds}


@pytest.mark.parametrize("view", EVERY)
def test_a_page_nests_has_one_heading_one_main_and_no_id_twice(view):
    seen = Seen(page(view))

    assert seen.open == []
    assert len(seen.each("h1")) == len(seen.each("main")) == len(seen.each("title")) == 1
    ids = [attrs["id"] for _, attrs in seen.tags if "id" in attrs]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("view", EVERY)
def test_a_page_obeys_its_own_policy(view):
    seen = Seen(page(view))

    for tag, attrs in seen.tags:
        assert tag not in {"script", "style", "object", "embed", "base"}
        assert not any(name == "style" or name.startswith("on") for name in attrs)
        for name in ("href", "src", "action"):
            assert not (attrs.get(name) or "").startswith(("data:", "javascript:", "http:", "//"))
    assert [attrs["href"] for attrs in seen.each("link")] == ["/static/app.css"]


@pytest.mark.parametrize("view", EVERY)
def test_every_form_of_a_view_is_on_the_page_with_its_own_token(view):
    posted = [
        (attrs["action"], [one["value"] for tag, one in inside if one.get("name") == "csrf"])
        for attrs, inside in Seen(page(view)).forms
        if attrs["method"] == "post"
    ]

    assert sorted(posted) == sorted((form.action, [form.csrf]) for form in forms(view))


@pytest.mark.parametrize("view", EVERY)
def test_every_field_has_a_label_and_every_reference_a_target(view):
    seen = Seen(page(view))
    ids = {attrs["id"] for _, attrs in seen.tags if "id" in attrs}

    for attrs in [*seen.each("textarea"), *seen.each("select"), *seen.each("input")]:
        if attrs.get("type") in ("hidden", "checkbox", "radio") or "hidden" in attrs:
            continue
        assert attrs["id"] in {label.get("for") for label in seen.each("label")}
    for tag, attrs in seen.tags:
        for name in ("aria-labelledby", "aria-describedby", "form"):
            assert attrs.get(name) is None or attrs[name] in ids
        href = attrs.get("href") or ""
        if href.startswith("#"):
            assert href[1:] in ids, f"<{tag}> leads to {href}, which is not on the page"


@pytest.mark.parametrize("view", EVERY)
def test_the_foot_says_whose_time_it_is_to_those_who_are_signed_in(view):
    assert ("Times are Stockholm unless a place is named." in text_of(view)) is bool(view.frame.person)


@pytest.mark.parametrize("view", EVERY)
def test_no_page_has_a_word_that_is_not_the_readers(view):
    text = text_of(view).casefold()

    for word in (
        "parked",
        "fingerprint",
        "quarantine",
        "lease",
        "verified",
        "please",
        "successfully",
        "oops",
    ):
        assert word not in text


@pytest.mark.parametrize(
    ("count", "heading"),
    [
        pytest.param(0, "Nothing needs you", id="none"),
        pytest.param(1, "1 thing needs you, by 16:30 today", id="one"),
        pytest.param(3, "3 things need you, the first by 16:30 today", id="three"),
    ],
)
def test_today_answers_in_its_heading(count, heading):
    assert heading in text_of(replace(TODAY, needs=TODAY.needs[:count]))


def test_the_approval_page_asks_in_the_order_of_the_mail():
    text = text_of(APPROVAL)
    order = [
        "Decide by 16:30 today",
        "Close Gigapay payrun 2859272?",
        "18 450.25 SEK",
        "Amounts against last run",
        "Why it differs from last run",
        "3 of 9 checks found something: tick each",
        "Not checked by payrunbot",
        "What happens when you approve",
        "If nobody does, payrunbot does nothing and Gigapay closes it at 16:30 anyway.",
        "Who prepared it",
        "Your decision",
    ]

    start = text.index("Signed in as")
    for words in order:
        start = text.find(words, start)
        assert start >= 0, words


def test_a_check_is_ticked_in_the_form_that_approves_and_nothing_is_ticked_beforehand():
    seen = Seen(page(APPROVAL))
    ticks = [attrs for attrs in seen.each("input") if attrs.get("name") == "check"]

    assert [tick["value"] for tick in ticks] == [one.check for one in APPROVAL.ask.findings]
    assert all(tick["form"] == "decide" and "required" in tick and "checked" not in tick for tick in ticks)
    typed = next(attrs for attrs in seen.each("input") if attrs.get("name") == "typed")
    assert "value" not in typed


def test_asked_again_only_what_changed_is_ticked_again():
    seen = Seen(page(replace(APPROVAL, ask=ASK_AGAIN)))

    assert [attrs["value"] for attrs in seen.each("input") if attrs.get("name") == "check"] == [
        "payouts-after-cut-off",
        "first-time-payees",
        "change-in-net-pay",
    ]
    assert "tick the 3 that changed" in seen.text
    assert "Ticked by you 15:22, unchanged" in seen.text
    assert "1078 lowered 15:21 2 615.00 2 315.00 −300.00" in seen.text
    assert "was 18 450.25 SEK at 15:04" in seen.text


@pytest.mark.parametrize("name", ["approval that is over", "approval of somebody else"])
def test_who_cannot_decide_sees_all_and_no_button(name):
    seen = Seen(page(PAGES[name]))

    assert "18 450.25 SEK" in seen.text
    assert "2 first-time payees" in seen.text
    assert not any(attrs.get("name") in ("check", "typed", "reason") for _, attrs in seen.tags)
    assert "Approve and close" not in seen.text


def test_a_pay_run_shows_every_answer_with_what_was_seen_blocks_included():
    html = page(PAYRUN)
    text = Seen(html).text

    assert "yes status is open open" in text
    assert "unknown any of these holds one unread no payouts is none 9 unknown cost is known not read" in text
    assert "asks cost is above 20 000 SEK 24 247.31 SEK" in text
    assert html.count('<li class="unk">') == 2


def test_widths_of_bars_are_attributes_with_the_figure_beside_them():
    seen = Seen(page(PAYRUN))

    bars = [attrs["width"] for attrs in seen.each("rect") if attrs.get("class") in ("bar", "bar-now")]
    assert bars == ["71%", "76%", "78%", "75%", "76%", "77%", "100%"]
    assert "Fri 13 Nov 14 905.00 Fri 20 Nov 19 270.25" in seen.text


def test_a_mail_is_shown_without_letting_it_do_anything():
    (frame,) = Seen(page(PAGES["mail"])).each("iframe")

    assert frame["sandbox"] == ""
    assert frame["src"] == "/mails/m1/html"


def test_what_somebody_else_wrote_cannot_become_markup():
    html = page(replace(RULE, text="<script>alert(1)</script>", sentence="<b>bold</b>"))

    assert "<script" not in html
    assert "<b>bold" not in html
    assert "<script>alert(1)</script>" in Seen(html).text


def test_a_rules_change_is_shown_line_by_line():
    html = page(RULE)

    assert "<del>-   ask_above: 20 000 SEK</del><ins>+   ask_above: 22 000 SEK</ins>" in html


def test_an_amount_that_is_nothing_is_still_an_amount():
    ask = replace(APPROVAL.ask, amounts=(replace(APPROVAL.ask.amounts[0], last=Money.of("0", "SEK")),))

    assert "Net pay what payees receive 0.00 18 450.25 none" in text_of(replace(APPROVAL, ask=ask))


def test_nobody_is_shown_the_navigation_of_somebody():
    seen = Seen(page(PAGES["sign-in"]))

    assert seen.each("nav") == []
    assert "payrunbot at payrun.example.com" in seen.text


def test_the_current_entry_is_marked_where_a_phone_shows_it_too():
    for view in PAGES.values():
        current = [attrs for _, attrs in Seen(page(view)).tags if attrs.get("aria-current") == "page"]
        assert bool(current) is bool(view.nav)


def test_times_are_printed_in_the_zone_of_the_reader():
    def clock_of(zone: str) -> str:
        frame: Frame = replace(PAYRUN.frame, zone=type(PAYRUN.frame.zone)(zone))
        return text_of(replace(PAYRUN, frame=frame))

    assert "15:59 Closed, and confirmed" in clock_of("Europe/Stockholm")
    assert "14:59 Closed, and confirmed" in clock_of("Europe/London")


def test_every_class_that_a_page_uses_is_in_the_stylesheet():
    css = render.STYLESHEET.read_text()
    used = {
        name
        for view in PAGES.values()
        for _, attrs in Seen(page(view)).tags
        for name in (attrs.get("class") or "").split()
    }

    assert sorted(name for name in used - UNSTYLED if f".{name}" not in css) == []


UNSTYLED = {"v", "yes"}
"""Said for whoever reads the HTML; they look like what surrounds them."""


@pytest.mark.parametrize(
    ("asked", "is_open"),
    [
        pytest.param({}, False, id="nothing is asked"),
        pytest.param({"q": "2026-11"}, False, id="what is never folded"),
        pytest.param({"vendor": "gigapay"}, True, id="one of those that are"),
    ],
)
def test_filters_are_folded_unless_one_of_them_is_in_use(asked, is_open):
    filters = Seen(page(replace(PAYRUNS, asked=asked))).each("details")[-1]

    assert ("open" in filters) is is_open


@pytest.mark.parametrize(
    ("rows", "heading"),
    [
        (PAYRUNS.rows, "2 pay runs, 1 needs you"),
        (PAYRUNS.rows[:1] * 2, "2 pay runs, 2 need you"),
        (PAYRUNS.rows[1:], "1 pay run, none needs you"),
        ((), "0 pay runs"),
    ],
)
def test_the_heading_of_the_pay_runs_says_whether_any_needs_its_reader(rows, heading):
    html = page(replace(PAYRUNS, rows=rows, asked={}, pager=Pager()))

    assert f"<h1>{heading}</h1>" in html


@pytest.mark.parametrize(
    ("chain", "heading"),
    [
        (Status("the chain is whole", "done"), "Everything recorded is as it was written"),
        (Status("the chain is whole to line 4", "wait", "calm"), "Not all that was recorded is verified yet"),
        (Status("being verified", "wait", "calm"), "Not all that was recorded is verified yet"),
        (Status("the chain is broken", "fail", "bad"), "What was recorded is not as it was written"),
        (Status("nothing is sealed yet", "open", "calm"), "Nothing was recorded and sealed yet"),
    ],
)
def test_the_heading_of_the_audit_says_whether_it_can_be_relied_on(chain, heading):
    html = page(replace(AUDIT, chain=chain, asked={}))

    assert f"<h1>{heading}</h1>" in html


def test_a_pay_run_leads_to_its_question_and_shows_what_says_nothing_only_unfolded():
    facts = {"facts": (("errors", "2 (no bank account; no tax code)"),), "more_facts": (("currency", "SEK"),)}
    asked = page(replace(PAYRUN, decide_url="/approvals/8f3k2", **facts))

    assert '<a class="btn btn-go" href="/approvals/8f3k2">Look and decide</a>' in asked
    assert (
        asked.index("no tax code") < asked.index("<summary>1 more value</summary>") < asked.index("currency")
    )
    assert "Look and decide" not in page(PAYRUN)


def test_no_line_ends_within_an_amount():
    html = page(
        replace(RULE, sentence="Asks above 20 000 SEK on 13 Nov 2026, at most 1 000 000 SEK or 10 %.")
    )

    kept = (
        "Asks above 20\u00a0000\u00a0SEK on 13 Nov 2026, at most 1\u00a0000\u00a0000\u00a0SEK or 10\u00a0%."
    )
    assert kept in html
