"""chat.scheduleMessage and its kin: what the app says later. https://docs.slack.dev/messaging/sending-and-scheduling-messages"""

from contextlib import suppress

from sandbox.slack import messages
from sandbox.slack.arguments import Arguments
from sandbox.slack.errors import SlackError
from sandbox.slack.model import Json, Scheduled, slack_id
from sandbox.slack.web_api.chat import MESSAGE, WRITE, said, target
from sandbox.slack.web_api.paging import page
from sandbox.slack.web_api.registry import method
from sandbox.slack.workspace import Workspace

MAX_DAYS = 120
WINDOW_SECONDS = 5 * 60
MAX_IN_WINDOW = 30
LAST_SECONDS = 60


@method("chat.scheduleMessage", f"{MESSAGE} post_at", scopes=WRITE, tier=3)
def schedule(workspace: Workspace, args: Arguments) -> Json:
    channel, now = target(workspace, args), workspace.clock.now()
    try:
        post_at = int(args.string("post_at"))
    except ValueError:
        raise SlackError("invalid_time") from None
    if post_at <= now:
        raise SlackError("time_in_past")
    if post_at > now + MAX_DAYS * 86_400:
        raise SlackError("time_too_far")
    waiting = [each for each in workspace.scheduled.values() if each.channel == channel.id]
    if sum(abs(each.post_at - post_at) < WINDOW_SECONDS for each in waiting) >= MAX_IN_WINDOW:
        raise SlackError("restricted_too_many")
    message, thread_ts = said(workspace, args), args.optional("thread_ts")
    scheduled_id = slack_id("Q", workspace.token())

    def due() -> None:
        del workspace.scheduled[scheduled_id]
        with suppress(SlackError):  # a channel archived meanwhile: nobody is there to be told
            messages.post(workspace, channel, message, thread_ts, args.flag("reply_broadcast"))

    timer = workspace.clock.later(post_at - now, due)
    workspace.scheduled[scheduled_id] = Scheduled(scheduled_id, channel.id, post_at, message["text"], timer)
    return {
        "channel": channel.id,
        "scheduled_message_id": scheduled_id,
        "post_at": str(post_at),
        "message": messages.public(message),
    }


@method("chat.deleteScheduledMessage", "channel scheduled_message_id as_user", scopes=WRITE, tier=3)
def delete(workspace: Workspace, args: Arguments) -> Json:
    channel = workspace.bots_channel(args.string("channel"))
    found = workspace.scheduled.get(args.string("scheduled_message_id"))
    close = found is not None and found.post_at - workspace.clock.now() < LAST_SECONDS
    if found is None or found.channel != channel.id or close:
        raise SlackError("invalid_scheduled_message_id")
    workspace.clock.cancel(found.timer)
    del workspace.scheduled[found.id]
    return {}


@method("chat.scheduledMessages.list", "channel cursor latest limit oldest", tier=3)
def list_scheduled(workspace: Workspace, args: Arguments) -> Json:
    channel = workspace.bots_channel(args.string("channel")).id if args.has("channel") else None
    waiting = [each for each in workspace.scheduled.values() if channel in (None, each.channel)]
    some, more = page(workspace, args, waiting, default=100, highest=1000)
    shown = [{"id": each.id, "channel_id": each.channel, "post_at": each.post_at, "text": each.text} for each in some]
    return {"scheduled_messages": shown, **more}
