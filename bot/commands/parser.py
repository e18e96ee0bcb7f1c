"""The command line as it is read: every command, its words and its help, on one page.

`run` is where a command's work is, as `module:function` under bot.commands. It is a
text, so that nothing of it is imported before it is asked for.
"""

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from bot import __version__

SANDBOX = Path(__file__).parents[1] / "sandbox"
VENDORS = tuple(sorted(module.name for module in iter_modules([str(SANDBOX)]) if module.ispkg))
"""Those that the sandbox has a folder for; it is not imported for that."""
DEFAULT_CONFIG = "default: PAYRUNBOT_CONFIG, else ./bot.yaml"

Add = Callable[..., ArgumentParser]
"""`add_parser` of the commands, or of a command's own commands."""


class Parser(ArgumentParser):
    """Takes no abbreviations: what is short for one option today may be for two tomorrow."""

    def __init__(self, **given: Any) -> None:
        super().__init__(allow_abbrev=False, **given)


def make_parser() -> ArgumentParser:
    parser = Parser(
        prog="payrunbot",
        description="Watches pay runs, does the routine steps by rule, and says what it did and why.",
        epilog="Exit codes: 0 done, 1 refused or something wrong was found, 2 usage, 3 unreachable. "
        "Commands that change something call the running service at PAYRUNBOT_URL, else on this "
        "machine, as the person whose token is in PAYRUNBOT_TOKEN.",
    )
    parser.add_argument("--version", action="version", version=f"payrunbot {__version__}")
    add = parser.add_subparsers(title="commands", metavar="<command>", required=True).add_parser
    _running(add)
    _rules(add)
    _looking(add)
    _deciding(add)
    _machine(add)
    return parser


def _running(add: Add) -> None:
    with_settings(add("serve", help="the service"), "serve:run")
    one = add("demo", help="the whole product on this machine, with no account")
    one.add_argument("--once", action="store_true", help="play the story to its end and print what happened")
    one.add_argument("--json", action="store_true", help="with --once: the same for programs")
    one.add_argument("--port", type=port, help="default: 8080, else a free one")
    one.add_argument(
        "--quarter",
        metavar="FOLDER",
        help="play nothing: make a folder with a recorded quarter, to try rules on",
    )
    one.set_defaults(run="demo:run")
    one = add("sandbox", help="one fake vendor alone, with its documents' examples")
    one.add_argument("--vendor", required=True, choices=VENDORS)
    one.add_argument("--port", type=port, default=0, help="default: a free one")
    one.add_argument(
        "--seed", type=int, metavar="N", help="let calls go wrong at random, the same by the same N"
    )
    one.add_argument("--one-in", type=at_least_1, default=10, metavar="N", help="how many of them (10)")
    one.set_defaults(run="sandbox:run")


def _rules(add: Add) -> None:
    for name, run, help in (
        ("check", "check:run", "everything that is wrong with the rules; each one read back"),
        ("lint", "lint:run", "what is odd about rules: those that meet, never fire, leave amounts out"),
        ("test", "rule_tests:run", "run the tests that stand in the rule files, and those made of them"),
    ):
        one = with_settings(add(name, help=help), run)
        one.add_argument("folder", nargs="?", metavar="rules", help="default: the settings' folder")
        one.add_argument("--json", action="store_true", help="the same for programs")
        if name == "check":
            one.add_argument("--language", choices=("en", "sv"), help="default: the settings' language")
    one = with_settings(add("schema", help="a JSON Schema of rule files, for editors"), "schema:run")
    one.add_argument("folder", nargs="?", metavar="rules", help="default: the settings' folder")
    one.add_argument("--calendars", action="store_true", help="that of calendars.yaml instead")
    one = with_settings(
        add("backtest", help="what edited rules would have done otherwise, over what was recorded"),
        "backtest:run",
    )
    one.add_argument("rules", metavar="<rules>", help="an edited copy of the folder, or one file of it")
    one.add_argument("--since", default="90d", metavar="90d", help="how far back (90d); or 13w")
    one.add_argument(
        "--against",
        choices=("now", "then"),
        default="now",
        help="the rules in force now (default), or what was answered then",
    )
    _replaying(one)
    one = with_settings(add("try", help="what rules would have done in one month, and why"), "try_:run")
    one.add_argument("rules", nargs="?", metavar="rules", help="a folder or one file; default: the settings'")
    one.add_argument("--month", type=month, metavar="2026-10", help="default: the last whole one")
    _replaying(one)


def _replaying(one: ArgumentParser) -> None:
    one.add_argument(
        "--database", metavar="FILE", help="a backup, or any other file; default: the settings' database"
    )
    one.add_argument("--json", action="store_true", help="the same for programs")


