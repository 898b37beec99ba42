"""The engine, and the MetaData that every `store.py` hangs its tables on."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, MetaData, create_engine
from sqlalchemy.exc import DBAPIError

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def connect(url: str, *, name: str, pool_size: int = 5) -> Engine:
    """An engine for `url` (`postgresql+psycopg://…`); `name` is shown in pg_stat_activity.

    A statement that takes 5 s, or waits 2 s for a lock, or a transaction left idle for 10 s, is ended by the server:
    a stuck caller must not hold a row that a stop needs. Names are looked up where the migrations made them; the
    database's owner cannot lead them elsewhere.
    """
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=5,
        pool_pre_ping=True,
        connect_args={
            "application_name": name,
            "connect_timeout": 5,
            # Linux gives up on a silent peer after 15 min by default; a click cannot wait that long.
            "tcp_user_timeout": 5000,
            "options": (
                "-c statement_timeout=5s -c lock_timeout=2s -c idle_in_transaction_session_timeout=10s -c timezone=UTC "
                "-c search_path=public"
            ),
        },
    )


@contextmanager
def plain_cursor(db: Connection) -> Iterator[psycopg.Cursor[Any]]:
    """psycopg's own cursor within the transaction of `db`, for the few statements that each side effect waits for.

    To make one and read its answer takes SQLAlchemy as long as it takes Postgres. Errors are SQLAlchemy's all the same.
    """
    if not db.in_transaction():
        db.begin()  # else a later commit() would be none: SQLAlchemy begins by itself only for statements of its own
    held = db.connection.driver_connection
    if not isinstance(held, psycopg.Connection):
        raise TypeError(f"not psycopg's: {held!r}")
    try:
        with held.cursor() as cursor:
            yield cursor
    except psycopg.Error as problem:
        raise DBAPIError.instance(None, None, problem, psycopg.Error) from problem
