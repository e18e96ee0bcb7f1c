"""Who may do what: each deed by each kind of person, on the page, over the API and by command.

What is expected comes from the one function of the program; that function is held against a
table written by hand below. Whoever is refused hears its sentence, and nothing is on record
of them; whoever is not refused is let through to the deed itself.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from bot.__main__ import main
from bot.core.money import Money
from bot.engine.access import issue_token, make_forms
from bot.engine.may import NOTHING, About, Deed, asked_about, why_not
from bot.engine.versions import about_signing
from bot.settings import Person, Role, Settings
from bot.store import approvals, rules
from bot.store.tables import approval, audit, rule_version, sign_off
from tests.faults.tally import note

from .stand import APPROVER, OPERATOR, PROPOSER, RUN, VIEWER, Stand, stand

RULE = "gigapay-weekly-close"
TOMORROW = "2026-11-21T12:00:00+01:00"
WITHIN, ABOVE, FOR_WITHIN, FOR_ABOVE, AGAIN, ADMIN = (
    "clerk-1",
    "clerk-2",
    "clerk-3",
    "clerk-4",
    "clerk-5",
    PROPOSER,
)
"""Approvers: within and above their limit, standing in for each of these, with a yes given already,
and one with every role there is who proposed the rule."""
OTHER = "clerk-6"
"""Who does nothing: tokens are revoked of them, and an absence is said for them."""
PEOPLE = (VIEWER, OPERATOR, APPROVER, WITHIN, ABOVE, FOR_WITHIN, FOR_ABOVE, AGAIN, ADMIN)

_ROLES = {"viewer": {VIEWER}, "operator": {OPERATOR}, "approver": set(PEOPLE) - {VIEWER, OPERATOR}}
_OPERATORS = _ROLES["operator"] | _ROLES["approver"]
MAY: Mapping[Deed, set[str]] = {
    Deed.APPROVE: {APPROVER, WITHIN, FOR_WITHIN},
    Deed.REJECT: _ROLES["approver"],
    Deed.SETTLE: _ROLES["approver"],
    Deed.HOLD: _OPERATORS,
    Deed.RELEASE: _OPERATORS,
    Deed.PAUSE: _OPERATORS,
    Deed.RESUME: _OPERATORS,
    Deed.MUTE: _OPERATORS,
    Deed.UNMUTE: _OPERATORS,
    Deed.REPLAY: _OPERATORS,
    Deed.PROPOSE: _OPERATORS,
    Deed.SIGN_OFF: _ROLES["approver"] - {ADMIN},
    Deed.SEND_BACK: _ROLES["approver"],
    Deed.LOG_IN: _OPERATORS,
    Deed.SYNC_WEBHOOKS: _OPERATORS,
    Deed.REMOVE_CONNECTION: _ROLES["approver"],
    Deed.FORGET: _ROLES["approver"],
    Deed.ISSUE: set(PEOPLE),
    Deed.REVOKE: _ROLES["approver"],
    Deed.SAY_AWAY: _ROLES["approver"],
    Deed.VERIFY: _OPERATORS,
}
"""By hand: whom each deed is for."""


async def _nothing(_site: Stand) -> About:
    return NOTHING


@dataclass(frozen=True)
class Try:
    """One deed by each way there is to it."""

    deed: Deed
    api: tuple[str, Mapping[str, Any]] | None = None
    page: tuple[str, Mapping[str, Any]] | None = None
    command: list[str] | None = None
    about: Callable[[Stand], Awaitable[About]] = _nothing


async def _asked(site: Stand) -> About:
    return asked_about(site.bot, await site.asked())


async def _version(site: Stand) -> About:
    async with site.bot.db.read() as tx:
        state = (await rules.states(tx))[RULE]
        version = await rules.version(tx, state.file_hash or "")
    assert version is not None
    return about_signing(site.bot.settings, version)


async def _another(_site: Stand) -> About:
    return About(person=OTHER)


def tries(approval_id: str) -> list[Try]:
    """In an order in which none takes away what the next is about."""
    run, ref, here = f"/payruns/gigapay-se/{RUN}", f"gigapay-se/{RUN}", f"/approvals/{approval_id}"
    until, why = ["--until", TOMORROW], ["--reason", "x"]
    return [
        Try(
            Deed.APPROVE,
            (here, {"answer": "approve", "checks": "all"}),
            (f"{here}/approve", {"check": "first-time-payees"}),
            ["approve", approval_id, "--yes"],
            _asked,
        ),
        Try(
            Deed.REJECT,
            (here, {"answer": "reject", "comment": "x"}),
            (f"{here}/reject", {"reason": "x"}),
            ["reject", approval_id, *why],
        ),
        Try(
            Deed.SETTLE,
            (f"{run}/settle", {"what": "never", "comment": "x"}),
            (f"{run}/settle", {"answer": "never", "comment": "x"}),
            ["settle", ref, "never", "--comment", "x"],
        ),
        Try(
            Deed.HOLD,
            (f"{run}/hold", {"reason": "x", "until": TOMORROW}),
            (f"{run}/hold", {"reason": "x", "until": TOMORROW}),
            ["hold", ref, *why, *until],
        ),
        Try(Deed.RELEASE, (f"{run}/release", {}), (f"{run}/release", {}), ["release", ref]),
        Try(
            Deed.PAUSE,
            ("/pause", {"scope": "xero-uk", "reason": "x"}),
            ("/connections/xero-uk/pause", {"reason": "x"}),
            ["pause", "xero-uk", *why],
        ),
        Try(
            Deed.RESUME,
            ("/resume", {"scope": "xero-uk"}),
            ("/connections/xero-uk/resume", {}),
            ["resume", "xero-uk"],
        ),
        Try(
            Deed.MUTE,
            ("/mute", {"about": ref, "why": "x", "lasts": "1 day"}),
            command=["mute", ref, "--until", "1 day", "--why", "x"],
        ),
        Try(Deed.UNMUTE, ("/unmute", {"about": ref}), command=["unmute", ref]),
        Try(Deed.REPLAY, ("/replay", {"everything": True}), command=["replay", "--everything"]),
        Try(
            Deed.SEND_BACK,
            (f"/rules/{RULE}/send-back", {"version": 1, "reason": "x"}),
            (f"/rules/{RULE}/1/send-back", {"reason": "x"}),
        ),
        Try(
            Deed.SIGN_OFF,
            (f"/rules/{RULE}/sign-off", {"version": 1}),
            (f"/rules/{RULE}/1/sign-off", {"answer": "sign", "seen": "yes"}),
            ["sign-off", RULE, "--yes"],
            _version,
        ),
        Try(Deed.PROPOSE, ("/rules/propose", {}), command=["propose"]),
        Try(
            Deed.LOG_IN,
            ("/connections/xero-uk/login", {}),
            command=["login", "xero-uk", "--came-back", "https://example.com/?code=x"],
        ),
        Try(Deed.SYNC_WEBHOOKS, ("/webhooks/sync", {}), command=["webhooks", "sync"]),
        Try(Deed.FORGET, ("/forget", {"employee": "9"}), command=["forget", "9", "--yes"]),
        Try(Deed.ISSUE, ("/tokens", {})),
        Try(
            Deed.REVOKE,
            ("/tokens/revoke", {"which": OTHER}),
            ("/people/revoke", {"token": OTHER}),
            ["token", "revoke", OTHER],
            _another,
        ),
        Try(
            Deed.SAY_AWAY,
            ("/away", {"person": OTHER, "until": TOMORROW}),
            ("/people/away", {"person": OTHER, "until": TOMORROW}),
            ["away", "--for", OTHER, "--until", TOMORROW],
            _another,
        ),
        Try(Deed.VERIFY, page=("/audit/verify", {})),
        Try(
            Deed.REMOVE_CONNECTION,
            ("/connections/xero-uk/remove", {}),
            command=["connection", "remove", "xero-uk", "--yes"],
        ),
    ]


def with_everybody(settings: Settings) -> Settings:
    """The people of the stand, and approvers of every kind besides."""

    def clerk(id: str, up_to: str | None = None, substitute_for: str | None = None) -> Person:
        limit = {"SEK": Money.parse(f"{up_to} SEK")} if up_to else None
        mail = f"{id}@example.com"
        return Person(id=id, mail=mail, roles=(Role.APPROVER,), up_to=limit, substitute_for=substitute_for)

    admin = tuple(
        one.model_copy(update={"roles": tuple(Role)}) if one.id == ADMIN else one for one in settings.people
    )
    clerks = (
        clerk(WITHIN, "30000"),
        clerk(ABOVE, "10000"),
        clerk(FOR_WITHIN, substitute_for=WITHIN),
        clerk(FOR_ABOVE, substitute_for=ABOVE),
        clerk(AGAIN),
        clerk(OTHER),
    )
    return settings.model_copy(update={"people": (*admin, *clerks)})


async def prepare(site: Stand) -> None:
    """Everybody there is; a question that takes three, one of whom has said yes; a rule that waits."""
    bot = site.bot
    bot.settings = with_everybody(bot.settings)
    site.tokens = dict(site.tokens)
    asked = await site.asked()
    async with bot.db.write() as tx:
        for person in bot.settings.people:
            if person.id not in site.tokens:
                site.tokens[person.id], _ = await issue_token(
                    tx, bot.settings, person, issued_by="test", now=bot.now()
                )
        await tx.execute(update(approval).values(people_needed=3))
        await approvals.answer(
            tx, asked.id, person=AGAIN, answer="approve", comment="", checks=(), channel="page", now=bot.now()
        )


async def let_rule_wait(site: Stand) -> None:
    """The rule waits for its signature as at first, whatever was done about it since."""
    async with site.bot.db.write() as tx:
        await tx.execute(sign_off.delete())
        await tx.execute(
            update(rule_version).values(
                proposed_by=ADMIN, sent_back_by=None, sent_back_at=None, sent_back_why=None
            )
        )


async def on_record(site: Stand, person: str) -> int:
    """How many lines of the record are this person's."""
    query = select(func.count()).select_from(audit).where(audit.c.actor == person)
    async with site.bot.db.read() as tx:
        return int((await tx.execute(query)).scalar_one())


