"""What a message may hold: text, blocks, attachments and metadata, checked and kept as Slack keeps them.

https://docs.slack.dev/reference/methods/chat.postMessage"""

from typing import Any

from sandbox.slack.arguments import Arguments
from sandbox.slack.block_kit import blocks as kit
from sandbox.slack.block_kit.normal import kept_blocks, kept_text
from sandbox.slack.errors import SlackError
from sandbox.slack.model import Json
from sandbox.slack.workspace import Workspace

MAX_TEXT = 40_000
MAX_ATTACHMENTS = 100
# Not documented; users report it: https://github.com/slackapi/bolt-python/issues/914
MAX_ATTACHMENT_BLOCKS = 20
SHOWABLE = frozenset({"image/png", "image/jpeg", "image/gif"})


def content(workspace: Workspace, args: Arguments) -> Json:
    """The parts of a message that were given, checked and normalised: any of text, blocks, attachments, metadata."""
    found: Json = {}
    if args.has("text"):
        found["text"] = kept_text((args.optional("text") or "")[:MAX_TEXT])
    if args.has("markdown_text"):
        if args.has("text") or args.has("blocks"):
            raise SlackError("markdown_text_conflict")
        markdown = args.string("markdown_text")
        found |= {"text": markdown, "blocks": [{"type": "markdown", "text": markdown}]}
    blocks = found.get("blocks") or args.structure("blocks", "invalid_blocks_format")
    if blocks is not None:
        found["blocks"] = checked_blocks(workspace, blocks)
    attachments = args.structure("attachments", "invalid_attachments")
    if attachments is not None:
        found["attachments"] = _attachments(workspace, attachments)
    metadata = args.structure("metadata", "invalid_metadata_format")
    if metadata is not None:
        found["metadata"] = _metadata(metadata)
    return found


def checked_blocks(workspace: Workspace, blocks: Any) -> list[Any]:
    """Raises invalid_blocks, or invalid_blocks_format when it is not even a list."""
    if not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    if problems := kit.problems(blocks, "message") or _file_problems(workspace, blocks):
        raise SlackError("invalid_attachments" if "only_one_table" in problems[0] else "invalid_blocks", *problems)
    return _with_pictures(workspace, kept_blocks(blocks))


def _file_problems(workspace: Workspace, blocks: list[Any]) -> list[str]:
    """A file that is still being scanned is refused like one that does not exist."""
    return [
        f"invalid slack file [json-pointer:{pointer}]"
        for pointer, part in kit.slack_files(blocks)
        if (file := workspace.file_of(part["slack_file"])) is None or not file.ready or file.mimetype not in SHOWABLE
    ]


def _with_pictures(workspace: Workspace, blocks: list[Any]) -> list[Any]:
    for _pointer, part in kit.slack_files(blocks):
        if file := workspace.file_of(part["slack_file"]):
            part["image_url"] = workspace.file_url(file)
            part["slack_file"] = {"id": file.id}
    return blocks


def _attachments(workspace: Workspace, attachments: Any) -> list[Json]:
    if not isinstance(attachments, list) or not all(isinstance(each, dict) for each in attachments):
        raise SlackError("invalid_attachments")
    if len(attachments) > MAX_ATTACHMENTS:
        raise SlackError("too_many_attachments")
    kept = []
    for index, attachment in enumerate(attachments):
        blocks = attachment.get("blocks") or []
        problems = kit.problems(blocks, "message", f"/attachments/{index}/blocks")
        if problems or len(blocks) > MAX_ATTACHMENT_BLOCKS or _file_problems(workspace, blocks):
            raise SlackError("invalid_attachments", *problems)
        parts = {"blocks": _with_pictures(workspace, kept_blocks(blocks))} if blocks else {}
        kept.append({"id": index + 1, "fallback": "[no preview available]", **attachment, **parts})
    return kept


def _metadata(metadata: Any) -> Json:
    if metadata == {}:
        return {}
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_type"), str):
        raise SlackError("invalid_metadata_format")
    if not isinstance(metadata.get("event_payload"), dict):
        raise SlackError("invalid_metadata_format")
    return {"event_type": metadata["event_type"], "event_payload": metadata["event_payload"]}


def require_something(message: Json) -> None:
    if not any(message.get(name) for name in ("text", "blocks", "attachments", "files")):
        raise SlackError("no_text")
