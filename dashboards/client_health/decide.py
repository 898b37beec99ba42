"""Why a client is stuck, in one sentence. Pure rules.

A client of three posts a day is judged by the state it is in, never by a rate.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from audits.switches import Switch
from charts.words import plural
from clients.figures import Publishing
from clients.model import Connection, ConnectionStatus, WorkItem
from dashboards.client_health.model import Situation
from dashboards.names import platform_name, reason_words
from dashboards.times import told


class State(StrEnum):
    """From the worst to the best."""

    STUCK = "stuck"
    STOPPED = "stopped"
    FAILING = "failing"
    QUIET = "quiet"
    PUBLISHING = "publishing"


@dataclass(frozen=True)
class Verdict:
    """`words` go on after the client's name: `is publishing. 1 of 12 failed since yesterday: Instagram API error.`"""

    state: State
    words: str


def verdict(situation: Situation, now: datetime, zone: str) -> Verdict:
    """The first rule that fits, the gravest first. Counts are since the begin of yesterday."""
    for stop in situation.stops:
        if stops_all(stop):
            return Verdict(State.STOPPED, f"is stopped since {told(stop.set_at, now, zone)}: nothing goes out.")
    if causes := _causes(situation, now, zone):
        more = f" And {plural(len(causes) - 2, 'more platform')}." if len(causes) > 2 else ""
        return Verdict(State.STUCK, f"is stuck. {' '.join(causes[:2])}{more}")
    return _course(situation.publishing, now, zone)


def stops_all(stop: Switch) -> bool:
    """Whether nothing goes out while this is on; else it is about one platform, or a lane that is not publishing."""
    return stop.scope.platform is None and stop.scope.lane in (None, "publishing")


def _causes(situation: Situation, now: datetime, zone: str) -> list[str]:
    """One sentence for each platform on which nothing moves."""
    stopped = {stop.scope.platform: stop for stop in situation.stops if stop.scope.lane in (None, "publishing")}
    connections = {one.platform: one for one in situation.connections}
    going = {one.platform: one for one in situation.publishing}
    sent_back = {one: [draft for draft in situation.sent_back if draft.platform == one] for one in going}
    found = (
        (
            platform,
            _cause(stopped.get(platform), connections.get(platform), going.get(platform), now, zone)
            or _unapproved(going.get(platform), sent_back.get(platform, []), now, zone),
        )
        for platform in sorted(connections.keys() | going.keys())
    )
    return [f"{platform_name(platform)}: {cause}." for platform, cause in found if cause]


def _cause(
    stop: Switch | None, connection: Connection | None, going: Publishing | None, now: datetime, zone: str
) -> str | None:
    if stop:
        return f"stopped since {told(stop.set_at, now, zone)}"
    if connection and connection.status is ConnectionStatus.CHALLENGE:
        since = f" since {told(connection.challenge_since, now, zone)}" if connection.challenge_since else ""
        return f"waits for a person to log in{since}"
    if connection and connection.status is ConnectionStatus.EXPIRED:
        return "the token has expired"
    if going and going.failed_in_a_row >= 2:
        return f"the last {going.failed_in_a_row} posts failed ({reason_words(going.reason)})"
    if going and going.overdue and going.overdue_since:
        return f"{plural(going.overdue, 'post')} overdue since {told(going.overdue_since, now, zone)}"
    return None


def _unapproved(going: Publishing | None, sent_back: Sequence[WorkItem], now: datetime, zone: str) -> str | None:
    """What passed its time and was not approved; a person may have done their part and sent it back."""
    late = [draft for draft in sent_back if draft.due_at and draft.due_at < now]
    if going and going.unapproved > len(late):
        return f"{plural(going.unapproved, 'draft')} passed the time to go out without approval"
    if late and late[0].closed_at:
        since = told(late[0].closed_at, now, zone)
        return f"waits since {since} for the new version of a draft that {late[0].closed_by} sent back"
    return None


def _course(publishing: Sequence[Publishing], now: datetime, zone: str) -> Verdict:
    ended, failed = sum(one.ended for one in publishing), sum(one.failed for one in publishing)
    blocked = sum(one.blocked for one in publishing)
    policy = f" {blocked} blocked by policy." if blocked else ""
    if failed:
        worst = max(publishing, key=lambda one: one.failed)
        mostly = "mostly " if failed > worst.failed else ""
        reason = f"{mostly}{platform_name(worst.platform)} {reason_words(worst.reason)}"
        return Verdict(State.FAILING, f"is publishing. {failed} of {ended} failed since yesterday: {reason}.{policy}")
    if ended:
        state = State.FAILING if blocked else State.PUBLISHING
        return Verdict(state, f"is publishing. {plural(ended, 'post')} went out since yesterday, none failed.{policy}")
    if coming := [one for one in publishing if one.next_at]:
        soonest = min(coming, key=lambda one: one.next_at or now)
        when = told(soonest.next_at or now, now, zone)
        return Verdict(
            State.QUIET, f"had nothing due since yesterday.{policy} Next: {platform_name(soonest.platform)} {when}."
        )
    return Verdict(State.QUIET, f"has an empty calendar: nothing since yesterday, nothing in the coming week.{policy}")
