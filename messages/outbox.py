"""Sends what the cards want: most urgent first, one channel no faster than Slack allows, nothing twice, nothing lost.

claim → (find, if it may already be there) → post or edit → remember. Pictures come after the text. What may stand
there twice all the same, because a sender slept or Slack was slow, is looked for again and removed.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import Engine

from messages import pictures, store
from messages.blocks import MAX_BLOCKS, PICTURE, Message, context, escape, section
from messages.slack import Cause, Slack, SlackError
from messages.store import Claim

# lease + grace must exceed the client's timeout plus the time Slack may take to show a message in the history.
LEASE = timedelta(seconds=30)
GRACE = timedelta(seconds=60)
# https://docs.slack.dev/apis/web-api/rate-limits: about one message a second and channel, short bursts tolerated.
PACE = timedelta(seconds=1)
_AGAIN = "♻️ Posted again: the message before was deleted, or is too old to be changed."
# After the first look, one for what came out of a machine that slept or of a queue at Slack.
LAST_LOOK = timedelta(hours=1)
# Goes on while a machine sleeps, where the system has such a clock.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

log = structlog.get_logger(__name__)


Posted = Callable[[str, timedelta], None]
"""Told the key of a card that has come to Slack, and how long that took."""


def deliver(
    engine: Engine,
    slack: Slack,
    *,
    pace: timedelta = PACE,
    fallback: str | None = None,
    posted: Posted = lambda _key, _waited: None,
) -> bool:
    """Sends one card; False when none was due. `fallback` is the channel for what another one does not take."""
    until = time.clock_gettime(_CLOCK) + (LEASE - slack.patience).total_seconds()
    with engine.begin() as db:
        claimed = store.claim(db, LEASE, GRACE)
    if claimed is None:
        return False
    try:
        waited = _send(engine, slack, claimed, pace, until)
    except SlackError as problem:
        for channel_id, ts in _settle(engine, claimed, problem, fallback):
            _remove(slack, channel_id, ts)
    else:
        if waited is not None and not claimed.ts:
            posted(claimed.key, waited)
    return True


def sweep(engine: Engine, slack: Slack) -> bool:
    """Looks for one card that may stand in Slack twice or with older words; False when none was due.

    Leaves the message that we edit, and has it edited once more; what somebody deleted is left so.
    """
    with engine.begin() as db:
        card = store.to_sweep(db, LEASE)
    if card is None:
        return False
    try:
        standing = slack.find(card.channel_id, card.key, since=card.first_attempt_at, thread_ts=card.thread_ts)
        for ts in standing:
            if ts != card.ts:
                slack.delete(card.channel_id, ts)
                log.warning("second_message_removed", card=card.key, ts=ts, status="ok")
    except SlackError as problem:
        if problem.code != "thread_not_found":
            log.warning("card_not_swept", card=card.key, error_message=problem.code, status="retry")
            return True
        standing = []  # deleted with its thread
    with engine.begin() as db:
        store.swept(db, card, LAST_LOOK, anew=card.ts in standing)
    return True


def _send(engine: Engine, slack: Slack, claimed: Claim, pace: timedelta, until: float) -> timedelta | None:
    """How long the card had been wanted; None when it was not sent or somebody else holds it."""
    place = (claimed.channel_id, claimed.ts) if claimed.channel_id and claimed.ts else None
    if place:
        _upload_pictures(engine, slack, claimed.key)
    else:
        channel_id = slack.channel_id(claimed.channel)
        standing = claimed.doubt and slack.find(
            channel_id, claimed.key, since=claimed.first_attempt_at, thread_ts=claimed.thread_ts
        )
        place = (channel_id, standing[0]) if standing else None
    message = _message(engine, claimed)
    if time.clock_gettime(_CLOCK) > until:
        log.warning("card_held_too_long", card=claimed.key, status="retry")
        return None  # another may be at it by now
    if place:
        slack.update(*place, message)
    else:
        place = _post(slack, channel_id, message, claimed)
    with engine.begin() as db:
        waited = store.shown(db, claimed, *place, GRACE)
        if not claimed.ts:
            store.close_gate(db, claimed.channel, pace)
    return waited


def _post(slack: Slack, channel_id: str, message: Message, claimed: Claim) -> tuple[str, str]:
    """Posts the card; if Slack refuses how it looks, its words alone: a page must not be lost to its blocks."""
    try:
        return slack.post(channel_id, message, thread_ts=claimed.thread_ts, key=claimed.key)
    except SlackError as problem:
        if problem.cause is not Cause.REFUSED or "slack_file" in problem.code:
            raise
        log.warning("card_without_its_blocks", card=claimed.key, error_message=problem.code, status="error")
        words = Message(message.text, [section(message.text)])
        return slack.post(channel_id, words, thread_ts=claimed.thread_ts, key=claimed.key)


def _settle(engine: Engine, claimed: Claim, problem: SlackError, fallback: str | None) -> Sequence[tuple[str, str]]:
    """What follows from the problem. Gives the messages that are said anew elsewhere and can be removed."""
    log.warning("card_not_sent", card=claimed.key, cause=problem.cause, error_message=problem.code, status="retry")
    with engine.begin() as db:
        match problem.cause:
            case Cause.LIMITED:
                store.postponed(db, claimed, problem.code, problem.retry_after)
                store.close_gate(db, claimed.channel, problem.retry_after)
            case Cause.CLOSED if fallback and claimed.channel != fallback:
                why = f"⚠️ Meant for {_named(claimed.channel)}, where this app cannot post: {problem.code}."
                store.anew(db, claimed, why, channel=fallback)
            case Cause.MENDABLE | Cause.CLOSED:
                store.postponed(db, claimed, problem.code, problem.retry_after)
            case Cause.UNREACHABLE:
                store.postponed(db, claimed, problem.code, problem.retry_after)
                store.close_gate(db, "*", problem.retry_after)
            case Cause.GONE:
                return store.anew(db, claimed, _AGAIN)
            case Cause.REFUSED if "slack_file" in problem.code and pictures.drop(db, claimed.key, problem.code):
                store.postponed(db, claimed, problem.code, timedelta(0))  # a picture never costs the words
            case Cause.REFUSED:
                store.refused(db, claimed, problem.code)
            case Cause.AMBIGUOUS if claimed.ts:
                store.postponed(db, claimed, problem.code, problem.retry_after)  # an edit may be repeated
                store.look_again(db, claimed, GRACE)  # and this one may yet come after a newer one
            case Cause.AMBIGUOUS:
                pass  # the lease runs out, then it is looked for before it is posted again
    return ()


def _named(channel: str) -> str:
    """A channel as people read it, whether it was given by name or by id."""
    return f"<#{channel}>" if channel.isupper() else escape(channel)


def _remove(slack: Slack, channel_id: str, ts: str) -> None:
    try:
        slack.delete(channel_id, ts)
    except SlackError as problem:
        log.warning("old_message_not_removed", ts=ts, error_message=problem.code, status="error")


def _upload_pictures(engine: Engine, slack: Slack, card_key: str) -> None:
    with engine.begin() as db:
        waiting = pictures.to_upload(db, card_key)
    for row in waiting:
        file_id, trouble = None, None
        try:
            file_id = slack.upload(row.png, row.key.replace(":", "-").replace("/", "-"))
        except SlackError as problem:
            trouble = problem.code
            log.warning("picture_not_uploaded", card=card_key, picture=row.key, error_message=trouble, status="error")
        with engine.begin() as db:
            pictures.uploaded(db, row.key, row.content_hash, file_id=file_id, problem=trouble)


def _message(engine: Engine, claimed: Claim) -> Message:
    with engine.begin() as db:
        files = pictures.file_ids(db, claimed.key)
    blocks = [_with_file(block, files) for block in claimed.wanted["blocks"]]
    note = [context(claimed.note)] if claimed.note else []
    return Message(claimed.wanted["text"], [*note, *(block for block in blocks if block)][:MAX_BLOCKS])


def _with_file(block: dict[str, Any], files: Mapping[str, str]) -> dict[str, Any] | None:
    """The block with our picture's Slack file in place; None for a picture that is not uploaded yet."""
    name = block.get("slack_file", {}).get("id", "")
    if not name.startswith(PICTURE):
        return block
    file_id = files.get(name.removeprefix(PICTURE))
    return {**block, "slack_file": {"id": file_id}} if file_id else None
