"""bookmarks.*: links in a channel's header. https://docs.slack.dev/reference/methods/bookmarks.add"""

from sandbox.slack.arguments import Arguments
from sandbox.slack.errors import SlackError
from sandbox.slack.model import Json, slack_id
from sandbox.slack.web_api.registry import method
from sandbox.slack.workspace import Workspace

MAX_PER_CHANNEL = 100


@method(
    "bookmarks.add",
    "channel_id title type link emoji entity_id access_level parent_id",
    scopes=("bookmarks:write",),
    tier=2,
)
def add(workspace: Workspace, args: Arguments) -> Json:
    channel = workspace.bots_channel(args.string("channel_id"))
    title, kind, link = args.string("title"), args.string("type"), args.optional("link") or ""
    if kind == "link" and not link.startswith(("http://", "https://")):
        raise SlackError("invalid_link")
    if len(channel.bookmarks) >= MAX_PER_CHANNEL:
        raise SlackError("too_many_bookmarks")
    bookmark = {
        "id": slack_id("Bk", workspace.token()),
        "channel_id": channel.id,
        "title": title,
        "link": link,
        "emoji": args.optional("emoji") or "",
        "type": kind,
        "date_created": int(workspace.clock.now()),
        "app_id": workspace.app.id,
    }
    channel.bookmarks.append(bookmark)
    return {"bookmark": bookmark}
