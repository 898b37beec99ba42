"""Submitting and closing modals: what the app hears of it, and what its ack makes of the stack.

https://docs.slack.dev/surfaces/modals"""

from sandbox.slack import modals
from sandbox.slack.arguments import Arguments
from sandbox.slack.block_kit import state
from sandbox.slack.delivery import Ack
from sandbox.slack.errors import SlackError
from sandbox.slack.model import Json, User, View
from sandbox.slack.payloads import head
from sandbox.slack.response_urls import new_response_url
from sandbox.slack.workspace import Workspace


async def submit(workspace: Workspace, user: User, view: View, values: Json) -> Json:
    """Sends a modal's form, unless Slack's own checks stop it, and does what the ack says."""
    for block_id, entered in values.items():
        view.values.setdefault(block_id, {}).update(entered)
    if errors := state.complaints(view.body["blocks"], view.values):
        return {"ok": False, "errors": errors}
    payload = head(workspace, "view_submission", user, modals.new_trigger(workspace, user.id))
    payload |= {
        "view": modals.view_object(workspace, view),
        "response_urls": _chosen_channels(workspace, user, view),
    }
    ack = await workspace.interact(payload, takes_payload=True)
    if ack.error:
        return {"ok": False, "error": ack.error}
    try:
        return _obey(workspace, view, ack.payload or {})
    except SlackError as error:
        workspace.journal.record("in", "ack", status=error.code, args=ack.payload or {})
        raise


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
            errors = Arguments(answer).object("errors")
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
    payload = head(workspace, "view_closed", user)
    payload |= {"view": modals.view_object(workspace, view), "is_cleared": everything}
    if everything or view.body.get("clear_on_close"):
        modals.clear(workspace, user.id)
    else:
        modals.close(workspace, view)
    if not view.body.get("notify_on_close"):
        return Ack()
    return await workspace.interact(payload)
