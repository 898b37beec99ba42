"""Modals and Home: the view around the blocks. https://docs.slack.dev/reference/views"""

import json
from typing import Any

from sandbox.slack.block_kit.blocks import problems as block_problems
from sandbox.slack.block_kit.elements import plain
from sandbox.slack.block_kit.schema import Check, anything, flag, problem, record, string, typed

MAX_BYTES = 250_000


SHARED: dict[str, Check] = {
    "callback_id": string(255, shortest=0),
    "private_metadata": string(3000, shortest=0),
    "external_id": string(255, shortest=0),
}
VIEWS = {
    "modal": record(
        {"title": plain(24), "blocks": anything},
        SHARED
        | {
            "submit": plain(24),
            "close": plain(24),
            "clear_on_close": flag,
            "notify_on_close": flag,
            "submit_disabled": flag,
        },
    ),
    "home": record({"blocks": anything}, SHARED),
}


def too_large(view: Any) -> bool:
    return len(json.dumps(view)) > MAX_BYTES


def problems(view: Any, kind: str) -> list[str]:
    """What Slack would refuse about a view of this kind ("modal" or "home")."""
    found = list(typed(VIEWS, frozenset({kind}))(view, "/view"))
    if found:
        return found
    found = block_problems(view["blocks"], "modal" if kind == "modal" else "home", "/view/blocks")
    has_input = any(isinstance(block, dict) and block.get("type") == "input" for block in view["blocks"] or ())
    if kind == "modal" and has_input and not view.get("submit"):
        found.append(problem("a modal with inputs must have a submit button", "/view/submit"))
    return found
