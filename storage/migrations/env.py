"""How alembic reaches the database: the URL is handed in, one transaction holds the whole upgrade."""

from alembic import context
from sqlalchemy import create_engine, pool, text

_LOCK = 7_264_001  # any number: two replicas that start together must not migrate at once

engine = create_engine(context.config.attributes["url"], poolclass=pool.NullPool)
with engine.begin() as db:
    db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    context.configure(connection=db, transactional_ddl=True)
    context.run_migrations()
