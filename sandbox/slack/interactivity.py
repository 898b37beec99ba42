"""What a user does outside of forms — a click, a command, opening Home — becomes an envelope, and its ack an effect."""

import re
from typing import Literal

from sandbox.slack import messages, modals
from sandbox.slack.block_kit import state
from sandbox.slack.delivery import Ack
from sandbox.slack.errors import SlackError
from sandbox.slack.model import Channel, Json, User, View
from sandbox.slack.payloads import (
    action_of,
    blocks_with,
    channel_name,
    element_in,
    head,
    message_container,
    shown_to,
)
from sandbox.slack.response_urls import new_response_url, respond
from sandbox.slack.workspace import Workspace


async def click_message(workspace: Workspace, user: User, channel: Channel, ts: str, given: Json) -> Ack:
    """An action in a message or an ephemeral. Raises message_not_found, action_not_found."""
    message, is_ephemeral = shown_to(channel, ts, user)
    blocks, attachment_id = blocks_with(message, given)
    _block, element = element_in(blocks, given)
    action = action_of(element, given, workspace.clock.now())
    entered = workspace.selections.setdefault((user.id, f"{channel.id}/{ts}"), {})
    for block_id, typed in (given.get("values") or {}).items():
        entered.setdefault(block_id, {}).update(typed)
    _remember(entered, action)
    payload = head(workspace, "block_actions", user, modals.new_trigger(workspace, user.id)) | {
        "container": message_container(channel, message, is_ephemeral, attachment_id),
        "channel": {"id": channel.id, "name": channel_name(channel)},
        **({} if is_ephemeral else {"message": messages.public(message)}),
        "state": {"values": state.values(blocks, entered)},
        "response_url": new_response_url(workspace, user.id, channel, ts, message.get("thread_ts")),
        "actions": [action],
    }
    return await workspace.interact(payload)


async def click_view(workspace: Workspace, user: User, view: View, given: Json) -> Ack:
    """An action in a modal or on Home; a plain input without dispatch_action only keeps its value."""
    block, element = element_in(view.body["blocks"], given)
    action = action_of(element, given, workspace.clock.now())
    view.values |= given.get("values") or {}
    _remember(view.values, action)
    if block["type"] == "input" and not block.get("dispatch_action"):
        return Ack()
    shown = modals.view_object(workspace, view)
    payload = head(workspace, "block_actions", user, modals.new_trigger(workspace, user.id)) | {
        "container": {"type": "view", "view_id": view.id},
        "view": shown,
        "state": shown["state"],
        "hash": view.hash,
        "actions": [action],
    }
    return await workspace.interact(payload)


def _remember(entered: Json, action: Json) -> None:
    if action["type"] in state.HOLDS:
        entered.setdefault(action["block_id"], {})[action["action_id"]] = action


async def command(workspace: Workspace, user: User, channel: Channel, text: str) -> Ack:
    """A slash command; its ack may carry the answer. Raises unknown_command."""
    name, _, rest = text.strip().partition(" ")
    offered = next((each for each in workspace.app.commands if each["command"] == name), None)
    if offered is None:
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
        "text": escaped(workspace, rest.strip()) if offered["should_escape"] else rest.strip(),
        "api_app_id": workspace.app.id,
        "is_enterprise_install": "false",
        "response_url": url,
        "trigger_id": modals.new_trigger(workspace, user.id),
    }
    ack = await workspace.delivery.deliver("slash_commands", payload, takes_payload=True)
    if ack.payload:
        if ack.payload.get("response_type") == "in_channel":
            messages.post(workspace, channel, messages.by_user(workspace, user.id) | {"text": text.strip()})
        try:
            respond(workspace, workspace.response_urls[url.rpartition("/")[2]], ack.payload)
        except SlackError as error:
            workspace.journal.record("in", "ack", status=error.code, args=ack.payload)
            raise
    return ack


def escaped(workspace: Workspace, text: str) -> str:
    """Names of people and channels as ids, where the command asked for it."""

    def named(found: re.Match[str]) -> str:
        for user in workspace.users.values() if found[1] == "@" else ():
            if user.name == found[2]:
                return f"<@{user.id}>"
        for channel in workspace.channels.values() if found[1] == "#" else ():
            if channel.name == found[2]:
                return f"<#{channel.id}|{channel.name}>"
        return found[0]

    return re.sub(r"([@#])([\w.-]*\w)", named, text)


def open_app(workspace: Workspace, user: User, tab: Literal["home", "messages"], home: View | None = None) -> None:
    """Each opening of either tab tells the app; `home` is what the user saw published before."""
    event = {
        "type": "app_home_opened",
        "user": user.id,
        "channel": workspace.channel(user.id).id,
        "tab": tab,
        "event_ts": f"{workspace.clock.now():.6f}",
        **({"view": modals.view_object(workspace, home)} if home else {}),
    }
    workspace.emit("app_home_opened", event)
