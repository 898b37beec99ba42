"""The command line. The world in a box adds its own command (`checkin demo`) through an entry point."""

import signal
import threading
import time
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from bot.settings import Settings, SettingsError, load

cli = typer.Typer(
    name="checkin",
    help="Run the social publishing of many clients in two short check-ins a day.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
Config = Annotated[Path, typer.Option("--config", "-c", help="The settings file.", envvar="CHECKIN_CONFIG")]
_CONFIG = Path("checkin.toml")
_BY_HAND_SECONDS = 60.0


@cli.command()
def run(config: Config = _CONFIG) -> None:
    """Connect to Slack and work until told to stop."""
    from bot import app as bot  # heavy: matters for --help and for a fast refusal

    settings = _settings(config)
    application = bot.build(settings)
    stopping = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopping.set())
    try:
        bot.run(application, stopping)
    except SettingsError as error:
        application.close()
        _refuse(error)


@cli.command()
def digest(
    kind: Annotated[str, typer.Argument(help="Which check-in: morning.")],
    pod: Annotated[str | None, typer.Option(help="Which pod; without it the first.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would be posted; post nothing.")] = False,
    config: Config = _CONFIG,
) -> None:
    """Post today's check-in by hand, once; the button presses are the running bot's."""
    from bot import app as bot
    from digests import flow
    from digests.checkins import CHECKINS
    from messages import outbox
    from messages.blocks import texts
    from messages.store import address

    if kind not in CHECKINS:
        raise typer.BadParameter(f"there is {', '.join(CHECKINS)}, not {kind!r}", param_hint="KIND")
    application = bot.build(_settings(config))
    try:
        chosen = application.pod(pod)
        if chosen is None:
            raise typer.BadParameter(f"there is no pod {pod!r} in {config}", param_hint="--pod")
        if dry_run:
            for message in flow.preview(application.digests, kind, chosen):
                typer.echo("\n".join([*texts(message.blocks), ""]))
            return
        slot = flow.post_now(application.digests, kind, chosen)
        if slot is None:
            typer.echo(f"Today's {kind} check-in of {chosen.name} was posted before.")
            return
        deadline = time.monotonic() + _BY_HAND_SECONDS
        place = None
        while place is None and time.monotonic() < deadline:
            if not outbox.deliver(application.engine, application.slack):
                time.sleep(0.2)
            with application.engine.begin() as db:
                place = address(db, slot.card_key)
        if place is None:
            typer.echo("Slack has not taken it yet; the running bot goes on trying.", err=True)
            raise typer.Exit(1)
        typer.echo(f"Posted to {chosen.channel}: {place[1]}")
    finally:
        application.close()


@cli.command()
def migrate(config: Config = _CONFIG) -> None:
    """Bring the database to the newest version."""
    from storage.migrations import upgrade

    upgrade(_settings(config).database_url.get_secret_value())
    typer.echo("The database is up to date.")


@cli.command()
def rules(speed: Annotated[int, typer.Option(help="60: what takes a minute takes a second.")] = 1) -> None:
    """Print Prometheus' rule file."""
    from alerts.rules import render_rules

    typer.echo(render_rules(speed))


def _settings(config: Path) -> Settings:
    from telemetry import logs

    try:
        settings = load(config)
    except SettingsError as error:
        _refuse(error)
    logs.configure("checkin", level=settings.log_level, secrets=settings.secrets())
    return settings


def _refuse(error: SettingsError) -> NoReturn:
    typer.echo(f"Checkin cannot start: {len(error.problems)} setting(s) to mend.", err=True)
    for problem in error.problems:
        typer.echo(f"  {problem}", err=True)
    raise typer.Exit(2)


def main() -> None:
    """The console script."""
    for command in entry_points(group="checkin.commands"):
        cli.add_typer(command.load(), name=command.name)
    cli()


if __name__ == "__main__":
    main()
