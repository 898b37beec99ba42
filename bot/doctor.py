"""`checkin doctor`: whether all that the bot needs is there, a line for each, and what to do about what is not.

It looks and changes nothing. What settings alone can tell is left to `bot.load_settings`, reaching to `bot.reach`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from bot.reach import OutOfReach, reach_slack, reach_tables
from bot.settings import Settings
from messages.slack import Slack, SlackError
from metrics import queries
from metrics.model import Missing
from metrics.reader import Reader
from operations.platform import Platform, PlatformError
from storage.engine import connect
from storage.migrations import newest, version

SCOPES = {
    "commands",
    "chat:write",
    "files:write",
    "files:read",
    "channels:read",
    "groups:read",
    "channels:history",
    "groups:history",
    "users:read",
    "usergroups:read",
}
"""Those of deploy/slack-manifest.yaml, which gives the reason of each."""


@dataclass(frozen=True)
class Finding:
    """What was found, and where it is not well what to do next."""

    well: bool
    words: str

    @property
    def line(self) -> str:
        return f"{'✅' if self.well else '❌'} {self.words}"


def examine(settings: Settings) -> Iterator[Finding]:
    """Each finding as soon as it is known; nothing that is out of reach holds up the rest for long."""
    for look in (_people, _database, _prometheus, _slack, _platform, _record):
        try:
            yield from look(settings)
        except OutOfReach as problem:
            yield Finding(False, str(problem))


def _people(settings: Settings) -> Iterator[Finding]:
    deciding = len({*settings.people.operators, *settings.people.leads})
    if not deciding:
        yield Finding(False, "People: nobody may press anything. Name the operators in [people] of the settings.")
    else:
        yield Finding(True, f"People: {deciding} in [people] may decide.")


def _database(settings: Settings) -> Iterator[Finding]:
    engine = connect(settings.database_url.get_secret_value(), name="checkin doctor", pool_size=1)
    try:
        reach_tables(engine)
        found = version(engine)
    finally:
        engine.dispose()
    if found != newest():
        words = f"Database: it is at version {found}, and this program needs {newest()}. Run `checkin migrate`."
        yield Finding(False, words)
    else:
        yield Finding(True, f"Database: {engine.url.database} is at version {found}, the newest.")


def _prometheus(settings: Settings) -> Iterator[Finding]:
    told = settings.prometheus
    reader = Reader(told.url, headers=told.headers, params=told.params)
    answer = reader.instant(queries.reported(), datetime.now(UTC))
    reader.close()
    if isinstance(answer, Missing):
        words = f"Prometheus at {_host(told.url)} {answer.why}. Is it running? If so, mend CHECKIN_PROMETHEUS_URL."
        yield Finding(False, words)
    elif silent := sorted(queries.NEEDED - answer.by("__name__").keys()):
        words = f"Prometheus has no {', '.join(silent)}: does it scrape the platform, and does that tell them"
        yield Finding(False, f"{words} (docs/telemetry.md)?")
    else:
        yield Finding(True, f"Prometheus: {_host(told.url)} has what the check-ins ask.")


def _slack(settings: Settings) -> Iterator[Finding]:
    reach_slack(settings.slack)
    slack = Slack(settings.slack.bot_token.get_secret_value(), base_url=settings.slack.base_url)
    if lacking := sorted(SCOPES - slack.scopes()):
        todo = "Update it from deploy/slack-manifest.yaml and install it anew."
        yield Finding(False, f"Slack: the app lacks {', '.join(lacking)}. {todo}")
    else:
        yield Finding(True, "Slack: both tokens are taken, and the app has its scopes.")
    closed = [finding for channel in _channels(settings) if (finding := _channel(slack, channel))]
    yield from closed or [Finding(True, f"Channels: the app is in {', '.join(_channels(settings))}.")]


def _channels(settings: Settings) -> list[str]:
    owner, record, fallback = settings.owner, settings.audits.channel, settings.slack.fallback_channel
    named = [*(pod.channel for pod in settings.pods), *settings.alerts.channels.values(), owner and owner.channel]
    # Direct messages need no invitation.
    return list(dict.fromkeys(one for one in (*named, record, fallback) if one and one[0] not in "UWD"))


def _channel(slack: Slack, channel: str) -> Finding | None:
    try:
        if slack.is_in(channel):
            return None
    except SlackError as problem:
        return Finding(
            False, f"Channel {channel}: {problem.code}. Create it, or invite the app: /invite @Checkin there."
        )
    return Finding(False, f"Channel {channel}: the app is not in it. Type /invite @Checkin there.")


def _platform(settings: Settings) -> Iterator[Finding]:
    told = settings.platform
    platform = Platform(told.commands_url, told.secret.get_secret_value())
    try:
        platform.reach()
    except PlatformError as problem:
        words = f"Platform at {_host(told.commands_url)} cannot be reached ({problem}). Is it running?"
        yield Finding(False, f"{words} If so, mend CHECKIN_PLATFORM_URL.")
    else:
        yield Finding(True, f"Platform: {_host(told.commands_url)} answers.")
    finally:
        platform.close()


def _record(settings: Settings) -> Iterator[Finding]:
    if settings.audits.key is None:
        words = "Record: it is not sealed. Set CHECKIN_AUDITS_KEY to what `checkin audits new-key` prints."
        yield Finding(False, words)
    else:
        yield Finding(True, "Record: it is sealed with CHECKIN_AUDITS_KEY.")


def _host(address: str) -> str:
    return urlsplit(address).netloc.rpartition("@")[2]
