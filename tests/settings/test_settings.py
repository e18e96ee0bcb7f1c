"""Settings that are right: what they become."""

import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from settings_kit import ENVIRON, KEY, SECTIONS, Acme, loaded

from bot.connectors import connectors
from bot.core.guard import Guards
from bot.core.money import Money
from bot.settings import SmtpServer, load, new_key

EXAMPLE = Path(__file__).parents[2] / "bot.example.yaml"


def sek(amount: int) -> Money:
    return Money.of(amount, "SEK")


def test_texts_become_values(tmp_path):
    settings = loaded(tmp_path, keep="keep: {raw: 30 d, decisions: 7y}", timing="timing: {quarantine: 90s}")

    assert settings.timezone == ZoneInfo("Europe/Stockholm")
    assert settings.guards.per_action == {"SEK": sek(250_000)}
    assert settings.guards.change_from_median == Decimal(25)
    assert settings.keep.raw == timedelta(days=30)
    assert settings.keep.lines == timedelta(days=400)
    assert settings.timing.quarantine == timedelta(seconds=90)
    assert settings.timing.lease == timedelta(seconds=60)
    assert settings.sole is False


def test_amounts_keep_every_digit_that_was_written(tmp_path):
    settings = loaded(tmp_path, guards="guards: {per_action: {SEK: 20000.10, GBP: 010, AUD: '1,000 AUD'}}")

    assert settings.guards.per_action["SEK"].amount.as_tuple() == Decimal("20000.10").as_tuple()
    assert settings.guards.per_action["GBP"] == Money.of(10, "GBP")
    assert settings.guards.per_action["AUD"] == Money.of(1000, "AUD")


def test_paths_begin_at_the_file(tmp_path):
    (tmp_path / "our-rules").mkdir()

    settings = loaded(tmp_path, rules="rules: our-rules/")

    assert settings.rules == tmp_path / "our-rules"
    assert settings.templates == tmp_path / "templates"
    assert settings.database == f"sqlite+aiosqlite:///{tmp_path}/data/bot.db"


def test_paths_of_the_environment_begin_where_the_program_was_started(tmp_path, monkeypatch):
    started = tmp_path / "elsewhere"
    (started / "own").mkdir(parents=True)
    monkeypatch.chdir(started)

    settings = loaded(tmp_path, {"PAYRUNBOT_RULES": "own", "PAYRUNBOT_DATABASE": "sqlite:///bot.db"})

    assert settings.rules == started / "own"
    assert settings.database == f"sqlite+aiosqlite:///{started}/bot.db"


def test_secrets_come_from_the_environment_or_a_file(tmp_path):
    (tmp_path / "token").write_text("from-file\n")

    settings = loaded(
        tmp_path,
        connections="connections: [{id: a, vendor: acme, calendar: se, token: file:token, "
        "webhook_secrets: [env:TOKEN, file:token]}]",
    )

    part = settings.connections[0].part
    assert isinstance(part, Acme)
    assert part.token.get_secret_value() == "from-file"
    assert [one.get_secret_value() for one in part.webhook_secrets] == ["canary-token", "from-file"]


def test_one_secret_is_a_list_of_one(tmp_path):
    assert [key.get_secret_value() for key in loaded(tmp_path).keys.sessions] == [KEY]


def test_what_is_no_secret_can_be_named_too(tmp_path):
    settings = loaded(tmp_path, database="database: env:DB", environ={"DB": "sqlite:////data/bot.db"})

    assert settings.database == "sqlite+aiosqlite:////data/bot.db"


def test_no_secret_is_printed(tmp_path):
    settings = loaded(tmp_path, {"PAYRUNBOT_DATABASE": "sqlite:////canary-db/bot.db"})

    assert not re.search(f"canary|{KEY}", f"{settings!r} {settings} {settings.connections!r}")


def test_a_connections_guards_are_its_own_over_the_default_ones(tmp_path):
    settings = loaded(
        tmp_path,
        connections="connections:\n"
        "  - {id: a, vendor: acme, calendar: se, token: env:TOKEN, poll: 15m}\n"
        "  - {id: b, vendor: acme, calendar: se, token: env:TOKEN, guards: {per_day: {SEK: 500}}}",
    )

    first, second = settings.connections
    assert (first.id, first.vendor, first.calendar, first.poll) == ("a", "acme", "se", timedelta(minutes=15))
    assert first.guards == Guards({"SEK": sek(250_000)}, {"SEK": sek(1_000_000)}, Decimal(25))
    assert second.guards == Guards({"SEK": sek(250_000)}, {"SEK": sek(500)}, Decimal(25))


def test_a_group_is_mail_addresses_each_once(tmp_path):
    settings = loaded(tmp_path, groups="groups: {ops: [finance-1, ops@example.com, finance-1@example.com]}")

    assert settings.members("ops") == ("finance-1@example.com", "ops@example.com")


@pytest.mark.parametrize(
    ("written", "server"),
    [
        ("smtp://bot@mail.example.com", SmtpServer("starttls", "mail.example.com", 587, "bot")),
        ("smtps://a%40b.example@mail.example:46", SmtpServer("tls", "mail.example", 46, "a@b.example")),
        ("smtp+plain://bot@127.0.0.1:1025", SmtpServer("none", "127.0.0.1", 1025, "bot")),
    ],
)  # fmt: skip
def test_the_scheme_of_the_mail_server_says_how_it_is_protected(tmp_path, written, server):
    settings = loaded(
        tmp_path, mail=f"mail: {{smtp: '{written}', password: env:SMTP, from: bot@example.com}}"
    )

    assert settings.mail.smtp == server


