"""The check-ins of spec section 11: which steps, in which order."""

from dataclasses import dataclass

from digests.model import Section
from digests.sections.approvals import APPROVALS
from digests.sections.connections import CONNECTIONS
from digests.sections.escalations import ESCALATIONS
from digests.sections.next_hours import NEXT_HOURS


@dataclass(frozen=True)
class Checkin:
    name: str
    title: str
    steps: tuple[Section, ...]


MORNING = Checkin("morning", "Morning check-in", (APPROVALS, ESCALATIONS, CONNECTIONS, NEXT_HOURS))

CHECKINS = {checkin.name: checkin for checkin in (MORNING,)}
