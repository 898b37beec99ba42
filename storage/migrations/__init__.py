"""The schema's history: `upgrade` brings a database to the newest version, `downgrade` takes it back."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["url"] = url
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Migrates the database at `url`; a no-op when it is up to date."""
    command.upgrade(_config(url), revision)


def newest() -> str | None:
    """The revision that `upgrade` brings a database to."""
    return ScriptDirectory.from_config(_config("")).get_current_head()


def version(engine: Engine) -> str | None:
    """The revision the database is at; None before the first."""
    with engine.connect() as db:
        return MigrationContext.configure(db).get_current_revision()


def downgrade(url: str, revision: str) -> None:
    """Takes the database at `url` back to `revision` ("base" removes everything that is ours)."""
    command.downgrade(_config(url), revision)
