"""How a work item reads, line by line; where the lines stand is left to `cards.py` and to the dialogs."""

from datetime import datetime
from difflib import SequenceMatcher

from clients.model import Aside, ItemKind, ItemState, Past, WorkItem
from messages.blocks import Element, date, escape, is_web_address, link, quote
from telemetry.ids import Platform, Surface

KINDS = {
    ItemKind.APPROVAL: "Draft",
    ItemKind.ESCALATION: "Needs an answer",
    ItemKind.PUBLISH_FAILURE: "Publish failed",
    ItemKind.VERIFICATION: "Not seen live",
    ItemKind.POLICY_BLOCK: "Blocked by policy",
    ItemKind.CONNECTION: "Connection",
    ItemKind.UNKNOWN_OUTCOME: "Outcome unknown",
}
DAY_AND_TIME = "{date_short_pretty}, {time}"
MOST_WORDS = 600
"""Characters of a draft on a card; the whole of it is in a dialog."""

MOST_REPLY = 400
"""Characters of a suggested reply."""

_RESULTS = {
    "queued": "waits for its time",
    "publishing": "going out…",
    "published": "published, checking that it is live",
    "verified": "live",
    "failed": "⚠️ failed at the platform",
    "unknown": "⚠️ nobody knows whether it arrived: look at the platform",
    "stopped": "⏸️ waits: publishing is stopped",
    "handled": "closed at the platform",
    "answered": "sent",
    "revising": "being reworked: the new version comes here",
    "cancelled": "it will not go out",
}
_MARKS = {"rejected": "🚫", "block confirmed": "🚫", "sent back for changes": "✏️"}


def headline(item: WorkItem, client: str) -> str:
    title = escape(item.title, 120)
    tagged = "📌 " if item.tagged_at else ""
    what = title if item.state is ItemState.CLOSED else f"{KINDS[item.kind].lower()}: {title}"
    parts = (f"{tagged}*{escape(client, 60)}*", escape(place(item.platform, item.surface)), what)
    return " · ".join(part for part in parts if part)


def place(platform: str | None, surface: str | None) -> str:
    """`Instagram reel`; names nobody knows are shown as they are."""
    site = Platform(platform).title if platform in set(Platform) else platform
    piece = Surface(surface).title if surface in set(Surface) else surface
    return " ".join(part for part in (site, piece) if part)


def body(item: WorkItem, now: datetime, most: int = MOST_WORDS, *, whose: bool = True) -> list[str]:
    """Why a person is asked and the words it is about; with `whose` also who has it and by when."""
    told = item.body
    lines = []
    if asked := item.changes_asked:
        lines.append(f"✏️ New version · {escape(asked['by'], 60)} asked: “{escape(asked['words'], 200)}”")
    if told.get("risk"):
        lines.append(f"⚠️ {escape(told['risk'], 200)}")
    if told.get("reason"):
        lines.append(f"Why: {escape(str(told['reason']).replace('_', ' '), 200)}")
    if told.get("author"):
        lines.append(f"From {escape(told['author'], 80)}:")
    lines += [quote(words, most) for words in (told.get("text"), told.get("excerpt")) if words]
    if told.get("suggested_reply"):
        lines.append(f"Suggested reply:\n{quote(told['suggested_reply'], MOST_REPLY)}")
    if item.due_at and whose:
        at = date(item.due_at, DAY_AND_TIME)
        if item.kind is not ItemKind.APPROVAL:
            lines.append(f"Due: {at} ({date(item.due_at, '{ago}')})")
        else:
            lines.append(f"Goes out: {at}" if item.due_at > now else f"Was to go out {at}: goes out once approved")
    if item.owner and whose:
        lines.append(
            f"👤 {'Escalated to' if item.escalated_at else 'With'} *{escape(item.owner, 60)}*{last_words(item)}"
        )
    return lines


def last_words(item: WorkItem) -> str:
    last = item.story[-1] if item.story else {}
    return f" · {escape(last['by'], 60)}: {escape(last['words'], 200)}" if last.get("words") else ""


def thumbnail(item: WorkItem) -> Element | None:
    """The draft's picture, when the platform gave one."""
    address = item.body.get("asset_url")
    if not is_web_address(address):
        return None
    return {"type": "image", "image_url": address, "alt_text": f"Asset of the draft: {item.title}"[:200]}


def became(item: WorkItem) -> str:
    """What a person or the platform made of a closed item, and what comes next."""
    when = date(item.closed_at) if item.closed_at else ""
    mark = _MARKS.get(item.outcome or "", "✅")
    did = escape(item.outcome or "closed", 60)
    line = f"{mark} {did[:1].upper()}{did[1:]} by {escape(item.closed_by or 'the platform', 60)} {when}"
    result = item.result
    status = _RESULTS.get(str(result.get("status", "")))
    if result.get("scheduled_at") and status:
        status = f"goes out {date(datetime.fromisoformat(result['scheduled_at']), DAY_AND_TIME)}"
    if result.get("post_url") and status:
        status = link(str(result["post_url"]), status)
    if result.get("error_reason"):
        status = f"{status or '⚠️ failed'}: {escape(result['error_reason'], 200)}"
    words = last_words(item).removeprefix(f" · {escape(item.closed_by or '', 60)}")
    return line + words + (f" · {status}" if status else "")


def aside(item: WorkItem) -> str:
    """Who put it aside, until when and why."""
    last = item.story[-1] if item.story else {}
    at = date(item.aside_until, DAY_AND_TIME) if item.aside_until else ""
    until = {
        Aside.HELD: "⏸️ On hold",
        Aside.CHECKIN: "💤 Snoozed until the next check-in",
        Aside.UNTIL: f"💤 Snoozed until {at}",
        Aside.FOLLOW_UP: f"📌 To follow up {at}",
    }[item.aside or Aside.HELD]
    when = f" {date(item.aside_at)}" if item.aside_at else ""
    why = f": {escape(last['words'], 200)}" if last.get("words") else ""
    return f"{until} · {escape(last.get('by', 'somebody'), 60)}{when}{why}"


def difference(seen: Past, now: WorkItem) -> str:
    """What of a draft was changed since it was seen: gone words struck out, new ones bold."""
    parts = []
    if seen.due_at != now.due_at and now.due_at:
        before = date(seen.due_at, DAY_AND_TIME) if seen.due_at else "no time"
        parts.append(f"Time: {before} → *{date(now.due_at, DAY_AND_TIME)}*")
    if seen.body.get("asset_url") != now.body.get("asset_url"):
        parts.append("The picture is another one.")
    old, new = (str(told.get("text") or told.get("excerpt") or "").split() for told in (seen.body, now.body))
    words = []
    for what, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        gone, came = escape(" ".join(old[i:j])), escape(" ".join(new[k:m]))
        if what == "equal":
            kept = old[i:j]
            words.append(gone if len(kept) < 13 else f"{escape(' '.join(kept[:6]))} … {escape(' '.join(kept[-6:]))}")
        else:
            words += [f"~{gone}~"] * bool(gone) + [f"*{came}*"] * bool(came)
    return "\n".join([*parts, f">{' '.join(words)}"] if old != new else parts)
