import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.connectors.client import Reply
from bot.connectors.gigapay import hooks, payouts, resources
from bot.connectors.gigapay.actions import CLOSE_PAYRUN, close_outcome, outcome_of
from bot.connectors.gigapay.models import PaymentTerm, Payout, Payrun
from bot.connectors.problem import HookRefused, VendorProblem
from bot.core.action import Done, Outcome, Refused, Retry, Unknown, WhenUnknown
from bot.core.money import Money
from bot.core.resource import MISSING, Known, Snapshot, Unread, Value

from .conftest import NOON

SECRET = "c1329a085d65f7757838df5920fdcc9a"
VECTOR_BODY = b'{"id":"2859272","latest_status":"paid"}'
VECTOR_AT = datetime.fromtimestamp(1583327301, UTC)
VECTOR = "t=1583327301,v1=706f2a8b42dbecfbb9da5dc5c4b91bf744a6dd354f27edc50d7a976555da84c2"

PAYRUN: dict[str, Any] = {
    "app": "https://app.gigapay.se/i/2859272/?token=canary",
    "created_at": "2019-05-22T10:32:36.118753Z",
    "currency": "SEK",
    "id": "2859272",
    "invoice": {
        "id": "bab4b830-47d6-4a24-a460-3289897f6e8e",
        "amount_due": "1745.40",
        "currency": "SEK",
        "due_date": None,
        "issued_at": None,
        "pdf_url": "https://api.gigapay.se/invoice/bab4b830/?token=canary&language=en",
        "total": "1745.40",
    },
    "metadata": {},
    "ocr_number": "986911160380",
    "open": False,
    "paid_at": "2019-05-25T9:02:16.8462735Z",
    "pdf": "https://api.gigapay.se/invoice/cad7d4d7/?token=canary&language=en",
    "price": "1340.48",
}
OPEN = {**PAYRUN, "open": True, "paid_at": None, "latest_status": "open"}


def payout(number: int, amount: str | None = "100.00", **more: object) -> Payout:
    told = {
        "id": f"p{number}",
        "amount": amount,
        "cost": "137.99",
        "currency": "SEK",
        "employee": f"e{number}",
        "created_at": f"2019-05-22T10:32:3{number}.118753Z",
        "payrun": "2859272",
        "latest_status": "created",
    }
    return Payout.model_validate({**told, **more})


def read(told: dict[str, Any], *payouts: Payout, term: PaymentTerm | Unread | None = None) -> Snapshot:
    payrun = Payrun.model_validate(told)
    return resources.snapshot("gigapay-se", payrun, payouts, term or PaymentTerm(), NOON)


def sek(amount: str) -> Known:
    return Known(Money.of(amount, "SEK"))


def test_the_documents_payrun_is_read_as_written() -> None:
    snapshot = read(PAYRUN, payout(1), payout(2, "10.00", cost="13.79"))

    assert dict(snapshot.values) == {
        "id": Known("2859272"),
        "status": Known("paid"),
        "opened at": Known(datetime(2019, 5, 22, 10, 32, 36, 118753, UTC)),
        "closed at": MISSING,
        "paid at": Known(datetime(2019, 5, 25, 9, 2, 16, 846273, UTC)),
        "cost": sek("1340.48"),
        "net pay": sek("110.00"),
        "price": sek("1340.48"),
        "invoice total": sek("1745.40"),
        "amount due": sek("1745.40"),
        "invoice number": MISSING,
        "invoice due date": MISSING,
        "payouts": Known(2),
        "cancelled payouts": Known(0),
        "payees": Known(2),
        "last payout": Known(datetime(2019, 5, 22, 10, 32, 32, 118753, UTC)),
        "bank reference": Known("986911160380"),
        "closes by itself at": MISSING,
        "credit left": MISSING,
        "open payruns": Unread("the list of payruns has not been read"),
        "currency": Known("SEK"),
    }
    assert (snapshot.is_open, snapshot.is_live, snapshot.notes) == (False, False, ())
    assert snapshot.identities == (
        "invoice:bab4b830-47d6-4a24-a460-3289897f6e8e",
        "created:2019-05-22T10:32:36.118753Z|986911160380",
    )


def test_a_link_that_opens_the_invoice_goes_no_further_than_the_models() -> None:
    payrun = Payrun.model_validate(PAYRUN)

    assert "canary" not in repr(payrun) + repr(read(PAYRUN))


