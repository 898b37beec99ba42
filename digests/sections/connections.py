"""Confirm runner health and platform tokens: runners from Prometheus, tokens from what the platform reported."""

from collections.abc import Mapping
from dataclasses import dataclass

from clients import store
from clients.model import Connection, ConnectionStatus
from dashboards.layout import no_data
from digests.model import Section, Step, World
from messages.blocks import Block, date, escape, section
from metrics import queries
from metrics.model import Missing
from operations.wording import place

_WORDS = {
    ConnectionStatus.EXPIRING: "token expires",
    ConnectionStatus.EXPIRED: "token expired",
    ConnectionStatus.CHALLENGE: "asks for a log-in",
}
_SHOWN = 15


@dataclass(frozen=True)
class Connections:
    busy: Mapping[str, float] | Missing
    pools: Mapping[str, float] | Missing
    all: int
    troubled: list[Connection]


def collect(world: World) -> Connections:
    busy = world.reader.instant(queries.runners_busy(), world.now)
    # A source that is silent is not asked twice: the tokens must not be late for it.
    pools = busy if isinstance(busy, Missing) else world.reader.instant(queries.runners(), world.now)
    with world.engine.begin() as db:
        found = store.connections(db, world.pod.client_ids)
    return Connections(
        busy if isinstance(busy, Missing) else busy.by("runner_pool"),
        pools if isinstance(pools, Missing) else pools.by("runner_pool"),
        len(found),
        [connection for connection in found if connection.status is not ConnectionStatus.OK],
    )


def show(found: Connections, world: World) -> Step:
    care = "needs" if len(found.troubled) == 1 else "need"
    tokens = (
        f"{len(found.troubled)} of {found.all} connections {care} care"
        if found.troubled
        else "all connections well"
        if found.all
        else "no connections"
    )
    runners = _runners(found)
    lines = [f"*Runners*\n{runners}", f"*Connections*\n{_tokens(found, world)}"]
    groups: list[list[Block]] = [[section("\n\n".join(lines))]]
    return Step(line=f"{runners.splitlines()[0]} · {tokens}", confirm=True, kept=True, groups=groups)


def _runners(found: Connections) -> str:
    if isinstance(found.busy, Missing) or isinstance(found.pools, Missing):
        missing = found.busy if isinstance(found.busy, Missing) else found.pools
        assert isinstance(missing, Missing)  # noqa: S101  (one of the two is)
        return no_data("runners", missing)
    if not found.pools:
        return "no data on runners: no pool reports"
    return ", ".join(_pool(escape(pool, 40), found.busy.get(pool), size) for pool, size in sorted(found.pools.items()))


def _pool(name: str, busy: float | None, size: float) -> str:
    """Without the number of the moment, which would make the card flicker; a full pool is what matters."""
    if busy is None:
        return f"no data on {name}"
    return f"⚠️ all {size:.0f} {name} runners busy" if busy >= size else f"{size:.0f} {name} runners with room"


def _tokens(found: Connections, world: World) -> str:
    if not found.all:
        return "No connection was reported."
    if not found.troubled:
        return f"✅ All {found.all} connections are well."
    lines = []
    for connection in found.troubled[:_SHOWN]:
        when = connection.challenge_since or connection.token_expires_at
        client = escape(world.names.get(connection.client_id, connection.client_id), 60)
        platform = escape(place(connection.platform, None))
        at = f" {date(when, '{date_short_pretty} {time}')}" if when else ""
        lines.append(f"⚠️ {client} · {platform}: {_WORDS[connection.status]}{at}")
    more = len(found.troubled) - _SHOWN
    return "\n".join([*lines, f"… {more} more"] if more > 0 else lines)


CONNECTIONS = Section("connections", "Confirm runners and tokens", collect, show)
