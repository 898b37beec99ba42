"""The rules that span a whole message or view: counts, ids used twice, totals, and what surrounds the blocks.

`problems` is the one entry: what Slack would refuse, from JSON alone."""

import ipaddress
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from sandbox.slack.block_kit.blocks import MAX_MARKDOWN, Surface, blocks_of
from sandbox.slack.block_kit.data import MAX_TABLE_CHARACTERS
from sandbox.slack.block_kit.objects import plain
from sandbox.slack.block_kit.schema import Check, Problem, anything, array, flag, problem, record, string, typed
from sandbox.slack.block_kit.walk import characters, elements_of, every_block

MAX_BLOCKS: dict[Surface, int] = {"message": 50, "modal": 100, "home": 100}
MAX_ATTACHMENTS = 100
# Not documented; users report it: https://github.com/slackapi/bolt-python/issues/914
MAX_ATTACHMENT_BLOCKS = 20
# Undocumented; the vendor's staff name it: https://github.com/slackapi/bolt-js/issues/2509
MAX_MESSAGE_CHARACTERS = 12_000
MAX_CHARTS = 2
MAX_VIEW_BYTES = 250_000

BLOCKS: dict[Surface, Check] = {surface: array(blocks_of(surface), 0, most) for surface, most in MAX_BLOCKS.items()}
SHARED: dict[str, Check] = {
    "blocks": anything,
    "callback_id": string(255, shortest=0),
    "private_metadata": string(3000, shortest=0),
    "external_id": string(255, shortest=0),
}
VIEWS = {
    "modal": record(
        {"title": plain(24)},
        SHARED
        | {
            "submit": plain(24),
            "close": plain(24),
            "clear_on_close": flag,
            "notify_on_close": flag,
            "submit_disabled": flag,
        },
    ),
    "home": record(optional=SHARED),
}
Placed = list[tuple[Any, str]]

COLOR = string(255, pattern="good|warning|danger|#?[0-9a-fA-F]{6}")


def problems(payload: Any, surface: Surface) -> list[Problem]:
    """What Slack would refuse about a message's arguments or a view; empty when it would take it.

    Whether a file is ready, a picture can be fetched or a channel be written to, no text can tell."""
    if not isinstance(payload, dict):
        return [problem("must provide an object", "", "invalid_arguments")]
    if surface != "message":
        return view_problems(payload, surface)
    blocks, attachments = payload.get("blocks") or [], payload.get("attachments") or []
    found = block_problems(blocks, "message") + attachment_problems(attachments)
    if not found and characters(blocks) > MAX_MESSAGE_CHARACTERS:
        found.append(problem("the blocks hold too much text", "/blocks", "msg_blocks_too_long"))
    if not any(payload.get(name) for name in ("text", "markdown_text", "blocks", "attachments")):
        found.append(problem("nothing to say", "", "no_text"))
    return found


def block_problems(blocks: Any, surface: Surface, pointer: str = "/blocks") -> list[Problem]:
    if not isinstance(blocks, list):
        return [problem("must provide an array", pointer, "invalid_blocks_format")]
    if found := list(BLOCKS[surface](blocks, pointer)):
        return found
    every = list(every_block(blocks, pointer))
    return [*_duplicates(every, pointer), *_totals(every, pointer), *_downloads(every)]


def attachment_problems(attachments: Any) -> list[Problem]:
    """https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments"""
    code = "invalid_attachments"
    if not isinstance(attachments, list) or not all(isinstance(each, dict) for each in attachments):
        return [problem("must provide an array of objects", "/attachments", code)]
    if len(attachments) > MAX_ATTACHMENTS:
        return [problem(f"no more than {MAX_ATTACHMENTS} items allowed", "/attachments", "too_many_attachments")]
    found: list[Problem] = []
    for index, attachment in enumerate(attachments):
        where, blocks = f"/attachments/{index}", attachment.get("blocks") or []
        found += block_problems(blocks, "message", f"{where}/blocks")
        if len(blocks) > MAX_ATTACHMENT_BLOCKS:
            found.append(problem(f"no more than {MAX_ATTACHMENT_BLOCKS} items allowed", f"{where}/blocks"))
        if attachment.get("color"):
            found += COLOR(attachment["color"], f"{where}/color")
        if attachment.get("footer"):
            found += string(300)(attachment["footer"], f"{where}/footer")
    return [replace(each, code=code) for each in found]


def view_problems(view: Any, surface: Surface) -> list[Problem]:
    if len(json.dumps(view)) > MAX_VIEW_BYTES:
        return [problem(f"must be less than {MAX_VIEW_BYTES + 1} bytes", "/view", "view_too_large")]
    found = list(typed(VIEWS, frozenset({surface}))(view, "/view"))
    if not found:
        blocks = view.get("blocks")
        if isinstance(blocks, list):
            found = block_problems(blocks, surface, "/view/blocks")
            has_input = any(isinstance(block, dict) and block.get("type") == "input" for block in blocks)
            if surface == "modal" and has_input and not view.get("submit"):
                found.append(problem("a modal with inputs must have a submit button", "/view/submit"))
        else:
            found = [problem("missing required field: blocks", "/view")]
    return [replace(each, code="invalid_arguments") for each in found]


def _duplicates(every: Placed, pointer: str) -> Iterator[Problem]:
    seen: set[str] = set()
    focused = 0
    for block, where in every:
        block_id = block.get("block_id")
        if block_id in seen:
            yield problem(f"`block_id` {block_id} already exists", f"{where}/block_id")
        if block_id is not None:
            seen.add(block_id)
        elements = elements_of(block)
        ids = Counter(part["action_id"] for part in elements if part.get("action_id"))
        for action_id in (name for name, count in ids.items() if count > 1):
            yield problem(f"`action_id` {action_id} already exists for this block", where)
        focused += sum(bool(part.get("focus_on_load")) for part in elements)
    if focused > 1:
        yield problem("only one element may have focus_on_load", pointer)


def _totals(every: Placed, pointer: str) -> Iterator[Problem]:
    tables = [(block, where) for block, where in every if block["type"] in ("table", "data_table")]
    for _block, where in tables[1:]:
        yield problem("only_one_table_allowed", where, "invalid_attachments")
    for block, where in tables:
        if characters(block["rows"]) > MAX_TABLE_CHARACTERS:
            yield problem(f"must be less than {MAX_TABLE_CHARACTERS + 1} characters", where)
    for _block, where in [each for each in every if each[0]["type"] == "data_visualization"][MAX_CHARTS:]:
        yield problem(f"no more than {MAX_CHARTS} charts allowed", where)
    if sum(len(block["text"]) for block, _where in every if block["type"] == "markdown") > MAX_MARKDOWN:
        yield problem(f"markdown must be less than {MAX_MARKDOWN + 1} characters in all", pointer)


def _downloads(every: Placed) -> Iterator[Problem]:
    """Slack's servers fetch the picture of an image block; they cannot reach a private address, nor show WebP.

    https://github.com/slackapi/python-slack-sdk/issues/1782"""
    for block, where in every:
        url = block.get("image_url") if block["type"] == "image" else None
        if url and (urlsplit(url).path.endswith(".webp") or not _public(urlsplit(url).hostname or "")):
            yield problem("downloading image failed", f"{where}/image_url")


def _public(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith((".local", ".internal", ".localhost"))
