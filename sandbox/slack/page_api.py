"""What the page sees, as one user: the workspace, its channels, threads, modals and Home, and the stream of changes."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict

from aiohttp import web

from sandbox.slack import interactivity, messages, modals
from sandbox.slack.errors import SlackError
from sandbox.slack.mentions import calls
from sandbox.slack.model import Channel, Json, User, is_reply
from sandbox.slack.web_api.users import user_object, usergroup_object
from sandbox.slack.workspace import Workspace

KEEP_ALIVE_SECONDS = 15

View = Callable[[Workspace, web.Request], Json]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def reading(workspace: Workspace, view: View) -> Handler:
    """A GET handler that answers with the view's JSON, or with Slack's refusal as 400."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return web.json_response(view(workspace, request))
        except SlackError as error:
            return web.json_response(error.body(), status=400)

    return handle


def routes(workspace: Workspace) -> list[web.RouteDef]:
    views: dict[str, View] = {
        "/page/state": state,
        "/page/messages": channel_messages,
        "/page/thread": thread,
        "/page/home": home,
        "/page/views": stack,
    }

    async def stream(request: web.Request) -> web.StreamResponse:
        return await events(workspace, request)

    return [*(web.get(path, reading(workspace, view)) for path, view in views.items()), web.get("/page/events", stream)]


def _user(workspace: Workspace, request: web.Request) -> User:
    """Whoever the page says; the first person when it says nothing."""
    return workspace.user(request.query.get("user") or workspace.people()[0].id)


def visible_channel(workspace: Workspace, user: User, ref: str) -> Channel:
    channel = workspace.channel(ref)
    if user.id not in workspace.audience(channel):
        raise SlackError("channel_not_found")
    return channel


def state(workspace: Workspace, request: web.Request) -> Json:
    user = _user(workspace, request)
    visible = [channel for channel in workspace.channels.values() if user.id in workspace.audience(channel)]
    app = workspace.app
    return {
        "team": {"id": workspace.team_id, **workspace.config.team.model_dump()},
        "me": user_object(workspace, user),
        "users": [user_object(workspace, each) for each in workspace.users.values()],
        "usergroups": [usergroup_object(workspace, each, with_users=True) for each in workspace.usergroups.values()],
        "channels": [_channel(workspace, channel, user) for channel in visible],
        "commands": list(app.commands),
        "app": {
            "id": app.id,
            "name": app.name,
            "user_id": app.user_id,
            "home_enabled": app.has_home,
        },
    }


def _channel(workspace: Workspace, channel: Channel, user: User) -> Json:
    read = channel.read.get(user.id, "0")
    unread = [m for m in channel.messages.values() if m["ts"] > read and m["user"] != user.id]
    called = [message for message in unread if user.id in calls(workspace, channel, message).users]
    return {
        "id": channel.id,
        "name": channel.name,
        "topic": channel.topic,
        "is_private": channel.is_private,
        "is_member": user.id in channel.members,
        "is_im": channel.is_im,
        "im_user": workspace.app.user_id if channel.is_im else None,
        "is_archived": channel.is_archived,
        "unread": sum(not is_reply(message) for message in unread),
        "mentions": len(called),
        "last_read": read,
        "members": sorted(channel.members),
    }


def channel_messages(workspace: Workspace, request: web.Request) -> Json:
    user = _user(workspace, request)
    channel = visible_channel(workspace, user, request.query.get("channel", ""))
    private = _ephemerals(workspace, channel, user)
    shown = [message for message in [*channel.timeline(), *private] if not is_reply(message)]
    return {"messages": _told(workspace, channel, shown)}


def thread(workspace: Workspace, request: web.Request) -> Json:
    user = _user(workspace, request)
    channel = visible_channel(workspace, user, request.query.get("channel", ""))
    ts = request.query.get("ts", "")
    private = [message for message in _ephemerals(workspace, channel, user) if message.get("thread_ts") == ts]
    shown = [*channel.thread(ts), *private]
    if not shown:
        raise SlackError("thread_not_found")
    return {"messages": _told(workspace, channel, shown)}


def _told(workspace: Workspace, channel: Channel, shown: list[Json]) -> list[Json]:
    """Oldest first, each with whom it would have notified."""
    return [
        messages.public(message) | {"notifies": asdict(calls(workspace, channel, message))}
        for message in sorted(shown, key=lambda message: message["ts"])
    ]


def _ephemerals(workspace: Workspace, channel: Channel, user: User) -> list[Json]:
    found = [each for each in channel.ephemerals.values() if each.user == user.id]
    for each in found:
        each.shown = each.shown or workspace.feed.has_page(user.id)
    return [each.message for each in found]


def forget_shown(workspace: Workspace, user: User) -> None:
    """An ephemeral lives as long as the page that showed it: Slack keeps none."""
    for channel in workspace.channels.values():
        for ts in [ts for ts, each in channel.ephemerals.items() if each.user == user.id and each.shown]:
            del channel.ephemerals[ts]


def home(workspace: Workspace, request: web.Request) -> Json:
    """`opened=false` only looks again: telling the app of it would have it publish again, without end."""
    user = _user(workspace, request)
    view = modals.home_of(workspace, user.id)
    if request.query.get("opened") != "false":
        interactivity.open_app(workspace, user, "home", view)
    return {"view": modals.view_object(workspace, view) if view else None}


def stack(workspace: Workspace, request: web.Request) -> Json:
    open_views = workspace.modals.get(_user(workspace, request).id, [])
    return {"stack": [modals.view_object(workspace, workspace.views[view_id]) for view_id in open_views]}


async def events(workspace: Workspace, request: web.Request) -> web.StreamResponse:
    """Server-Sent Events, with a comment now and then so that a closed page is noticed."""
    try:
        user = _user(workspace, request)
    except SlackError as error:
        return web.json_response(error.body(), status=400)
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    forget_shown(workspace, user)
    await response.prepare(request)
    with workspace.feed.page(user.id) as queue, suppress(ConnectionError):
        await response.write(b": open\n\n")
        while True:
            try:
                event = await asyncio.wait_for(queue.get(), KEEP_ALIVE_SECONDS)
            except TimeoutError:
                await response.write(b": still here\n\n")
                continue
            if event is None:
                break
            await response.write(f"data: {json.dumps(event)}\n\n".encode())
    return response
