"""What a user does — a click, a command, a form, opening Home — becomes an envelope, and its ack an effect.

Payload fields: https://docs.slack.dev/reference/interaction-payloads"""

from typing import Any

from sandbox.slack import messages, modals
from sandbox.slack.block_kit import state
from sandbox.slack.block_kit.blocks import elements_of
from sandbox.slack.errors import SlackError
from sandbox.slack.model import Channel, Json, User, View
from sandbox.slack.response_urls import new_response_url, respond
from sandbox.slack.socket_mode import Ack
from sandbox.slack.workspace import Workspace

# What an action repeats of its element.
REPEATED = ("text", "value", "style", "url", "confirm", "placeholder", "accessibility_label")


def _head(workspace: Workspace, kind: str, user: User, trigger_id: str) -> Json:
    return {
        "type": kind,
        "team": {"id": workspace.team_id, "domain": workspace.config.team.domain},
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": workspace.team_id},
        "api_app_id": workspace.app.id,
        "token": "local",
        "trigger_id": trigger_id,
        "enterprise": None,
        "is_enterprise_install": False,
    }


def channel_name(channel: Channel) -> str:
    return "directmessage" if channel.is_im else "privategroup" if channel.is_private else channel.name


async def click_message(workspace: Workspace, user: User, channel: Channel, ts: str, given: Json) -> Ack:
    """An action in a message or an ephemeral. Raises message_not_found, action_not_found."""
    ephemeral = channel.ephemerals.get(ts)
    if ephemeral is not None and ephemeral.user != user.id:
        raise SlackError("message_not_found")
    message = ephemeral.message if ephemeral else channel.messages.get(ts)
    if message is None:
        raise SlackError("message_not_found")
    blocks, attachment_id = _blocks_with(message, given)
    _block, element = _element(blocks, given)
    action = _action(workspace, element, given)
    entered = workspace.selections.setdefault((user.id, f"{channel.id}/{ts}"), {})
    _remember(entered, action)
    container: Json = {"type": "message", "message_ts": ts, "channel_id": channel.id, "is_ephemeral": bool(ephemeral)}
    if message.get("thread_ts"):
        container["thread_ts"] = message["thread_ts"]
    if attachment_id:
        container |= {"type": "message_attachment", "attachment_id": attachment_id, "is_app_unfurl": False}
    payload = _head(workspace, "block_actions", user, modals.new_trigger(workspace, user.id)) | {
        "container": container,
        "channel": {"id": channel.id, "name": channel_name(channel)},
        **({} if ephemeral else {"message": messages.public(message)}),
        "state": {"values": state.values(blocks, entered)},
        "response_url": new_response_url(workspace, user.id, channel, ts, message.get("thread_ts")),
        "actions": [action],
    }
    return await workspace.sockets.deliver("interactive", payload)


async def click_view(workspace: Workspace, user: User, view: View, given: Json) -> Ack:
    """An action in a modal or on Home; a plain input without dispatch_action only keeps its value."""
    block, element = _element(view.body["blocks"], given)
    action = _action(workspace, element, given)
    view.values |= given.get("values") or {}
    _remember(view.values, action)
    if block["type"] == "input" and not block.get("dispatch_action"):
        return Ack()
    shown = modals.view_object(workspace, view)
    payload = _head(workspace, "block_actions", user, modals.new_trigger(workspace, user.id)) | {
        "container": {"type": "view", "view_id": view.id},
        "view": shown,
        "state": shown["state"],
        "hash": view.hash,
        "actions": [action],
    }
    return await workspace.sockets.deliver("interactive", payload)


def _blocks_with(message: Json, given: Json) -> tuple[list[Any], int | None]:
    """The list of blocks, the message's own or an attachment's, in which the clicked block stands."""
    for attachment in message.get("attachments") or []:
        if any(block["block_id"] == given["block_id"] for block in attachment.get("blocks") or []):
            return attachment["blocks"], attachment["id"]
    return message.get("blocks") or [], None


def _element(blocks: list[Any], given: Json) -> tuple[Any, Any]:
    for block in blocks:
        if block["block_id"] == given.get("block_id"):
            for element in elements_of(block):
                if element.get("action_id") == given.get("action_id"):
                    return block, element
    raise SlackError("action_not_found")


def _action(workspace: Workspace, element: Any, given: Json) -> Json:
    """One entry of `actions`."""
    action: Json = {"type": element["type"], "action_id": given["action_id"], "block_id": given["block_id"]}
    action |= {name: element[name] for name in REPEATED if name in element}
    if element["type"] == "overflow":
        action["selected_option"] = _offered(element, given.get("selected_option"))
    elif element["type"] in state.HOLDS:
        name = state.HOLDS[element["type"]][1]
        chosen = state.entry(element, {name: given.get(name)})[name]
        if name == "selected_option":
            chosen = chosen and _offered(element, chosen)
        elif name == "selected_options":
            chosen = [_offered(element, option) for option in chosen]
        action[name] = chosen
    return action | {"action_ts": f"{workspace.clock.now():.6f}"}


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


