"""Small checks that combine into larger ones: from a value and its json-pointer to what Slack would refuse about it."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Problem:
    """`code` is the error with which the Web API refuses the call; `pointer` and `message` say where and why."""

    pointer: str
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.message} [json-pointer:{self.pointer}]"


Check = Callable[[Any, str], Iterator[Problem]]


def problem(message: str, pointer: str, code: str = "invalid_blocks") -> Problem:
    return Problem(pointer, code, message)


def string(longest: int, shortest: int = 1, pattern: str = "") -> Check:
    """Lengths in characters; `pattern` must match the whole string."""

    def check(value: Any, pointer: str) -> Iterator[Problem]:
        if not isinstance(value, str):
            yield problem("must provide a string", pointer)
        elif len(value) < shortest:
            yield problem(f"must be more than {shortest - 1} characters", pointer)
        elif len(value) > longest:
            yield problem(f"must be less than {longest + 1} characters", pointer)
        elif pattern and not re.fullmatch(pattern, value):
            yield problem("must match a valid format", pointer)

    return check


def integer(lowest: int, highest: int) -> Check:
    def check(value: Any, pointer: str) -> Iterator[Problem]:
        if isinstance(value, bool) or not isinstance(value, int):
            yield problem("must provide an integer", pointer)
        elif not lowest <= value <= highest:
            yield problem(f"must be between {lowest} and {highest}", pointer)

    return check


def number(value: Any, pointer: str) -> Iterator[Problem]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        yield problem("must provide a number", pointer)


def flag(value: Any, pointer: str) -> Iterator[Problem]:
    if not isinstance(value, bool):
        yield problem("must provide a boolean", pointer)


def anything(_value: Any, _pointer: str) -> Iterator[Problem]:
    yield from ()


def enum(*allowed: object) -> Check:
    def check(value: Any, pointer: str) -> Iterator[Problem]:
        if value not in allowed:
            yield problem("must be a valid enum value", pointer)

    return check


def array(of: Check, shortest: int, longest: int) -> Check:
    def check(value: Any, pointer: str) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield problem("must provide an array", pointer)
            return
        if len(value) > longest:
            yield problem(f"no more than {longest} items allowed", pointer)
        if len(value) < shortest:
            yield problem(f"no fewer than {shortest} items allowed", pointer)
        for index, item in enumerate(value):
            yield from of(item, f"{pointer}/{index}")

    return check


def record(
    required: Mapping[str, Check] | None = None,
    optional: Mapping[str, Check] | None = None,
    *,
    exactly_one: tuple[str, ...] = (),
    at_least_one: tuple[str, ...] = (),
) -> Check:
    """An object with these fields and no others; `type` is checked by whoever chose this record by it."""
    required, optional = required or {}, optional or {}
    fields = {**required, **optional}

    def check(value: Any, pointer: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield problem("must provide an object", pointer)
            return
        for name in required:
            if value.get(name) is None:
                yield problem(f"missing required field: {name}", pointer)
        for name, part in value.items():
            if name in fields:
                if part is not None:
                    yield from fields[name](part, f"{pointer}/{name}")
            elif name != "type":
                yield problem(f"invalid additional property: {name}", pointer)
        given = [name for name in (*exactly_one, *at_least_one) if value.get(name) is not None]
        if exactly_one and len(given) != 1:
            yield problem(f"must provide exactly one of: {', '.join(exactly_one)}", pointer)
        if at_least_one and not given:
            yield problem(f"must provide at least one of: {', '.join(at_least_one)}", pointer)

    return check


def typed(table: Mapping[str, Check], allowed: frozenset[str] | None = None) -> Check:
    """An object whose `type` names its check in the table; `allowed` narrows the types of this place."""

    def check(value: Any, pointer: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield problem("must provide an object", pointer)
            return
        kind = value.get("type")
        if not isinstance(kind, str):
            yield problem("missing required field: type", pointer)
        elif kind not in table or (allowed is not None and kind not in allowed):
            yield problem(f"unsupported type: {kind}", f"{pointer}/type")
        else:
            yield from table[kind](value, pointer)

    return check


def then(check: Check, further: Check) -> Check:
    """`further` may rely on the shape that `check` found in order."""

    def both(value: Any, pointer: str) -> Iterator[Problem]:
        found = list(check(value, pointer))
        yield from found or further(value, pointer)

    return both
