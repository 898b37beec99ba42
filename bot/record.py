"""Keeps the record: rows are sealed as they come, months are made ahead, its head is told to people once a day.

How long the oldest unsealed row waits is told to Prometheus, for the sealer cannot tell that it does not seal.

A head that stands in a Slack channel cannot be taken back from those who read it: whoever rewrites the record later
cannot rewrite what they saw. What a seal is, and how it is checked, is left to `audits/`.
"""

from datetime import UTC, datetime

from sqlalchemy import Engine

from audits import checking_store, protect, sealing, sealing_store
from audits.checkpoints import Checkpoint
from audits.signing import Signer
from messages.blocks import Message, context, header, section
from messages.store import put
from storage import clock
from telemetry import catalog
from telemetry.metrics import Metrics

SEAL_EVERY = 10.0
_PRIORITY = 5


class Rewritten(Exception):
    """The record is not the one that this process has sealed before: it signs no second one."""


class Sealer:
    """Seals for as long as what it has seen of the record still stands there. After a restore it is started anew."""

    def __init__(self, engine: Engine, signer: Signer) -> None:
        self._engine, self._signer = engine, signer
        self._seen: Checkpoint | None = None

    def seal(self) -> bool:
        """Seals what is final; whether there may be more at once. Raises Rewritten."""
        with self._engine.begin() as db:
            if self._seen and not sealing_store.stands(db, self._seen):
                raise Rewritten(
                    f"the checkpoint of {self._seen.size} rows at {self._seen.at} is gone; see docs/record.md"
                )
            done = sealing.seal(db, self._signer, clock.now(db))
            head = sealing_store.progress(db).head
        self._seen = head
        return done >= sealing.BATCH


def watch(engine: Engine, metrics: Metrics) -> None:
    """Tells since when the oldest event that is not sealed has been waiting."""
    with engine.begin() as db:
        waiting = checking_store.oldest_unsealed(db)
    told = waiting.timestamp() if waiting else 0
    metrics.set(catalog.CHECKIN_RECORD_UNSEALED_SINCE_TIMESTAMP_SECONDS, told)


def prepare(engine: Engine) -> None:
    """Makes the months to come, so that each can be retired by itself one day."""
    with engine.begin() as db:
        protect.make_partitions(db)


def tell_daily(engine: Engine, channel: str) -> None:
    """Has the last head of yesterday posted, once however often and by however many it is asked for."""
    with engine.begin() as db:
        midnight = clock.now(db).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        head = sealing_store.head_before(db, midnight)
        if head:
            put(db, f"record:{midnight:%Y-%m-%d}", channel, head_card(head), priority=_PRIORITY)


def tell_now(engine: Engine, channel: str) -> Checkpoint | None:
    """Has the newest head posted; None while nothing is sealed."""
    with engine.begin() as db:
        head = sealing_store.progress(db).head
        if head:
            put(db, f"record:{head.size}", channel, head_card(head), priority=_PRIORITY)
    return head


def head_card(head: Checkpoint) -> Message:
    """The head in words, and the line that `checkin audits verify --head` takes."""
    words = f"The record has {head.size:,} sealed events"
    blocks = [
        header("🔏 The record's head"),
        section(f"*{words}* at {datetime.fromisoformat(head.at):%Y-%m-%d %H:%M} UTC.\n```{head.line.decode()}```"),
        context("Keep this line elsewhere: `checkin audits verify --head FILE` tells if anything before it changed."),
    ]
    return Message(f"{words}, root {head.root[:16]}…", blocks)
