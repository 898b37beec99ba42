"""A record as an install should have it: its tables are one role's, the bot comes as another, a superuser armed it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Engine, make_url, text

from audits import Phase, Result, protect, sealing, store
from audits.protect import Part
from storage import clock
from storage.engine import connect
from storage.migrations import upgrade
from storage.process import Server
from tests.audits.tampering import SIGNER
from tests.factories import effect

_numbers = count(1)


@dataclass(frozen=True)
class Install:
    """A database of its own, and who may come to it; `superuser` is the server's."""

    url: str
    roles: dict[str, str]

    def url_as(self, who: str) -> str:
        """Of `superuser`, `owner`, a part's name, or `stranger`, who was given nothing."""
        if who == "superuser":
            return self.url
        address = make_url(self.url).set(username=self.roles[who], password="secret")
        return address.render_as_string(hide_password=False)

    def login(self, who: str) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(self.url_as(who).replace("+psycopg", ""))


def write(engine: Engine, times: int = 1, at: datetime | None = None) -> list[str]:
    """As many events, in one transaction; their ids."""
    with engine.begin() as db:
        told = [
            store.record(db, effect(command_id=uuid4()), Phase.OUTCOME, Result.SUCCESS, at=at) for _ in range(times)
        ]
    return [str(one) for one in told]


def seal(engine: Engine, limit: int = sealing.BATCH) -> int:
    """Seals once; how many rows."""
    with engine.begin() as db:
        return sealing.seal(db, SIGNER, clock.now(db), limit)


@pytest.fixture(scope="module")
def install(postgres: Server) -> Iterator[Install]:
    """With a sealed row in each month, a leaf and a checkpoint."""
    number = next(_numbers)
    names = ["owner", *Part, "stranger"]
    roles = {name: f"record{number}_{name}" for name in names}
    database = f"record_{number}"
    with psycopg.connect(postgres.url.replace("+psycopg", ""), autocommit=True) as server:
        for role in roles.values():
            server.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'secret'").format(sql.Identifier(role)))
        owner, name = sql.Identifier(roles["owner"]), sql.Identifier(database)
        server.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, owner))
        made = Install(make_url(postgres.url).set(database=database).render_as_string(hide_password=False), roles)
        upgrade(made.url_as("owner"))
        _fill(made)
        yield made
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
        for role in roles.values():
            server.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


def _fill(made: Install) -> None:
    owner, superuser = (connect(made.url_as(who), name="tests") for who in ("owner", "superuser"))
    with superuser.begin() as db:
        db.execute(text("SELECT audit_arm()"))
    with owner.begin() as db:
        for part in Part:
            protect.grant(db, made.roles[part], part)
        months = db.execute(text("SELECT checkin_now() + make_interval(months => n) FROM generate_series(0, 3) n"))
        moments = [datetime(2020, 1, 1, tzinfo=UTC), *months.scalars()]
    for moment in moments:
        write(owner, at=moment)
    seal(owner)
    for engine in (owner, superuser):
        engine.dispose()


@pytest.fixture
def as_role(install: Install) -> Iterator[Callable[[str], Engine]]:
    """Engines that come as one of the roles."""
    engines: list[Engine] = []

    def come(who: str) -> Engine:
        engines.append(connect(install.url_as(who), name="tests"))
        return engines[-1]

    yield come
    for engine in engines:
        engine.dispose()
