"""For tests and tools: the journal, what the app did wrong, stored messages, the clock, bad days, the end."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from sandbox.slack.errors import SlackError
from sandbox.slack.faults import Fault, kinds_of
from sandbox.slack.http_mode import HttpMode
from sandbox.slack.mentions import notified
from sandbox.slack.model import Json
from sandbox.slack.page_api import Handler, reading
from sandbox.slack.workspace import Workspace

Change = Callable[[Workspace, Json], Awaitable[None]]


def routes(workspace: Workspace) -> list[web.RouteDef]:
    changes: dict[str, Change] = {
        "clock": turn_clock,
        "lag": lag,
        "disconnect": disconnect,
        "faults": fault,
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
            await change(workspace, await request.json() if request.can_read_body else {})
        except SlackError as error:
            return web.json_response(error.body(), status=400)
        return web.json_response({"ok": True, "now": workspace.clock.now()})

    return handle


def journal(workspace: Workspace, request: web.Request) -> Json:
    since = request.query.get("since", "0")
    if not since.isdigit():
        raise SlackError("invalid_arguments")
    return {"entries": workspace.journal.since(int(since))}


def complaints(workspace: Workspace, _request: web.Request) -> Json:
    """Acks that were late, missed, double, made up, or said what they may not: a good app leaves none."""
    return {"complaints": workspace.journal.complaints()}


def stored_messages(workspace: Workspace, request: web.Request) -> Json:
    return {"messages": list(workspace.channel(request.match_info["name"]).messages.values())}


def notifications(workspace: Workspace, request: web.Request) -> Json:
    """{ts: names of everybody whom the message called}; a mass ping from somebody else's text shows here."""
    channel = workspace.channel(request.match_info["name"])
    called = {ts: notified(workspace, channel, message) for ts, message in channel.messages.items()}
    return {"notified": {ts: names for ts, names in called.items() if names}}


async def turn_clock(workspace: Workspace, body: Json) -> None:
    """{"advance": seconds}"""
    workspace.clock.advance(float(body["advance"]))


async def lag(workspace: Workspace, body: Json) -> None:
    """{"seconds"}: history does not show what is younger."""
    workspace.history_lag = float(body["seconds"])


async def disconnect(workspace: Workspace, body: Json) -> None:
    """{"reason": "warning" | "refresh_requested" | "link_disabled"}, {"how": "cut" | "mute"}, or nothing: it closes."""
    match body.get("how"):
        case "cut":
            await workspace.sockets.cut()
        case "mute":
            workspace.sockets.mute()
        case _:
            await workspace.sockets.disconnect(body.get("reason"))


async def fault(workspace: Workspace, body: Json) -> None:
    """{"method", "kind", "seconds"?, "error"?, "times"?}: what befalls the next calls of a method, or envelopes."""
    if body["kind"] not in kinds_of(body["method"]):
        raise SlackError("unknown_kind", known=kinds_of(body["method"]))
    planned = Fault(body["kind"], body.get("seconds", 1), body.get("error", ""))
    workspace.faults.plan(body["method"], planned, body.get("times", 1))


async def request_url(workspace: Workspace, body: Json) -> None:
    """{"url"}: from now on everything goes there, once it has answered Slack's question; "" goes back to sockets."""
    config = workspace.config
    if not body["url"]:
        workspace.delivery.line = workspace.sockets
        return
    http = HttpMode(body["url"], config.app.signing_secret, config.timings, workspace.journal)
    await http.verify()
    workspace.delivery.line = http


async def shutdown(workspace: Workspace, _body: Json) -> None:
    workspace.stopping.set()
