"""The example of the letter about what did not come."""

from bot.mail.expected import ExpectedBy, TooFewCame
from bot.mail.parts import Reason
from bot.mail.preview_asks import PAGE, STOCKHOLM, at

TOO_FEW_CAME = TooFewCame(
    made_at=at(14, 10, day=26),
    zone=STOCKHOLM,
    reason=Reason(
        "you are in payroll",
        f"{PAGE}/rules/weekly-payouts-expected",
        "weekly-payouts-expected",
        "1",
        "told once for each time",
    ),
    url=f"{PAGE}/payruns",
    title="Too few Gigapay payouts this week",
    connection="gigapay-se",
    expected="at least 2 gigapay.payout per week by Thursday at 12:00",
    times=(
        ExpectedBy(at(0, 0, day=16), at(12, 0, day=19), 1, ("Gigapay payout 5028801",)),
        ExpectedBy(at(0, 0, day=23), at(12, 0, day=26), 0),
    ),
    last="Gigapay payout 5028814",
    last_at=at(13, 5, day=20),
    listed_at=at(14, 8, day=26),
    late="This was due Thu 26 Nov 12:00 and comes late: the list could not be read before.",
    advice="Ask whoever sends the payouts whether there are none this week or they were forgotten.",
)
