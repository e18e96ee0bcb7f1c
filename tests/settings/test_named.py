"""Every setting by its name, as the record has it: no secret, and nobody's address."""

from pathlib import Path

from settings_kit import loaded

from bot.settings.named import named


def _mark(text: str) -> str:
    return f"…{len(text)}"


def test_each_is_there_by_its_name_as_the_file_would_say_it(tmp_path: Path) -> None:
    people = (
        "people: [{id: finance-1, mail: finance-1@example.com, roles: [operator, approver], "
        "up_to: {SEK: 50 000}}]"
    )
    found = named(loaded(tmp_path, people=people), _mark)
    found = {name: text.replace("\u00a0", " ") for name, text in found.items()}

    assert found["people.finance-1.up_to.SEK"] == "50 000.00 SEK"
    assert found["people.finance-1.roles"] == "operator, approver"
    assert found["guards.per_day.SEK"] == "1 000 000.00 SEK"
    assert found["guards.change_from_median"] == "25"
    assert found["timezone"] == "Europe/Stockholm"
    assert found["mail.smtp.host"] == "mail.example.com"
    assert (found["keep.raw"], found["timing.lease"], found["connections.acme-se.poll"]) == (
        "90d",
        "1m",
        "5m",
    )
    assert found["connections.acme-se.calendar"] == "se"
    assert found["sole"] == "False"


def test_what_is_secret_or_leads_to_somebody_is_a_mark(tmp_path: Path) -> None:
    more = (
        "webhook_targets: {ledger: {url: 'https://example.com/canary-path', secret: env:LEDGER}}\n"
        "heartbeat: {url: 'https://example.com/canary-beat'}\n"
        "database: env:DATABASE\n"
        "timezone: Europe/Stockholm"
    )
    environ = {"LEDGER": "whsec_" + "Y2FuYXJ5" * 6, "DATABASE": "postgresql://bot:canary-password@db/bot"}
    found = named(loaded(tmp_path, environ, timezone=more), _mark)

    assert found["mail.password"] == f"…{len('canary-smtp')}"
    assert found["connections.acme-se.token"] == f"…{len('canary-token')}"
    for name in (
        "people.finance-1.mail",
        "groups.ops",
        "webhook_targets.ledger.url",
        "webhook_targets.ledger.secret",
        "heartbeat.url",
        "database",
    ):
        assert found[name].startswith("…"), name
    assert found["groups.finance"] == "finance-1"
    assert not any("canary" in text or "@" in text for text in found.values())


def test_a_connections_guards_are_there_where_they_are_its_own(tmp_path: Path) -> None:
    own = (
        "connections: [{id: acme-se, vendor: acme, calendar: se, token: env:TOKEN, "
        "guards: {per_action: {SEK: 9 000}}}]"
    )
    alike, other = named(loaded(tmp_path), _mark), named(loaded(tmp_path, connections=own), _mark)

    assert [name for name in alike if name.startswith("connections.acme-se.guards.")] == []
    assert other["connections.acme-se.guards.per_action.SEK"].replace("\u00a0", " ") == "9 000.00 SEK"


def test_what_each_machine_has_for_itself_and_the_keys_are_left_out(tmp_path: Path) -> None:
    found = named(loaded(tmp_path, timezone="timezone: Europe/Stockholm\naudit_head: here.head"), _mark)

    left_out = ("http.listen", "audit_head", "rules", "templates", "keys")
    assert [name for name in found if name.startswith(left_out)] == []
    assert found["http.public_url"] == "https://payrun.example.com"
