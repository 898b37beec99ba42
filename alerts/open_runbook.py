"""Open runbook: the whole page of an alert's failure mode, in a dialog."""

from sqlalchemy import Connection

from audits import ActionType
from messages.blocks import Block, Element, button, context, escape, header, plain, section
from operations.model import Answer, Ask, Click, Refused, Role
from runbooks.library import Runbook, RunbookError, runbook


class OpenRunbook:
    action_id = "alerts.runbook"
    role = Role.VIEWER
    audited_as = ActionType.READ

    def button(self, slug: str) -> Element:
        return button("Open runbook", self.action_id, slug)

    def run(self, db: Connection, click: Click) -> Answer:  # noqa: ARG002  (a page is no row)
        try:
            page = runbook(click.value)
        except RunbookError:
            return Refused("unknown_runbook", "This runbook is not here any more.")
        return Ask(
            {
                "type": "modal",
                "callback_id": self.action_id,
                "title": plain("Runbook"),
                "close": plain("Close"),
                "blocks": page_blocks(page),
            }
        )


OPEN_RUNBOOK = OpenRunbook()


def page_blocks(page: Runbook) -> list[Block]:
    """Title, summary, then the five parts in the spec's order."""
    parts = (
        ("Symptoms", page.symptoms),
        ("Likely causes", page.causes),
        ("Immediate actions", page.actions),
        ("Rollback", page.rollback),
        ("Prevention", page.prevention),
    )
    blocks = [header(page.title), context(escape(page.summary))]
    for name, lines in parts:
        numbered = name == "Immediate actions"
        told = "\n".join(f"{f'{n}.' if numbered else '•'} {words(line)}" for n, line in enumerate(lines, 1))
        blocks.append(section(f"*{name}*\n{told}"))
    return blocks


def words(line: str) -> str:
    """A runbook's line as mrkdwn: `code` stays code."""
    parts = line.split("`")
    return "".join(f"`{escape(part)}`" if n % 2 else escape(part) for n, part in enumerate(parts))
