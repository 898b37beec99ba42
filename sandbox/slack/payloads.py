"""The parts that interaction payloads share, and finding what was clicked.

https://docs.slack.dev/reference/interaction-payloads"""

from typing import Any

from sandbox.slack.block_kit import state
from sandbox.slack.block_kit.walk import elements_of, every_block
from sandbox.slack.errors import SlackError
from sandbox.slack.model import Channel, Json, User
from sandbox.slack.workspace import Workspace

# What an action repeats of its element.
REPEATED = ("text", "value", "style", "url", "confirm", "placeholder", "accessibility_label")


def head(workspace: Workspace, kind: str, user: User, trigger_id: str | None = None) -> Json:
    """What every interaction starts with."""
    return {
        "type": kind,
        "team": {"id": workspace.team_id, "domain": workspace.config.team.domain},
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team_id},
        "api_app_id": workspace.app.id,
        "token": "local",
        "enterprise": None,
        "is_enterprise_install": False,
        **({"trigger_id": trigger_id} if trigger_id else {}),
    }


def channel_name(channel: Channel) -> str:
    return "directmessage" if channel.is_im else "privategroup" if channel.is_private else channel.name


def blocks_with(message: Json, given: Json) -> tuple[list[Any], int | None]:
    """The list of blocks, the message's own or an attachment's, in which the clicked block stands."""
    for attachment in message.get("attachments") or []:
        blocks = attachment.get("blocks") or []
        if any(block["block_id"] == given.get("block_id") for block, _pointer in every_block(blocks)):
            return blocks, attachment["id"]
    return message.get("blocks") or [], None


def shown_to(channel: Channel, ts: str, user: User) -> tuple[Json, bool]:
    """A message, and whether it is an ephemeral. Raises message_not_found."""
    ephemeral = channel.ephemerals.get(ts)
    message = ephemeral.message if ephemeral else channel.messages.get(ts)
    if message is None or (ephemeral and ephemeral.user != user.id):
        raise SlackError("message_not_found")
    return message, bool(ephemeral)


def message_container(channel: Channel, message: Json, is_ephemeral: bool, attachment_id: int | None) -> Json:
    """Where in a conversation something was used."""
    container: Json = {
        "type": "message",
        "message_ts": message["ts"],
        "channel_id": channel.id,
        "is_ephemeral": is_ephemeral,
    }
    if message.get("thread_ts"):
        container["thread_ts"] = message["thread_ts"]
    if attachment_id:
        container |= {"type": "message_attachment", "attachment_id": attachment_id, "is_app_unfurl": False}
    return container


def element_in(blocks: list[Any], given: Json) -> tuple[Any, Any]:
    """The block and element that `given` names. Raises action_not_found."""
    for block, _pointer in every_block(blocks):
        if block["block_id"] == given.get("block_id"):
            for element in elements_of(block):
                if element.get("action_id") == given.get("action_id"):
                    return block, element
    raise SlackError("action_not_found")


def action_of(element: Any, given: Json, now: float) -> Json:
    """One entry of `actions`: the element, and what of `given` it can hold. Raises option_not_found."""
    action: Json = {"type": element["type"], "action_id": given["action_id"], "block_id": given["block_id"]}
    action |= {name: element[name] for name in REPEATED if name in element}
    if element["type"] == "feedback_buttons":
        action["value"] = _pressed(element, given.get("value"))
    elif element["type"] == "overflow":
        action["selected_option"] = _offered(element, given.get("selected_option"))
    elif element["type"] in state.HOLDS:
        name = state.HOLDS[element["type"]][1]
        chosen = state.entry(element, {name: given.get(name)})[name]
        if name == "selected_option":
            chosen = chosen and _offered(element, chosen)
        elif name == "selected_options":
            chosen = [_offered(element, option) for option in chosen]
        action[name] = chosen
    return action | {"action_ts": f"{now:.6f}"}


def _pressed(element: Any, value: Any) -> str:
    for side in ("positive_button", "negative_button"):
        if element[side]["value"] == value:
            return str(value)
    raise SlackError("option_not_found")


def _offered(element: Any, chosen: Any) -> Any:
    """The element's own option, told by its value."""
    value = chosen.get("value") if isinstance(chosen, dict) else chosen
    groups = element.get("option_groups") or []
    options = [*(element.get("options") or []), *(option for group in groups for option in group["options"])]
    if not options:
        return chosen
    for option in options:
        if option["value"] == value:
            return option
    raise SlackError("option_not_found")