@pytest.mark.parametrize(
    ("told", "status", "is_open"),
    [
        pytest.param({"latest_status": "open", "open": True}, "open", True, id="open"),
        pytest.param({"latest_status": "invoiced"}, "closed", False, id="invoiced is closed"),
        pytest.param({"latest_status": "paid"}, "paid", False, id="paid"),
        pytest.param({"open": True, "paid_at": None}, "open", True, id="older, open"),
        pytest.param({"open": False, "paid_at": None}, "closed", False, id="older, not open"),
        pytest.param({"open": False}, "paid", False, id="older, with paid_at"),
    ],
)
def test_the_status_is_the_vendors_word_or_what_older_documents_imply(
    told: dict[str, Any], status: str, is_open: bool
) -> None:
    snapshot = read({**PAYRUN, **told})

    assert (snapshot.values["status"], snapshot.is_open) == (Known(status), is_open)


@pytest.mark.parametrize(
    ("price", "costs", "cost"),
    [
        pytest.param("300.00", ["137.99", "137.99"], sek("300.00"), id="the price is larger"),
        pytest.param("200.00", ["137.99", "137.99"], sek("275.98"), id="the payouts cost more"),
        pytest.param(None, ["137.99", "137.99"], Unread("Gigapay gives no price"), id="no price"),
        pytest.param("300.00", [None, "1.00"], Unread("one payout has no amount"), id="no cost"),
        pytest.param("0.00", [], sek("0.00"), id="no payouts"),
        pytest.param(None, [None], Unread("Gigapay gives no price"), id="neither"),
        pytest.param(None, [], Unread("Gigapay gives no price"), id="neither, and no payouts"),
    ],
)
def test_cost_is_the_larger_of_price_and_payouts(
    price: str | None, costs: list[str | None], cost: Value
) -> None:
    payouts = [payout(number, cost=one) for number, one in enumerate(costs)]

    assert read({**OPEN, "price": price}, *payouts).values["cost"] == cost


def test_a_payout_in_another_currency_makes_the_sums_unknown() -> None:
    snapshot = read(OPEN, payout(1), payout(2, currency="EUR"))

    assert snapshot.values["net pay"] == Unread("one payout is in EUR, not SEK")
    assert snapshot.values["cost"] == Unread("one payout is in EUR, not SEK")


def test_a_cancelled_payout_is_left_out_and_said() -> None:
    snapshot = read(OPEN, payout(1), payout(2, canceled_at="2019-05-22T11:00:00Z"))

    assert snapshot.lines is not None
    assert [line.id for line in snapshot.lines] == ["p1"]
    assert snapshot.values["net pay"] == sek("100.00")
    assert snapshot.notes == ("payout p2 is cancelled and not counted",)


def test_a_payout_without_an_amount_shows_no_lines_rather_than_fewer() -> None:
    snapshot = read(OPEN, payout(1), payout(2, None))

    assert snapshot.lines is None
    assert isinstance(snapshot.values["net pay"], Unread)


def test_each_payout_is_counted_as_if_it_had_been_read_by_itself() -> None:
    (first, second) = payouts.payouts_of(read(OPEN, payout(1), payout(2, "10.00", cost="13.79")))

    assert set(first.values) == set(payouts.PAYOUT.fields)
    assert second.values == {
        "id": Known("p2"),
        "status": Known("created"),
        "created at": Known(datetime(2019, 5, 22, 10, 32, 32, 118753, tzinfo=UTC)),
        "net pay": sek("10.00"),
        "cost": sek("13.79"),
        "payee": Known("e2"),
        "payrun": Known(OPEN["id"]),
        "payrun status": Known("open"),
    }
    assert (second.vendor_id, second.is_live) == ("p2", True)


def test_a_cancelled_payout_is_not_among_those_that_came() -> None:
    assert payouts.payouts_of(read(OPEN, payout(1, canceled_at="2019-05-22T11:00:00Z"))) == ()


def test_payouts_that_were_not_read_or_were_erased_are_unknown_and_not_none() -> None:
    unread = read(OPEN, payout(1, None))

    assert payouts.payouts_of(unread) == Unread("its payouts were not read")
    assert payouts.payouts_of(replace(unread, lines=(), is_erased=True)) == Unread(
        "its payouts were erased here"
    )


def test_a_payout_without_an_instant_or_with_a_strange_status_is_unknown_there() -> None:
    (one,) = payouts.payouts_of(read(OPEN, payout(1, created_at=None, latest_status="flying")))

    assert one.values["created at"] == Unread("Gigapay does not say when it was added")
    assert one.values["status"] == Unread("'flying' is no status that we know")


