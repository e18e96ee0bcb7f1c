"""The objects of Gigapay's documents, letter for letter, and eight invented payees.

The documents' list says `count: 4` beside two results; two are served, and counted
as two. `latest_status` stands in the newer document's table and in none of its
examples; it is added where the state of the example leaves no doubt.
"""

from bot.sandbox.exact import Json

_TOKEN = "Ii9pbnZvaWNpbmcvb3Blbl9pbnZvaWNlcy9jMTMzYzIwMi0xMDUwLTQ5NTktODMwNi05NWQ3Y2IzZjNiMjgvIg"
_PDF = (
    "https://api.gigapay.se/invoice/cad7d4d7-cdc7-4f70-8246-c061e041e9e/"
    "?token=Ii9pbnZvaWNpbmcvb3Blbl9pbnZvaWNlcy8zYjcyNTYyOS05MTE4LTQ5YTctYTFiYS0yMTU4NTZhMzYwOTgvIg&language=en"
)

FIRST_PAYRUN = 2859272
INVOICE_OF = {
    "2859272": ("bab4b830-47d6-4a24-a460-3289897f6e8e", "986911160380"),
    "2859273": ("c1554d88-b74f-4d6a-bfa6-049c14905dc7", "986911160349"),
}

PAYMENT_TERM: Json = {
    "batching_duration": 86400,
    "due_days": 14,
    "batching_interval": "weekly",
    "credit_terms": [
        {"currency": "SEK", "credit_limit": "50000.00", "credit_used": "12345.67"},
        {"currency": "EUR", "credit_limit": "25000.00", "credit_used": "5432.10"},
    ],
}


def links(payrun_id: str) -> Json:
    """Return the two links that carry a token: whoever has them opens the invoice."""
    return {"app": f"https://app.gigapay.se/i/{payrun_id}/?token={_TOKEN}", "pdf": _PDF}


def payruns() -> list[Json]:
    """Return both payruns of the documents."""
    return [
        {
            **links("2859272"),
            "created_at": "2019-05-22T10:32:36.118753Z",
            "currency": "SEK",
            "id": "2859272",
            "invoice": "bab4b830-47d6-4a24-a460-3289897f6e8e",
            "latest_status": "paid",
            "metadata": {},
            "ocr_number": "986911160380",
            "open": False,
            "paid_at": "2019-05-25T9:02:16.8462735Z",
            "price": "1340.48",
        },
        {
            **links("2859273"),
            "created_at": "2019-06-22T10:28:21.847474Z",
            "currency": "SEK",
            "id": "2859273",
            "invoice": "c1554d88-b74f-4d6a-bfa6-049c14905dc7",
            "latest_status": "paid",
            "metadata": {},
            "ocr_number": "986911160349",
            "open": False,
            "paid_at": "2019-06-25T9:12:57.742648Z",
            "price": "1340.48",
        },
    ]


def invoices() -> list[Json]:
    """Return the invoice of the documents; its payrun is paid and it says it is not, there as here."""
    shown: Json = {
        "id": "bab4b830-47d6-4a24-a460-3289897f6e8e",
        "amount_due": "1745.40",
        "amount_paid": "0.00",
        "billing_type": "payrun",
        "created_at": "2019-05-22T10:32:36.118753Z",
        "currency": "SEK",
        "customer_reference": None,
        "due_date": None,
        "invoice_number": "986911160380",
        "issued_at": None,
        "paid_at": None,
        "pdf_url": "https://api.gigapay.se/invoice/bab4b830-47d6-4a24-a460-3289897f6e8e/?token=hej&language=en",
        "total": "1745.40",
    }
    # The second payrun's invoice is not shown anywhere; assumed like the first.
    second = {
        "id": "c1554d88-b74f-4d6a-bfa6-049c14905dc7",
        "created_at": "2019-06-22T10:28:21.847474Z",
        "invoice_number": "986911160349",
        "pdf_url": "https://api.gigapay.se/invoice/c1554d88-b74f-4d6a-bfa6-049c14905dc7/?token=hej&language=en",
    }
    return [shown, {**shown, **second}]


