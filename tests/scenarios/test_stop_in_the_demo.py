"""The real demo publishes; a person stops Instagram in Slack, and then another platform by hand without Slack."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, text

from audits import guard
from operations import reconcile
from operations.resume import CONFIRM_RESUME, REQUEST_RESUME
from sandbox import people
from sandbox.agency import seed
from sandbox.world import World, start_world
from storage.engine import connect
from tests.factories import effect
from tests.processes import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

_STOPPED, _RUNS = "Publishing is stopped", "Publishing runs again"


@dataclass
class Person:
    """Somebody at the local Slack's page, through the API the page itself uses."""

    world: World
    user: str

    def see(self, path: str, **query: str) -> Any:
        url = f"{self.world.slack_url}/page/{path}"
        return httpx.get(url, params={"user": self.user, **query}, timeout=10, trust_env=False).json()

    def do(self, path: str, **body: Any) -> Any:
        url = f"{self.world.slack_url}/page/{path}"
        return httpx.post(url, json={"user": self.user, **body}, timeout=10, trust_env=False).json()

    @property
    def channel(self) -> str:
        return str(next(c["id"] for c in self.see("state")["channels"] if c["name"] == people.CHECKIN))

    def cards(self) -> list[dict[str, Any]]:
        found = self.see("messages", channel=self.channel)["messages"]
        return [m for m in found if m["text"].startswith((_STOPPED, _RUNS))]

    def card(self, words: str) -> dict[str, Any]:
        """The card of a stop as soon as it says so."""
        assert eventually(lambda: any(words in str(card["blocks"]) for card in self.cards()), timeout=60), self.cards()
        return next(card for card in self.cards() if words in str(card["blocks"]))

    def press(self, card: dict[str, Any], action_id: str) -> None:
        block = next(b for b in card["blocks"] if b["type"] == "actions")
        (button,) = [element for element in block["elements"] if element["action_id"] == action_id]
        place = {"type": "message", "channel": self.channel, "ts": card["ts"]}
        pressed = {"block_id": block["block_id"], "action_id": action_id, "value": button["value"]}
        assert self.do("action", container=place, **pressed)["ok"]

    def submit(self, title: str, reason: str = "") -> None:
        """Sends the dialog of this title as soon as it is there, with what is chosen in it and the reason."""
        assert eventually(lambda: [v["title"]["text"] for v in self.see("views")["stack"]][-1:] == [title], timeout=30)
        view = self.see("views")["stack"][-1]
        values: dict[str, Any] = {}
        for block in view["blocks"]:
            element = block.get("element", {})
            if element.get("type") == "static_select":
                chosen = {"type": "static_select", "selected_option": element["initial_option"]}
                values[block["block_id"]] = {element["action_id"]: chosen}
            elif element:
                values[block["block_id"]] = {element["action_id"]: {"type": element["type"], "value": reason}}
        assert self.do("view/submit", view_id=view["id"], values=values)["ok"]

    def whispers(self) -> str:
        return str([m["text"] for m in self.see("messages", channel=self.channel)["messages"] if m.get("is_ephemeral")])


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch) -> people.Tokens:
    made = people.tokens()
    monkeypatch.setattr(people, "tokens", lambda: made)
    return made


@pytest.fixture
def world(server_folder: Path, tokens: people.Tokens) -> Iterator[World]:
    world = start_world(server_folder / "world", lambda _: None, pace=1.0)
    yield world
    world.close()


@pytest.fixture
def posts(world: World) -> Iterator[Engine]:
    engine = connect(world.database_url, name="scenario")
    yield engine
    engine.dispose()


def _out(engine: Engine, platform: str) -> int:
    """What the platform itself shows."""
    with engine.connect() as db:
        counted = text("SELECT count(*) FROM agency.post WHERE platform = :platform")
        return int(db.execute(counted, {"platform": platform}).scalar_one())


def _wish(world: World, platform: str, many: int = 6) -> None:
    """Posts that are due at once."""
    clients = [client_id for client_id, on in seed.PAIRS if on == platform][:many]
    for client_id in clients:
        body = {"client_id": client_id, "platform": platform}
        httpx.post(f"{world.web_url}/plans", json=body, timeout=10, trust_env=False).raise_for_status()


def _nothing_goes_out(world: World, engine: Engine, platform: str, seconds: float = 8) -> None:
    before = _out(engine, platform)
    _wish(world, platform)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert _out(engine, platform) == before
        time.sleep(0.2)


def _goes_out(world: World, engine: Engine, platform: str) -> None:
    before = _out(engine, platform)
    _wish(world, platform)
    assert eventually(lambda: _out(engine, platform) > before, timeout=60)


def test_a_stop_holds_until_two_people_end_it(world: World, posts: Engine, tokens: people.Tokens) -> None:
    ana, ben = Person(world, people.OPERATOR), Person(world, people.SECOND_OPERATOR)
    _goes_out(world, posts, "instagram")

    with guard(posts, effect()) as slow:  # one more service of the agency's, in the middle of a publish
        assert ana.do("command", channel=ana.channel, text="/kill instagram")["ok"]
        ana.submit("Stop publishing", "the wrong picture")
        ana.submit("Stop publishing?")
        recorded = ana.card("already on the way may still appear")
        slow.succeeded(post_url="https://instagram.test/1")
    settled = ana.card("Settled: nothing is on the way, nothing new starts.")
    assert settled["ts"] == recorded["ts"]
    _nothing_goes_out(world, posts, "instagram")
    _goes_out(world, posts, "tiktok")

    ana.press(settled, REQUEST_RESUME.action_id)
    ana.submit("Request resume", "the picture is right now")
    asked = ana.card("asks to resume")
    ana.press(asked, CONFIRM_RESUME.action_id)
    assert eventually(lambda: "a second person has to confirm" in ana.whispers(), timeout=30)
    _nothing_goes_out(world, posts, "instagram", 2)
    before = _out(posts, "instagram")
    ben.press(asked, CONFIRM_RESUME.action_id)
    assert ana.card(_RUNS)["ts"] == recorded["ts"]
    assert eventually(lambda: _out(posts, "instagram") > before, timeout=60), "what waited goes out by itself"

    for child in world.children:
        if child.name in ("bot", "slack"):
            child.stop()
    said = _kill(world, tokens, "tiktok")
    assert said[-1].startswith("Settled: ")
    _nothing_goes_out(world, posts, "tiktok")
    _goes_out(world, posts, "instagram")
    assert reconcile.compare(posts) == 0


def _kill(world: World, tokens: people.Tokens, *words: str) -> list[str]:
    own = {
        "CHECKIN_DATABASE_URL": world.database_url,
        "CHECKIN_PLATFORM_URL": f"{world.web_url}/commands",
        "CHECKIN_PLATFORM_SECRET": tokens.commands,
        "CHECKIN_CONFIG": str(world.folder / "none.toml"),
    }
    command = [sys.executable, "-m", "bot.cli", "kill", *words, "--reason", "the wrong picture"]
    done = subprocess.run(command, env={**os.environ, **own}, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()
