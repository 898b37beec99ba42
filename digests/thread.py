"""What the thread of a check-in shows: the details of each step, of many items first those that matter most.

At three hundred clients all of it would be two hundred messages that nobody reads: most is decided together, from the
card, or in App Home.
"""

from collections.abc import Collection, Sequence

from clients.model import WorkItem
from digests.cards import Progress
from digests.confirm import CONFIRM
from digests.model import Section, Slot, Step
from messages.blocks import Block, Message, actions, context, date, divider, escape, picture, section
from operations.wording import KINDS

_PER_PAGE = 6
"""Items in one message of the thread: within Slack's limit on text however long the drafts are."""
_MOST_PAGES = 15
"""Messages of one step that come at once: Slack takes one a second, and nobody reads hundreds."""


def thread_key(slot: Slot, section: Section, page: int = 1) -> str:
    """Of a message in the thread; its picture, if it has one, is called the same."""
    return f"{slot.card_key}:{section.name}:{page}"


def thread_keys(slot: Slot, progress: Progress) -> list[str]:
    """Of all messages that the step would have if none were too many."""
    return [thread_key(slot, progress.section, page) for page in range(1, _pages(progress) + 1)]


def thread_cards(slot: Slot, number: int, progress: Progress, there: Collection[str] = ()) -> dict[str, Message]:
    """The details of one step by their keys, as few messages as keep within Slack's limits.

    Of many only the first come, and more when nothing waits in those that are `there` by then.
    """
    title = f"{number}. {progress.section.title}"
    first = thread_key(slot, progress.section)
    if progress.step is None:
        return {first: Message(f"{title}: no data", [section(f"*{title}*\n⚠️ {progress.problem}")])}
    step = progress.step
    if not step.groups:
        return {first: Message(f"{title}: {step.line}", [section(f"*{title}*\n✅ {step.line.capitalize()}.")])}
    cards = {}
    shown = _shown(slot, progress, step, there)
    for page in shown:
        start = (page - 1) * _PER_PAGE
        part = list(step.groups[start : start + _PER_PAGE])
        numbered = (
            f"{title} ({start + 1}–{start + len(part)} of {len(step.groups)})"
            if len(step.groups) > _PER_PAGE
            else title
        )
        blocks = [section(f"*{numbered}*")]
        for group in part:
            blocks += [divider(), *group] if len(step.groups) > 1 else group
        if page == shown[-1]:
            blocks += _end(slot, progress, [item for place, item in step.waiting.items() if _page(place) not in shown])
        if step.chart and page == 1:
            blocks.append(picture(first, step.chart.alt_text))
        cards[thread_key(slot, progress.section, page)] = Message(f"{title}: {step.line}", blocks)
    return cards


def _end(slot: Slot, progress: Progress, more: Sequence[WorkItem]) -> list[Block]:
    """What stands under the last message of a step; `more` wait in none of its messages."""
    blocks: list[Block] = []
    if more:
        kinds = " and ".join(f"“{kind}”" for kind in dict.fromkeys(KINDS[item.kind] for item in more))
        waits = "waits" if len(more) == 1 else "wait"
        told = f"… {len(more)} more {waits} in App Home under {kinds}, and here once those above are done."
        blocks.append(context(f"{told} The buttons on the card decide many at once."))
    if progress.tick:
        blocks.append(context(f"✅ Confirmed by {escape(progress.tick.by, 60)} {date(progress.tick.at)}"))
    elif progress.step and progress.step.confirm:
        blocks.append(actions(CONFIRM.button(slot.key, progress.section.name)))
    return blocks


def _shown(slot: Slot, progress: Progress, step: Step, there: Collection[str]) -> list[int]:
    """The pages in the thread: the first, those that are there, what failed, and the next when nothing waits in these.

    What was decided together before its page came needs no message.
    """
    shown = {page for page, key in enumerate(thread_keys(slot, progress), 1) if page <= _MOST_PAGES or key in there}
    failed = {_page(place) for place in step.failed if place < len(step.groups)}
    shown |= set(sorted(failed - shown)[:_MOST_PAGES])
    waiting = sorted({_page(place) for place in step.waiting})
    if shown.isdisjoint(waiting):
        shown |= set(waiting[:_MOST_PAGES])
    return sorted(shown)


def _page(place: int) -> int:
    return place // _PER_PAGE + 1


def _pages(progress: Progress) -> int:
    return _page(len(progress.step.groups) - 1) if progress.step and progress.step.groups else 1