async def by_api(site: Stand, person: str, one: Try) -> tuple[bool, str] | None:
    """Whether the deed was let through, and what was said."""
    if one.api is None:
        return None
    path, body = one.api
    async with site.client() as client:
        reply = await client.post(f"/api{path}", json=body, headers=site.bearer(person))
        said = await reply.text()
        assert reply.status in (200, 403, 409), (one.deed, reply.status, said)
        return reply.status != 403, said


async def by_page(site: Stand, person: str, one: Try) -> tuple[bool, str] | None:
    """By a form with a right token, which a page would not have offered where it is refused."""
    if one.page is None:
        return None
    path, fields = one.page
    async with site.signed_in(person) as browser:
        jar = browser.client.cookie_jar.filter_cookies(site.server.make_url("/"))
        (token,) = await make_forms(site.bot, jar["payrunbot_session"].value, [path])
        reply = await browser.post(path, csrf=token, **fields)
        said = unescape(await reply.text())
        assert reply.status in (200, 303, 403, 409), (one.deed, reply.status, said)
        return reply.status != 403, said


async def by_command(
    site: Stand, person: str, one: Try, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[bool, str] | None:
    if one.command is None:
        return None

    monkeypatch.setenv("PAYRUNBOT_URL", str(site.server.make_url("")).rstrip("/"))
    monkeypatch.setenv("PAYRUNBOT_TOKEN", site.tokens[person])
    capsys.readouterr()
    code = await asyncio.to_thread(main, one.command)
    said = "".join(capsys.readouterr())
    assert code in (0, 1), (one.deed, code, said)
    return code == 0 or "you may not" not in said, said


@pytest.mark.parametrize("way", ["api", "page", "command"])
@pytest.mark.parametrize("person", PEOPLE)
async def test_who_may_do_what_is_the_same_by_each_way(
    tmp_path: Path,
    person: str,
    way: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    cases = 0
    async with stand(tmp_path) as site:
        await prepare(site)
        (somebody,) = [one for one in site.bot.settings.people if one.id == person]
        for one in tries((await site.asked()).id):
            await let_rule_wait(site)
            about = await one.about(site)
            refusal = why_not(site.bot.settings, somebody, one.deed, about)
            before = await on_record(site, person)
            match way:
                case "api":
                    done = await by_api(site, person, one)
                case "page":
                    done = await by_page(site, person, one)
                case _:
                    done = await by_command(site, person, one, monkeypatch, capsys)
            if done is None:
                continue
            was_let, said = done
            cases += 1

            assert (refusal is None) == (person in MAY[one.deed]), (one.deed, refusal)
            assert was_let == (refusal is None), (one.deed, said)
            if refusal is not None:
                signed_in = 1 if way == "page" else 0
                assert refusal in said.replace("\u00a0", " "), (one.deed, said)
                assert await on_record(site, person) == before + signed_in, one.deed
    note("who may do what", cases=cases)


def test_every_deed_is_tried():
    assert {one.deed for one in tries("x")} == set(Deed) == set(MAY)


async def test_nobody_approves_what_they_proposed_whatever_their_roles(site: Stand):
    await prepare(site)
    (admin,) = [one for one in site.bot.settings.people if one.id == ADMIN]
    asked = await site.asked()

    assert set(admin.roles) == set(Role)
    for way in (by_api, by_page):
        (approve, *_) = tries(asked.id)
        was_let, said = await way(site, ADMIN, approve) or (True, "")
        assert (was_let, "You proposed this version of the rule" in said) == (False, True)
    assert ADMIN not in (await site.asked()).approved_by
    note("who may do what", cases=2)


ALONE = [one for one in tries("x") if one.command is not None]


@pytest.mark.parametrize("one", ALONE, ids=lambda one: str(one.deed))
def test_without_the_service_nothing_is_decided(
    one: Try, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """No command has a way of its own past the service, with whatever token."""
    monkeypatch.setenv("PAYRUNBOT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("PAYRUNBOT_TOKEN", "prb_whoever")

    assert main(one.command) == 3
    assert "Nobody answers" in capsys.readouterr().err
    note("who may do what", cases=1)
