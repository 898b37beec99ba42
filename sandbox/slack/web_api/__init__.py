"""The Web API: who may call what, and what Slack would answer. One file per family of methods."""

from sandbox.slack.arguments import Arguments
from sandbox.slack.errors import SlackError
from sandbox.slack.model import Json
from sandbox.slack.web_api import (  # noqa: F401  (importing a family registers its methods)
    account,
    bookmarks,
    chat,
    conversations,
    files,
    reactions,
    schedule,
    users,
    views,
)
from sandbox.slack.web_api.registry import METHODS, Caller, Method
from sandbox.slack.workspace import Workspace


def answer(workspace: Workspace, name: str, token: str | None, given: Json) -> Json:
    """What Slack answers to a call. Raises SlackError; the order is method, token, scope, rate, arguments."""
    method = METHODS.get(name)
    if method is None:
        raise SlackError("unknown_method", req_method=name)
    _authorize(workspace, token, method.caller)
    if method.scopes:
        workspace.require(*method.scopes)
    workspace.limits.call(name, method.per_minute)
    if workspace.config.strict:
        _documented(method, given)
    return {"ok": True, **method.handler(workspace, Arguments(given))}


def scope_headers(workspace: Workspace, name: str) -> dict[str, str]:
    """What the token may do, and what the method asks for: https://docs.slack.dev/authentication/installing-with-oauth"""
    method = METHODS.get(name)
    if method is None or method.caller != "bot":
        return {}
    return {
        "x-oauth-scopes": ",".join(sorted(workspace.app.scopes)),
        "x-accepted-oauth-scopes": ",".join(method.scopes),
    }


def _authorize(workspace: Workspace, token: str | None, wanted: Caller) -> None:
    tokens: dict[str, Caller] = {workspace.app.bot_token: "bot", workspace.app.app_token: "app"}
    if wanted == "anyone":
        return
    if not token:
        raise SlackError("not_authed")
    if token not in tokens:
        raise SlackError("invalid_auth")
    if tokens[token] != wanted:
        raise SlackError("not_allowed_token_type")


def _documented(method: Method, given: Json) -> None:
    """Slack passes over an argument that it does not know; here a misspelt one is an error."""
    if unknown := sorted(given.keys() - method.takes):
        raise SlackError("invalid_arg_name", *(f"unknown argument: {name} [json-pointer:/{name}]" for name in unknown))