def test_where_to_listen(tmp_path):
    http = loaded(tmp_path, http="http: {listen: '[::1]:0', public_url: https://payrun.example.com/}").http

    assert (http.host, http.port, http.public_url) == ("::1", 0, "https://payrun.example.com")


@pytest.mark.parametrize(
    ("variable", "value", "seen"),
    [
        ("PAYRUNBOT_TIMEZONE", "UTC", lambda s: s.timezone.key == "UTC"),
        ("PAYRUNBOT_HTTP__LISTEN", "[::]:80", lambda s: s.http.port == 80),
        ("PAYRUNBOT_MAIL__PASSWORD", "{[x", lambda s: s.mail.password.get_secret_value() == "{[x"),
        ("PAYRUNBOT_MAIL__FROM", "x@example.com", lambda s: s.mail.sender == "x@example.com"),
        ("PAYRUNBOT_KEYS__AUDIT", "[env:KEY, env:KEY]", lambda s: len(s.keys.audit) == 2),
        ("PAYRUNBOT_SOLE", "true", lambda s: s.sole),
        ("PAYRUNBOT_KEEP__RAW", "1d", lambda s: s.keep.raw == timedelta(days=1)),
        ("PAYRUNBOT_GUARDS__PER_ACTION__SEK", "1", lambda s: s.guards.per_action["SEK"] == sek(1)),
        ("PAYRUNBOT_GUARDS__PER_DAY__GBP", "1", lambda s: set(s.guards.per_day) == {"SEK", "GBP"}),
        ("PAYRUNBOT_GROUPS__FINANCE", "[a@b.example]", lambda s: s.members("finance") == ("a@b.example",)),
        ("PAYRUNBOT_GROUPS__PAY_ROLL", "[a@example.com]", lambda s: "pay-roll" in s.groups),
        ("PAYRUNBOT_PEOPLE__FINANCE_1__LANGUAGE", "sv", lambda s: s.people[0].language == "sv"),
        ("PAYRUNBOT_CONNECTIONS__ACME_SE__CURRENCY", "GBP",
         lambda s: s.connections[0].part.currency == "GBP"),
        ("PAYRUNBOT_CONNECTIONS__ACME_SE__GUARDS__PER_ACTION__SEK", "7",
         lambda s: s.connections[0].guards.per_action["SEK"] == sek(7)),
        ("PAYRUNBOT_HEARTBEAT", "{url: https://hc.example.com, every: 1m}",
         lambda s: s.heartbeat.every == timedelta(minutes=1)),
    ],
)  # fmt: skip
def test_the_environment_goes_over_the_file(tmp_path, variable, value, seen):
    assert seen(loaded(tmp_path, {variable: value}))


def test_variables_that_are_no_settings_are_left_alone(tmp_path):
    none = {f"PAYRUNBOT_{name}": "x" for name in ("CONFIG", "TOKEN", "URL", "TEST_POSTGRES")}

    assert loaded(tmp_path, none) == loaded(tmp_path)


def test_the_environment_alone_is_enough(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules").mkdir()
    environ = {f"PAYRUNBOT_{name.upper()}": text.partition(": ")[2] for name, text in SECTIONS.items()}

    settings = load(None, {**ENVIRON, **environ}, {"acme": Acme})

    assert settings == loaded(tmp_path)


def test_a_new_key_is_a_key_and_never_the_same(tmp_path):
    first, second = new_key(), new_key()

    assert first != second
    assert loaded(tmp_path, {"KEY": first}).keys.audit[0].get_secret_value() == first


def test_the_example_is_what_the_connectors_take(tmp_path):
    (tmp_path / "rules").mkdir()
    (tmp_path / "templates").mkdir()
    (tmp_path / "bot.yaml").write_bytes(EXAMPLE.read_bytes())
    named = set(re.findall(r"env:([A-Z_]+)", EXAMPLE.read_text("utf-8"))) - {"NAME"}
    models = {vendor: connector.settings for vendor, connector in connectors().items()}

    settings = load(tmp_path / "bot.yaml", dict.fromkeys(named, new_key()), models)

    assert [one.id for one in settings.connections] == [
        "gigapay-se",
        "xero-uk",
        "staffology-acme",
        "roubler-au",
    ]
    assert settings.connections[2].guards.per_action["GBP"] == Money.of(80_000, "GBP")


def test_people_read_the_language_of_the_house_unless_they_have_their_own(tmp_path):
    people = (
        "people:\n"
        "  - {id: a, mail: a@example.com, roles: [approver]}\n"
        "  - {id: b, mail: b@example.com, roles: [approver], language: en}\n"
        "  - {id: c, mail: c@example.com, roles: [approver]}\n"
    )
    groups = "groups: {finance: [a, b, c], payroll: [a], ops: [a], payroll-leads: [a]}"

    settings = loaded(tmp_path, people=people, groups=groups, language="language: sv")

    assert [one.language for one in settings.people] == ["sv", "en", "sv"]
