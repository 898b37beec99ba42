"""For tests and tools: the journal, the stored messages with their metadata, bad days, the end."""

from aiohttp import web

from sandbox.slack.errors import SlackError
from sandbox.slack.faults import KINDS, Fault
from sandbox.slack.model import Json
from sandbox.slack.page_api import reading
from sandbox.slack.workspace import Workspace


def routes(workspace: Workspace) -> list[web.RouteDef]:
    async def shutdown(_request: web.Request) -> web.StreamResponse:
        workspace.stopping.set()
        return web.json_response({"ok": True})

    async def disconnect(request: web.Request) -> web.StreamResponse:
        """{"reason": "warning" | "refresh_requested" | "link_disabled"}, or none for a line that just closes."""
        body: Json = await request.json()
        await workspace.sockets.disconnect(body.get("reason"))
        return web.json_response({"ok": True})

    async def fault(request: web.Request) -> web.StreamResponse:
        """{"method", "kind", "seconds"?, "times"?}: what befalls the next calls of a method."""
        body: Json = await request.json()
        if body["kind"] not in KINDS:
            return web.json_response({"ok": False, "error": "unknown_kind", "known": sorted(KINDS)}, status=400)
        planned = Fault(body["kind"], body.get("seconds", 1))
        workspace.faults.plan(body["method"], planned, body.get("times", 1))
        return web.json_response({"ok": True})

    return [
        web.get("/control/journal", reading(workspace, journal)),
        web.get("/control/channels/{name}/messages", reading(workspace, stored_messages)),
        web.post("/control/disconnect", disconnect),
        web.post("/control/faults", fault),
        web.post("/control/shutdown", shutdown),
    ]


def journal(workspace: Workspace, request: web.Request) -> Json:
    since = request.query.get("since", "0")
    if not since.isdigit():
        raise SlackError("invalid_arguments")
    return {"entries": workspace.journal.since(int(since))}


def stored_messages(workspace: Workspace, request: web.Request) -> Json:
    return {"messages": list(workspace.channel(request.match_info["name"]).messages.values())}