def _looking(add: Add) -> None:
    one = with_settings(
        add("payruns", help="the pay runs as known now, with their next deadline"), "payruns:run"
    )
    one.add_argument("--connection", metavar="C", help="only of this connection")
    one.add_argument("--json", action="store_true", help="the same for programs")
    one = with_settings(add("why", help="each rule about a pay run, line by line"), "why:run")
    one.add_argument("ref", metavar="<pay run>", help="such as gigapay-se/2859272")
    one.add_argument("--rule", metavar="ID", help="only this rule")
    one.add_argument("--json", action="store_true", help="the same for programs")
    one = with_settings(
        add("evidence", help="one file for the auditor: what was shown, decided and done"), "evidence:run"
    )
    one.add_argument("ref", metavar="<pay run>", help="such as gigapay-se/2859272")
    one.add_argument("--out", metavar="FILE", help="write the page there; default: standard output")
    one.add_argument("--csv", metavar="FILE", help="write a table of it there")

    one = with_settings(
        add("doctor", help="try everything that the settings name, and say how to mend it"), "doctor:run"
    )
    one.add_argument("--json", action="store_true", help="the same for programs")


def _deciding(add: Add) -> None:
    one = with_settings(add("approve", help="say yes to what is asked"), "answers:approve")
    one.add_argument("approval", metavar="<approval>", help="its id, or the pay run it is about")
    one.add_argument("--comment", default="", metavar="TEXT")
    one.add_argument("--yes", action="store_true", help="approve without being asked at the terminal")
    one.add_argument("--at", type=moment, metavar="WHEN", help="the time that it asks for, if it does")
    one.add_argument("--amount", default="", metavar="AMOUNT", help="the net pay, typed, where it must be")
    one = with_settings(add("reject", help="say no to what is asked"), "answers:reject")
    one.add_argument("approval", metavar="<approval>", help="its id, or the pay run it is about")
    one.add_argument("--reason", required=True, metavar="TEXT")

    one = with_settings(add("hold", help="let nothing be done about a pay run for a while"), "deeds:hold")
    one.add_argument("ref", metavar="<pay run>")
    one.add_argument("--reason", required=True, metavar="TEXT")
    one.add_argument("--until", required=True, type=moment, metavar="WHEN", help=_WHEN)
    one = with_settings(add("release", help="end a hold"), "deeds:release")
    one.add_argument("ref", metavar="<pay run>")
    one = with_settings(add("settle", help="say what became of what could not be confirmed"), "deeds:settle")
    one.add_argument("ref", metavar="<pay run>")
    one.add_argument("what", choices=("happened", "again", "never"))
    one.add_argument("--comment", required=True, metavar="TEXT")

    one = with_settings(add("pause", help="do nothing at the vendors until resumed"), "deeds:pause")
    one.add_argument("scope", nargs="?", metavar="connection", help="default: all of them")
    one.add_argument("--reason", required=True, metavar="TEXT")
    one.add_argument("--until", type=moment, metavar="WHEN", help=_WHEN)
    one = with_settings(add("resume", help="end a pause"), "deeds:resume")
    one.add_argument("scope", nargs="?", metavar="connection", help="default: the pause of all of them")

    one = with_settings(add("mute", help="let nobody be alerted of something for a while"), "mute:mute")
    one.add_argument("about", metavar="<rule, pay run or connection>")
    one.add_argument("--until", required=True, metavar="WHEN", help=f'or how long, as "3 days"; {_WHEN}')
    one.add_argument("--why", required=True, metavar="TEXT")
    one = with_settings(add("unmute", help="end a mute, and tell what it held back"), "mute:unmute")
    one.add_argument("about", metavar="<rule, pay run or connection>")

    one = with_settings(add("away", help="say that you are away; an approver, that somebody is"), "away:go")
    one.add_argument("--from", type=moment, metavar="WHEN", dest="since", help=f"default: now; {_WHEN}")
    one.add_argument("--until", required=True, type=moment, metavar="WHEN", help="when you are back")
    one.add_argument("--for", metavar="person", dest="person", help="default: yourself")
    one.add_argument("--note", default="", metavar="TEXT", help="for colleagues, as long as it lasts")
    one = with_settings(add("back", help="end an absence, or call off the next"), "away:back")
    one.add_argument("--for", metavar="person", dest="person", help="default: yourself")

    one = with_settings(
        add("replay", help="work on stored news again; nothing is done twice"), "replay:replay"
    )
    which = one.add_mutually_exclusive_group(required=True)
    which.add_argument("event", nargs="?", metavar="<webhook>", help="its number, or its id in the log")
    which.add_argument("--failed-since", type=moment, metavar="WHEN", help=f"all that failed; {_WHEN}")
    which.add_argument("--everything", action="store_true", help="all that are stored")
    one.add_argument("--connection", metavar="C", help="with --everything: only of this connection")

    with_settings(add("propose", help="be the author of the rules that nobody has signed"), "signing:propose")
    one = with_settings(add("edit", help="change values of a rule, as a proposal"), "editing:edit")
    one.add_argument("rule", help="its id")
    one.add_argument(
        "--set",
        action="append",
        metavar="KEY=VALUE",
        help="a new value; may be said several times. Without it the values there are",
    )
    one.add_argument("--tests", action="store_true", help="its own tests that would fail change with it")
    one.add_argument("--yes", action="store_true", help="propose without being asked at the terminal")
    one.add_argument("--json", action="store_true", help="the same for programs")
    one = with_settings(
        add("send-back", help="have a version that waits for a signature changed"), "editing:send_back"
    )
    one.add_argument("rule", help="its id")
    one.add_argument("--reason", required=True, metavar="TEXT", help="what should change")
    one = with_settings(add("sign-off", help="read rules back and sign them"), "signing:sign_off")
    one.add_argument("rules", nargs="*", metavar="rule")
    one.add_argument("--all", action="store_true", help="every rule that waits for a signature")
    one.add_argument("--yes", action="store_true", help="sign without being asked at the terminal")


