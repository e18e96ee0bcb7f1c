"""The pay run of Roubler's document, letter for letter.

The document's two queries disagree on `finalisedAt` (04:55:43.469Z in the list,
05:00:17.747Z by id); one run has one, and it is the second.
"""

from bot.sandbox.exact import Json

SUPPORT: Json = {"fullName": "Roubler Support"}
CRAIG: Json = {"id": "72908", "fullName": "Craig Bussell"}
NICOLAS: Json = {"id": "72909", "fullName": "Nicolas Chan"}
ORDINARY: Json = {"id": "790", "name": "Ordinary - Standard - Standard"}
OVERTIME: Json = {"id": "788", "name": "Overtime - Standard - Standard"}


def pay_run() -> Json:
    """Return run 38."""
    return {
        "id": "38",
        "name": "May 2024 - Fortnight 2",
        "description": None,
        "startDate": "2024-05-20",
        "endDate": "2024-06-02",
        "status": "Finalised",
        "createdAt": "2024-06-06T04:53:26.177Z",
        "timesheetsSelectedAt": None,
        "timesheetsSelectedBy": None,
        "finalisedAt": "2024-06-06T05:00:17.747Z",
        "finalisedBy": SUPPORT,
        "processedAt": None,
        "processedBy": None,
        "modifiedAt": "2024-06-06T04:53:26.177Z",
        "modifiedBy": SUPPORT,
        "errors": [],
        "payItems": [
            {
                "employee": CRAIG,
                "payType": ORDINARY,
                "startTime": "2024-05-19T23:00:00.000Z",
                "endTime": "2024-05-20T05:00:00.000Z",
                "unitAmount": 14423,
                "quantity": 33,
                "amount": 475959,
            },
            {
                "employee": NICOLAS,
                "payType": OVERTIME,
                "startTime": "2024-06-01T06:00:00.000Z",
                "endTime": "2024-06-01T07:00:00.000Z",
                "unitAmount": 2200,
                "quantity": 1,
                "amount": 2200,
            },
        ],
        "timesheets": [
            {
                "id": "4518861",
                "status": "payrolled",
                "startTime": "2024-05-29T21:00:00.000Z",
                "endTime": "2024-05-30T01:00:00.000Z",
                "hours": 4,
                "employee": {"id": "72908", "text": "Craig Bussell"},
            },
            {
                "id": "4518849",
                "status": "payrolled",
                "startTime": "2024-05-19T22:00:00.000Z",
                "endTime": "2024-05-20T05:00:00.000Z",
                "hours": 7,
                "employee": {"id": "72909", "text": "Nicolas Chan"},
            },
        ],
    }
