"""files.*: the three steps of an upload, and what became of it. https://docs.slack.dev/messaging/working-with-files"""

import mimetypes
from contextlib import suppress
from typing import Any

from sandbox.slack import messages
from sandbox.slack.arguments import Arguments
from sandbox.slack.errors import SlackError
from sandbox.slack.model import Channel, File, Json, slack_id
from sandbox.slack.web_api.registry import method
from sandbox.slack.workspace import Workspace

MAX_SNIPPET_BYTES = 1 << 20
MAX_ALT_TEXT = 1000
MAX_CHANNELS = 100


def file_object(workspace: Workspace, file: File) -> Json:
    """Slack's file object; mimetype and shares stay empty until the file was scanned."""
    url = workspace.file_url(file)
    return {
        "id": file.id,
        "created": int(file.created),
        "timestamp": int(file.created),
        "name": file.name,
        "title": file.title or file.name,
        "mimetype": file.mimetype,
        "filetype": file.name.rpartition(".")[2].lower() if file.mimetype else "",
        "user": file.user,
        "size": file.size,
        "mode": "hosted",
        "is_external": False,
        "is_public": False,
        "url_private": url,
        "url_private_download": url,
        "permalink": url,
        "shares": {"public": {channel: [{"ts": ts}] for channel, ts in file.shares.items()}} if file.shares else {},
        **({"alt_txt": file.alt_txt} if file.alt_txt else {}),
    }


@method("files.getUploadURLExternal", "filename length alt_txt snippet_type", scopes=("files:write",), tier=4)
def get_upload_url(workspace: Workspace, args: Arguments) -> Json:
    name = args.string("filename")
    size = args.integer("length", 0, 0, 1 << 30)
    if size == 0:
        raise SlackError("missing_argument")
    if args.has("snippet_type") and size > MAX_SNIPPET_BYTES:
        raise SlackError("snippet_too_large")
    if len(args.optional("alt_txt") or "") > MAX_ALT_TEXT:
        raise SlackError("invalid_arguments", "must be less than 1001 characters [json-pointer:/alt_txt]")
    file_id = slack_id("F", workspace.token())
    file = File(
        file_id, name, size, workspace.app.user_id, workspace.clock.now(), alt_txt=args.optional("alt_txt") or ""
    )
    workspace.files[file_id] = file
    return {"upload_url": f"{workspace.url}/files-upload/{file_id}", "file_id": file_id}


@method(
    "files.completeUploadExternal",
    "files channel_id channels thread_ts initial_comment blocks",
    scopes=("files:write",),
    tier=4,
)
def complete_upload(workspace: Workspace, args: Arguments) -> Json:
    wanted = args.structure("files")
    if not isinstance(wanted, list) or not wanted:
        raise SlackError("invalid_arguments", "missing required field: files")
    files = [_completed(workspace, item) for item in wanted]
    names = [*args.names("channels"), *args.names("channel_id")]
    if len(names) > MAX_CHANNELS:
        raise SlackError("channels_limit_exceeded")
    channels = [workspace.bots_channel(name) for name in names]
    if any(workspace.app.user_id not in channel.members for channel in channels):
        raise SlackError("not_in_channel")
    comment, thread_ts = args.optional("initial_comment"), args.optional("thread_ts")

    def scanned() -> None:
        for file in files:
            file.mimetype = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        # The answer was ok long ago: a share that fails now is silent, as is one with an alternative text,
        # https://github.com/slackapi/python-slack-sdk/issues/1818
        for channel in channels if not any(file.alt_txt for file in files) else []:
            with suppress(SlackError):
                _share(workspace, files, channel, comment, thread_ts)
        workspace.feed.tell([user.id for user in workspace.people()], "file")

    for file in files:
        file.completed = True
    workspace.clock.later(workspace.config.timings.file_ready, scanned)
    return {"files": [file_object(workspace, file) for file in files]}


def _completed(workspace: Workspace, item: Any) -> File:
    file = workspace.files.get(str(item.get("id"))) if isinstance(item, dict) else None
    if file is None or file.content is None or file.completed:
        raise SlackError("file_not_found")
    file.title = str(item.get("title") or file.name)
    return file


def _share(
    workspace: Workspace, files: list[File], channel: Channel, comment: str | None, thread_ts: str | None
) -> None:
    parts = {"text": comment or "", "files": [file_object(workspace, file) for file in files], "upload": True}
    message = messages.post(workspace, channel, messages.by_app(workspace) | parts, thread_ts)
    for file in files:
        file.shares[channel.id] = message["ts"]


@method("files.info", "file count cursor limit page", scopes=("files:read",), tier=4)
def info(workspace: Workspace, args: Arguments) -> Json:
    return {"file": file_object(workspace, known_file(workspace, args.string("file")))}


@method("files.delete", "file", scopes=("files:write",), tier=3)
def delete(workspace: Workspace, args: Arguments) -> Json:
    file = known_file(workspace, args.string("file"))
    file.deleted, file.content = True, None
    return {}


def known_file(workspace: Workspace, file_id: str) -> File:
    """Raises file_not_found, file_deleted."""
    file = workspace.files.get(file_id)
    if file is None or not file.completed:
        raise SlackError("file_not_found")
    if file.deleted:
        raise SlackError("file_deleted")
    return file
