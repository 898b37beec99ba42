"""What waits for a person when the day of history ends: drafts, conversations, and posts that a policy blocked.

Those of the small agency are told one by one in `clients.toml`; a larger one has three for each of its clients.
"""

from dataclasses import replace
from datetime import timedelta
from itertools import cycle, islice

import audits
from clients.model import CalendarStatus, ItemKind, ItemState, WorkItem
from sandbox.agency import seed, store, world
from sandbox.agency.blueprints import PLANNED
from sandbox.agency.day import Day
from telemetry import catalog

_EACH = 3
# How often they are what.
_MIX = (*[ItemKind.APPROVAL] * 9, *[ItemKind.ESCALATION] * 3, ItemKind.POLICY_BLOCK)


def ask_people(day: Day) -> None:
    for draft in seed.APPROVALS:
        _approval(day, draft)
    day.work += [_escalation(thread, day) for thread in seed.THREADS]
    _policy_block(day, seed.BLOCKED, minutes_ago=95)
    if len(seed.ACCOUNTS) > len(seed.NAMED):
        _ask_more(day)


def _ask_more(day: Day) -> None:
    """Fills up what is open already, the newest clients first."""
    is_open = sum(item.state is ItemState.OPEN for item in day.work)
    accounts = cycle(reversed(seed.ACCOUNTS.values()))
    for number, account in enumerate(islice(accounts, _EACH * len(seed.ACCOUNTS) - is_open)):
        draft = _draft(day, account)
        match day.rng.choice(_MIX):
            case ItemKind.APPROVAL:
                _approval(day, draft)
            case ItemKind.ESCALATION:
                own = replace(day.rng.choice(seed.THREADS), client_id=account.client_id, platform=draft.platform)
                day.work.append(_escalation(replace(own, minutes=draft.minutes // 2), day, number))
            case ItemKind.POLICY_BLOCK:
                _policy_block(day, draft, minutes_ago=day.rng.randrange(20, 300))


def _draft(day: Day, account: seed.Account) -> seed.Draft:
    """A post of the client that is due within the next six hours."""
    platform = day.rng.choice(account.platforms)
    surface, post = day.rng.choice(world.SURFACES[platform]), day.rng.choice(account.posts)
    risk = day.rng.choice([draft.risk for draft in seed.APPROVALS])
    return seed.Draft(account.client_id, platform, surface, post, day.rng.randrange(25, 350), risk)


def _approval(day: Day, draft: seed.Draft) -> None:
    at = day.now + timedelta(minutes=draft.minutes)
    item = world.drafted(draft, at, day.rng, web_url=day.web_url, blueprint=PLANNED[0])
    opened_at = day.now - timedelta(minutes=day.rng.randrange(20, 240))
    day.assets.append(store.Asset(str(item.asset_id), item.client_id, item.title))
    day.calendar.append(item)
    day.work.append(world.approval(item, opened_at, draft.risk))


def _escalation(thread: seed.Thread, day: Day, number: int | None = None) -> WorkItem:
    """`number` tells it from others of its client on that platform."""
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
        item_id=f"thread-{thread.client_id}-{thread.platform}" + ("" if number is None else f"-{number}"),
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


def _policy_block(day: Day, draft: seed.Draft, *, minutes_ago: int) -> None:
    at = day.now - timedelta(minutes=minutes_ago)
    item = world.drafted(draft, at, day.rng, web_url=day.web_url, blueprint=PLANNED[0])
    item = replace(item, status=CalendarStatus.BLOCKED, error_reason=seed.BLOCK_REASON)
    proof = {"policy": seed.BLOCK_POLICY, "reason": seed.BLOCK_REASON}
    day.assets.append(store.Asset(str(item.asset_id), item.client_id, item.title))
    day.calendar.append(item)
    day.effect(item, at, audits.Result.BLOCKED, proof)
    day.outcome(item, at, "blocked")
    day.tally.add(at, "runner", catalog.POLICY_GUARD_BLOCKS_TOTAL, 1, **proof)
    day.work.append(world.policy_block(item, at))
