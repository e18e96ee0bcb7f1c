"""What must not be stored is taken out of a body's bytes, as strictly as by whoever reads it whole."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.connectors.gigapay import hooks
from bot.connectors.kept import NotKept
from bot.connectors.values import hook_json, without

NAMES = frozenset({"app", "pdf", "pdf_url", "name", "metadata"})
NOT_KEPT = NotKept(NAMES)
CANARY = "canary"

NAMED = st.sampled_from(["app", "APP", "pdf", "Pdf_URL", "name", "metadata", "namE"])
OTHERS = st.sampled_from(
    ["id", "apps", "a", "", "na me", "pdf_", '"app', 'x","app', "ſ", "ö", "{", "[", "\\"]
)
PLAIN = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8), OTHERS, NAMED)
SECRET = st.recursive(
    st.one_of(st.just(CANARY), st.text(max_size=5).map(lambda text: f"{text}{CANARY}{text}")),
    lambda inside: st.one_of(
        st.lists(inside, max_size=3), st.dictionaries(OTHERS | NAMED, inside, max_size=3)
    ),
    max_leaves=6,
)


def _table(inside: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    rows = st.lists(st.one_of(st.tuples(OTHERS, inside), st.tuples(NAMED, SECRET)), max_size=6)
    return rows.map(dict)


TREES = st.recursive(
    PLAIN, lambda inside: st.one_of(st.lists(inside, max_size=4), _table(inside)), max_leaves=20
)
WRITTEN = st.fixed_dictionaries(
    {
        "ensure_ascii": st.booleans(),
        "indent": st.sampled_from([None, 1]),
        "separators": st.sampled_from([(",", ":"), (", ", ": "), (" ,", " :\t")]),
    }
)


@given(tree=TREES, written=WRITTEN, encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32-le"]))
@example({"app": {"a": {"b": CANARY}}}, {}, "utf-8")
@example({"app": '"}' + CANARY}, {}, "utf-8")
@example([{"name": ["}", CANARY]}], {}, "utf-8")
@example({"A": {"app": [{}], "id": 1}}, {}, "utf-8")
def test_nothing_of_what_is_not_kept_is_left_and_all_else_is(
    tree: Any, written: dict[str, Any], encoding: str
) -> None:
    body = json.dumps(tree, **written).encode(encoding, "surrogatepass")
    kept = NOT_KEPT.taken_out(body)

    assert CANARY.encode() not in kept
    read = hook_json(body)
    assert read is None or without(hook_json(kept), NAMES) == without(read, NAMES)


@given(tree=TREES, written=WRITTEN, cut=st.integers(0, 200), by=st.binary(max_size=3), is_cut=st.booleans())
def test_of_what_is_no_json_no_name_has_its_value_left(
    tree: Any, written: dict[str, Any], cut: int, by: bytes, is_cut: bool
) -> None:
    """Whoever reads what is kept, and mends it at its end as it likes, finds no value of these names."""
    body = json.dumps(tree, **written).encode("utf-8", "surrogatepass")
    body = body[:cut] + by + (b"" if is_cut else body[cut:])
    kept = NOT_KEPT.taken_out(body)

    for end in (b"", b'"', b"}", b'"}', b"]", b"]}", b"}]", b"}}", b'"}}', b'"]'):
        found = hook_json(kept + end)
        if found is not None:
            assert set(_values(found)) <= {None}


def _values(found: Any) -> list[Any]:
    """What stands under these names, at any depth."""
    if isinstance(found, dict):
        inside = [one for key, value in found.items() if key.lower() not in NAMES for one in _values(value)]
        return inside + [value for key, value in found.items() if key.lower() in NAMES]
    return [one for each in found for one in _values(each)] if isinstance(found, list) else []


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"\\u0061pp": "canary"}', id="a name with an escape"),
        pytest.param(b'{"app": "a\\"canary"}', id="a quotation mark in it"),
        pytest.param(b'{"app": {"a": [{"b": "canary"}]}}', id="deep in it"),
        pytest.param(b'{"app" : \n"canary"}', id="space around the colon"),
        pytest.param(b'{"app": canary}', id="no string"),
        pytest.param(b'{"app": "canary', id="half of it"),
        pytest.param(b'{"app": ["canary"', id="half of a list"),
        pytest.param(b'{"app": {"a": "canary", "b": ', id="half of an object"),
        pytest.param('{"APP": "canary"}'.encode("utf-16-le"), id="two bytes a character"),
        pytest.param(b'\xef\xbb\xbf{"app": "canary"}', id="with a mark in front"),
        pytest.param(b'{"id": "\\ud800", "app": "canary"}', id="half a character elsewhere"),
        pytest.param(b'{"a":' * 60 + b'{"app": "canary"}' + b"}" * 60, id="too deep"),
    ],
)
def test_however_it_is_written_it_is_not_kept(body: bytes) -> None:
    assert b"canary" not in NOT_KEPT.taken_out(body)
    assert b"c\0a\0n\0a\0r\0y" not in NOT_KEPT.taken_out(body)


def test_a_body_of_brackets_takes_no_longer_than_its_length() -> None:
    for body in (
        b'{"app":' * 30_000,
        b'"app":"' * 30_000,
        b'{"app":[' + b'"a",' * 50_000,
        b'"app"' + b" " * 200_000,
    ):
        NOT_KEPT.taken_out(body)


@given(
    link=st.sampled_from(["?token=", "&TOKEN=", "?a=b&invoice_token%3d", "?Token%3D"]),
    secret=st.text("abcdefghijklmnopqrstuvwxyz0123456789-_.~", min_size=12, max_size=20),
    at=st.sampled_from(["id", "url", "links", "app", "pdf"]),
    deep=st.integers(0, 3),
)
def test_no_link_that_opens_an_invoice_is_kept(link: str, secret: str, at: str, deep: int) -> None:
    tree: Any = {at: f"https://app.gigapay.se/i{link}{secret}"}
    for _ in range(deep):
        tree = {"invoice": [tree]}
    for body in (json.dumps(tree), json.dumps(tree).replace("token", "t\\u006fken"), json.dumps(tree)[:-1]):
        assert secret.encode() not in hooks._kept(body.encode())
