"""For tests and tools: the journal, what the app did wrong, stored messages, the clock, bad days, the end."""

import sys
from collections.abc import Awaitable, Callable
from typing import Any, cast, get_args

from aiohttp import web

from sandbox.slack.arguments import Arguments
from sandbox.slack.encodings import json_object
from sandbox.slack.errors import SlackError
from sandbox.slack.faults import Fault, kinds_of
from sandbox.slack.http_mode import HttpMode
from sandbox.slack.journal import KEPT
from sandbox.slack.mentions import calls
from sandbox.slack.model import Json
from sandbox.slack.page_api import Handler, reading
from sandbox.slack.socket_mode import Reason
from sandbox.slack.workspace import Workspace

MOST_FAULTS = 10_000

Change = Callable[[Workspace, Arguments], Awaitable[None]]


def routes(workspace: Workspace) -> list[web.RouteDef]:
    changes: dict[str, Change] = {
        "clock": turn_clock,
        "lag": lag,
        "disconnect": disconnect,
        "faults": fault,
        "channels": close_or_open,
        "request-url": request_url,
        "shutdown": shutdown,
    }
    return [
        web.get("/control/journal", reading(workspace, journal)),
        web.get("/control/complaints", reading(workspace, complaints)),
        web.get("/control/channels/{name}/messages", reading(workspace, stored_messages)),
        web.get("/control/channels/{name}/notified", reading(workspace, notifications)),
        *(web.post(f"/control/{name}", changing(workspace, change)) for name, change in changes.items()),
    ]


def changing(workspace: Workspace, change: Change) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            await change(workspace, Arguments(await json_object(request)))
        except SlackError as error:
            return web.json_response(error.body(), status=400)
        return web.json_response({"ok": True, "now": workspace.clock.now()})

    return handle


def journal(workspace: Workspace, request: web.Request) -> Json:
    """What came after entry `since`, of which the newest `last`."""
    asked = Arguments(dict(request.query))
    found = workspace.journal.since(asked.integer("since", 0, 0, sys.maxsize))
    return {"entries": found[-asked.integer("last", KEPT, 1, KEPT) :]}


def complaints(workspace: Workspace, _request: web.Request) -> Json:
    """Acks that were late, missed, double, made up, or said what they may not: a good app leaves none."""
    return {"complaints": workspace.journal.complaints()}


def stored_messages(workspace: Workspace, request: web.Request) -> Json:
    return {"messages": list(workspace.channel(request.match_info["name"]).messages.values())}


def notifications(workspace: Workspace, request: web.Request) -> Json:
    """{ts: names of everybody whom the message called}; a mass ping from somebody else's text shows here."""
    channel = workspace.channel(request.match_info["name"])
    called = {ts: calls(workspace, channel, message).users for ts, message in channel.messages.items()}
    return {"notified": {ts: [workspace.users[each].name for each in users] for ts, users in called.items() if users}}


async def turn_clock(workspace: Workspace, body: Arguments) -> None:
    """{"advance": seconds}"""
    workspace.clock.advance(body.number("advance"))


async def lag(workspace: Workspace, body: Arguments) -> None:
    """{"seconds"}: history does not show what is younger."""
    workspace.history_lag = body.number("seconds")


async def disconnect(workspace: Workspace, body: Arguments) -> None:
    """{"reason": "warning" | "refresh_requested" | "link_disabled"}, {"how": "cut" | "mute"}, or nothing: it closes."""
    match body.optional("how"):
        case "cut":
            await workspace.sockets.cut()
        case "mute":
            workspace.sockets.mute()
        case _:
            reason = cast(Any, body.optional("reason"))
            if reason not in (None, *get_args(Reason)):
                raise SlackError("unknown_reason", known=get_args(Reason))
            await workspace.sockets.disconnect(reason)


async def fault(workspace: Workspace, body: Arguments) -> None:
    """{"method", "kind", "seconds"?, "error"?, "times"?}: what befalls the next calls of a method, or envelopes."""
    method, kind = body.string("method"), cast(Any, body.string("kind"))
    if kind not in kinds_of(method):
        raise SlackError("unknown_kind", known=kinds_of(method))
    planned = Fault(kind, body.number("seconds", 1), body.optional("error") or "")
    workspace.faults.plan(method, planned, body.integer("times", 1, 1, MOST_FAULTS))


async def close_or_open(workspace: Workspace, body: Arguments) -> None:
    """{"channel", "archived"?, "app"?}: a person archives a channel or opens it, removes the app or invites it."""
    channel = workspace.channel(body.string("channel"))
    if body.has("archived"):
        channel.is_archived = body.flag("archived")
    if body.has("app"):
        {True: channel.members.add, False: channel.members.discard}[body.flag("app")](workspace.app.user_id)


async def request_url(workspace: Workspace, body: Arguments) -> None:
    """{"url"}: from now on everything goes there, once it has answered Slack's question; "" goes back to sockets."""
    config = workspace.config
    url = body.optional("url")
    if not url:
        workspace.delivery.line = workspace.sockets
        return
    http = HttpMode(url, config.app.signing_secret, config.timings, workspace.journal)
    await http.verify()
    workspace.delivery.line = http


async def shutdown(workspace: Workspace, _body: Arguments) -> None:
    workspace.stopping.set()
