"""A letter through its template, and every way in which a template can be wrong."""

import asyncio
import threading
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from jinja2 import Environment

from bot.core.money import Money
from bot.mail.render import Rendered, Renderer, TemplateProblem, printable

STOCKHOLM = ZoneInfo("Europe/Stockholm")
PAGE = "<html><head><style>{}</style></head><body>{}</body></html>"


class Mails:
    """A folder of the operators' templates beside the shipped ones."""

    def __init__(self, folder: Path) -> None:
        self.own, self.shipped = folder / "own", folder / "shipped"
        self.own.mkdir()
        self.write("closed/subject.txt", "Closed", shipped=True)
        self.write("closed/body.txt", "Closed.", shipped=True)
        self.write("closed/body.html", PAGE.format("", "<p>Closed.</p>"), shipped=True)

    def write(self, name: str, text: str, *, shipped: bool = False) -> None:
        path = (self.shipped if shipped else self.own) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def renderer(self, time_out_s: float = 5) -> Renderer:
        return Renderer(self.own, self.shipped, time_out_s=time_out_s)

    async def render(self, language: str = "en", **context: object) -> Rendered:
        return await self.renderer().render("closed", language, context)

    async def problem(self, **context: object) -> str:
        with pytest.raises(TemplateProblem) as caught:
            await self.render(**context)
        return str(caught.value)


@pytest.fixture
def mails(tmp_path: Path) -> Mails:
    return Mails(tmp_path)


async def test_a_mail_has_a_subject_a_text_and_html(mails):
    mails.write("closed/subject.txt", "Closed: payrun {{ id }}\n")
    mails.write("closed/body.txt", "\nPayrun {{ id }} is closed.\n\n")

    rendered = await mails.render(id="2859272")

    assert rendered.subject == "Closed: payrun 2859272"
    assert rendered.text == "Payrun 2859272 is closed.\n"
    assert "<p>Closed.</p>" in rendered.html


async def test_a_file_that_is_missing_in_the_folder_is_the_shipped_one(mails):
    mails.write("closed/subject.txt", "Ours")

    rendered = await mails.render()

    assert (rendered.subject, rendered.text) == ("Ours", "Closed.\n")


async def test_a_readers_language_goes_before_the_plain_file(mails):
    mails.write("closed/subject.sv.txt", "Stängd")

    swedish, english = await mails.render("sv"), await mails.render("en")

    assert (swedish.subject, swedish.text) == ("Stängd", "Closed.\n")
    assert english.subject == "Closed"


async def test_a_changed_template_is_used_at_once(mails):
    mails.write("closed/subject.txt", "Before")
    renderer = mails.renderer()
    before = await renderer.render("closed", "en", {})
    mails.write("closed/subject.txt", "And now after")

    after = await renderer.render("closed", "en", {})

    assert (before.subject, after.subject) == ("Before", "And now after")


async def test_html_is_escaped_and_text_is_not(mails):
    mails.write("closed/body.txt", "{{ words }}")
    mails.write("closed/body.html", PAGE.format("", "<p>{{ words }}</p>"))

    rendered = await mails.render(words="<b>a & b</b>")

    assert rendered.text == "<b>a & b</b>\n"
    assert "<p>&lt;b&gt;a &amp; b&lt;/b&gt;</p>" in rendered.html


async def test_styles_are_inlined_and_the_rules_for_dark_mode_survive(mails):
    dark = "@media (prefers-color-scheme: dark) { .ink { color: #e6ecea !important; } }"
    mails.write("closed/body.html", PAGE.format(f".ink {{ color: #17211f; }} {dark}", '<p class="ink">x</p>'))

    html = (await mails.render()).html

    assert 'style="color: #17211f;"' in html
    assert "prefers-color-scheme: dark" in html
    assert "#e6ecea" in html


async def test_comments_for_outlook_survive(mails):
    mails.write("closed/body.html", PAGE.format("", "<!--[if mso]><table><tr><td><![endif]-->x"))

    assert "<!--[if mso]><table><tr><td><![endif]-->" in (await mails.render()).html


