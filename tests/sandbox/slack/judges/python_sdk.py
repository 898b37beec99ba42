"""The first outside judge: the block and view classes of the official Python SDK, with their own validation."""

import logging
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from tests.sandbox.slack.judges.corpus import Case


class _Complaints(logging.Handler):
    """The SDK says of a field or block that it does not know it only in its log."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(record.getMessage())


def verdict(case: Case) -> str | None:
    """Why the SDK would not build this; None when it would."""
    log, complaints = logging.getLogger("slack_sdk.models"), _Complaints()
    level = log.level
    log.addHandler(complaints)
    log.setLevel(logging.DEBUG)
    try:
        _build(case.payload)
    except (SlackObjectFormationError, TypeError, AttributeError, ValueError, KeyError) as problem:
        return f"{type(problem).__name__}: {problem}"
    finally:
        log.removeHandler(complaints)
        log.setLevel(level)
    return complaints.heard[0] if complaints.heard else None


def _build(payload: dict[str, Any]) -> None:
    if "type" in payload:
        View(**payload).to_dict()
        return
    for block in payload["blocks"]:
        built = Block.parse(block)
        if built is None:
            raise ValueError(f"no class for a {block['type']} block")
        built.to_dict()
