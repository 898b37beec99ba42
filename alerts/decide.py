"""What a delivery from Alertmanager means, given what we know: pure, every answer has a name."""

from dataclasses import dataclass

from alerts.model import AlertGroup, Incident


@dataclass(frozen=True)
class Open:
    """The first we hear of it: a new card."""


@dataclass(frozen=True)
class Update:
    """The same problem goes on, or goes on differently: the card is edited."""


@dataclass(frozen=True)
class Close:
    """It is over: the card says so."""


@dataclass(frozen=True)
class Skip:
    """Nothing to show; `reason` goes to the log."""

    reason: str


def decide(group: AlertGroup, last: Incident | None) -> Open | Update | Close | Skip:
    """`last` is the group's newest incident, open or closed."""
    if group.heartbeat:
        return Skip("heartbeat")
    is_open = last is not None and last.resolved_at is None
    if group.status == "resolved":
        return Close() if is_open else Skip("resolved before it was known")
    if is_open and last is not None:
        return Skip("nothing new") if group == last.group else Update()
    # A peer of a highly available pair may deliver the firing again after the end: it is the same alert, long over.
    if last and all(alert.starts_at <= last.newest_start for alert in group.alerts):
        return Skip("late copy of a problem that is over")
    return Open()
