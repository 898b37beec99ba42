"""Brings the world up in the right order and takes it down again: Postgres, the day before, the agency, Prometheus,
Slack, the bot, Alertmanager. What is done in it is left to whoever looks.
"""

import json
import os
import secrets
import shutil
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from alerts.alertmanager import render_alertmanager
from alerts.definitions import SCRAPE_INTERVAL, paced
from alerts.rules import render_rules
from sandbox import people
from sandbox.agency.hands import chromium
from sandbox.agency.seed import NAMED
from sandbox.servers.alertmanager import start_alertmanager
from sandbox.servers.prometheus import Target, backfill, start_prometheus
from sandbox.zones import morning_zone
from storage import migrations
from storage.process import Child, ServerDidNotStart, free_port, start, wait_until
from storage.server import private_postgres

SPEED = 30
"""Alert rules and routes run so many times faster than in production."""
AGENCY = ("platforms", "storage", "browser", "gateway", "web", "runner")
_SECONDS_TO_START = 60.0
_SECONDS_TO_STOP = 3.0
# The check-in comes due when Prometheus can answer for the day before.
_UNTIL_CHECKIN = timedelta(seconds=6)

Say = Callable[[str], None]


@dataclass
class World:
    """Addresses of what runs. `close` ends all of it, in reverse order."""

    folder: Path
    zone: str
    slack_url: str = ""
    web_url: str = ""
    bot_url: str = ""
    prometheus_url: str = ""
    alertmanager_url: str = ""
    database_url: str = ""
    children: list[Child] = field(default_factory=list)
    running: ExitStack = field(default_factory=ExitStack)

    def close(self) -> None:
        """All but Postgres end at once, then Postgres, which all of them need. A job that takes longer is cut off."""
        others = [child for child in self.children if child.name != "PostgreSQL"]
        with ThreadPoolExecutor(len(others) or 1) as hands:
            list(hands.map(lambda child: child.stop(_SECONDS_TO_STOP), others))
        self.running.close()

    def remember(self) -> None:
        """Writes down the addresses, for `checkin demo break` in another terminal."""
        told = {"slack": self.slack_url, "web": self.web_url, "prometheus": self.prometheus_url}
        (self.folder / "demo.json").write_text(json.dumps(told))


def start_world(folder: Path, say: Say, *, pace: float = 8.0, clients: int = len(NAMED)) -> World:
    """The whole world, fresh, with its files in `folder`. Raises ServerDidNotStart and NotInstalled."""
    now = datetime.now(UTC)
    world = World(folder, morning_zone(now))
    try:
        _start(world, say, now, pace, clients)
    except BaseException:
        world.close()
        raise
    return world


def _start(world: World, say: Say, now: datetime, pace: float, clients: int) -> None:
    folder = world.folder
    for part in ("prometheus", "alertmanager", "files", "logs"):
        shutil.rmtree(folder / part, ignore_errors=True)
    (folder / "logs").mkdir(parents=True)
    tokens = people.tokens()

    # What waits for nothing starts first: importing Python's libraries is most of the time it all takes.
    slack = _slack(world, tokens)
    say("Postgres")
    postgres = world.running.enter_context(private_postgres(folder))
    world.children.append(postgres.child)
    world.database_url = _fresh_database(postgres.url)
    migrations.upgrade(world.database_url)

    say("A day of history")
    past = folder / "history.om"
    agency = _Agency(world, tokens, pace, clients)
    asked = ["--out", str(past), "--now", now.isoformat(), "--zone", world.zone]
    asked += ["--web-url", agency.urls["web"], "--platforms-url", agency.urls["platforms"]]
    # The address holds a password, and a command line is everybody's to read.
    private = {"AGENCY_DATABASE_URL": world.database_url, "AGENCY_CLIENTS": str(clients)}
    history = _python(world, "history", ["sandbox.agency", "history", *asked], private)
    early = [agency.start(name) for name in AGENCY if name != "runner"]
    if history.wait(_SECONDS_TO_START):
        raise ServerDidNotStart("The agency's history", "could not be made", history.tail(), "Its log has the reason.")

    say("The agency, the bot, Alertmanager, and Prometheus with the day before in it")
    world.slack_url = _announced(slack)["url"]
    world.web_url = agency.urls["web"]
    world.prometheus_url = f"http://127.0.0.1:{free_port()}"
    runner = agency.start("runner")
    bot = _bot(world, tokens)
    _alertmanager(world, tokens)
    _prometheus(world, [Target("agency", name, url) for name, url in agency.urls.items()], past)
    for child in (*early, runner):
        _announced(child)
    say("Slack connects")
    wait_until(lambda: _answers(f"{world.bot_url}/readyz"), bot, _SECONDS_TO_START, "connect to Slack")
    world.remember()
    offer_incidents(world.slack_url, world.web_url)


def offer_incidents(slack_url: str, web_url: str) -> None:
    """Puts the agency's incidents on the local Slack's page; once more, and open pages look how they stand."""
    told = {"url": f"{web_url}/incidents", "title": "Incidents", "on": "Break", "off": "Mend", "note": browser_note()}
    httpx.post(f"{slack_url}/control/switches", json=told, timeout=10, trust_env=False).raise_for_status()


