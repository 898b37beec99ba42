"""What an app offers in an external select while somebody types.

https://docs.slack.dev/reference/interaction-payloads/block_suggestion-payload"""

from sandbox.slack import messages, modals
from sandbox.slack.block_kit.objects import OPTION, OPTION_GROUP
from sandbox.slack.block_kit.schema import array, record
from sandbox.slack.delivery import Ack
from sandbox.slack.errors import SlackError
from sandbox.slack.model import Channel, Json, User, View
from sandbox.slack.payloads import blocks_with, channel_name, element_in, head, message_container, shown_to
from sandbox.slack.workspace import Workspace

# Nothing found is an answer too.
OFFER = record(
    optional={"options": array(OPTION, 0, 100), "option_groups": array(OPTION_GROUP, 0, 100)},
    exactly_one=("options", "option_groups"),
)


async def suggest(workspace: Workspace, user: User, place: View | Channel, ts: str, given: Json) -> Ack:
    """The ack holds `options` or `option_groups`. Raises action_not_found, message_not_found, invalid_options."""
    if isinstance(place, View):
        blocks = place.body["blocks"]
        where: Json = {
            "container": {"type": "view", "view_id": place.id},
            "view": modals.view_object(workspace, place),
        }
    else:
        message, is_ephemeral = shown_to(place, ts, user)
        blocks, attachment_id = blocks_with(message, given)
        where = {
            "container": message_container(place, message, is_ephemeral, attachment_id),
            "channel": {"id": place.id, "name": channel_name(place)},
            **({} if is_ephemeral else {"message": messages.public(message)}),
        }
    element_in(blocks, given)
    payload = head(workspace, "block_suggestion", user) | where
    payload |= {name: given[name] for name in ("block_id", "action_id")} | {"value": str(given.get("value") or "")}
    ack = await workspace.interact(payload, takes_payload=True)
    offered = ack.payload or {}
    if ack.error is None and (problems := list(OFFER(offered, ""))):
        workspace.journal.record("in", "ack", status="invalid_options", args=offered)
        raise SlackError("invalid_options", *map(str, problems))
    return ack
