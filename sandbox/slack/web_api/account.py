"""Who the token is, and the door to Socket Mode."""

from sandbox.slack.arguments import Arguments
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


@method("apps.connections.open", tier=3, caller="app")
def open_connection(workspace: Workspace, _args: Arguments) -> Json:
    address = workspace.url.replace("http", "ws", 1)
    return {"url": f"{address}/link?ticket={workspace.sockets.ticket()}&app_id={workspace.app.id}"}
