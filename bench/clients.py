"""An agency of any number of clients as it stands in Postgres before a check-in: three things each wait for a person.

Their kinds are as frequent as in the demo: of thirteen nine are drafts, two of them with a risk, three conversations,
one was held back by a policy.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import psycopg

from clients import store as clients
from clients import work_items
from clients.model import CalendarItem, CalendarStatus, Connection, ConnectionStatus, ItemKind, WorkItem
from sandbox.agency import seed, world
from sandbox.agency.blueprints import PLANNED
from storage import clock
from storage.engine import connect
from storage.migrations import upgrade

ZONE = "Europe/Madrid"
EACH = 3
_MIX = (*[ItemKind.APPROVAL] * 9, *[ItemKind.ESCALATION] * 3, ItemKind.POLICY_BLOCK)
_AT_ONCE = 100
_WEB = "http://agency.test"


def one_more(url: str, name: str) -> str:
    """The address of a new database on the same server, with today's schema."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as db:
        db.execute(f'CREATE DATABASE "{name}"'.encode())
    own = f"{url.rpartition('/')[0]}/{name}"
    upgrade(own)
    return own


def settle(url: str, many: int) -> None:
    """Reports so many clients, their connections, the posts of the next hours, and what waits."""
    engine = connect(url, name="bench")
    accounts = list(seed.accounts(many).values())
    with engine.begin() as db:
        now = clock.now(db)
        clients.report_clients(db, [world.client(account, ZONE) for account in accounts])
        clients.report_connections(
            db,
            [
                Connection(account.client_id, platform, world.mode(platform), ConnectionStatus.OK)
                for account in accounts
                for platform in account.platforms
            ],
        )
    for first in range(0, many, _AT_ONCE):
        waiting = [one for account in accounts[first : first + _AT_ONCE] for one in _waiting(account, now)]
        with engine.begin() as db:
            clients.report_calendar(db, [post for post, _ in waiting])
            work_items.open_items(db, [item for _, item in waiting])
    engine.dispose()


def _waiting(account: seed.Account, now: datetime) -> Iterator[tuple[CalendarItem, WorkItem]]:
    rng = Random(account.client_id)
    for _ in range(EACH):
        platform = rng.choice(account.platforms)
        surface, own = rng.choice(world.SURFACES[platform]), rng.choice(account.posts)
        draft = seed.Draft(account.client_id, platform, surface, own)
        at = now + timedelta(minutes=rng.randrange(25, 350))
        post = world.drafted(draft, at, rng, web_url=_WEB, blueprint=PLANNED[0])
        opened_at = now - timedelta(minutes=rng.randrange(20, 240))
        match rng.choice(_MIX):
            case ItemKind.APPROVAL:
                risk = rng.choice([one.risk for one in seed.APPROVALS])
                yield post, world.approval(post, opened_at, risk)
            case ItemKind.ESCALATION:
                thread = rng.choice(seed.THREADS)
                live = replace(post, status=CalendarStatus.VERIFIED)
                yield live, world.complaint(live, thread.author, thread.excerpt, opened_at)
            case _:
                held = replace(post, status=CalendarStatus.BLOCKED, error_reason=seed.BLOCK_REASON)
                yield held, world.policy_block(held, opened_at)