def test_the_order_of_payouts_is_no_difference() -> None:
    assert read(OPEN, payout(1), payout(2)) == read(OPEN, payout(2), payout(1))


@pytest.mark.parametrize(
    ("term", "closes_at"),
    [
        pytest.param(
            {"batching_duration": 86400},
            Known(datetime(2019, 5, 23, 10, 32, 36, 118753, UTC)),
            id="so long after it was opened",
        ),
        pytest.param(
            {"batching_interval": "weekly"},
            Known(datetime(2019, 5, 26, 22, tzinfo=UTC)),
            id="Monday, Swedish",
        ),
        pytest.param(
            {"batching_interval": "monthly"}, Known(datetime(2019, 5, 31, 22, tzinfo=UTC)), id="1 June"
        ),
        pytest.param(
            {"batching_interval": "quarterly"}, Known(datetime(2019, 6, 30, 22, tzinfo=UTC)), id="1 July"
        ),
        pytest.param({}, MISSING, id="not batched"),
    ],
)
def test_when_it_closes_by_itself_follows_the_payment_term(term: dict[str, Any], closes_at: Value) -> None:
    assert read(OPEN, term=PaymentTerm.model_validate(term)).values["closes by itself at"] == closes_at


@pytest.mark.parametrize(
    ("told", "term"),
    [
        pytest.param({}, {"batching_duration": 10**17}, id="longer than there is time"),
        pytest.param(
            {"created_at": "9999-12-24T00:00:00Z"}, {"batching_interval": "monthly"}, id="after the last year"
        ),
    ],
)
def test_a_payment_term_that_makes_no_sense_is_unknown_and_said(
    told: dict[str, Any], term: dict[str, Any]
) -> None:
    snapshot = read({**OPEN, **told}, payout(1), term=PaymentTerm.model_validate(term))

    assert isinstance(snapshot.values["closes by itself at"], Unread)
    assert [note for note in snapshot.notes if "batching_" in note]


def test_a_closed_payrun_closes_no_more() -> None:
    assert read(PAYRUN, term=PaymentTerm(batching_duration=86400)).values["closes by itself at"] == MISSING


def test_a_payment_term_that_was_not_read_is_unknown() -> None:
    unread = Unread("Gigapay's payment term could not be read")

    assert read(OPEN, term=unread).values["closes by itself at"] == unread


def test_a_renamed_payrun_has_the_same_key_and_a_reopened_one_another() -> None:
    before, after = read(OPEN), read({**OPEN, "id": "846271"})

    assert CLOSE_PAYRUN.key(before, 0) == CLOSE_PAYRUN.key(after, 0)
    assert CLOSE_PAYRUN.key(before, 0) != CLOSE_PAYRUN.key(before, 1)


def test_two_payruns_have_two_keys() -> None:
    other = {**OPEN, "created_at": "2019-06-22T10:28:21.847474Z"}

    assert CLOSE_PAYRUN.key(read(OPEN), 0) != CLOSE_PAYRUN.key(read(other), 0)


@pytest.mark.parametrize(
    ("told", "is_done"),
    [
        pytest.param({"latest_status": "open", "open": True}, False, id="open"),
        pytest.param({"latest_status": "invoiced"}, True, id="invoiced"),
        pytest.param({"latest_status": "paid"}, True, id="paid"),
        pytest.param({"latest_status": "open", "open": False}, None, id="both open and not"),
        pytest.param({"latest_status": "credited", "open": False}, True, id="a new word, and not open"),
        pytest.param({"latest_status": "closing", "open": True}, None, id="a new word, and open"),
    ],
)
def test_closed_is_read_off_status_and_open(told: dict[str, Any], is_done: bool | None) -> None:
    assert CLOSE_PAYRUN.is_done(read({**OPEN, **told}), {}) is is_done


def test_an_unknown_close_may_be_sent_once_more_after_quarantine() -> None:
    assert CLOSE_PAYRUN.when_unknown is WhenUnknown.ONCE_MORE


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Done("why")),
        (204, Done("why")),
        (301, Refused("301 why")),
        (400, Refused("400 why")),
        (401, Refused("401 why")),
        (404, Refused("404 why")),
        (408, Unknown("408 why")),
        (409, Refused("409 why")),
        (429, Retry("429 why", after=timedelta(minutes=1))),
        (500, Unknown("500 why")),
        (502, Unknown("502 why")),
        (503, Unknown("503 why")),
        (504, Unknown("504 why")),
    ],
)
def test_what_a_reply_to_an_action_means(status: int, outcome: Outcome) -> None:
    assert outcome_of(status, "why") == outcome


