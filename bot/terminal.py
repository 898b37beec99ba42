"""What every command of the terminal shares: its settings, Slack's markup as words, and an end in plain sentences."""

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import typer

from bot.load_settings import SettingsError, load
from bot.reach import OutOfReach
from bot.settings import DatabaseSettings
from telemetry import logs

Config = Annotated[Path, typer.Option("--config", "-c", help="The settings file.", envvar="CHECKIN_CONFIG")]
CONFIG = Path("checkin.toml")
S = TypeVar("S", bound=DatabaseSettings)


def settings_for(kind: type[S], config: Path, *, level: str = "") -> S:
    settings = load(kind, config.absolute())
    logs.configure("checkin", level=level or settings.log_level, secrets=settings.secrets())
    return settings


@contextmanager
def sentences(config: Path) -> Iterator[None]:
    """What whoever starts us can mend is said in sentences: 2 for settings, 1 for a service that does not answer."""
    try:
        yield
    except SettingsError as error:
        many = f"{len(error.problems)} setting{'s' if len(error.problems) > 1 else ''} to mend"
        where = f"(in {config.absolute()} or the environment)"
        end("\n  ".join([f"Checkin cannot start: {many} {where}.", *error.problems]), code=2)
    except OutOfReach as error:
        end(str(error), code=1)


def words(mrkdwn: str, zone: tzinfo) -> str:
    """mrkdwn as a terminal shows it: times of `zone`, links as their text, no marks."""

    def told(moment: re.Match[str]) -> str:
        local = datetime.fromtimestamp(int(moment[1]), zone)
        return f"{local:%H:%M}" if moment[2] == "{time}" else f"{local.day} {local:%b %H:%M}"

    text = re.sub(r"<!date\^(\d+)\^([^|^>]*)[^>]*>", told, mrkdwn)
    text = re.sub(r"<(?:[^|<>]*\|)?([^<>]*)>", lambda found: found[1].replace("!subteam^", "@"), text)
    text = re.sub(r"\*([^*\n]+)\*", r"\1", text)
    return html.unescape(text).replace("\u2060", "")


def end(words: str, *, code: int) -> NoReturn:
    typer.echo(words, err=True)
    raise typer.Exit(code)
