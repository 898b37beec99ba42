"""Which blocks exist, where each may stand, and the rules that span a whole message or view.

To add a block type, add a line to BLOCKS. https://docs.slack.dev/reference/block-kit/blocks"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from sandbox.slack.block_kit.elements import (
    ELEMENTS,
    ID,
    IMAGE_SOURCE,
    IN_ACTIONS,
    IN_INPUT,
    IN_SECTION,
    element,
    plain,
    text,
    texts,
)
from sandbox.slack.block_kit.rich_text import RICH_TEXT
from sandbox.slack.block_kit.schema import Check, anything, array, enum, flag, integer, problem, record, string, typed

Surface = Literal["message", "modal", "home"]
EVERYWHERE: frozenset[Surface] = frozenset({"message", "modal", "home"})
MESSAGE: frozenset[Surface] = frozenset({"message"})

MAX_BLOCKS: dict[Surface, int] = {"message": 50, "modal": 100, "home": 100}
MAX_MARKDOWN = 12_000
MAX_TABLE_CHARACTERS = 10_000
# Undocumented; the vendor's staff name it: https://github.com/slackapi/bolt-js/issues/2509
MAX_MESSAGE_CHARACTERS = 12_000

CELL = typed(
    {
        "raw_text": record({"text": string(MAX_TABLE_CHARACTERS)}),
        "raw_number": record({"text": string(MAX_TABLE_CHARACTERS)}, {"value": anything}),
        "rich_text": RICH_TEXT,
    }
)
COLUMN = record(optional={"align": enum("left", "center", "right"), "is_wrapped": flag})


def _column(value: Any, pointer: str) -> Iterator[str]:
    """null skips a column."""
    if value is not None:
        yield from COLUMN(value, pointer)


@dataclass(frozen=True)
class Block:
    check: Check
    surfaces: frozenset[Surface] = EVERYWHERE


BLOCKS: dict[str, Block] = {
    "section": Block(
        record(
            optional={
                "block_id": ID,
                "text": text(3000),
                "fields": array(text(2000), 1, 10),
                "accessory": element(IN_SECTION),
                "expand": flag,
            },
            at_least_one=("text", "fields"),
        )
    ),
    "header": Block(record({"text": plain(150)}, {"block_id": ID, "level": integer(1, 4)})),
    "divider": Block(record(optional={"block_id": ID})),
    "context": Block(
        record(
            {"elements": array(typed({"image": ELEMENTS["image"], **texts(3000)}), 1, 10)},
            {"block_id": ID},
        )
    ),
    "actions": Block(record({"elements": array(element(IN_ACTIONS), 1, 25)}, {"block_id": ID})),
    "image": Block(
        record(
            {"alt_text": string(2000)},
            {"block_id": ID, "title": plain(2000)} | IMAGE_SOURCE,
            exactly_one=("image_url", "slack_file"),
        )
    ),
    "input": Block(
        record(
            {"label": plain(2000), "element": element(IN_INPUT)},
            {"block_id": ID, "hint": plain(2000), "optional": flag, "dispatch_action": flag},
        )
    ),
    "rich_text": Block(RICH_TEXT),
    "markdown": Block(record({"text": string(MAX_MARKDOWN)}, {"block_id": ID}), MESSAGE),
    "table": Block(
        record(
            {"rows": array(array(CELL, 1, 20), 1, 100)},
            {"block_id": ID, "column_settings": array(_column, 0, 20)},
        ),
        MESSAGE,
    ),
}


def problems(blocks: Any, surface: Surface, pointer: str = "/blocks") -> list[str]:
    """Everything Slack would refuse about these blocks on this surface; empty when it would take them."""
    table = {kind: block.check for kind, block in BLOCKS.items() if surface in block.surfaces}
    found = list(array(typed(table), 0, MAX_BLOCKS[surface])(blocks, pointer))
    return found or [*_duplicates(blocks, pointer), *_totals(blocks, pointer), *_downloads(blocks, pointer)]


def _duplicates(blocks: list[Any], pointer: str) -> Iterator[str]:
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        if (block_id := block.get("block_id")) in seen:
            yield problem(f"`block_id` {block_id} already exists", f"{pointer}/{index}/block_id")
        if block_id is not None:
            seen.add(block_id)
        ids = Counter(part["action_id"] for part in elements_of(block) if part.get("action_id"))
        for action_id in (name for name, count in ids.items() if count > 1):
            yield problem(f"`action_id` {action_id} already exists for this block", f"{pointer}/{index}")
    if sum(bool(part.get("focus_on_load")) for block in blocks for part in elements_of(block)) > 1:
        yield problem("only one element may have focus_on_load", pointer)


def _totals(blocks: list[Any], pointer: str) -> Iterator[str]:
    tables = [index for index, block in enumerate(blocks) if block["type"] == "table"]
    if len(tables) > 1:
        yield problem("only_one_table_allowed", f"{pointer}/{tables[1]}")
    if any(characters(blocks[index]) > MAX_TABLE_CHARACTERS for index in tables):
        yield problem(f"must be less than {MAX_TABLE_CHARACTERS + 1} characters", f"{pointer}/{tables[0]}")
    if sum(len(block["text"]) for block in blocks if block["type"] == "markdown") > MAX_MARKDOWN:
        yield problem(f"markdown must be less than {MAX_MARKDOWN + 1} characters in all", pointer)


def _downloads(blocks: list[Any], pointer: str) -> Iterator[str]:
    """Slack's servers fetch the picture of an image block, so an address on this machine cannot work."""
    for index, block in enumerate(blocks):
        url = block.get("image_url") if block["type"] == "image" else None
        if url and (urlsplit(url).hostname or "").startswith(("localhost", "127.", "0.0.0.0", "[::1]")):  # noqa: S104
            yield problem("downloading image failed", f"{pointer}/{index}/image_url")


def elements_of(block: Any) -> list[Any]:
    """The interactive elements and pictures that stand in one block."""
    parts = [*(block.get("elements") or ()), block.get("accessory"), block.get("element")]
    return [part for part in parts if isinstance(part, dict)]


def characters(part: Any) -> int:
    """How much text a block shows, over all its texts."""
    if isinstance(part, list):
        return sum(map(characters, part))
    if isinstance(part, dict):
        return sum(
            len(value) if key == "text" and isinstance(value, str) else characters(value) for key, value in part.items()
        )
    return 0


def slack_files(blocks: list[Any], pointer: str = "/blocks") -> Iterator[tuple[str, Any]]:
    """Every slack_file in valid blocks with its pointer; whether the file may be shown only the workspace knows."""
    for index, block in enumerate(blocks):
        places = [(block, f"{pointer}/{index}"), (block.get("accessory"), f"{pointer}/{index}/accessory")]
        places += [(part, f"{pointer}/{index}/elements/{n}") for n, part in enumerate(block.get("elements") or ())]
        for part, where in places:
            if isinstance(part, dict) and part.get("slack_file"):
                yield f"{where}/slack_file", part
