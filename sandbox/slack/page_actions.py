"""What a user does on the page: says something, types a command, clicks, fills in a form, has read.

Every answer is {"ok": …}; `error` is the code Slack's own client would show."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from sandbox.slack import forms, interactivity, messages
from sandbox.slack.arguments import Arguments
from sandbox.slack.content import MAX_TEXT
from sandbox.slack.delivery import Ack
from sandbox.slack.errors import SlackError
from sandbox.slack.model import Json, User, View
from sandbox.slack.page_api import Handler, visible_channel
from sandbox.slack.workspace import Workspace

Act = Callable[[Workspace, User, Arguments], Awaitable[Json]]


def acting(workspace: Workspace, act: Act) -> Handler:
    """A POST handler: {user, …} in, the act's answer or Slack's refusal out."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            body = Arguments(await request.json())
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
        "/page/read": read,
    }
    return [web.post(path, acting(workspace, act)) for path, act in acts.items()]


def _outcome(ack: Ack) -> Json:
    return {"ok": False, "error": ack.error} if ack.error else {"ok": True}


async def say(workspace: Workspace, user: User, body: Arguments) -> Json:
    channel = visible_channel(workspace, user, body.string("channel"))
    if user.id not in channel.members:
        raise SlackError("not_in_channel")
    parts = messages.by_user(workspace, user.id) | {"text": body.string("text")[:MAX_TEXT]}
    message = messages.post(workspace, channel, parts, body.optional("thread_ts"))
    return {"ok": True, "ts": message["ts"]}


async def run_command(workspace: Workspace, user: User, body: Arguments) -> Json:
    channel = visible_channel(workspace, user, body.string("channel"))
    if body.has("thread_ts"):
        raise SlackError("command_not_supported_in_threads")
    return _outcome(await interactivity.command(workspace, user, channel, body.string("text")))


async def click(workspace: Workspace, user: User, body: Arguments) -> Json:
    container = Arguments(body.structure("container") or {})
    if container.optional("type") == "view":
        view = _view(workspace, user, container.string("view_id"))
        return _outcome(await interactivity.click_view(workspace, user, view, body.given))
    channel = visible_channel(workspace, user, container.string("channel"))
    ts = container.string("ts")
    return _outcome(await interactivity.click_message(workspace, user, channel, ts, body.given))


async def submit(workspace: Workspace, user: User, body: Arguments) -> Json:
    return await forms.submit(
        workspace, user, _view(workspace, user, body.string("view_id")), body.structure("values") or {}
    )


async def close(workspace: Workspace, user: User, body: Arguments) -> Json:
    view = _view(workspace, user, body.string("view_id"))
    return _outcome(await forms.close(workspace, user, view, body.flag("clear")))


def _view(workspace: Workspace, user: User, view_id: str) -> View:
    view = workspace.views.get(view_id)
    if view is None or view.user != user.id:
        raise SlackError("view_not_found")
    return view


async def read(workspace: Workspace, user: User, body: Arguments) -> Json:
    channel = visible_channel(workspace, user, body.string("channel"))
    channel.read[user.id] = channel.last_ts
    return {"ok": True}
