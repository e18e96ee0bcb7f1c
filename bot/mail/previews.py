"""One example of every letter, for `mail preview` and for the tests.

They tell one story, that of Gigapay payrun 2859272 on Friday 20 November 2026: asked
at 15:04, changed at 15:21, asked again at 15:52, closed at 15:59; and around it what
else happens to people who pay wages. The data is invented.
"""

from collections.abc import Mapping
from datetime import date
from zoneinfo import ZoneInfo

from bot.mail.asked_list import ApprovalsListed, ListedAsk
from bot.mail.lasting import Muted
from bot.mail.letters import (
    Adopted,
    AdoptedRun,
    ApprovalAsked,
    ApprovalWithdrawn,
    CalendarCreated,
    ConnectionFailing,
    ConnectionRecovered,
    Digest,
    LeftAlone,
    Letter,
    NeedsPerson,
    Notice,
    PayrunDone,
    PayrunFinalised,
    RuleRefused,
    RulesWaiting,
    Thing,
    TokenIssued,
    WaitingRule,
)
from bot.mail.parts import Next, Reason
from bot.mail.preview_alerts import ALERTS
from bot.mail.preview_asks import ASK, ASK_AGAIN, ASK_CALENDAR, ASKS_CLEAN, PAGE, RUN, STOCKHOLM, at, gbp, sek
from bot.mail.preview_deadlines import DEADLINES_AHEAD, HOLIDAY_AHEAD
from bot.mail.preview_expected import TOO_FEW_CAME
from bot.mail.preview_month import MONTH_PAID
from bot.mail.scheduled import Listed, NotAnswered, Scheduled

_APPROVER = Reason(
    "you may approve for gigapay-se", f"{RUN}#why", "gigapay-weekly-close", "7", "asked at 15:04"
)
_PAYROLL = Reason("you are in payroll", f"{RUN}#why", "gigapay-weekly-close", "7")
_OPS = Reason("you are in ops", f"{PAGE}/connections")

_STAFFOLOGY = f"{PAGE}/payruns/staffology-acme/Year2026-Monthly-8-1-0"


def _mail_page(id: str) -> str:
    return f"{PAGE}/mails/{id}%40example.com"


