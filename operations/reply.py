"""Send a reply to somebody who wrote: as the platform suggests it, or in the person's own words."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from audits import ActionType
from clients.model import ItemKind, WorkItem
from operations.items import Decision, Question
from operations.wording import MOST_REPLY

_WRITE = Question("Your reply", "It goes out as it stands here.", starts_as="suggested_reply", longest=2000)


@dataclass(frozen=True)
class Reply(Decision):
    """Where nothing is suggested the words are asked for, and where it is too long for the card they are all shown."""

    def question(self, item: WorkItem) -> Question | None:
        suggested = str(item.body.get("suggested_reply") or "")
        return self.asks or (None if 0 < len(suggested) <= MOST_REPLY else _WRITE)

    def told(self, item: WorkItem, words: str) -> Mapping[str, str]:
        return {"text": words or str(item.body["suggested_reply"])}


SEND_REPLY = Reply(
    action_id="operations.send_reply",
    label="Send reply",
    outcome="answered",
    kinds=frozenset({ItemKind.ESCALATION}),
    command="reply",
    audited_as=ActionType.REPLY,
    # A reply that could not be sent for so long may be out of place.
    ttl=timedelta(minutes=10),
    style="primary",
    sends=True,
)
EDIT_REPLY = replace(
    SEND_REPLY, action_id="operations.edit_reply", label="Edit reply…", first=frozenset(), style=None, asks=_WRITE
)
