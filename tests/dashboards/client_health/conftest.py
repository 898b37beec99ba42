from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import Connection as Db

from audits import ActionType, ActorType, Effect, Phase, Result
from audits import store as audits
from clients import store as clients
from clients import work_items
from clients.model import (
    CalendarItem,
    CalendarStatus,
    Client,
    Connection,
    ConnectionStatus,
    FunnelStep,
    ItemKind,
    Stage,
    WorkItem,
)

NOW = datetime(2026, 3, 3, 13, 30, tzinfo=UTC)  # a Tuesday; 14:30 in Berlin
HOUR = timedelta(hours=1)
TITLES = (
    "First light at Kestrel Lake",
    "Pack like a hut warden",
    "Three layers for a wet ridge",
    "The 40-minute boot check",
)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def acme(db: Db) -> str:
    """A client that publishes well but for one post, with some of everything."""
    clients.report_clients(
        db,
        [
            Client("acme", "Acme Outdoor", "Europe/Berlin", Decimal("5")),
            Client("cedar", "Cedar & Stone <Architects>", "Europe/Berlin"),
        ],
    )
    clients.report_calendar(db, _calendar())
    clients.report_connections(
        db,
        [
            Connection("acme", "instagram", "api", ConnectionStatus.OK, NOW + timedelta(days=40), NOW - 5 * HOUR, True),
            Connection("acme", "skool", "browser", ConnectionStatus.OK),
            Connection("acme", "youtube", "api", ConnectionStatus.EXPIRING, NOW + 30 * HOUR, NOW - 2 * HOUR, False),
        ],
    )
    clients.report_funnel(
        db,
        [
            FunnelStep("acme", stage, f"{stage}-{n}", n >= misses, NOW - n * HOUR)
            for stage, misses, count in ((Stage.ASSET, 1, 53), (Stage.CALENDAR, 0, 52), (Stage.PUBLISH, 2, 40))
            for n in range(count)
        ],
    )
    work_items.open_items(db, [_item(ItemKind.APPROVAL, n) for n in range(3)] + [_item(ItemKind.PUBLISH_FAILURE, 9)])
    for n in range(22):
        _publish(db, n)
    return "acme"


def _calendar() -> list[CalendarItem]:
    items = []
    for n in range(-40, 30):
        platform = ("instagram", "youtube", "instagram", "skool")[n % 4]
        at = NOW + n * 4 * HOUR + timedelta(minutes=7 * (n % 5))
        status = CalendarStatus.VERIFIED if n < 0 else CalendarStatus.SCHEDULED if n < 4 else CalendarStatus.PLANNED
        items.append(
            CalendarItem(
                calendar_item_id=f"cal-{n}",
                client_id="acme",
                platform=platform,
                surface={"youtube": "shorts", "skool": "community"}.get(platform, "reels"),
                title=TITLES[n % 4],
                status=CalendarStatus.FAILED if n == -2 else status,
                scheduled_at=at,
                payload_hash="hash",
                mode="browser" if platform == "skool" else "api",
                published_at=at if n < 0 else None,
                post_url=f"https://instagram.example/p/{-n}?a=1&b=2" if n < 0 and n != -2 else None,
                error_reason="platform_5xx" if n == -2 else None,
            )
        )
    return items


def _item(kind: ItemKind, n: int) -> WorkItem:
    return WorkItem(f"item-{n}", kind, "acme", TITLES[n % 4], 2, "hash", NOW - HOUR)


def _publish(db: Db, n: int) -> None:
    effect = Effect(
        client_id="acme",
        action_type=ActionType.APPROVE if n % 5 == 1 else ActionType.PUBLISH,
        actor_type=ActorType.OPERATOR if n % 5 == 1 else ActorType.AGENT,
        actor_id="U0ANA" if n % 5 == 1 else "publisher",
        payload={"n": n},
        summary=TITLES[n % 4],
        platform="instagram",
        lane="publishing",
        command_id=uuid4(),
    )
    at = NOW - n * HOUR - timedelta(minutes=20)
    if n != 3:
        result = Result.FAIL if n == 2 else Result.SUCCESS
        proof = {} if n % 5 == 1 or n == 2 else {"post_url": f"https://instagram.example/p/{n}"}
        audits.record(db, effect, Phase.OUTCOME, result, proof, at=at)
    if n % 5 != 1:
        audits.record(db, effect, Phase.INTENT, None, at=at - timedelta(seconds=40))