def _remember(entered: Json, action: Json) -> None:
    if action["type"] in state.HOLDS:
        entered.setdefault(action["block_id"], {})[action["action_id"]] = action


async def command(workspace: Workspace, user: User, channel: Channel, text: str) -> Ack:
    """A slash command; its ack may carry the answer. Raises unknown_command."""
    name, _, rest = text.strip().partition(" ")
    if name not in {each["command"] for each in workspace.app.commands}:
        raise SlackError("unknown_command")
    url = new_response_url(workspace, user.id, channel)
    payload = {
        "token": "local",
        "team_id": workspace.team_id,
        "team_domain": workspace.config.team.domain,
        "channel_id": channel.id,
        "channel_name": channel_name(channel),
        "user_id": user.id,
        "user_name": user.name,
        "command": name,
        "text": rest.strip(),
        "api_app_id": workspace.app.id,
        "is_enterprise_install": "false",
        "response_url": url,
        "trigger_id": modals.new_trigger(workspace, user.id),
    }
    ack = await workspace.sockets.deliver("slash_commands", payload, takes_payload=True)
    if ack.payload:
        if ack.payload.get("response_type") == "in_channel":
            messages.post(workspace, channel, messages.by_user(workspace, user.id) | {"text": text.strip()})
        respond(workspace, workspace.response_urls[url.rpartition("/")[2]], ack.payload)
    return ack


async def submit(workspace: Workspace, user: User, view: View, values: Json) -> Json:
    """Sends a modal's form, unless Slack's own checks stop it, and does what the ack says."""
    for block_id, entered in values.items():
        view.values.setdefault(block_id, {}).update(entered)
    if errors := state.complaints(view.body["blocks"], view.values):
        return {"ok": False, "errors": errors}
    head = _head(workspace, "view_submission", user, modals.new_trigger(workspace, user.id))
    payload = head | {
        "view": modals.view_object(workspace, view),
        "response_urls": _chosen_channels(workspace, user, view),
    }
    ack = await workspace.sockets.deliver("interactive", payload, takes_payload=True)
    if ack.error:
        return {"ok": False, "error": ack.error}
    return _obey(workspace, view, ack.payload or {})


def _chosen_channels(workspace: Workspace, user: User, view: View) -> list[Json]:
    """A response_url for every select that asked for one."""
    found = []
    for block, element in state.holders(view.body["blocks"]):
        if element.get("response_url_enabled"):
            entry = state.entry(element, view.values.get(block["block_id"], {}).get(element["action_id"]))
            channel_id = entry.get("selected_channel") or entry.get("selected_conversation")
            if channel_id:
                place = {"block_id": block["block_id"], "action_id": element["action_id"], "channel_id": channel_id}
                url = new_response_url(workspace, user.id, workspace.channel(channel_id))
                found.append(place | {"response_url": url})
    return found


def _obey(workspace: Workspace, view: View, answer: Json) -> Json:
    """https://docs.slack.dev/surfaces/modals#response_actions"""
    match answer.get("response_action"):
        case None if not answer:
            modals.close(workspace, view)
        case "clear":
            modals.clear(workspace, view.user)
        case "update":
            modals.replace(workspace, view, modals.checked(workspace, answer.get("view"), "modal", view.id))
        case "push":
            modals.push(workspace, view.user, modals.checked(workspace, answer.get("view"), "modal"))
        case "errors":
            errors = answer.get("errors") or {}
            inputs = {block["block_id"] for block in view.body["blocks"] if block["type"] == "input"}
            if not errors or not set(errors) <= inputs:
                raise SlackError("invalid_response_action", "errors must name input blocks [json-pointer:/errors]")
            workspace.feed.tell([view.user], "view_errors", view_id=view.id, errors=errors)
            return {"ok": False, "errors": errors}
        case _:
            raise SlackError("invalid_response_action")
    return {"ok": True}


async def close(workspace: Workspace, user: User, view: View, everything: bool) -> Ack:
    """Cancel closes this view, the X all of them; the app hears of it only if it asked to."""
    if everything:
        view = workspace.views[view.root_id]
    payload = {
        name: value for name, value in _head(workspace, "view_closed", user, "").items() if name != "trigger_id"
    } | {"view": modals.view_object(workspace, view), "is_cleared": everything}
    if everything or view.body.get("clear_on_close"):
        modals.clear(workspace, user.id)
    else:
        modals.close(workspace, view)
    if not view.body.get("notify_on_close"):
        return Ack()
    return await workspace.sockets.deliver("interactive", payload)


def open_home(workspace: Workspace, user: User, home: View | None) -> None:
    """Each opening tells the app; `home` is what the user saw published before."""
    event = {
        "type": "app_home_opened",
        "user": user.id,
        "channel": workspace.channel(user.id).id,
        "tab": "home",
        "event_ts": f"{workspace.clock.now():.6f}",
        **({"view": modals.view_object(workspace, home)} if home else {}),
    }
    workspace.emit("app_home_opened", event)