def payouts() -> list[Json]:
    """Return both payouts of the documents; they do not add up to their payruns' prices."""
    return [
        {
            "id": "0177270d-f94b-4ab9-88ba-ac1fa2f791aa",
            "amount": "100.00",
            "cost": "137.99",
            "currency": "SEK",
            "description": "Lön genom Gigapay",
            "employee": "1f1d1263-0e79-4787-b573-6df81b44bfc2",
            "invoice": "bab4b830-47d6-4a24-a460-3289897f6e8e",
            "payrun": "2859272",
            "latest_status": "notification_sent",
            "metadata": {"job_id": 127},
            "start_at": None,
            "end_at": None,
            "created_at": "2019-05-22T10:32:38.118753Z",
            "notified_at": "2019-05-22T10:38:19.874623Z",
            "accepted_at": None,
            "canceled_at": None,
        },
        {
            "id": "8a726186-a4e4-42e0-b56e-20fd17dc67ba",
            "amount": "10.00",
            "cost": "13.79",
            "currency": "SEK",
            "description": "Lön genom Gigapay",
            "employee": "1f1d1263-0e79-4787-b573-6df81b44bfc2",
            "invoice": "c1554d88-b74f-4d6a-bfa6-049c14905dc7",
            "payrun": "2859273",
            "latest_status": "complete",
            "metadata": {"job_id": 128},
            "start_at": "2019-05-22T08:00:00.000000Z",
            "end_at": "2019-05-22T17:00:00.000000Z",
            "created_at": "2019-05-23T10:32:38.118753Z",
            "notified_at": "2019-05-23T11:46:29.298742Z",
            "accepted_at": "2019-05-23T12:02:16.472846Z",
            "canceled_at": None,
        },
    ]


def employees() -> list[Json]:
    """Return the employees of the documents, and the payee of its payouts, whose name is not shown there."""
    albin: Json = {
        "id": "1847",
        "name": "Albin Lindskog",
        "email": "albin@gigapay.co",
        "cellphone_number": "+46703000000",
        "country": "SWE",
        "latest_status": "active",
        "metadata": {},
        "created_at": "2019-05-22T10:32:36.118753Z",
        "notified_at": "2019-05-22T10:32:37.846274Z",
        "claimed_at": "2019-05-23T11:56:41.123721Z",
        "verified_at": "2019-05-23T11:57:03.742345Z",
        "invitation_code": None,
    }
    joakim: Json = {
        "id": "1848",
        "name": "Joakim Olovsson",
        "email": "joakim@gigapay.co",
        "cellphone_number": "+46703000001",
        "country": "SWE",
        "latest_status": "invited",
        "metadata": {},
        "created_at": "2019-05-23T14:45:12.545271Z",
        "notified_at": "2019-05-23T14:45:13.374627Z",
        "claimed_at": None,
        "verified_at": None,
        "invitation_code": "A1B2C3D4",
    }
    return [albin, joakim, {**albin, "id": "1f1d1263-0e79-4787-b573-6df81b44bfc2"}]


# Invented, for the earlier payruns: payee, name, what they usually get.
PAYEES = (
    ("1041", "Maja Lindqvist", "1450.00"),
    ("1044", "Oskar Nyström", "1620.00"),
    ("1047", "Elif Demir", "1780.00"),
    ("1052", "Nils Åkerberg", "1910.00"),
    ("1058", "Wilma Sandell", "2105.00"),
    ("1063", "Hugo Ekdahl", "1880.00"),
    ("1067", "Saga Holmgren", "1675.00"),
    ("1071", "Isak Borgström", "2310.00"),
)
# Net pay of the six earlier payruns, kronor.
EARLIER_NET = ("13760.00", "14655.00", "15020.00", "14390.00", "14730.00", "14905.00")
