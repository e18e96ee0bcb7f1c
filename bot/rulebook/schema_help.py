"""One line of help for every key of a rule file and of calendars.yaml, as editors show it."""

OF_RULE = {
    "id": "Its name in mails, commands and records: small letters, digits and hyphens.",
    "title": "What it does, as people say it.",
    "every": "Asked at these times about all it watches, and mailed as one list.",
    "if_missed": "What becomes of times at which the service was away: run late, tell or skip.",
    "expect": "What is to come, and by when: at least 1 gigapay.payout per week by Thursday 12:00",
    "watch": "The kind of resource that it is about.",
    "connections": "Only these connections; without it, all of the vendor.",
    "calendar": "A work calendar of calendars.yaml, where it is not the connection's own.",
    "when": "What must hold: one condition a line. all, any and not make blocks.",
    "then": "What is done or told then, in this order.",
    "mode": "off; watch: only recorded; ask: a person approves; act: done at once. Without it, watch.",
    "limits": "When a person is asked although the mode is act; how often, and at what hours.",
    "group_by": "What one alert collects: a pay run, or all of a connection.",
    "wait": "Collect for so long before an alert is sent.",
    "remind": "Tell again at these times while it lasts: every working day at 09:00",
    "escalate": "Whom else to tell where it still lasts after a while.",
    "ask": "The group that is asked, where not every approver should be.",
    "advice": "What the person who is asked or told should look at.",
    "tests": "What it must say of given values; payrunbot test tries them, and so does every reload.",
}
OF_LIMITS = {
    "ask_above": "At or under it is done at once; over it a person approves: 20 000 SEK",
    "ask_when": "Conditions under which a person approves.",
    "two_people_above": "Over it two people approve: 100 000 SEK",
    "only_during": "Nothing is done outside working hours; it waits for the next.",
    "at_most": "How often in how long: 1 per 7 days",
}
OF_CALENDAR = {
    "zone": "Its time zone: Europe/Stockholm",
    "holidays": "Whose holidays close it, by the holidays library.",
    "half_days": "When half days close, where not at the hour in their name.",
    "working_hours": "From and to: 08:00-17:00",
    "if_closed": "Where a date on a closed day moves: before, after or nearest.",
    "extra_closed": "Further closed days: [2026-06-05]",
    "input_cut_off": "Weekly, Friday 15:00; or monthly, 25th, 3 working days before, 12:00",
    "bank_deadline": "2 working days before pay date 16:00",
    "approval_deadline": "3 working days before pay date 12:00",
    "pay_date": "Where the vendor gives none: Thursday after cut-off, or 10 days after period end",
}
