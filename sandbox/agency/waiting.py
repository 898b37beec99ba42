"""What waits for a person when the day of history ends: drafts, conversations, and a post that a policy blocked."""

from dataclasses import replace
from datetime import timedelta

import audits
from clients.model import CalendarStatus, ItemKind, WorkItem
from sandbox.agency import seed, store, world
from sandbox.agency.blueprints import PLANNED
from sandbox.agency.day import Day
from telemetry import catalog


def ask_people(day: Day) -> None:
    for draft in seed.APPROVALS:
        at = day.now + timedelta(minutes=draft.minutes)
        item = world.drafted(draft, at, day.rng, web_url=day.web_url, blueprint=PLANNED[0])
        opened_at = day.now - timedelta(minutes=day.rng.randrange(20, 240))
        day.assets.append(store.Asset(str(item.asset_id), item.client_id, item.title))
        day.calendar.append(item)
        day.work.append(world.approval(item, opened_at, draft.risk))
    day.work += [_escalation(thread, day) for thread in seed.THREADS]
    _policy_block(day)


def _escalation(thread: seed.Thread, day: Day) -> WorkItem:
    opened_at = day.now - timedelta(minutes=55 - thread.minutes / 4)
    first_at = opened_at - timedelta(minutes=7 * (len(thread.history) - 1))
    body = {
        "author": thread.author,
        "excerpt": thread.excerpt,
        "history": [
            {"from": who, "text": said, "at": (first_at + timedelta(minutes=7 * place)).isoformat()}
            for place, (who, said) in enumerate(thread.history)
        ],
        "suggested_reply": thread.reply,
    }
    return WorkItem(
        item_id=f"thread-{thread.client_id}-{thread.platform}",
        kind=ItemKind.ESCALATION,
        client_id=thread.client_id,
        title=thread.title,
        severity=2,
        payload_hash=audits.payload_hash(body),
        opened_at=opened_at,
        platform=thread.platform,
        surface=thread.surface,
        lane="engagement",
        body=body,
        due_at=day.now + timedelta(minutes=thread.minutes),
    )


def _policy_block(day: Day) -> None:
    at = day.now - timedelta(minutes=95)
    item = world.drafted(seed.BLOCKED, at, day.rng, web_url=day.web_url, blueprint=PLANNED[0])
    item = replace(item, status=CalendarStatus.BLOCKED, error_reason=seed.BLOCK_REASON)
    proof = {"policy": seed.BLOCK_POLICY, "reason": seed.BLOCK_REASON}
    day.assets.append(store.Asset(str(item.asset_id), item.client_id, item.title))
    day.calendar.append(item)
    day.effect(item, at, audits.Result.BLOCKED, proof)
    day.outcome(item, at, "blocked")
    day.tally.add(at, "runner", catalog.POLICY_GUARD_BLOCKS_TOTAL, 1, **proof)
    day.work.append(world.policy_block(item, at))
