"""Whether a client's account can be used: lost when a platform shuts it, regained when something goes through again."""

from dataclasses import replace

from sqlalchemy import Connection as Db

from audits import payload_hash
from clients import store as reports
from clients import work_items
from clients.model import Connection, ConnectionStatus, ItemKind, ItemState, WorkItem
from storage import clock
from telemetry.ids import Platform

LOST = {
    "auth": ConnectionStatus.EXPIRED,
    "login_challenge": ConnectionStatus.CHALLENGE,
    "account_disabled": ConnectionStatus.EXPIRED,
}
"""What a refusal for this reason makes of a connection; a person must act."""

_TITLES = {
    "auth": "Connect {} anew: the grant has expired",
    "login_challenge": "{} asks who is there: log in by hand",
    "account_disabled": "{} has disabled the account",
}


def lost(db: Db, client_id: str, platform: str, reason: str) -> bool:
    """Reports the connection as broken and calls a person, once; False when that was known."""
    known = _connection(db, client_id, platform)
    if known is None or known.status is LOST[reason]:
        return False
    now = clock.now(db)
    since = now if reason == "login_challenge" else None
    reports.report_connections(db, [replace(known, status=LOST[reason], last_refresh_ok=False, challenge_since=since)])
    body = {"reason": reason, "since": now.isoformat()}
    work_items.open_items(
        db,
        [
            WorkItem(
                item_id=f"connection-{client_id}-{platform}-{int(now.timestamp())}",
                kind=ItemKind.CONNECTION,
                client_id=client_id,
                title=_TITLES[reason].format(Platform(platform).title),
                severity=2,
                payload_hash=payload_hash(body),
                opened_at=now,
                platform=platform,
                lane="publishing",
                body=body,
            )
        ],
    )
    return True


def refreshed(db: Db, client_id: str, platform: str) -> None:
    """The platform gave a fresh token. That does not answer a challenge in its studio."""
    known = _connection(db, client_id, platform)
    if known is None or known.status is ConnectionStatus.CHALLENGE:
        return
    reports.report_connections(db, [replace(known, last_refresh_at=clock.now(db), last_refresh_ok=True)])
    regained(db, client_id, platform)


def regained(db: Db, client_id: str, platform: str) -> None:
    """Something went through: what was open about it needs no person any more."""
    known = _connection(db, client_id, platform)
    if known is None or known.status not in LOST.values():
        return
    now = clock.now(db)
    fine = replace(known, status=ConnectionStatus.OK, last_refresh_at=now, last_refresh_ok=True, challenge_since=None)
    reports.report_connections(db, [fine])
    for item in work_items.items_of(db, [ItemKind.CONNECTION], closed_since=now):
        if (item.client_id, item.platform, item.state) == (client_id, platform, ItemState.OPEN):
            work_items.close_item(
                db, item.item_id, version=item.version, payload_hash=item.payload_hash, outcome="regained", by="agency"
            )


def _connection(db: Db, client_id: str, platform: str) -> Connection | None:
    return next((each for each in reports.connections(db, [client_id]) if each.platform == platform), None)
