"""What a message may hold: text, blocks, attachments and metadata, checked and kept as Slack keeps them.

https://docs.slack.dev/reference/methods/chat.postMessage"""

from typing import Any

from sandbox.slack.arguments import Arguments
from sandbox.slack.block_kit.normal import kept_blocks, kept_text
from sandbox.slack.block_kit.schema import Problem, problem
from sandbox.slack.block_kit.walk import elements_of, every_block, slack_files
from sandbox.slack.block_kit.whole import attachment_problems, block_problems
from sandbox.slack.errors import SlackError
from sandbox.slack.model import Json
from sandbox.slack.workspace import Workspace

MAX_TEXT = 40_000
MAX_MARKDOWN_TEXT = 12_000
# https://docs.slack.dev/reference/block-kit/blocks/video-block, …/block-elements/file-input-element
SCOPES = {"video": "links.embed:write", "file_input": "files:read"}
SHOWABLE = frozenset({"image/png", "image/jpeg", "image/gif"})


def content(workspace: Workspace, args: Arguments) -> Json:
    """The parts of a message that were given, checked and normalised: any of text, blocks, attachments, metadata."""
    found: Json = {}
    if args.has("text"):
        found["text"] = kept_text((args.optional("text") or "")[:MAX_TEXT], names=args.flag("link_names"))
    blocks = args.structure("blocks", "invalid_blocks_format")
    if args.has("markdown_text"):
        if args.has("text") or blocks is not None:
            raise SlackError("markdown_text_conflict")
        markdown = args.string("markdown_text")
        if len(markdown) > MAX_MARKDOWN_TEXT:
            raise SlackError("msg_too_long")
        found["text"] = markdown
        blocks = [{"type": "markdown", "text": markdown}]
    if blocks is not None:
        refuse(block_problems(blocks, "message") or file_problems(workspace, blocks))
        found["blocks"] = kept(workspace, blocks)
    attachments = args.structure("attachments", "invalid_attachments")
    if attachments is not None:
        refuse(attachment_problems(attachments))
        found["attachments"] = [_attachment(workspace, index, each) for index, each in enumerate(attachments)]
    metadata = args.structure("metadata", "invalid_metadata_format")
    if metadata is not None:
        found["metadata"] = _metadata(metadata)
    return found


def refuse(problems: list[Problem]) -> None:
    """Raises the first problem's code with all the sentences, as Slack does."""
    if problems:
        raise SlackError(problems[0].code, *map(str, problems))


def kept(workspace: Workspace, blocks: list[Any]) -> list[Any]:
    """The blocks as Slack keeps them, pictures by their addresses. Raises missing_scope."""
    found = kept_blocks(blocks)
    for block, _pointer in every_block(found):
        for part in (block, *elements_of(block)):
            if scope := SCOPES.get(part["type"]):
                workspace.require(scope)
    for part, _pointer in slack_files(found):
        if file := workspace.file_of(part["slack_file"]):
            part["image_url"] = workspace.file_url(file)
            part["slack_file"] = {"id": file.id}
    return found


def file_problems(workspace: Workspace, blocks: list[Any], pointer: str = "/blocks") -> list[Problem]:
    """A file that is still being scanned is refused like one that does not exist."""
    return [
        problem("invalid slack file", where)
        for part, where in slack_files(blocks, pointer)
        if (file := workspace.file_of(part["slack_file"])) is None or not file.ready or file.mimetype not in SHOWABLE
    ]


def _attachment(workspace: Workspace, index: int, attachment: Json) -> Json:
    blocks = attachment.get("blocks") or []
    if problems := file_problems(workspace, blocks, f"/attachments/{index}/blocks"):
        raise SlackError("invalid_attachments", *map(str, problems))
    parts = {"blocks": kept(workspace, blocks)} if blocks else {}
    return {"id": index + 1, "fallback": "[no preview available]", **attachment, **parts}


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
