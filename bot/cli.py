"""The command line. The world in a box adds its own command (`checkin demo`) through an entry point."""

import signal
import threading
import time
from importlib.metadata import entry_points
from importlib.metadata import version as installed
from typing import Annotated

import typer

from bot.audits_cli import audits
from bot.load_settings import SettingsError
from bot.reach import reach_postgres, reach_slack, reach_tables
from bot.settings import DatabaseSettings, DigestSettings, Settings, StopSettings
from bot.terminal import CONFIG, Config, end, sentences, settings_for, words


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"checkin {installed('checkin')}")
        raise typer.Exit


cli = typer.Typer(
    name="checkin",
    help="Run the social publishing of many clients in two short check-ins a day.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
cli.add_typer(audits)


@cli.callback()
def _about(
    _: Annotated[
        bool, typer.Option("--version", help="Say which version this is.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    pass


_BY_HAND_SECONDS = 60.0
_SHORTEST_REASON = 3


@cli.command()
def run(config: Config = CONFIG) -> None:
    """Connect to Slack and work until told to stop."""
    from bot import app as bot  # heavy: matters for --help and for a fast refusal

    with sentences(config):
        settings = settings_for(Settings, config)
        application = bot.build(settings)
        try:
            reach_tables(application.engine)
            reach_slack(settings.slack)
            stopping = threading.Event()
            for name in (signal.SIGTERM, signal.SIGINT):
                signal.signal(name, lambda *_: stopping.set())
            bot.run(application, settings, stopping)
        finally:
            application.close()


@cli.command()
def doctor(config: Config = CONFIG) -> None:
    """Look whether all that the bot needs is there, and say what to do about what is not.

    Ends with 0 when all is well, 1 when something is not, 2 when the settings are wrong.
    """
    from bot.doctor import examine

    try:
        # What is found is told in words; the log's lines would stand between them.
        settings = settings_for(Settings, config, level="CRITICAL")
    except SettingsError as error:
        typer.echo("\n".join(f"❌ Settings: {problem}" for problem in error.problems))
        end("The rest is looked at when the settings are right.", code=2)
    typer.echo("✅ Settings: nothing is missing or wrong.")
    well = True
    for finding in examine(settings):
        typer.echo(finding.line)
        well &= finding.well
    raise typer.Exit(0 if well else 1)


@cli.command()
def digest(
    kind: Annotated[str, typer.Argument(help="Which: morning, midday, late, or the owner's summary.")],
    pod: Annotated[str | None, typer.Option(help="Which pod; without it the first.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would be posted; post nothing.")] = False,
    config: Config = CONFIG,
) -> None:
    """Post today's check-in by hand, once; the button presses are the running bot's."""
    from digests.checkins import CHECKINS

    if kind not in CHECKINS:
        end(f"There is nothing called {kind}. There is: {', '.join(CHECKINS)}.", code=2)
    with sentences(config):
        _digest(settings_for(DigestSettings, config), kind, pod, dry_run=dry_run)


def _digest(settings: DigestSettings, kind: str, pod: str | None, *, dry_run: bool) -> None:
    from bot import app as bot
    from digests import flow
    from digests.model import OWNER, SUMMARY
    from messages import outbox
    from messages.blocks import texts
    from messages.store import address

    application = bot.build(settings)
    try:
        chosen = application.pod(OWNER if kind == SUMMARY else pod)
        if chosen is None and kind == SUMMARY:
            end("There is no [owner] in the settings: nobody to send the summary to.", code=2)
        if chosen is None:
            end(f"There is no pod {pod}. There is: {', '.join(one.name for one in settings.pods)}.", code=2)
        reach_tables(application.engine)
        if dry_run:
            for message in flow.preview(application.digests, kind, chosen):
                typer.echo("\n".join([*(words(text, chosen.zone) for text in texts(message.blocks)), ""]))
            return
        reach_slack(settings.slack)
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
            end("Slack has not taken it yet; the running bot goes on trying.", code=1)
        typer.echo(f"Posted to {chosen.channel}: {place[1]}")
    finally:
        application.close()


@cli.command()
def kill(
    words: Annotated[list[str], typer.Argument(help="A client, a platform, a lane, or any of them; or: everything.")],
    reason: Annotated[str, typer.Option(help="Why; whoever resumes will read it.")],
    wait: Annotated[float, typer.Option(help="Seconds to wait for what is on the way.")] = 70.0,
    config: Config = CONFIG,
) -> None:
    """Stop publishing at once, also while the bot or Slack is down.

    Ends with 0 when all has settled, 1 when not yet, 3 when only the platform knows, 4 when nobody does.
    """
    from bot.kill_by_hand import kill as stop
    from messages.blocks import visible

    # What a terminal sends in another encoding comes as halves of characters, which no database takes.
    reason = visible(reason)
    if len(reason) < _SHORTEST_REASON:
        end("Say in a few words why, so that whoever resumes knows.", code=2)
    with sentences(config):
        # What goes wrong is told in words; the log's lines would stand between them.
        settings = settings_for(StopSettings, config, level="CRITICAL")
        raise typer.Exit(stop(settings, " ".join(words), reason, wait=wait, say=typer.echo))


@cli.command()
def migrate(config: Config = CONFIG) -> None:
    """Bring the database to the newest version."""
    from storage.engine import connect
    from storage.migrations import upgrade, version

    with sentences(config):
        url = settings_for(DatabaseSettings, config).database_url.get_secret_value()
        engine = connect(url, name="checkin migrate")
        try:
            reach_postgres(engine)
            before = version(engine)
            upgrade(url)
            now = version(engine)
        finally:
            engine.dispose()
        if before == now:
            typer.echo(f"The database is up to date: version {now}.")
        else:
            typer.echo(f"The database is at version {now} now; it was {f'at {before}' if before else 'empty'}.")


@cli.command()
def rules(speed: Annotated[int, typer.Option(help="60: what takes a minute takes a second.")] = 1) -> None:
    """Print Prometheus' rule file."""
    from alerts.rules import render_rules

    typer.echo(render_rules(speed))


def main() -> None:
    """The console script."""
    for command in entry_points(group="checkin.commands"):
        cli.add_typer(command.load(), name=command.name)
    cli()


if __name__ == "__main__":
    main()
