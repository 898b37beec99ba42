"""An escalation's own card and what stands in its thread; values in, blocks out."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from clients.model import ItemState, WorkItem
from messages.blocks import Message, context, date, escape, mention, quote, section, shorten
from operations import wording
from operations.cards import MOST_TEXT, item_buttons

REMIND = timedelta(minutes=15)
"""So long before its deadline the owner is called once more."""

_WITHOUT_DEADLINE = timedelta(minutes=30)


def deadline(item: WorkItem) -> datetime:
    """By when it should be closed: its own time, or half an hour for what is late or has none."""
    begun = item.escalated_at or item.opened_at
    return item.due_at if item.due_at and item.due_at > begun else begun + _WITHOUT_DEADLINE


def escalation_card(item: WorkItem, client: str, leads: str, now: datetime) -> Message:
    """What it is, whose it is, how long there is, what happens next; once it is closed, how it ended."""
    headline = wording.headline(item, client)
    spoken = f"{escape(client, 60)}: {escape(item.title, 120)}"
    if item.state is ItemState.CLOSED:
        took = _minutes(item.escalated_at, item.closed_at)
        line = shorten(f"{headline}\n{wording.became(item)} · {took} after it was escalated", MOST_TEXT)
        return Message(f"Closed: {spoken}", [context(line)])
    by = deadline(item)
    owner = mention(item.owner_id) if item.owner_id else f"{leads} · nobody has taken it yet"
    lines = [
        f"🔺 {headline}",
        f"👤 {owner} · answer due *{date(by)}* ({date(by, '{ago}')}){wording.last_words(item)}",
        *wording.body(item, by, most=400, whose=False),
    ]
    blocks = [section(shorten("\n".join(lines), MOST_TEXT), wording.thumbnail(item)), item_buttons(item)]
    return Message(f"Escalated: {spoken}", [*blocks, context(_next(by, now))])


def _next(by: datetime, now: datetime) -> str:
    if now < by - REMIND:
        return f"Next: {date(by - REMIND)} a reminder, {date(by)} the leads"
    return f"Next: {date(by)} the leads" if now < by else "The leads were called"


def thread(item: WorkItem, leads: str, now: datetime) -> Mapping[str, Message]:
    """Key → message, each said once: the conversation so far, what people did, reminder and next step."""
    said = {"history": _history(item)} if item.body.get("history") else {}
    # The card itself has called the first; it calls nobody when it is edited, so each next one is called here.
    first = next((n for n, line in enumerate(item.story) if line["did"].startswith("escalated")), -1)
    for n, line in enumerate(item.story):
        said[f"story:{n}"] = _line(line, call=n > first)
    if item.state is ItemState.OPEN:
        by = deadline(item)
        owner = mention(item.owner_id) if item.owner_id else leads
        if by - REMIND <= now < by:
            said["reminder"] = _said(f"⏰ {owner} the answer is due {date(by)} ({date(by, '{ago}')}).")
        if now >= by:
            said["overdue"] = _said(f"🔺 {leads or owner} nobody answered by {date(by)}. Who takes it?")
    return said


def _history(item: WorkItem) -> Message:
    lines = ["*The conversation so far*"]
    for each in item.body["history"][-10:]:
        at = each.get("at")
        when = f" · {date(datetime.fromisoformat(at), wording.DAY_AND_TIME)}" if at else ""
        lines.append(f"{escape(each.get('from', 'somebody'), 80)}{when}\n{quote(each.get('text', ''), 400)}")
    return _said("\n".join(lines))


def _line(line: Mapping[str, str], *, call: bool) -> Message:
    to = f" {mention(line['to'])}" if call and line.get("to") else ""
    words = f": {escape(line['words'], 300)}" if line.get("words") else ""
    when = date(datetime.fromisoformat(line["at"]))
    return _said(f"{when} · {escape(line['by'], 60)} · {escape(line['did'], 120)}{to}{words}")


def _said(text: str) -> Message:
    return Message(text, [section(text)])


def _minutes(since: datetime | None, until: datetime | None) -> str:
    return f"{round((until - since).total_seconds() / 60)} min" if since and until else "some time"
