"""Switches of the world round the workspace, on its page: whoever runs that world says at which `url` they are.

`GET url` answers [{"name", "title", "since"}], `since` being null for what is off; `POST url/name {"on"}` turns one and
answers {"says"}. What a switch does is not our business.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import aiohttp
from aiohttp import web

from sandbox.slack.arguments import Arguments
from sandbox.slack.control_api import changing
from sandbox.slack.errors import SlackError
from sandbox.slack.model import Json, User
from sandbox.slack.page_actions import acting
from sandbox.slack.workspace import Workspace

_PATIENCE = aiohttp.ClientTimeout(total=15)
_THIS_MACHINE = ("127.0.0.1", "localhost")


@dataclass
class Switches:
    """Where they are, what the page calls them (all together, turning one on, turning it off), and a note on top."""

    url: str = ""
    title: str = ""
    on: str = ""
    off: str = ""
    note: str = ""

    async def place(self, workspace: Workspace, body: Arguments) -> None:
        """{"url", "title", "on", "off", "note"?}; again when one was turned elsewhere, that open pages look."""
        url = body.string("url")
        if urlsplit(url).hostname not in _THIS_MACHINE:
            raise SlackError("invalid_url")
        self.url, self.title, self.on, self.off = url, body.string("title"), body.string("on"), body.string("off")
        self.note = body.optional("note") or ""
        workspace.feed.tell(workspace.users, "switches")

    async def show(self, _request: web.Request) -> web.StreamResponse:
        """{"title", "on", "off", "note", "switches"}: none while nobody said where, or nobody answers there."""
        found = await _asked("GET", self.url) if self.url else []
        switches = found if isinstance(found, list) else []
        words = {"title": self.title, "on": self.on, "off": self.off, "note": self.note}
        return web.json_response(words | {"switches": switches})

    async def turn(self, workspace: Workspace, _user: User, body: Arguments) -> Json:
        """{"name", "on"} in, {"ok", "says"} out."""
        url = f"{self.url}/{quote(body.string('name'), safe='')}"
        answer = await _asked("POST", url, {"on": body.flag("on")}) if self.url else None
        workspace.feed.tell(workspace.users, "switches")
        return {"ok": True, "says": str(answer.get("says", ""))} if answer else {"ok": False, "error": "not_turned"}


async def _asked(method: str, url: str, body: Json | None = None) -> Any:
    """The JSON of an answer that is none of an error; None without one."""
    try:
        async with (
            aiohttp.ClientSession(timeout=_PATIENCE) as session,
            session.request(method, url, json=body) as answer,
        ):
            return await answer.json() if answer.ok else None
    except (TimeoutError, aiohttp.ClientError, ValueError):
        return None


def routes(workspace: Workspace) -> list[web.RouteDef]:
    switches = Switches()
    return [
        web.post("/control/switches", changing(workspace, switches.place)),
        web.get("/page/switches", switches.show),
        web.post("/page/switches", acting(workspace, switches.turn)),
    ]