async def test_what_a_vendor_wrote_cannot_put_control_characters_into_a_mail(mails):
    mails.write("closed/body.txt", "{{ words }}")
    mails.write("closed/body.html", PAGE.format("", "{{ words }}"))

    rendered = await mails.render(words="a\x00b\x1b[31mc\r\nd\u2028e\ud800f\tg")

    assert rendered.text == "a b [31mc\nd e f\tg\n"
    assert "a b [31mc\nd e f\tg" in rendered.html


async def test_filters_write_amounts_days_and_times_as_pages_do(mails):
    mails.write(
        "closed/body.txt",
        "{{ pay|money }}|{{ pay|amount }}|{{ less|signed }}|{{ change|percent }}|{{ on|day }}"
        "|{{ on|day_and_year }}|{{ at|time }}|{{ at|instant }}|{{ at|time(utc) }}",
    )

    rendered = await mails.render(
        pay=Money.of("18450.25", "SEK"),
        less=Money.of("-369.75", "SEK"),
        change=Decimal("23.84"),
        on=date(2026, 11, 26),
        at=datetime(2026, 11, 24, 15, 0, tzinfo=UTC),
        zone=STOCKHOLM,
        utc=UTC,
    )

    assert rendered.text.strip("\n").split("|") == [
        "18\u00a0450.25\u00a0SEK",
        "18\u00a0450.25",
        "\u2212369.75",
        "+23.8\u00a0%",
        "Thu 26 Nov",
        "Thu 26 Nov 2026",
        "16:00",
        "Tue 24 Nov 16:00",
        "15:00",
    ]


async def test_both_hours_of_a_clock_that_goes_back_are_told_apart(mails):
    mails.write("closed/body.txt", "{{ when(first) }}, {{ when(second) }}")
    first, second = (datetime(2026, 10, 25, 2, 30, fold=fold, tzinfo=STOCKHOLM) for fold in (0, 1))

    rendered = await mails.render(
        first=first, second=second, zone=ZoneInfo("UTC"), made_at=datetime(2026, 10, 20, tzinfo=UTC)
    )

    assert rendered.text == "Sun 25 Oct 00:30, Sun 25 Oct 01:30\n"


@pytest.mark.parametrize(
    ("left", "column"),
    [
        pytest.param("", " " * 19, id="nothing"),
        pytest.param("x" * 18, "x" * 18 + " ", id="as wide as the column"),
        pytest.param("x" * 19, "x" * 19 + "\n" + " " * 19, id="wider"),
    ],
)
async def test_words_stand_beside_what_fits_its_column_and_below_what_does_not(mails, left, column):
    mails.write("closed/body.txt", "|{{ left|beside(words) }}")

    rendered = await mails.render(left=left, words="a" * 30 + " " + "b" * 30)

    assert rendered.text == f"|{column}{'a' * 30}\n{' ' * 19}{'b' * 30}\n"


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "  a", "a  ", "a\n", "a\nb", "a\u2028b", "a\x0cb", "a\u00a0", "a  b", "a\tb"),
        *("1234567890", "12345 7890", "12345678901", "12345 78901", "a-b-c-d-e-f", "\u2003a"),
    ],
)
async def test_a_short_line_is_wrapped_as_jinja_does(mails, text):
    mails.write("closed/body.txt", "|{{ text|wordwrap(10) }}|{{ text|wordwrap(10, false, '+', false) }}|")

    expected = Environment().from_string((mails.own / "closed/body.txt").read_text()).render(text=text)
    assert (await mails.render(text=text)).text == f"{printable(expected)}\n"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param("a\n{{ nobody }}", "closed/body.txt:2: 'nobody' is undefined", id="a word nobody set"),
        pytest.param("a\nb\n{% if %}", "closed/body.txt:3: Expected an expression, got", id="syntax"),
        pytest.param("{{ x|monney }}", "closed/body.txt:1: No filter named 'monney'", id="unknown filter"),
        pytest.param("a\n{{ 1 / 0 }}", "closed/body.txt:2: division by zero", id="arithmetic"),
        pytest.param(
            "{% include 'gone.txt' %}", "closed/body.txt:1: includes gone.txt, which is", id="include"
        ),
        pytest.param(
            "{% include '../../x' %}", "closed/body.txt:1: includes ../../x, which is", id="outside"
        ),
        pytest.param("{{ at|day }}", "closed/body.txt:1: a moment has no day", id="a day without its zone"),
    ],
)
async def test_a_mistake_names_its_file_and_line(mails, body, message):
    mails.write("closed/body.txt", body)

    assert (await mails.problem(at=datetime(2026, 11, 24, tzinfo=UTC))).startswith(message)