def test_closing_answers_with_nothing() -> None:
    assert close_outcome(Reply(200, {}, b""), NOON) == Done()


def test_a_web_page_is_no_yes() -> None:
    with pytest.raises(VendorProblem):
        close_outcome(Reply(200, {}, b"<html>we are busy"), NOON)


def check(header: str, *, body: bytes = VECTOR_BODY, secrets: tuple[str, ...] = (SECRET,)) -> Any:
    return hooks.check({"gigapay-signature": header}, body, secrets)


def test_a_signature_made_by_openssl_is_the_vendors() -> None:
    hook = check(VECTOR)

    assert hooks.about("Payrun.paid", hook.kept) == (("gigapay.payrun", "2859272"),)
    assert hook.signed_at == VECTOR_AT


def test_either_of_two_secrets_is_accepted_while_it_rotates() -> None:
    assert check(VECTOR, secrets=("new", SECRET)).signature == "verified"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=1583327301",
        "v1=706f2a8b42dbecfbb9da5dc5c4b91bf744a6dd354f27edc50d7a976555da84c2",
        VECTOR.replace("706f", "706e"),
        VECTOR.replace("1583327301", "1583327302"),
        VECTOR.replace("1583327301", "١٥٨٣٣٢٧٣٠١"),
        VECTOR.replace("1583327301", "9" * 40),
        VECTOR.replace("1583327301", "-1"),
        VECTOR.replace("1583327301", "nan"),
        VECTOR.replace("v1=", "v0="),
        "t=1583327301,v1=",
        "t=1583327301,v1=\udcff\ud800ö",
        "t==,v1==,=,,",
        "v1=a," * 10_000 + "t=1583327301",
    ],
)
def test_a_signature_that_is_not_right_is_refused_and_nothing_worse(header: str) -> None:
    with pytest.raises(HookRefused):
        check(header)


def test_a_body_changed_by_one_byte_is_refused() -> None:
    with pytest.raises(HookRefused):
        check(VECTOR, body=VECTOR_BODY + b" ")


def test_without_a_secret_nothing_is_accepted() -> None:
    with pytest.raises(HookRefused):
        check(VECTOR, secrets=())


def signed(body: bytes) -> Any:
    right = hmac.new(SECRET.encode(), b"1583327301." + body, hashlib.sha256).hexdigest()
    return hooks.check({"Gigapay-Signature": f"t=1583327301,v1={right}"}, body, (SECRET,))


def about(event: str, body: bytes) -> Any:
    """What is read later of what is kept of a webhook that was signed."""
    return hooks.about(event, signed(body).kept)


@pytest.mark.parametrize(
    ("event", "body", "names"),
    [
        pytest.param("Payrun.created", {"id": "2859272"}, "2859272", id="a payrun"),
        pytest.param("Payout.created", {"id": "p1", "payrun": "2859272"}, "2859272", id="a payout's payrun"),
        pytest.param(
            "payout.created", {"id": "p1", "payrun": {"id": 2859272}}, "2859272", id="expanded, a number"
        ),
    ],
)
def test_a_hook_says_which_payrun_to_look_at(event: str, body: dict[str, Any], names: str) -> None:
    assert about(event, json.dumps(body).encode()) == (("gigapay.payrun", names),)


@pytest.mark.parametrize("body", [{}, {"payrun": None}, {"payrun": []}, {"payrun": True}])
def test_a_payout_in_no_payrun_says_to_look_at_the_list(body: dict[str, Any]) -> None:
    assert about("Payout.created", json.dumps(body).encode()) == ()


NO_OBJECT = [
    b"",
    b"[]",
    b"not json",
    b"[" * 100_000,
    b"\xff",
    pytest.param(b'{"a":' * 600 + b"1" + b"}" * 600, id="600 deep"),
    pytest.param(b'{"id":"\\ud800"}', id="half a character"),
    pytest.param(b'{"id":"1","\\ud800":1}', id="half a character in a name"),
]


@pytest.mark.parametrize("body", NO_OBJECT)
def test_a_signed_body_that_is_no_object_is_kept_as_unparsed(body: bytes) -> None:
    assert about("Payrun.paid", body) is None


def test_what_is_kept_of_a_body_opens_no_invoice_and_names_nobody() -> None:
    told = {**PAYRUN, "employee": {"id": "e1", "name": "canary", "email": "canary@example.com"}}

    assert b"canary" not in signed(json.dumps(told).encode()).kept
    assert b"canary" not in signed(b'"https://x/?token=canary').kept
