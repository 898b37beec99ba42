"""The Web API: who may call what, and what Slack would answer. One file per family of methods."""

from sandbox.slack.arguments import Arguments
from sandbox.slack.errors import SlackError
from sandbox.slack.model import Json
from sandbox.slack.web_api import (  # noqa: F401  (importing a family registers its methods)
    account,
    chat,
    conversations,
    files,
    reactions,
    users,
    views,
)
from sandbox.slack.web_api.registry import METHODS, Caller, Method
from sandbox.slack.workspace import Workspace


def answer(workspace: Workspace, name: str, token: str | None, given: Json) -> Json:
    """What Slack answers to a call. Raises SlackError; the order is method, token, rate, arguments."""
    method = _method(name)
    _authorize(workspace, token, method.caller)
    workspace.limits.take(name, method.per_minute, str(given.get("channel", "")))
    return {"ok": True, **method.handler(workspace, Arguments(given))}


def _method(name: str) -> Method:
    if name not in METHODS:
        raise SlackError("unknown_method", req_method=name)
    return METHODS[name]


def _authorize(workspace: Workspace, token: str | None, wanted: Caller) -> None:
    tokens: dict[str, Caller] = {workspace.app.bot_token: "bot", workspace.app.app_token: "app"}
    if not token:
        raise SlackError("not_authed")
    if token not in tokens:
        raise SlackError("invalid_auth")
    if tokens[token] != wanted:
        raise SlackError("not_allowed_token_type")