async def test_a_mistake_in_a_shared_file_names_that_file(mails):
    mails.write("_parts.txt", "{% macro p() %}\n\n{{ nobody }}{% endmacro %}")
    mails.write("closed/body.txt", "{% import '_parts.txt' as t %}{{ t.p() }}")

    assert await mails.problem() == "_parts.txt:3: 'nobody' is undefined"


@pytest.mark.parametrize("name", ["gone", "../closed", "closed/../closed", ""])
async def test_a_mail_without_a_template_is_a_problem(mails, name):
    with pytest.raises(TemplateProblem, match="there is no such template"):
        await mails.renderer().render(name, "en", {})


@pytest.mark.parametrize(
    ("words", "subject"),
    [
        pytest.param("a\nBcc: x@example.com", "a Bcc: x@example.com", id="a second header"),
        pytest.param("a\r\nb", "a b", id="the end of a line"),
        pytest.param("a\x07\x85b", "a b", id="control characters"),
        pytest.param("a\u2028b\ud800", "a b", id="what else ends a line, and half a character"),
        pytest.param("a\u202eb\u2066c\u2069\u200fd", "abcd", id="marks of direction"),
        pytest.param("18\u00a0450", "18\u00a0450", id="a space within an amount stays"),
    ],
)
async def test_a_subject_is_one_plain_line_whatever_a_vendor_wrote(mails, words, subject):
    mails.write("closed/subject.txt", "Closed: {{ words }}\n")

    assert (await mails.render(words=words)).subject == f"Closed: {subject}"


@pytest.mark.parametrize("subject", [" \n", "\x00\u202e", "x" * 251])
async def test_a_subject_is_neither_empty_nor_endless(mails, subject):
    mails.write("closed/subject.txt", "{{ subject }}")

    assert "the subject must be one line" in await mails.problem(subject=subject)


def grown(start: str, step: str) -> str:
    """A template in which a value grows forty times."""
    again = f"{{% for i in range(40) %}}{{% set x.v = {step} %}}{{% endfor %}}"
    return f"{{% set x = namespace(v={start}) %}}{again}"


def doubled(start: str, step: str, compared: str = "l") -> str:
    """A template in which a value is put twice into itself, thirty-one times, and then used."""
    return f"{{% set l = {start} %}}" + f"{{% set l = {step} %}}" * 31 + f"{{{{ {compared} }}}}"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(doubled("[1]", "[l, l]"), id="a list printed"),
        pytest.param(doubled("[1]", "[l, l]", "l == [l]"), id="a list compared"),
        pytest.param(doubled("(1,)", "(l, l)", "{l: 1}|length"), id="a tuple as a key"),
        pytest.param(doubled("{'a': 1}", "{'a': l, 'b': l}"), id="a table printed"),
        pytest.param(doubled("[1]", "dict(a=l, b=l)"), id="a table that is called for"),
        pytest.param(doubled("[1]", "[l] + [l]"), id="lists added"),
        pytest.param(doubled("[1]", "[l, l]|list"), id="through a filter"),
        pytest.param(
            "{% macro f() %}{{ f(varargs, varargs) if varargs|length < 9 }}{% endmacro %}{{ f(1) }}",
            id="what a macro was called with",
        ),
        pytest.param(
            "{% set l = range(100)|list %}{% set l = [l, l, l, l, l, l, l, l, l, l] %}"
            "{{ [l, l, l, l, l, l, l, l, l, l, l, l, l, l, l, l, l, l, l, l, l] }}",
            id="wide and not deep",
        ),
        pytest.param(
            "{% set s = range(9999)|join('aaaaaaaaaaaaaaaaaaaa') %}{{ [s, s, s, s]|string|length }}",
            id="one long text many times",
        ),
    ],
)
async def test_a_list_is_as_large_as_it_is_when_printed(mails, body):
    mails.write("closed/body.txt", body)
    started = time.monotonic()

    problem = await mails.problem()

    assert problem.startswith("closed/body.txt:1: ")
    assert " grew beyond " in problem or " more than 12 deep" in problem
    assert time.monotonic() - started < 1


