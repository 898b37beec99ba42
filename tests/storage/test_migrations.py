import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, inspect, text

from storage.engine import metadata
from storage.migrations import downgrade, upgrade
from storage.process import Server

STORES = sorted(f"{path.parent.name}.{path.stem}" for path in Path(__file__).parents[2].glob("*/*store.py"))


@pytest.fixture
def empty_url(postgres: Server) -> Iterator[str]:
    """A database that nothing was ever migrated in."""
    name = f"empty_{uuid4().hex}"
    server = postgres.url.replace("+psycopg", "")
    with psycopg.connect(server, autocommit=True) as db:
        db.execute(f"CREATE DATABASE {name}".encode())
        yield f"{postgres.url.rpartition('/')[0]}/{name}"
        db.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def _schema(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that a migration can leave behind: columns, indexes, functions, triggers."""
    engine = create_engine(url)
    catalog = {
        "columns": "SELECT table_name, column_name, data_type, is_nullable, column_default FROM "
        "information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version'",
        "indexes": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version'",
        "functions": "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
        "triggers": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }
    with engine.connect() as db:
        found = {what: sorted(map(tuple, db.execute(text(query)))) for what, query in catalog.items()}
    engine.dispose()
    return found


def test_downgrade_takes_everything_away_and_upgrade_brings_the_same_back(empty_url: str) -> None:
    before = _schema(empty_url)
    upgrade(empty_url)
    whole = _schema(empty_url)
    downgrade(empty_url, "base")
    assert _schema(empty_url) == before
    upgrade(empty_url)
    assert _schema(empty_url) == whole
    assert len(whole["columns"]) > 100


def test_upgrade_of_an_up_to_date_database_changes_nothing(database_url: str) -> None:
    before = _schema(database_url)
    upgrade(database_url)
    assert _schema(database_url) == before


def test_models_equal_migrations(engine: Engine) -> None:
    for store in STORES:
        importlib.import_module(store)
    with engine.connect() as db:
        context = MigrationContext.configure(db, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
        assert set(inspect(db).get_table_names()) == {*metadata.tables, "alembic_version"}


@pytest.mark.slow
def test_two_replicas_that_start_together_migrate_once(empty_url: str) -> None:
    # alembic's own state is one per process
    program = [sys.executable, "-c", "import sys, storage.migrations as m; m.upgrade(sys.argv[1])", empty_url]
    replicas = [subprocess.Popen(program, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    assert [(replica.communicate(timeout=60)[1], replica.returncode) for replica in replicas] == [("", 0), ("", 0)]
    engine = create_engine(empty_url)
    with engine.connect() as db:
        assert db.execute(text("SELECT count(*) FROM kill_switch WHERE scope = 'everything'")).scalar_one() == 1
    engine.dispose()
