"""Engagement: reading what people wrote under a post, and answering. Jobs engage, answer and resolve."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import audits
from clients import store as reports
from clients import work_items
from clients.model import CalendarItem, FunnelStep, ItemKind, ItemState, Stage
from sandbox.agency import world
from sandbox.agency.publishing import is_stopped
from sandbox.agency.queue import Job
from sandbox.agency.thinking import think
from sandbox.agency.work import Done, Failed, GatewayError, Later, Outcome, Shop, call_tool, escalated, traced_ids
from storage import clock
from telemetry import logs

_ANSWERED = 0.3
# Words after which an agent does not answer by itself.
_COMPLAINTS = ("broken", "refund", "nobody answers")
# More than this are not opened at once: a check-in must be finishable.
_WAITING = 8
_TRIES = 3
_STOP_PAUSE = timedelta(seconds=5)

_log = logs.get(__name__)


def engage(shop: Shop, job: Job) -> Outcome:
    """Reads the comments of a post, and answers one now and then. Args: calendar_item_id, post_id."""
    with shop.engine.begin() as db:
        item = reports.calendar_of(db, job.args["calendar_item_id"])
        if item is None:
            return Done()
    with world.ids_of(item):
        try:
            post_id = job.args["post_id"]
            told = call_tool(shop, "responder", "read_comments", item.client_id, item.platform, post_id=post_id)
            comments = told["comments"]
            if complaint := next((each for each in comments if _complains(each["text"])), None):
                _call_person(shop, item, complaint)
            elif comments and shop.rng.random() < _ANSWERED:
                _reply(shop, item, post_id, comments[0]["author"])
        except GatewayError as problem:
            if job.attempt < _TRIES and not problem.permanent:
                return Later(timedelta(seconds=2**job.attempt), problem.reason, free=False)
            _ingested(shop, item, ok=False)
            return Failed(problem.reason)
        except audits.Stopped:
            _log.warning("reply.stopped", status="blocked")
        _ingested(shop, item, ok=True)
    return Done()


def _ingested(shop: Shop, item: CalendarItem, *, ok: bool) -> None:
    with shop.engine.begin() as db:
        step = FunnelStep(
            item.client_id, Stage.ENGAGEMENT, item.calendar_item_id, ok, clock.now(db), platform=item.platform
        )
        reports.report_funnel(db, [step])


def _complains(text: str) -> bool:
    return any(word in text for word in _COMPLAINTS)


def _call_person(shop: Shop, item: CalendarItem, complaint: Mapping[str, str]) -> None:
    """A complaint is a person's; the conversation waits for one. What waits already in the same words is enough."""
    with shop.engine.begin() as db:
        now = clock.now(db)
        waiting = [
            each
            for each in work_items.items_of(db, [ItemKind.ESCALATION], closed_since=now)
            if each.state is ItemState.OPEN
        ]
        if len(waiting) >= _WAITING or complaint["text"] in [each.body.get("excerpt") for each in waiting]:
            return
        work_items.open_items(db, [world.complaint(item, complaint["author"], complaint["text"], now)])
    escalated(shop, "responder", "complaint")


def _reply(shop: Shop, item: CalendarItem, post_id: str, author: str) -> None:
    text = f"@{author} Thank you! A note is on its way to you."
    think(shop, "responder", item, "engagement")
    effect = audits.Effect(
        client_id=item.client_id,
        action_type=audits.ActionType.COMMENT_REPLY,
        actor_type=audits.ActorType.AGENT,
        actor_id="responder",
        payload={"text": text, "post_id": post_id},
        summary=f"Reply to {author} under “{item.title}”",
        platform=item.platform,
        surface=item.surface,
        lane="engagement",
        policy=world.POLICY,
        ids=traced_ids(),
    )
    with audits.guard(shop.engine, effect) as permit:
        try:
            call_tool(shop, "responder", "reply", item.client_id, item.platform, post_id=post_id, text=text)
        except GatewayError as problem:
            if problem.reason != "timeout":
                permit.failed(error=problem.reason)
            raise
        permit.succeeded(post_url=item.post_url, reply=text)


def answer(shop: Shop, job: Job) -> Outcome:
    """Sends what a person approved or wrote to somebody who waits for it. Args: item_id, text, by, until."""
    with shop.engine.begin() as db:
        asked = work_items.item(db, job.args["item_id"])
        if asked is None or asked.platform is None:
            return Done()
        over = job.args["until"] and datetime.fromisoformat(job.args["until"]) <= clock.now(db)
        if not over and job.note == "stopped" and is_stopped(db, asked, "engagement"):
            return Later(_STOP_PAUSE, "stopped")
    if over:
        _report(shop, asked.item_id, {"status": "failed", "error_reason": "it waited too long and may be out of place"})
        return Failed("expired")
    private = asked.surface == "dm"
    effect = audits.Effect(
        client_id=asked.client_id,
        action_type=audits.ActionType.DM_SEND if private else audits.ActionType.COMMENT_REPLY,
        actor_type=audits.ActorType.OPERATOR,
        actor_id=job.args["by"],
        payload={"text": job.args["text"], "thread": asked.item_id},
        summary=f"Reply: {asked.title}",
        platform=asked.platform,
        surface=asked.surface,
        lane="engagement",
        policy=world.POLICY,
        ids=traced_ids() | {"work_item_id": asked.item_id},
    )
    try:
        with audits.guard(shop.engine, effect) as permit:
            try:
                to = {"thread": asked.item_id, "text": job.args["text"], "key": job.key}
                call_tool(shop, "responder", "send_message", asked.client_id, asked.platform, **to)
            except GatewayError as problem:
                if problem.reason != "timeout":
                    permit.failed(error=problem.reason)
                raise
            permit.succeeded(reply=job.args["text"])
    except audits.Stopped:
        _log.warning("reply.stopped", status="blocked")
        return Later(_STOP_PAUSE, "stopped")
    except GatewayError as problem:
        if job.attempt < _TRIES and not problem.permanent:
            return Later(timedelta(seconds=2**job.attempt), problem.reason, free=False)
        status = "unknown" if problem.reason == "timeout" else "failed"
        _report(shop, asked.item_id, {"status": status, "error_reason": problem.reason})
        return Failed(problem.reason)
    _report(shop, asked.item_id, {"status": "answered"})
    return Done()


def resolve(shop: Shop, job: Job) -> Outcome:
    """A person has dealt with an item outside the agency; the agency lets it go. Args: item_id."""
    _report(shop, job.args["item_id"], {"status": "handled"})
    return Done()


def _report(shop: Shop, item_id: str, result: Mapping[str, str]) -> None:
    with shop.engine.begin() as db:
        work_items.report_result(db, item_id, {**result, "at": clock.now(db).isoformat()})