async def test_a_namespace_does_not_print_what_it_leads_to(mails):
    mails.write("closed/body.txt", doubled("namespace(v=1)", "namespace(v=[l, l])"))

    assert (await mails.render()).text == "<namespace>\n"


async def test_lists_as_mails_have_them_are_left_alone(mails):
    mails.write(
        "closed/body.txt",
        "{% for a, b in [(1, 'x'), (2, 'y')] %}{{ a }}{{ b }}{% endfor %}{% include ['gone', '_p.txt'] %}"
        "{% set c, d = 3, {'k': [4]} %}{{ c ~ d.k[0] }}",
    )
    mails.write("_p.txt", "-")

    assert (await mails.render()).text == "1x2y-34\n"


def nested(body: str) -> str:
    """A template with a body that comes a hundred million times."""
    return "{% for i in range(9999) %}{% for j in range(9999) %}" + body + "{% endfor %}{% endfor %}"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("{{ ''.__class__.__mro__ }}", id="the way out of the sandbox"),
        pytest.param("{{ many.append(1) }}", id="changing what it was given"),
        pytest.param("{{ 'a' * 10 ** 9 }}", id="a text repeated"),
        pytest.param("{{ [1] * 10 }}", id="a list repeated"),
        pytest.param("{{ 9 ** 9 ** 9 }}", id="a power"),
        pytest.param(grown("3", "x.v * x.v"), id="a number that squares itself"),
        pytest.param("{{ range(10 ** 6)|list }}", id="a long range"),
        pytest.param("{{ '%999999999d' % 1 }}", id="a wide percent format"),
        pytest.param("{{ '{:>999999999}'.format(1) }}", id="a wide format"),
        pytest.param("{{ 'a'.ljust(999999999) }}", id="a wide method"),
        pytest.param("{{ 'a'|center(999999999) }}", id="a wide filter"),
        pytest.param("{{ 'a'.zfill(9) }}", id="a method nobody looked at"),
        pytest.param("{{ lipsum(n=10 ** 6) }}", id="endless filler"),
        pytest.param(grown("'aaaa'", "x.v ~ x.v"), id="a text that doubles"),
        pytest.param(grown("[1]", "x.v + x.v"), id="a list that doubles"),
        pytest.param(grown("'aaaa'", "x.v|replace('a', x.v)"), id="a filter that multiplies"),
        pytest.param(
            "{% set x = 'aaaa' %}" + "{% set x %}{{ x }}{{ x }}{% endset %}" * 40, id="a block that doubles"
        ),
        pytest.param(nested("aaaaaaaa"), id="too much output"),
        pytest.param("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", id="a macro that calls itself"),
    ],
)
async def test_a_template_cannot_get_out_or_fill_the_memory(mails, body):
    mails.write("closed/body.txt", body)
    started = time.monotonic()

    problem = await mails.problem(many=[])

    assert problem.startswith("closed/body.txt:")
    assert time.monotonic() - started < 4


async def test_a_template_that_never_ends_is_given_up_and_its_thread_ends(mails):
    mails.write(
        "closed/body.txt", "{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}"
    )
    before = threading.active_count()
    renderer = mails.renderer(time_out_s=0.05)

    with pytest.raises(TemplateProblem, match=r"closed: took longer than 0\.05 s"):
        await renderer.render("closed", "en", {})

    mails.write("closed/body.txt", "Closed.")
    assert (await mails.render()).text == "Closed.\n"
    await asyncio.get_running_loop().shutdown_default_executor()
    assert threading.active_count() <= before


def test_the_known_mails_are_those_of_both_folders(mails):
    mails.write("ours/subject.txt", "Ours")
    mails.write("_parts/body.txt", "no mail")

    assert mails.renderer().names() == {"closed", "ours"}
