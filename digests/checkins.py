"""The check-ins of spec section 11: which steps, in which order."""

from dataclasses import dataclass

from digests.model import Section
from digests.sections.approvals import APPROVALS
from digests.sections.connections import CONNECTIONS
from digests.sections.engagement import ENGAGEMENT
from digests.sections.escalations import ESCALATIONS
from digests.sections.failures import FAILURES
from digests.sections.live import LIVE
from digests.sections.next_hours import NEXT_HOURS
from digests.sections.policy_blocks import POLICY_BLOCKS


@dataclass(frozen=True)
class Checkin:
    name: str
    title: str
    steps: tuple[Section, ...]


MORNING = Checkin("morning", "Morning check-in", (APPROVALS, ESCALATIONS, CONNECTIONS, NEXT_HOURS))
MIDDAY = Checkin("midday", "Midday check-in", (LIVE, FAILURES, ENGAGEMENT, POLICY_BLOCKS))

CHECKINS = {checkin.name: checkin for checkin in (MORNING, MIDDAY)}
