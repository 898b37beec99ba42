"""docs/local-slack.md is tried: its file, its bot, and every path it names."""

import json
import re
from pathlib import Path
from typing import Any

import requests

from sandbox.slack.control_api import routes
from sandbox.slack.faults import kinds_of
from sandbox.slack.local import running
from tests.sandbox.slack.hands import Hands, control, eventually

PAGE = (Path(__file__).parents[3] / "docs" / "local-slack.md").read_text()


def block(language: str) -> str:
    return PAGE.partition(f"```{language}\n")[2].partition("```")[0]


def test_the_bot_of_the_page_answers_in_the_workspace_of_the_page() -> None:
    with running(json.loads(block("json"))) as slack:
        said: dict[str, Any] = {}
        exec(block("python").replace("http://127.0.0.1:8090", slack.url), said)  # noqa: S102 - it is our own page
        ana = Hands(slack, "ana")
        assert ana.do("command", channel="ops", text="/hello") == {"ok": True}
        assert ana.texts() == [f"Hello <@{slack.workspace.user('ana').id}>"]
        client = said["handler"].client
        client.auto_reconnect_enabled = False
        control(slack, "disconnect")
        eventually(lambda: not client.is_connected())
        client.close()


def test_every_path_and_every_bad_day_is_on_the_page() -> None:
    with running(json.loads(block("json"))) as slack:
        paths = {route.path.removeprefix("/control/").replace("{name}", "ops") for route in routes(slack.workspace)}
        named = {path for path in paths if f"`{path}`" in PAGE}
        assert paths - named == set()
        for path in sorted(path for path in named if f"`{path}` (GET)" in PAGE):
            assert requests.get(f"{slack.url}/control/{path}", timeout=10).status_code == 200
    assert {
        kind for kind in (*kinds_of("auth.test"), *kinds_of("interactive")) if not re.search(f"`{kind}`", PAGE)
    } == set()
