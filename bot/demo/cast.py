"""The people of the story, and what became of what they tried."""

from dataclasses import dataclass, field

from bot.demo.config import APPROVER, PROPOSER
from bot.demo.stage import Stage
from bot.demo.visitor import NoSuchForm, Visitor
from bot.engine.access import issue_on_this_machine


@dataclass(slots=True)
class Tried:
    """One attempt to approve: who, what, and whether the page let them."""

    person: str
    approval: str
    ref: str
    was_allowed: bool
    said: str


@dataclass(slots=True)
class Cast:
    people: dict[str, Visitor]
    tokens: dict[str, str]
    tried: list[Tried] = field(default_factory=list)

    async def close(self) -> None:
        for visitor in self.people.values():
            await visitor.close()

    def xero_calendar(self, stage: Stage, calendar_type: str) -> str:
        """The id of the one calendar of a type that the demo was seeded with."""
        return next(
            id for id, one in stage.xero.state.calendars.items() if one["calendarType"] == calendar_type
        )

    async def approve(self, person: str, connection: str) -> None:
        """Open the waiting approval of a connection as its mail links it, tick, and press Approve."""
        visitor = self.people[person]
        await visitor.sign_in()  # days have passed on the story's clock, so the last session is over
        listed = await visitor.api("GET", "/api/approvals")
        waiting = [
            one
            for one in listed["approvals"]
            if one["state"] == "open" and one["ref"].startswith(f"{connection}/")
        ]
        for one in waiting:
            path = f"/approvals/{one['id']}"
            try:
                status, page = await visitor.submit(path, "/approve")
            except NoSuchForm as missing:
                self.tried.append(Tried(person, one["id"], one["ref"], False, str(missing)))
                continue
            self.tried.append(Tried(person, one["id"], one["ref"], status == 200, page))


async def call_the_cast(stage: Stage) -> Cast:
    """Issue each person a token on this machine."""
    people, tokens = {}, {}
    for person in (PROPOSER, APPROVER):
        async with stage.bot.bot.db.write() as tx:
            token, _ = await issue_on_this_machine(tx, stage.settings, person, now=stage.clock.now())
        tokens[person] = token
        people[person] = Visitor(stage.bot.url, token)
    return Cast(people, tokens)
