"""Whether the services of the settings answer, before anything starts: what is wrong is one sentence, not a trace."""

from urllib.parse import urlsplit

from pydantic import SecretStr
from sqlalchemy import Engine, inspect
from sqlalchemy.exc import OperationalError

from bot.settings import PostingSettings, SlackSettings
from messages.slack import Cause, Slack, SlackError


class OutOfReach(Exception):
    """A service does not answer or does not let us in; the message says which, why, and what to do."""


def reach_postgres(engine: Engine) -> None:
    """OutOfReach when no connection can be had."""
    try:
        engine.connect().close()
    except OperationalError as problem:
        # `connection to server at "127.0.0.1", port 5432 failed: Connection refused`, and hints on further lines
        why = str(problem.orig).partition("\n")[0].rpartition(" failed: ")[2]
        if why.endswith("does not exist") and "database" in why:
            name = engine.url.database
            raise OutOfReach(f"There is no database {name}. Create it: createdb {name}") from None
        at = f"{engine.url.host or 'this machine'}:{engine.url.port or 5432}"
        raise OutOfReach(
            f"Postgres at {at} cannot be used: {why}. Is it running? If so, mend CHECKIN_DATABASE_URL."
        ) from None


def reach_tables(engine: Engine) -> None:
    """OutOfReach when Postgres cannot be had, or has never seen us."""
    reach_postgres(engine)
    if not inspect(engine).has_table("alembic_version"):
        raise OutOfReach(f"The database {engine.url.database} is empty. Run `checkin migrate` first.")


def reach_slack(settings: PostingSettings) -> None:
    """OutOfReach when Slack cannot be had, or does not take a token."""
    _check(settings.bot_token, settings.base_url, "auth.test", "CHECKIN_SLACK_BOT_TOKEN")
    if isinstance(settings, SlackSettings):
        _check(settings.app_token, settings.base_url, "apps.connections.open", "CHECKIN_SLACK_APP_TOKEN")


def _check(token: SecretStr, base_url: str, method: str, variable: str) -> None:
    host = urlsplit(base_url).netloc
    try:
        Slack(token.get_secret_value(), base_url=base_url).check(method)
    except SlackError as problem:
        match problem.cause:
            case Cause.UNREACHABLE:
                told = (
                    f"cannot be reached ({problem.code}). Is this machine online? If so, mend CHECKIN_SLACK_BASE_URL."
                )
            case Cause.MENDABLE | Cause.REFUSED:
                told = f"refused the token of {variable} ({problem.code}). Copy it from your app anew."
            case _:
                told = f"did not answer as it should ({problem.code}). Try again in a minute."
        raise OutOfReach(f"Slack at {host} {told}") from None
