"""One private Postgres per test session (per worker under xdist), and a fresh database for each test that asks."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine

from storage.engine import connect
from storage.process import Server
from storage.server import private_postgres

pytest_plugins = ["tests.sayings"]

_numbers = count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A server in memory or in a temporary folder; its own database `checkin` is empty."""
    with _folder_for_servers(_fastest_place()) as folder, private_postgres(folder, fast=True) as server:
        yield server


@pytest.fixture
def server_folder() -> Iterator[Path]:
    """An empty folder for a test that starts a Postgres of its own; pytest's `tmp_path` is closed to other accounts."""
    with _folder_for_servers() as folder:
        yield folder


@pytest.fixture(scope="session")
def database_template(postgres: Server) -> str:
    """The name of a database with today's schema: copying it takes 10 ms, migrating anew far more."""
    from storage.migrations import upgrade  # here, so that tests without a database do not pay for alembic

    name = "checkin_template"
    _administer(postgres, f"CREATE DATABASE {name}")
    upgrade(_url(postgres, name))
    return name


@pytest.fixture
def database_url(postgres: Server, database_template: str) -> Iterator[str]:
    """`postgresql+psycopg://…` of an empty database of today's schema, for this test alone."""
    name = f"test_{next(_numbers)}"
    _administer(postgres, f"CREATE DATABASE {name} TEMPLATE {database_template}")
    yield _url(postgres, name)
    _administer(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Connections to this test's own database."""
    engine = connect(database_url, name="tests", pool_size=10)
    yield engine
    engine.dispose()


def _administer(server: Server, statement: str) -> None:
    with psycopg.connect(server.url.replace("+psycopg", ""), autocommit=True) as db:
        db.execute(statement.encode())


def _url(server: Server, database: str) -> str:
    return f"{server.url.rpartition('/')[0]}/{database}"


@contextmanager
def _folder_for_servers(place: str | None = None) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="checkin-tests-", dir=place) as folder:
        os.chmod(folder, 0o711)  # noqa: S103 - a server started by root runs as another account, which must get through
        yield Path(folder)


def _fastest_place() -> str | None:
    """Memory where there is enough of it: a database per test costs 10 ms there and 90 ms on a disk."""
    memory = Path("/dev/shm")  # noqa: S108 - the folder inside it is made by tempfile
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > 2 * 1024**3 else None
