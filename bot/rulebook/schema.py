"""JSON Schema of rule files, for editors: what can be written where, with help and examples.

Made from the same lists of keys and words that the rules are read by, so that it knows
what they know. It only helps while writing. Whether a rule is right, `payrunbot check`
says: a schema sees no sums, no dates and no second line.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from bot.core.resource import Field
from bot.core.rule import IfMissed, Mode
from bot.rulebook.calendars import KEYS as CALENDAR_KEYS
from bot.rulebook.expectations import ANSWERS
from bot.rulebook.line_schema import line_of
from bot.rulebook.rule_parts import EXPECTATIONS, LIMITS
from bot.rulebook.rule_reader import KEYS
from bot.rulebook.schema_help import OF_CALENDAR, OF_LIMITS, OF_RULE
from bot.rulebook.setup import Setup, Vocabulary

Schema = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_ID = "^[a-z0-9]+(-[a-z0-9]+)*$"
_MONEY = r"^([A-Za-z]{3}\s*)?[\d\s,.]+(\s*[A-Za-z]{3})?$"
_LENGTH = r"^\d+ ?(second|minute|hour|day|week)s?$"


def rules_schema(vocabulary: Vocabulary, setup: Setup, calendars: Iterable[str] = ()) -> Schema:
    """The schema of a rule file. What the settings say is asked for only where they are known."""
    kinds = list(vocabulary.kinds)
    rule = _closed({key: _of_rule(key, vocabulary, setup, tuple(calendars)) for key in KEYS}, OF_RULE)
    rule["required"] = ["id", "title", "then"]
    rule["anyOf"] = [{"required": ["watch", "when"]}, {"required": ["expect"]}]
    rule["allOf"] = [
        {
            "if": {"properties": {"watch": {"const": kind}}, "required": ["watch"]},
            "then": {"properties": _about(kind, vocabulary)},
        }
        for kind in kinds
    ]
    return {
        "$schema": DRAFT,
        "title": "payrunbot rules",
        "type": "object",
        "required": ["rules"],
        "additionalProperties": False,
        "properties": {"rules": {"type": "array", "items": {"$ref": "#/$defs/rule"}}},
        "$defs": {
            "rule": rule,
            **{f"line-of-{kind}": line_of(kind, vocabulary.fields[kind]) for kind in kinds},
            **{f"condition-of-{kind}": _condition(kind) for kind in kinds},
        },
    }


def calendars_schema() -> Schema:
    """The schema of calendars.yaml."""
    calendar = _closed({key: _of_calendar(key) for key in CALENDAR_KEYS}, OF_CALENDAR)
    calendar["required"] = ["zone"]
    return {
        "$schema": DRAFT,
        "title": "payrunbot work calendars",
        "type": "object",
        "required": ["calendars"],
        "additionalProperties": False,
        "properties": {"calendars": {"type": "object", "additionalProperties": calendar}},
    }


def _closed(properties: Mapping[str, Schema], help: Mapping[str, str]) -> Schema:
    """A table with these keys and no others, each with its line of help."""
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {key: {"description": help[key], **schema} for key, schema in properties.items()},
    }


def _one_of(words: Iterable[str] | None) -> Schema:
    """One of the words; any text where they are not known, or where there are none."""
    known = sorted(words or ())
    return {"type": "string", "enum": known} if known else {"type": "string"}


def _list_or_one(item: Schema) -> Schema:
    return {"anyOf": [item, {"type": "array", "items": item, "minItems": 1}]}


def _of_rule(key: str, vocabulary: Vocabulary, setup: Setup, calendars: tuple[str, ...]) -> Schema:
    match key:
        case "id":
            return {"type": "string", "pattern": _ID}
        case "watch":
            return {"type": "string", "enum": sorted(vocabulary.kinds)}
        case "mode":
            return {"type": "string", "enum": [str(mode) for mode in Mode], "default": str(Mode.WATCH)}
        case "if_missed":
            return {"type": "string", "enum": [str(one) for one in IfMissed], "default": str(IfMissed.TELL)}
        case "group_by":
            return {"type": "string", "enum": ["payrun", "connection"]}
        case "wait":
            return {"type": "string", "pattern": _LENGTH, "examples": ["10 minutes", "1 hour"]}
        case "ask":
            return _one_of(setup.groups)
        case "calendar":
            return _one_of(calendars)
        case "connections":
            return _list_or_one(_one_of(setup.connections))
        case "every":
            cron = {"type": "object", "required": ["cron"], "additionalProperties": False,
                    "properties": {"cron": {"type": "string"}}}  # fmt: skip
            return {"anyOf": [{"type": "string"}, cron], "examples": ["working day at 09:00", "Friday 15:00"]}
        case "escalate":
            to = _one_of(setup.groups)
            return {"type": "object", "required": ["after", "to"], "additionalProperties": False,
                    "properties": {"after": {"type": "string"}, "to": to}}  # fmt: skip
        case "then":
            return _list_or_one(_step(vocabulary, setup))
        case "limits":
            return _limits()
        case "tests":
            return _list_or_one(_test({}))
        case "when":
            return {}
        case _:
            return {"type": "string"}


def _limits() -> Schema:
    money = {"type": "string", "pattern": _MONEY, "examples": ["20 000 SEK"]}
    shapes: dict[str, Schema] = {
        "ask_above": money,
        "two_people_above": money,
        "only_during": {"type": "string", "enum": ["working hours"]},
        "at_most": {"type": "string", "pattern": r"^\d{1,4} per .+$", "examples": ["1 per 7 days"]},
        "ask_when": {},
    }
    return _closed({key: shapes[key] for key in LIMITS}, OF_LIMITS)


def _step(vocabulary: Vocabulary, setup: Setup) -> Schema:
    """A step: an action that needs nothing, by its name alone; any, with what it takes."""
    ways: list[Schema] = []
    known: dict[str, tuple[Mapping[str, str], tuple[str, ...], str]] = {
        name: (one.args, one.required, one.help) for name, one in vocabulary.general_actions.items()
    } | {
        name: (one.args, one.required, f"{one.verb} ({one.kind}).")
        for name, one in vocabulary.vendor_actions.items()
    }
    bare = sorted(name for name, (_, required, _) in known.items() if not required)
    ways.append({"type": "string", "enum": bare})
    for name, (args, required, help) in sorted(known.items()):
        takes = _closed({arg: _argument(arg, setup) for arg in args}, args)
        takes["required"] = list(required)
        shape: Schema = takes if required else {"anyOf": [takes, {"type": "null"}]}
        ways.append({
            "type": "object", "description": help, "required": [name], "additionalProperties": False,
            "properties": {name: {"description": help, **shape}},
        })  # fmt: skip
    return {"anyOf": ways}


def _argument(name: str, setup: Setup) -> Schema:
    match name:
        case "to":
            return _one_of(setup.groups)
        case "template" | "when_cleared":
            return _one_of(setup.templates)
        case "target":
            return _one_of(setup.targets)
        case "metadata":
            return {"type": "object"}
        case _:
            return {"type": "string"}


def _about(kind: str, vocabulary: Vocabulary) -> Schema:
    """What a rule about this kind may say: its fields stand in its lines and its tests."""
    condition = {"$ref": f"#/$defs/condition-of-{kind}"}
    return {
        "when": condition,
        "limits": {"properties": {"ask_when": condition}},
        "tests": _list_or_one(_test(vocabulary.fields[kind])),
    }


def _condition(kind: str) -> Schema:
    own = {"$ref": f"#/$defs/condition-of-{kind}"}
    blocks = [
        {"type": "object", "required": [how], "additionalProperties": False, "properties": {how: own}}
        for how in ("all", "any", "not")
    ]
    return {
        "anyOf": [
            {"$ref": f"#/$defs/line-of-{kind}"},
            {"type": "array", "items": own, "minItems": 1},
            *blocks,
        ]
    }


def _test(fields: Mapping[str, Field]) -> Schema:
    """One test. The values are not looked at: YAML makes numbers of some, which the reader does not."""
    given: Schema = {"type": "object"}
    if fields:
        given["properties"] = {
            "calendar": {"description": "A work calendar, where it is not the connection's."},
            **{
                name: {"description": one.help, "examples": [one.example or "missing"]}
                for name, one in fields.items()
            },
        }
        given["additionalProperties"] = False
    return {
        "type": "object",
        "required": ["given", "expect"],
        "additionalProperties": False,
        "properties": {
            "given": {"description": "What differs from harmless values.", **given},
            "expect": {"type": "string", "enum": sorted({*EXPECTATIONS, *ANSWERS})},
        },
    }


def _of_calendar(key: str) -> Schema:
    match key:
        case "holidays":
            words = {"type": "array", "items": {"type": "string"}}
            return {"type": "object", "required": ["country"], "additionalProperties": False, "properties": {
                "country": {"type": "string", "examples": ["SE", "GB", "AU"]},
                "subdivision": {"type": "string", "examples": ["ENG", "NSW"]},
                "categories": words,
            }}  # fmt: skip
        case "half_days":
            close = {"properties": {"close": {"type": "string"}}, "required": ["close"]}
            return {"type": "object", "additionalProperties": False, **close}
        case "if_closed":
            return {"type": "string", "enum": ["before", "after", "nearest"], "default": "before"}
        case "extra_closed":
            return _list_or_one({"type": "string"})
        case "working_hours":
            return {"type": "string", "pattern": r"^\d{1,2}:\d\d ?- ?\d{1,2}:\d\d$"}
        case _:
            return {"type": "string"}
