"""Going through valid blocks: the blocks inside blocks, the elements in each, and the text they show."""

from collections.abc import Iterator
from typing import Any

NESTED = {"container": "child_blocks", "carousel": "elements", "plan": "tasks"}
SEVERAL = {"actions": "elements", "context": "elements", "context_actions": "elements", "card": "actions"}
SINGLE = {"section": ("accessory",), "input": ("element",), "card": ("hero_image", "icon"), "container": ("icon",)}


def every_block(blocks: list[Any], pointer: str = "/blocks") -> Iterator[tuple[Any, str]]:
    """(block, pointer): each block, then what stands in it."""
    for index, block in enumerate(blocks):
        yield block, f"{pointer}/{index}"
        if name := NESTED.get(block["type"]):
            yield from every_block(block.get(name) or [], f"{pointer}/{index}/{name}")


def placed_elements(block: Any, pointer: str = "") -> Iterator[tuple[Any, str]]:
    """(element, pointer) of what stands in this one block: buttons, menus, inputs, pictures, small texts."""
    if name := SEVERAL.get(block["type"]):
        for index, part in enumerate(block.get(name) or ()):
            yield part, f"{pointer}/{name}/{index}"
    for name in SINGLE.get(block["type"], ()):
        if block.get(name):
            yield block[name], f"{pointer}/{name}"


def elements_of(block: Any) -> list[Any]:
    return [part for part, _pointer in placed_elements(block)]


def slack_files(blocks: list[Any], pointer: str = "/blocks") -> Iterator[tuple[Any, str]]:
    """(what shows it, pointer) of every slack_file; whether the file may be shown only the workspace knows."""
    for block, where in every_block(blocks, pointer):
        for part, place in ((block, where), *placed_elements(block, where)):
            if part.get("slack_file"):
                yield part, f"{place}/slack_file"


def characters(part: Any) -> int:
    """How much text something shows, over all its texts."""
    total = 0
    for key, value in part.items() if isinstance(part, dict) else enumerate(part or ()):
        if isinstance(value, dict | list):
            total += characters(value)
        elif key == "text" and isinstance(value, str):
            total += len(value)
    return total
