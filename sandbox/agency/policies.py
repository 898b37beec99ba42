"""The policy that every text is judged by before a person or the world sees it."""

import re
from dataclasses import dataclass

from sandbox.agency.seed import BLOCK_POLICY, BLOCK_REASON

_PROMISED_RESULT = re.compile(r"\b(lose \d+ ?kg|cures?|heals? your|guaranteed results?)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Breach:
    policy: str
    reason: str


def breach(text: str) -> Breach | None:
    return Breach(BLOCK_POLICY, BLOCK_REASON) if _PROMISED_RESULT.search(text) else None
