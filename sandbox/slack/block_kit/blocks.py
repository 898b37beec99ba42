"""Which blocks exist and where each may stand. Rules over several blocks are `whole`'s business.

To add a block type, add a line to BLOCKS. https://docs.slack.dev/reference/block-kit/blocks"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.slack.block_kit.data import DATA_TABLE, DATA_VISUALIZATION, TABLE
from sandbox.slack.block_kit.elements import (
    ELEMENTS,
    IN_ACTIONS,
    IN_CARD,
    IN_CONTEXT_ACTIONS,
    IN_INPUT,
    IN_SECTION,
    PICTURE,
    SOURCE,
    element,
)
from sandbox.slack.block_kit.objects import HTTPS, ID, IMAGE_SOURCE, URL, plain, text, texts
from sandbox.slack.block_kit.rich_text import RICH_TEXT
from sandbox.slack.block_kit.schema import (
    Check,
    Problem,
    array,
    enum,
    flag,
    integer,
    problem,
    record,
    string,
    then,
    typed,
)

Surface = Literal["message", "modal", "home"]
EVERYWHERE: frozenset[Surface] = frozenset({"message", "modal", "home"})
MESSAGE: frozenset[Surface] = frozenset({"message"})
# Documented for modals alone: https://docs.slack.dev/reference/block-kit/blocks/alert-block
MODAL: frozenset[Surface] = frozenset({"modal"})

MAX_MARKDOWN = 12_000
RICH = typed({"rich_text": RICH_TEXT})

BASIC: dict[str, Check] = {
    "section": record(
        optional={
            "block_id": ID,
            "text": text(3000),
            "fields": array(text(2000), 1, 10),
            "accessory": element(IN_SECTION),
            "expand": flag,
        },
        at_least_one=("text", "fields"),
    ),
    "header": record({"text": plain(150)}, {"block_id": ID, "level": integer(1, 4)}),
    "divider": record(optional={"block_id": ID}),
    "context": record(
        {"elements": array(typed({"image": ELEMENTS["image"], **texts(3000)}), 1, 10)},
        {"block_id": ID},
    ),
    "actions": record({"elements": array(element(IN_ACTIONS), 1, 25)}, {"block_id": ID}),
    "image": record(
        {"alt_text": string(2000)},
        {"block_id": ID, "title": plain(2000)} | IMAGE_SOURCE,
        exactly_one=("image_url", "slack_file"),
    ),
    "input": record(
        {"label": plain(2000), "element": element(IN_INPUT)},
        {"block_id": ID, "hint": plain(2000), "optional": flag, "dispatch_action": flag},
    ),
    "rich_text": RICH_TEXT,
    "video": record(
        {
            "alt_text": string(2000),
            "title": plain(199),
            "thumbnail_url": URL,
            "video_url": HTTPS,
        },
        {
            "block_id": ID,
            "title_url": HTTPS,
            "description": plain(200),
            "author_name": string(49),
            "provider_name": string(255),
            "provider_icon_url": URL,
        },
    ),
}

CARD = record(
    optional={
        "block_id": ID,
        "hero_image": PICTURE,
        "icon": PICTURE,
        "title": text(150),
        "subtitle": text(150),
        "body": text(200),
        "actions": array(element(IN_CARD), 1, 3),
    },
    at_least_one=("hero_image", "title", "actions", "body"),
)
TASK_CARD = record(
    {"task_id": ID, "title": string(3000), "status": enum("pending", "in_progress", "complete", "error")},
    {"block_id": ID, "details": RICH, "output": RICH, "sources": array(SOURCE, 1, 100)},
)


def _collapsible(value: Any, pointer: str) -> Iterator[Problem]:
    if value.get("default_collapsed") and not value.get("is_collapsible"):
        yield problem("default_collapsed needs is_collapsible", pointer)
    if value.get("has_header_divider") and value.get("is_collapsible"):
        yield problem("has_header_divider excludes is_collapsible", pointer)


CONTAINER = then(
    record(
        {"child_blocks": array(typed(BASIC | {"table": TABLE}), 1, 10)},
        {
            "block_id": ID,
            "title": plain(150),
            "rich_text_title": RICH,
            "subtitle": text(150),
            "icon": PICTURE,
            "width": enum("narrow", "standard", "wide", "full"),
            "is_collapsible": flag,
            "default_collapsed": flag,
            "has_header_divider": flag,
        },
        at_least_one=("title", "rich_text_title"),
    ),
    _collapsible,
)


@dataclass(frozen=True)
class Block:
    check: Check
    surfaces: frozenset[Surface] = EVERYWHERE


BLOCKS: dict[str, Block] = {kind: Block(check) for kind, check in BASIC.items()} | {
    "alert": Block(
        record(
            {"text": text(200)},
            {"block_id": ID, "level": enum("default", "info", "warning", "error", "success")},
        ),
        MODAL,
    ),
    "markdown": Block(record({"text": string(MAX_MARKDOWN)}, {"block_id": ID}), MESSAGE),
    "table": Block(TABLE, MESSAGE),
    "data_table": Block(DATA_TABLE, MESSAGE),
    "data_visualization": Block(DATA_VISUALIZATION, MESSAGE),
    "container": Block(CONTAINER, MESSAGE),
    "card": Block(CARD, MESSAGE),
    "carousel": Block(record({"elements": array(typed({"card": CARD}), 1, 10)}, {"block_id": ID}), MESSAGE),
    "context_actions": Block(record({"elements": array(element(IN_CONTEXT_ACTIONS), 1, 5)}, {"block_id": ID}), MESSAGE),
    "task_card": Block(TASK_CARD, MESSAGE),
    "plan": Block(
        record({"title": string(3000)}, {"block_id": ID, "tasks": array(typed({"task_card": TASK_CARD}), 1, 100)}),
        MESSAGE,
    ),
}


def blocks_of(surface: Surface) -> Check:
    """Any one block that may stand there. Files are not among them: Slack makes those, nobody posts them."""
    return typed({kind: block.check for kind, block in BLOCKS.items() if surface in block.surfaces})
