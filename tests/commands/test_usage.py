from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Iterator
from importlib import import_module
from subprocess import run
from sys import executable

import pytest

from bot.__main__ import main
from bot.commands.parser import VENDORS, make_parser
from bot.sandbox import VENDORS as SANDBOX
from tests.commands.place import REPO


def commands_of(parser: ArgumentParser, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every command with the place of its work."""
    families = [one for one in parser._actions if isinstance(one, _SubParsersAction)]
    if not families:
        yield path, parser.get_default("run")
    for family in families:
        for name, inner in family.choices.items():
            yield from commands_of(inner, (*path, name))


@pytest.mark.parametrize(
    ("path", "where"), [pytest.param(*one, id=" ".join(one[0])) for one in commands_of(make_parser())]
)
def test_every_command_has_work_behind_it(path: tuple[str, ...], where: str) -> None:
    module, _, name = where.partition(":")

    assert callable(getattr(import_module(f"bot.commands.{module}"), name))


def test_the_help_names_what_is_offered(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])

    said = capsys.readouterr().out
    assert ended.value.code == 0
    offered = "serve demo check test payruns sandbox sign-off doctor login evidence"
    assert set(offered.split()) <= set(said.split())


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ([], "required: <command>"),
        (["chekc"], "invalid choice: 'chekc'"),
        (["token"], "required: <command>"),
        (["sandbox", "--vendor", "acme"], "invalid choice: 'acme'"),
        (["sandbox", "--vendor", "xero", "--port", "65536"], "'65536' is no port"),
        (["hold", "a/1", "--reason", "x", "--until", "soon"], "'soon' is no moment"),
        (["hold", "a/1", "--until", "2026-11-23T12:00"], "required: --reason"),
        (["settle", "a/1", "perhaps", "--comment", "x"], "invalid choice: 'perhaps'"),
        (["serve", "--conf", "x"], "unrecognized arguments: --conf"),
    ],
)
def test_a_wrong_word_on_the_command_line_is_usage(
    argv: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(argv)

    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_the_sandbox_offers_exactly_the_vendors_there_are() -> None:
    assert set(VENDORS) == set(SANDBOX)


def test_help_is_shown_without_importing_the_service() -> None:
    code = "import sys, bot.__main__ as m\ntry: m.main(['--help'])\nexcept SystemExit: pass\n"
    code += "assert not {'aiohttp', 'sqlalchemy', 'bot.app'} & set(sys.modules)"

    done = run([executable, "-c", code], cwd=REPO, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
