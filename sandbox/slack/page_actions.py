"""What a user does on the page: says something, types a command, clicks, fills in a form, has read.

Every answer is {"ok": …}; `error` is the code Slack's own client would show."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from sandbox.slack import interactivity, messages
from sandbox.slack.errors import SlackError
from sandbox.slack.model import Json, User, View
from sandbox.slack.page_api import Handler, visible_channel
from sandbox.slack.socket_mode import Ack
from sandbox.slack.workspace import Workspace

Act = Callable[[Workspace, User, Json], Awaitable[Json]]


def acting(workspace: Workspace, act: Act) -> Handler:
    """A POST handler: {user, …} in, the act's answer or Slack's refusal out."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            body: Json = await request.json()
            answer = await act(workspace, workspace.user(str(body.get("user", ""))), body)
        except KeyError as missing:
            answer = {"ok": False, "error": f"missing {missing}"}
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


async def say(workspace: Workspace, user: User, body: Json) -> Json:
    channel = visible_channel(workspace, user, body["channel"])
    if user.id not in channel.members:
        raise SlackError("not_in_channel")
    if not str(body["text"]).strip():
        raise SlackError("no_text")
    parts = messages.by_user(workspace, user.id) | {"text": str(body["text"])[: messages.MAX_TEXT]}
    message = messages.post(workspace, channel, parts, body.get("thread_ts"))
    return {"ok": True, "ts": message["ts"]}


async def run_command(workspace: Workspace, user: User, body: Json) -> Json:
    channel = visible_channel(workspace, user, body["channel"])
    return _outcome(await interactivity.command(workspace, user, channel, str(body["text"])))


async def click(workspace: Workspace, user: User, body: Json) -> Json:
    container = body["container"]
    if container["type"] == "view":
        return _outcome(
            await interactivity.click_view(workspace, user, _view(workspace, user, container["view_id"]), body)
        )
    channel = visible_channel(workspace, user, container["channel"])
    return _outcome(await interactivity.click_message(workspace, user, channel, container["ts"], body))


async def submit(workspace: Workspace, user: User, body: Json) -> Json:
    return await interactivity.submit(
        workspace, user, _view(workspace, user, body["view_id"]), body.get("values") or {}
    )


async def close(workspace: Workspace, user: User, body: Json) -> Json:
    view = _view(workspace, user, body["view_id"])
    return _outcome(await interactivity.close(workspace, user, view, bool(body.get("clear"))))


def _view(workspace: Workspace, user: User, view_id: str) -> View:
    view = workspace.views.get(view_id)
    if view is None or view.user != user.id:
        raise SlackError("view_not_found")
    return view


async def read(workspace: Workspace, user: User, body: Json) -> Json:
    channel = visible_channel(workspace, user, body["channel"])
    channel.read[user.id] = channel.last_ts
    return {"ok": True}
