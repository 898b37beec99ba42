"""What every command of the terminal shares: its settings, and the end it comes to in plain sentences."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import typer

from bot.reach import OutOfReach
from bot.settings import DatabaseSettings, SettingsError, load
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


def end(words: str, *, code: int) -> NoReturn:
    typer.echo(words, err=True)
    raise typer.Exit(code)