def browser_note() -> str:
    """What people should know of the browser lane; nothing where Chromium is there."""
    return "" if chromium() else "There is no Chromium here: Skool's posts go out over plain HTTP, without screenshots."


def _alertmanager(world: World, tokens: people.Tokens) -> None:
    folder = world.folder / "alertmanager"
    folder.mkdir()
    token_file = folder / "token"
    token_file.touch(0o600)
    token_file.write_text(tokens.alerts)
    config = render_alertmanager(f"{world.bot_url}/v1/alerts", token_file.resolve(), SPEED)
    server = world.running.enter_context(start_alertmanager(folder, config_yaml=config))
    world.alertmanager_url = server.url
    world.children.append(server.child)


def _prometheus(world: World, agency: list[Target], past: Path) -> None:
    folder = world.folder / "prometheus"
    backfill(folder, past)
    past.unlink()  # as large as all the rest
    server = start_prometheus(
        folder,
        scrape=[*agency, Target("checkin", "bot", world.bot_url)],
        rules_yaml=render_rules(SPEED),
        alertmanager_url=world.alertmanager_url,
        scrape_interval=paced(SCRAPE_INTERVAL, SPEED),
        port=int(world.prometheus_url.rpartition(":")[2]),
    )
    world.running.enter_context(server)
    world.children.append(server.child)


def _fresh_database(url: str) -> str:
    """A new database of its own for each world: the last world's rows are no history of this one."""
    import psycopg

    name = f"world_{secrets.token_hex(4)}"
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as db:
        for (old,) in db.execute("SELECT datname FROM pg_database WHERE datname LIKE 'world\\_%'").fetchall():
            db.execute(f'DROP DATABASE "{old}" WITH (FORCE)')
        db.execute(f'CREATE DATABASE "{name}"')
    return f"{url.rpartition('/')[0]}/{name}"


def _slack(world: World, tokens: people.Tokens) -> Child:
    config = world.folder / "slack.json"
    config.touch(0o600)
    config.write_text(json.dumps(people.workspace(tokens, world.zone)))
    return _python(world, "slack", ["sandbox.slack", "--config", str(config)])


class _Agency:
    """The agency's processes; each knows the others' addresses before they run."""

    def __init__(self, world: World, tokens: people.Tokens, pace: float, clients: int) -> None:
        self._world = world
        self._ports = {name: free_port() for name in AGENCY}
        self.urls = {name: f"http://127.0.0.1:{port}" for name, port in self._ports.items()}
        self._environment = {f"AGENCY_{name.upper()}_URL": url for name, url in self.urls.items()} | {
            "AGENCY_DATABASE_URL": world.database_url,
            "AGENCY_COMMANDS_SECRET": tokens.commands,
            "AGENCY_FILES": str(world.folder / "files"),
            "AGENCY_PACE": str(pace),
            "AGENCY_CLIENTS": str(clients),
        }

    def start(self, name: str) -> Child:
        environment = self._environment | {"AGENCY_PORT": str(self._ports[name])}
        return _python(self._world, name, ["sandbox.agency", name], environment)


def _bot(world: World, tokens: people.Tokens) -> Child:
    config = world.folder / "checkin.toml"
    config.write_text(people.settings(world.zone, datetime.now(UTC) + _UNTIL_CHECKIN))
    port = free_port()
    world.bot_url = f"http://127.0.0.1:{port}"
    environment = {
        "CHECKIN_DATABASE_URL": world.database_url,
        "CHECKIN_SLACK_BOT_TOKEN": tokens.bot,
        "CHECKIN_SLACK_APP_TOKEN": tokens.app,
        "CHECKIN_SLACK_BASE_URL": f"{world.slack_url}/api/",
        "CHECKIN_PLATFORM_URL": f"{world.web_url}/commands",
        "CHECKIN_PLATFORM_SECRET": tokens.commands,
        "CHECKIN_PROMETHEUS_URL": world.prometheus_url,
        "CHECKIN_ALERTS_TOKEN": tokens.alerts,
        "CHECKIN_AUDITS_KEY": tokens.audits,
        "CHECKIN_HTTP_PORT": str(port),
    }
    return _python(world, "bot", ["bot.cli", "run", "--config", str(config)], environment)


def _python(world: World, name: str, arguments: list[str], environment: dict[str, str] | None = None) -> Child:
    child = start(
        [sys.executable, "-m", *arguments],
        name=name,
        log=world.folder / "logs" / f"{name}.log",
        env={**_inherited(), **(environment or {})},
    )
    world.children.append(child)
    world.running.callback(child.stop)
    return child


def _inherited() -> dict[str, str]:
    """Our environment without proxies: everything here is on the loopback."""
    return {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}


def _announced(child: Child) -> dict[str, Any]:
    """The line of JSON with its address that a process of ours prints when it is ready."""
    found: dict[str, Any] = {}

    def printed() -> bool:
        for line in child.log.read_text(errors="replace").splitlines():
            if line.startswith("{") and '"url"' in line and line.endswith("}"):
                told = json.loads(line)
                if "url" in told:
                    found.update(told)
                    return True
        return False

    wait_until(printed, child, _SECONDS_TO_START, "say that it is ready")
    return found


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=1, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False
