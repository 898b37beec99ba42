"""Messages and views to judge: every sample as it is, and broken in every place as people break things."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.slack.block_kit import Surface
from tests.sandbox.slack.block_kit.samples import BLOCKS, ELEMENTS, HOME, MODAL, Json, plain

Path = tuple[str | int, ...]
Place = tuple[object, ...]

ONLY_IN_MODALS = {"alert"}


@dataclass(frozen=True)
class Case:
    name: str
    surface: Surface
    payload: Json


def corpus() -> list[Case]:
    """Every place of every kind of object is broken once in each way, wherever that kind came up first."""
    first: dict[Place, Case] = {}
    for number, (case, place) in enumerate(_cases()):
        first.setdefault(place or (number,), case)
    return list(first.values())


def _cases() -> Iterator[tuple[Case, Place | None]]:
    for name, block in BLOCKS.items():
        surface: Surface = "modal" if name in ONLY_IN_MODALS else "message"
        for breach, broken, place in _broken(_shortened(block)):
            yield Case(name + breach, surface, _placed(broken, surface)), place
    for name, element in ELEMENTS.items():
        alone = name in ("button", "workflow_button", "overflow")
        for breach, broken, place in _broken(_shortened(element)):
            block = {"type": "actions", "elements": [broken]}
            if not alone:
                block = {"type": "input", "label": plain("Label"), "element": broken}
            yield Case(name + breach, "modal", _placed(block, "modal")), place
    for name, view in (("modal", MODAL), ("home", HOME)):
        for breach, broken, place in _broken({**_shortened(view), "blocks": view["blocks"]}):
            yield Case(name + breach, view["type"], broken), place
    yield Case("51 blocks", "message", {"text": "x", "blocks": [{"type": "divider"}] * 51}), None


def _placed(block: Json, surface: Surface) -> Json:
    if surface == "message":
        return {"text": "x", "blocks": [block]}
    return {"type": "modal", "title": plain("Title"), "submit": plain("Send"), "blocks": [block]}


def _shortened(part: Any) -> Any:
    """The same with one or two items per list and short texts."""
    if isinstance(part, dict):
        return {key: _shortened(value) for key, value in part.items()}
    if isinstance(part, list):
        return [_shortened(item) for item in (part[-2:] if len(part) > 10 else part)]
    return part[:20] if isinstance(part, str) else part


def _broken(sample: Json) -> Iterator[tuple[str, Json, Place | None]]:
    """(what was done, the result, where); first of all nothing."""
    yield "", sample, None
    for path, holder in _paths(sample):
        value = holder[path[-1]]
        kind = holder.get("type") or path[-2]
        for breach, other in _breaches(path[-1], value):
            yield f": {'/'.join(map(str, path))} {breach}", _changed(sample, path, other), (kind, path[-1], breach)
    yield ": foreign field", sample | {"colour": "red"}, None


def _breaches(name: str | int, value: Any) -> Iterator[tuple[str, Any]]:
    if name != "type":
        yield "missing", None
    if isinstance(value, str):
        yield from (("a number", 7), ("too long", "x" * 13_000), ("empty", ""))
    elif isinstance(value, bool | int):
        yield "a text", "x"
    elif isinstance(value, list):
        yield from (("empty", []), ("of 101", [value[0]] * 101))


def _paths(part: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every field with the object that holds it."""
    for key, value in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
        if isinstance(part, dict):
            yield (*path, key), part
        yield from _paths(value, (*path, key))


def _changed(sample: Json, path: Path, value: Any) -> Json:
    """A copy with another value at the path; None takes the field away."""
    copied = copy.deepcopy(sample)
    holder: Any = copied
    for key in path[:-1]:
        holder = holder[key]
    if value is None:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return copied
