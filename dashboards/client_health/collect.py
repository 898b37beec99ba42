"""Asks Postgres and Prometheus; the number of questions does not depend on how many clients there are."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from math import isfinite
from typing import TypeVar

from sqlalchemy import Connection as Db

from audits import AuditEvent, Phase, switches
from audits import store as audits
from audits.switches import Switch
from clients import figures, work_items
from clients import store as clients
from clients.figures import Publishing
from clients.model import Client, Connection, WorkItem
from dashboards.client_health.model import ClientHealth, Overview, Situation, Unknown
from dashboards.names import asks_for_help, client_called
from dashboards.times import midnight
from metrics import queries
from metrics.model import Missing
from metrics.reader import Reader

_HOUR = timedelta(hours=1)
_ACTIONS = 20

T = TypeVar("T", Publishing, Connection, WorkItem)


def collect(
    db: Db, reader: Reader, asked: str, *, now: datetime, zone: str, days: int = 7
) -> ClientHealth | Overview | Unknown:
    """What is known of the client called `asked`, `days` local days back and ahead; of all clients when it is empty."""
    if asks_for_help(asked):
        return Unknown("", ())
    everyone = clients.all_clients(db)
    if not asked.strip():
        return Overview(tuple(_situations(db, everyone, now, zone)), now, zone)
    client = client_called(everyone, asked)
    if isinstance(client, list):
        return Unknown(asked, tuple(client))
    [situation] = _situations(db, [client], now, zone)
    since, until = midnight(now, zone, 1 - days), midnight(now, zone, days)
    return ClientHealth(
        situation=situation,
        now=now,
        zone=zone,
        days=days,
        since=since,
        until=until,
        funnel=figures.funnel(db, client.client_id, since),
        calendar=tuple(clients.calendar(db, since, until, client_ids=[client.client_id])),
        actions=_actions(audits.last(db, client.client_id, 2 * _ACTIONS)),
        everywhere=_everywhere(reader, now),
    )


def _situations(db: Db, some: Sequence[Client], now: datetime, zone: str) -> list[Situation]:
    ids = [client.client_id for client in some]
    # "Since yesterday" is the window of every verdict; what comes next is looked for in the coming week.
    going = _by_client(figures.publishing(db, midnight(now, zone, -1), now, midnight(now, zone, 7), client_ids=ids))
    connected = _by_client(clients.connections(db, ids))
    stops = switches.switches_on(db)
    open_items = work_items.open_counts(db, ids)
    sent_back = _by_client(work_items.sent_back(db, midnight(now, zone, -1), ids))
    found = []
    for client in some:
        own = going.get(client.client_id, []), connected.get(client.client_id, [])
        platforms = {one.platform for rows in own for one in rows}
        covering = tuple(stop for stop in stops if _covers(stop, client.client_id, platforms))
        waiting = open_items.get(client.client_id, {}), tuple(sent_back.get(client.client_id, []))
        found.append(Situation(client, tuple(own[0]), tuple(own[1]), covering, *waiting))
    return found


def _by_client(rows: Iterable[T]) -> dict[str, list[T]]:
    grouped: dict[str, list[T]] = {}
    for row in rows:
        grouped.setdefault(row.client_id, []).append(row)
    return grouped


def _covers(stop: Switch, client_id: str, platforms: Collection[str]) -> bool:
    scope = stop.scope
    return scope.client_id in (None, client_id) and (scope.platform is None or scope.platform in platforms)


def _actions(events: Sequence[AuditEvent]) -> tuple[AuditEvent, ...]:
    """One event for each effect: its outcome, or its intent as long as no outcome is known."""
    ended = {event.command_id for event in events if event.phase is Phase.OUTCOME}
    return tuple(e for e in events if e.phase is Phase.OUTCOME or e.command_id not in ended)[:_ACTIONS]


def _everywhere(reader: Reader, now: datetime) -> dict[str, tuple[int, int]] | Missing:
    failed = reader.instant(queries.publish_failures(_HOUR), now)
    published = reader.instant(queries.posts_published(_HOUR), now)
    if isinstance(failed, Missing):
        return failed
    if isinstance(published, Missing):
        return published
    went_out, did_not = published.by("platform"), failed.by("platform")
    known = {
        platform for platform in went_out.keys() & did_not.keys() if isfinite(went_out[platform] + did_not[platform])
    }
    return {name: (round(did_not[name]), round(did_not[name]) + round(went_out[name])) for name in sorted(known)}