PREVIEWS: Mapping[str, Letter] = {
    "approval_asked": ApprovalAsked(
        made_at=at(15, 4), zone=STOCKHOLM, reason=_APPROVER, url=f"{PAGE}/approvals/8f3k2", ask=ASK
    ),
    "approval_asked again": ApprovalAsked(
        made_at=at(15, 52), zone=STOCKHOLM, reason=_APPROVER, url=f"{PAGE}/approvals/9c4m7", ask=ASK_AGAIN
    ),
    "approval_asked reminder": ApprovalAsked(
        made_at=at(15, 47),
        zone=STOCKHOLM,
        reason=Reason(
            "you stand in for finance-1, who is away until Mon 30 Nov",
            f"{RUN}#why",
            "gigapay-weekly-close",
            "7",
            "asked at 15:04",
        ),
        url=f"{PAGE}/approvals/8f3k2",
        ask=ASK,
        away=("finance-1 is away until Mon 30 Nov; finance-2 may decide instead.",),
        reminder="Nobody has answered since it was asked Fri 20 Nov 15:04.",
    ),
    "approvals_listed": ApprovalsListed(
        made_at=at(15, 1),
        zone=STOCKHOLM,
        reason=Reason("you may approve these", f"{PAGE}/approvals/list"),
        url=f"{PAGE}/approvals/list",
        day=date(2026, 11, 20),
        decide_by=at(16, 30),
        asks=tuple(
            ListedAsk.of(one, f"{PAGE}/approvals/{id}")
            for one, id in zip(ASKS_CLEAN, ("1a2b3", "4c5d6", "7e8f9"), strict=True)
        ),
    ),
    "approval_asked calendar": ApprovalAsked(
        made_at=at(9, 10),
        zone=STOCKHOLM,
        reason=Reason("you may approve for xero-uk", f"{PAGE}/rules/next-xero-calendar"),
        url=f"{PAGE}/approvals/2b7q1",
        ask=ASK_CALENDAR,
    ),
    "approval_withdrawn": ApprovalWithdrawn(
        made_at=at(15, 22),
        zone=STOCKHOLM,
        reason=_APPROVER,
        url=RUN,
        title="Gigapay payrun 2859272",
        verb="Close",
        asked_at=at(15, 4),
        withdrawn_at=at(15, 22),
        why="A payout was added at 15:21, after you were asked, so what you were shown no longer holds.",
        next="You are asked again, with the difference, when payouts have been quiet for 30 minutes.",
        answered="finance-1 approved it at 15:22; that answer does not count.",
    ),
    "payrun_closed": PayrunDone(
        made_at=at(16, 0),
        zone=STOCKHOLM,
        reason=_PAYROLL,
        url=RUN,
        title="Gigapay payrun 2859272",
        vendor="Gigapay",
        connection="gigapay-se",
        done_word="closed",
        done_at=at(15, 59),
        how=(
            "payrunbot closed it at 15:59 and read it back: closed, with the 10 payouts "
            "that finance-1 approved at 15:58."
        ),
        vendor_then="Gigapay tells the payees and mails the invoice.",
        as_approved=True,
        amount=sek("19270.25"),
        people=10,
        paid_to="10 payouts to 10 payees",
        pay_on=date(2026, 11, 26),
        pay_on_note="ours, from calendar se",
        next=(
            Next("Pay the invoice", at(16, 0, day=24), "bank reference 986911160380", sek("25324.95")),
            Next("Pay date", date(2026, 11, 26)),
        ),
        history=ASK_AGAIN.history,
        compared="29.3 % more than last run: 3 joined, 1 left, 2 changed.",
        good_to_know=(
            "Payee 1083 was added at 15:21, after the cut-off, and payee 1078 was lowered. The first "
            "approval no longer matched, so finance-1 was asked again and saw both.",
        ),
        undo=(
            "Before the invoice is paid: delete the payrun at Gigapay. The payees have been told, so "
            "tell them too.",
            "After: write to Gigapay with the bank reference above. payrunbot cannot take money back.",
        ),
    ),
    "payrun_finalised": PayrunFinalised(
        made_at=at(14, 5, day=18),
        zone=ZoneInfo("Europe/London"),
        reason=Reason("you are in payroll", f"{_STAFFOLOGY}#why", "staffology-finalise", "3"),
        url=_STAFFOLOGY,
        title="Staffology run 2026 month 8",
        vendor="Staffology",
        connection="staffology-acme",
        done_word="finalised",
        done_at=at(14, 2, day=18),
        how=(
            "payrunbot finalised it and read it back: finalised, with the 14 pay slips that finance-1 "
            "approved at 12:58."
        ),
        as_approved=True,
        amount=gbp("28412.77"),
        people=14,
        paid_to="14 pay slips to 14 people",
        pay_on=date(2026, 11, 20),
        next=(Next("Pay date", date(2026, 11, 20)),),
        undo=(
            "Re-open it in Staffology while no later run is open. Pay slips may be mailed again, and the "
            "FPS must be sent again.",
        ),
    ),
    "calendar_created": CalendarCreated(
        made_at=at(10, 2),
        zone=ZoneInfo("Europe/London"),
        reason=Reason("you are in payroll", f"{PAGE}/rules/next-xero-calendar", "next-xero-calendar", "2"),
        url=f"{PAGE}/payruns/xero-uk/216d80e6-af55-47b1-b718-9457c3f5d2fe",
        vendor="Xero",
        connection="xero-uk",
        after="Weekly North, 216d80e6-af55-47b1-b718-9457c3f5d2fe",
        name="Weekly North from 30 Nov",
        calendar_id="5e813d9e-9a65-4e03-a0fe-6a2d60c0a1b9",
        calendar_type="Weekly",
        period_start_on=date(2026, 11, 30),
        period_end_on=date(2026, 12, 6),
        pay_on=date(2026, 12, 11),
        created_at=at(10, 1),
        how="payrunbot created it at 09:01 as finance-1 approved it, and read it back.",
        as_approved=True,
        next=(Next("Move its employees to it, in Xero", date(2026, 12, 4)),),
        undo=("Delete it in Xero while nobody is assigned to it. payrunbot cannot.",),
    ),
    **ALERTS,
    "needs_person": NeedsPerson(
        made_at=at(16, 12),
        zone=STOCKHOLM,
        reason=Reason("you are in ops", f"{RUN}#why", "gigapay-weekly-close", "7"),
        url=RUN,
        title="Gigapay payrun 2859272",
        verb="Close",
        connection="gigapay-se",
        trouble="could not be confirmed",
        at=at(16, 11),
        happened=(
            "payrunbot asked Gigapay to close it at 15:59 and got no answer. It was read at once and again "
            "at 16:10: still open. It was not asked a second time."
        ),
        vendor_said="504, no body",
        do=(
            "Look at the payrun in Gigapay.",
            "Say on its page what you found: it happened, do it again, or never.",
        ),
        by=at(16, 30),
        silence="payrunbot does nothing more with it. Gigapay closes it at 16:30 anyway.",
    ),
    "left_alone": LeftAlone(
        made_at=at(9, 0),
        zone=STOCKHOLM,
        reason=Reason("you are in payroll", f"{PAGE}/rules/staffology-finalise", "staffology-finalise", "3"),
        url=f"{PAGE}/payruns/staffology-pilot/Year2026-Monthly-8-1-0",
        title="Staffology run 2026 month 8",
        verb="Finalise",
        vendor="Staffology",
        connection="staffology-pilot",
        automation="AutoPilot",
        why="AutoPilot is on for this employer, and two robots must not finalise one pay run.",
        vendor_acts="AutoPilot finalises it by itself on Thu 26 Nov and starts the next one.",
        pay_on=date(2026, 11, 27),
        undo=("To let payrunbot ask instead, turn AutoPilot off in Staffology before Thu 26 Nov.",),
    ),
    "connection_failing": ConnectionFailing(
        made_at=at(14, 53),
        zone=STOCKHOLM,
        reason=_OPS,
        url=f"{PAGE}/connections",
        connection="xero-uk",
        vendor="Xero",
        since=at(14, 23),
        what="Xero answers 503",
        last_read_at=at(14, 22),
        affected=(Next("Xero November", at(18, 0, day=26), "bank deadline"),),
        runs=3,
    ),
    "connection_recovered": ConnectionRecovered(
        made_at=at(15, 40),
        zone=STOCKHOLM,
        reason=_OPS,
        url=f"{PAGE}/connections",
        connection="xero-uk",
        vendor="Xero",
        since=at(14, 23),
        recovered_at=at(15, 39),
        changed=("Xero November: 1 pay slip added",),
    ),
    "rule_refused": RuleRefused(
        made_at=at(14, 2),
        zone=STOCKHOLM,
        reason=Reason("you are in ops", f"{PAGE}/rules"),
        url=f"{PAGE}/rules",
        problems=(
            'rules/gigapay.yaml:9:9  "csot" is not something a gigapay.payrun has. Did you mean "cost"?\n'
            "    9 |       - csot is at most 50 000 SEK\n"
            "      |         ^^^^",
        ),
        running=("gigapay-weekly-close runs on in version 7.",),
        others=3,
    ),
    "token_issued": TokenIssued(
        made_at=at(8, 30),
        zone=STOCKHOLM,
        reason=Reason("the token is yours or you may approve", f"{PAGE}/audit"),
        url=f"{PAGE}/connections",
        person="finance-2",
        issued_by="this machine",
        issued_at=at(8, 29),
        expires_on=date(2027, 2, 18),
    ),
    "rules_waiting": RulesWaiting(
        made_at=at(14, 3),
        zone=STOCKHOLM,
        reason=Reason("you may sign off rules", f"{PAGE}/rules"),
        url=f"{PAGE}/rules",
        rules=(
            WaitingRule(
                id="gigapay-weekly-close",
                version="8",
                sentence="Closes the open Gigapay payrun after the weekly cut-off; asks above 22 000 SEK.",
                mode="act",
                proposed_by="payroll-1",
                proposed_at=at(14, 2),
                signatures="one other person",
                until_then="version 7 runs",
                url=f"{PAGE}/rules/gigapay-weekly-close",
                changes=(
                    "last payout was more than 30 minutes ago → 45 minutes ago",
                    "a person is asked above 20 000 SEK → 22 000 SEK",
                ),
                wider="It is wider than version 7: it would act without asking, and the signed version "
                "would not, for example at status: open, cost: 20 000.01 SEK, payouts: 1, "
                "now: Fri 20 Nov 2026 15:01.",
                wrong=(
                    "gigapay-weekly-close and gigapay-late-close both do gigapay.close_payrun on one "
                    "resource: whichever comes first does it, and the limits of the other are not asked, "
                    "for example at status: open, payouts: 1, now: Fri 20 Nov 2026 16:01.",
                ),
            ),
        ),
    ),
    "adopted": Adopted(
        made_at=at(8, 0, day=11),
        zone=STOCKHOLM,
        reason=Reason("you are in payroll", f"{PAGE}/rules/roubler-errors", "roubler-errors", "4"),
        url=f"{PAGE}/payruns?connection=roubler-au",
        rule="roubler-errors",
        connection="roubler-au",
        would="is told of at once",
        runs=(
            AdoptedRun("Roubler run 398", "Finalised", f"{PAGE}/payruns/roubler-au/398", "1 error"),
            AdoptedRun("Roubler run 405", "Finalised", f"{PAGE}/payruns/roubler-au/405", "2 errors"),
        ),
        total=14,
    ),
    "notice": Notice(
        made_at=at(11, 5),
        zone=STOCKHOLM,
        reason=Reason("you are in ops", f"{PAGE}/connections", note="told once"),
        url=f"{PAGE}/connections",
        title="Roubler says something payrunbot does not know",
        connection="roubler-au",
        says=(
            "Run 412 has the status Suspended.",
            "It is kept as it came. Rules that ask about it are answered unknown, and unknown never acts.",
        ),
        rows=(("About", "roubler-au/412"),),
        do=("Look at it at the vendor, and do by hand what cannot wait.",),
    ),
    "digest": Digest(
        made_at=at(17, 10),
        zone=STOCKHOLM,
        reason=Reason("these mails were for you", f"{PAGE}/mails", note="each is kept in full on its page"),
        url=f"{PAGE}/mails",
        things=(
            Thing(
                "Closed as approved: Gigapay payrun 2859272, 19 270.25 SEK", at(16, 0), _mail_page("9f41c2")
            ),
            Thing("roubler-au can be read again", at(16, 12), _mail_page("07be55")),
            Thing(
                "Created as approved: Xero calendar Weekly, from Mon 23 Nov", at(16, 20), _mail_page("c5d0e1")
            ),
            Thing("Errors cleared: Roubler run 412", at(16, 41), _mail_page("3a7712")),
        ),
        muted=(Muted("roubler-errors", "payroll-1", "Roubler mends it on Monday", at(12, 0, day=23)),),
    ),
    "scheduled": Scheduled(
        made_at=at(10, 12, day=23),
        zone=STOCKHOLM,
        reason=Reason("you are in finance", f"{PAGE}/rules/open-on-monday", "open-on-monday", "1"),
        url=f"{PAGE}/payruns",
        title="Pay runs still open",
        times="every first working day of the week at 08:00",
        slot_at=at(8, 0, day=23),
        late=(
            "This was due Mon 23 Nov 08:00 and comes late: payrunbot was not running then, or its clock "
            "was set forward."
        ),
        listed=(
            Listed(
                "Gigapay payrun 2859272",
                "Open",
                RUN,
                "status is open; bank deadline is in the next 2 working days (Tue 24 Nov 16:00)",
                people=10,
                amount=sek("19270.25"),
                dates=(Next("Bank deadline", at(16, 0, day=24)), Next("Pay date", date(2026, 11, 26))),
            ),
            Listed(
                "Gigapay payrun 2859301",
                "Open",
                f"{PAGE}/payruns/gigapay-se/2859301",
                "status is open",
                people=2,
                amount=sek("2480.00"),
            ),
        ),
        total=2,
        not_answered=(
            NotAnswered(
                "Gigapay payrun 2859266",
                f"{PAGE}/payruns/gigapay-se/2859266",
                "status is open (not read since Fri 20 Nov 14:22)",
            ),
        ),
        not_answered_total=1,
    ),
    "deadlines_ahead": DEADLINES_AHEAD,
    "holiday_ahead": HOLIDAY_AHEAD,
    "month": MONTH_PAID,
    "too_few_came": TOO_FEW_CAME,
}