def _machine(add: Add) -> None:
    token = _family(add("token", help="personal tokens"))
    one = with_settings(token("new", help="issue a token, printed alone"), "token:new")
    one.add_argument("person", help="their id in the settings")
    one = with_settings(token("list", help="the valid tokens that you may see"), "token:listed")
    one.add_argument("--json", action="store_true", help="the same for programs")
    one = with_settings(
        token("revoke", help="end a token, or all of a person, and who is signed in with it"), "token:revoke"
    )
    one.add_argument("which", metavar="<person or id>", help="all of a person, or one by its id")
    keys = _family(add("keys", help="the keys of the settings"))
    keys("new", help="print three new ones, ready to paste").set_defaults(run="keys:new")
    audit = _family(add("audit", help="the permanent record"))
    one = with_settings(audit("verify", help="whether it is as it was written"), "audit:verify")
    one.add_argument(
        "--head", metavar="FILE", help="its exported head; default: the settings', else beside the database"
    )
    one = with_settings(
        add("backup", help="a copy of the database, beside a running service"), "backup:backup"
    )
    one.add_argument("file", metavar="<file>", help="a new one")
    with_settings(
        add("migrate", help="bring the tables to this version, which the service does as it starts"),
        "moving:migrate",
    )
    one = with_settings(
        add("move", help="carry the database over to a server, while no service runs"), "moving:carry"
    )
    one.add_argument(
        "--to", required=True, metavar="URL", help="postgresql://user@host/database, or env:NAME"
    )
    one = with_settings(add("login", help="log in at a vendor that wants a person to, once"), "login:login")
    one.add_argument("connection", help="its id in the settings")
    one.add_argument("--came-back", metavar="URL", help="the address that your browser shows afterwards")
    webhooks = _family(add("webhooks", help="where the vendors send their news"))
    with_settings(
        webhooks("sync", help="register this bot's at the vendors, and remove its stale ones"),
        "webhooks:sync",
    )
    connection = _family(add("connection", help="the accounts at vendors"))
    one = with_settings(
        connection("remove", help="end what is planned there, and use it no more"), "record:remove"
    )
    one.add_argument("connection", help="its id in the settings")
    one.add_argument("--yes", action="store_true", help="remove it without being asked at the terminal")
    one = with_settings(add("forget", help="erase what is kept about somebody who was paid"), "record:forget")
    one.add_argument("employee", help="their id at the vendor")
    one.add_argument("--connection", metavar="C", help="only what was read there; default: everywhere")
    one.add_argument("--yes", action="store_true", help="erase it without being asked at the terminal")
    mail = _family(add("mail", help="the mails"))
    one = with_settings(mail("preview", help="a template with example facts"), "mail:preview")
    one.add_argument("template")
    one.add_argument("--html", metavar="FILE", help="write the HTML there")
    one.add_argument("--language", choices=("en", "sv"), default="en")


def _family(one: ArgumentParser) -> Add:
    return one.add_subparsers(title="commands", metavar="<command>", required=True).add_parser


def with_settings(one: ArgumentParser, run: str) -> ArgumentParser:
    one.add_argument("--config", metavar="bot.yaml", help=DEFAULT_CONFIG)
    one.set_defaults(run=run)
    return one


_WHEN = "such as 2026-11-23T12:00, in the settings' time zone, or 2026-11-23T12:00+01:00"


def moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no moment such as 2026-11-23T12:00") from None


def month(text: str) -> str:
    try:
        return f"{date.fromisoformat(f'{text}-01'):%Y-%m}"
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no month such as 2026-10") from None


def at_least_1(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is no number from 1 on")
    return int(text)


def port(text: str) -> int:
    if not text.isdecimal() or not 0 <= int(text) <= 65535:
        raise ArgumentTypeError(f"{text!r} is no port: they go from 0 to 65535")
    return int(text)
