"""Who the token is, the door to Socket Mode, and Slack's public check of blocks."""

from dataclasses import asdict

from sandbox.slack.arguments import Arguments
from sandbox.slack.block_kit import Problem
from sandbox.slack.block_kit.whole import block_problems, problems
from sandbox.slack.errors import SlackError
from sandbox.slack.model import Json
from sandbox.slack.web_api.registry import method
from sandbox.slack.workspace import Workspace


@method("auth.test")
def auth_test(workspace: Workspace, _args: Arguments) -> Json:
    return {
        "url": workspace.url + "/",
        "team": workspace.config.team.name,
        "team_id": workspace.team_id,
        "user": workspace.app.name,
        "user_id": workspace.app.user_id,
        "bot_id": workspace.app.bot_id,
        "is_enterprise_install": False,
    }


@method("auth.teams.list", "cursor limit include_icon", tier=2)
def list_teams(workspace: Workspace, _args: Arguments) -> Json:
    team = {"id": workspace.team_id, "name": workspace.config.team.name}
    return {"teams": [team], "response_metadata": {"next_cursor": ""}}


@method("team.info", "team domain", scopes=("team:read",), tier=3)
def team_info(workspace: Workspace, _args: Arguments) -> Json:
    return {"team": {"id": workspace.team_id, **workspace.config.team.model_dump()}}


@method("apps.connections.open", tier=3, caller="app")
def open_connection(workspace: Workspace, _args: Arguments) -> Json:
    address = workspace.url.replace("http", "ws", 1)
    return {"url": f"{address}/link?ticket={workspace.sockets.ticket()}&app_id={workspace.app.id}"}


@method("blocks.validate", "blocks view message", tier=3, caller="anyone")
def validate(_workspace: Workspace, args: Arguments) -> Json:
    """Needs no token; pointers start at what was given. It does not miss a top-level text."""
    given = [name for name in ("blocks", "view", "message") if args.has(name)]
    if len(given) != 1:
        raise SlackError("invalid_arguments", "exactly one of blocks, view, message")
    value = args.structure(given[0])
    if given == ["blocks"]:
        found = block_problems(value, "message", "")
    elif given == ["view"]:
        found = problems(value, "home" if isinstance(value, dict) and value.get("type") == "home" else "modal")
    else:
        found = [each for each in problems(value, "message") if each.code != "no_text"]
    if found:
        raise SlackError("invalid_blocks", errors=[_detail(each) for each in found])
    return {}


def _detail(problem: Problem) -> Json:
    code = "missing_field" if problem.message.startswith("missing required") else "failed_constraint"
    return asdict(problem) | {"code": code}
