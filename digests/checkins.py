"""The check-ins of spec section 11 and the owner's summary: which steps, in which order."""

from dataclasses import dataclass

from digests.model import SUMMARY, Section
from digests.sections.answered import ANSWERED
from digests.sections.approvals import APPROVALS
from digests.sections.connections import CONNECTIONS
from digests.sections.engagement import ENGAGEMENT
from digests.sections.escalations import ESCALATIONS
from digests.sections.failures import FAILURES
from digests.sections.follow_ups import FOLLOW_UPS
from digests.sections.health import HEALTH
from digests.sections.live import LIVE
from digests.sections.next_hours import NEXT_HOURS
from digests.sections.policy_blocks import POLICY_BLOCKS
from digests.sections.spent import SPENT
from digests.sections.stopped import STOPPED
from digests.sections.worked import WORKED


@dataclass(frozen=True)
class Checkin:
    name: str
    title: str
    steps: tuple[Section, ...]
    asks: bool = True
    """Whether there is anything to do in it, or only to read."""


MORNING = Checkin("morning", "Morning check-in", (APPROVALS, ESCALATIONS, CONNECTIONS, NEXT_HOURS))
MIDDAY = Checkin("midday", "Midday check-in", (LIVE, FAILURES, ENGAGEMENT, POLICY_BLOCKS))
LATE = Checkin("late", "Late check-in", (ANSWERED, FOLLOW_UPS))
DAY = Checkin(SUMMARY, "The day", (HEALTH, WORKED, STOPPED, SPENT), asks=False)

CHECKINS = {checkin.name: checkin for checkin in (MORNING, MIDDAY, LATE, DAY)}
