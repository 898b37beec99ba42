"""What a user does on the page: says something, types a command, clicks, fills in a form, reacts, has read.

Every answer is {"ok": …}; `error` is the code Slack's own client would show."""

import mimetypes
from collections.abc import Awaitable, Callable

from aiohttp import web

from sandbox.slack import forms, interactivity, marks, messages, suggestions
from sandbox.slack.arguments import Arguments
from sandbox.slack.content import MAX_TEXT
from sandbox.slack.delivery import Ack
from sandbox.slack.encodings import form, json_object
from sandbox.slack.errors import SlackError
from sandbox.slack.model import Channel, File, Json, User, View, slack_id
from sandbox.slack.page_api import Handler, visible_channel
from sandbox.slack.web_api.files import file_object
from sandbox.slack.workspace import Workspace

Act = Callable[[Workspace, User, Arguments], Awaitable[Json]]


def acting(workspace: Workspace, act: Act) -> Handler:
    """A POST handler: {user, …} in, the act's answer or Slack's refusal out."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            multipart = request.content_type == "multipart/form-data"
            body = Arguments(dict(await form(request)) if multipart else await json_object(request))
            answer = await act(workspace, workspace.user(body.string("user")), body)
        except SlackError as error:
            # Not `errors`: that is a form's, by block.
            answer = {"ok": False, "error": error.code, "problems": error.problems}
        return web.json_response(answer)

    return handle


def routes(workspace: Workspace) -> list[web.RouteDef]:
    acts: dict[str, Act] = {
        "/page/message": say,
        "/page/command": run_command,
        "/page/action": click,
        "/page/view/submit": submit,
        "/page/view/close": close,
        "/page/suggestions": suggest,
        "/page/upload": upload,
        "/page/reaction": react,
        "/page/read": read,
        "/page/opened": opened,
    }
    return [web.post(path, acting(workspace, act)) for path, act in acts.items()]


def _outcome(ack: Ack) -> Json:
    return {"ok": False, "error": ack.error} if ack.error else {"ok": True}


async def say(workspace: Workspace, user: User, body: Arguments) -> Json:
    channel = visible_channel(workspace, user, body.string("channel"))
    if user.id not in channel.members:
        raise SlackError("not_in_channel")
    parts = messages.by_user(workspace, user.id) | {"text": body.string("text")[:MAX_TEXT]}
    broadcast = body.flag("reply_broadcast")
    message = messages.post(workspace, channel, parts, body.optional("thread_ts"), broadcast)
    return {"ok": True, "ts": message["ts"]}


async def run_command(workspace: Workspace, user: User, body: Arguments) -> Json:
    channel = visible_channel(workspace, user, body.string("channel"))
    if body.has("thread_ts"):
        raise SlackError("command_not_supported_in_threads")
    return _outcome(await interactivity.command(workspace, user, channel, body.string("text")))


async def click(workspace: Workspace, user: User, body: Arguments) -> Json:
    container = Arguments(body.object("container"))
    given = body.given | {"values": _values(body)}
    if container.optional("type") == "view":
        view = _view(workspace, user, container.string("view_id"))
        return _outcome(await interactivity.click_view(workspace, user, view, given))
    channel = visible_channel(workspace, user, container.string("channel"))
    return _outcome(await interactivity.click_message(workspace, user, channel, container.string("ts"), given))


async def suggest(workspace: Workspace, user: User, body: Arguments) -> Json:
    container = Arguments(body.object("container"))
    if container.optional("type") == "view":
        place: View | Channel = _view(workspace, user, container.string("view_id"))
    else:
        place = visible_channel(workspace, user, container.string("channel"))
    ack = await suggestions.suggest(workspace, user, place, container.optional("ts") or "", body.given)
    return _outcome(ack) | (ack.payload or {})


async def submit(workspace: Workspace, user: User, body: Arguments) -> Json:
    return await forms.submit(workspace, user, _view(workspace, user, body.string("view_id")), _values(body))


async def close(workspace: Workspace, user: User, body: Arguments) -> Json:
    view = _view(workspace, user, body.string("view_id"))
    return _outcome(await forms.close(workspace, user, view, body.flag("clear")))


def _values(body: Arguments) -> Json:
    """{block_id: {action_id: entry}}"""
    values = body.object("values")
    for block in values.values():
        if not isinstance(block, dict) or not all(isinstance(entry, dict) for entry in block.values()):
            raise SlackError("invalid_arguments")
    return values


def _view(workspace: Workspace, user: User, view_id: str) -> View:
    view = workspace.views.get(view_id)
    if view is None or view.user != user.id:
        raise SlackError("view_not_found")
    return view


async def upload(workspace: Workspace, user: User, body: Arguments) -> Json:
    """A file for a form's file input: it is the user's, and shared nowhere."""
    sent = body.given.get("file")
    if not isinstance(sent, web.FileField):
        raise SlackError("invalid_arguments")
    content = sent.file.read()
    file = File(slack_id("F", workspace.token()), sent.filename, len(content), user.id, workspace.clock.now())
    file.content, file.completed = content, True
    file.mimetype = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    workspace.files[file.id] = file
    return {"ok": True, "file": file_object(workspace, file)}


async def react(workspace: Workspace, user: User, body: Arguments) -> Json:
    channel = visible_channel(workspace, user, body.string("channel"))
    message = channel.messages.get(body.string("ts"))
    if message is None:
        raise SlackError("message_not_found")
    change = marks.take_back if body.flag("remove") else marks.react
    change(workspace, channel, message, user.id, body.string("name"))
    return {"ok": True}


async def read(workspace: Workspace, user: User, body: Arguments) -> Json:
    channel = visible_channel(workspace, user, body.string("channel"))
    channel.read[user.id] = channel.last_ts
    return {"ok": True}


async def opened(workspace: Workspace, user: User, _body: Arguments) -> Json:
    """The conversation with the app: its Messages tab."""
    interactivity.open_app(workspace, user, "messages")
    return {"ok": True}
