"""App Home: what waits for a person, gravest first, with the same buttons as in the check-in."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import structlog
from slack_bolt import App
from sqlalchemy import Engine

from audits import switches
from bot.workers import submit
from clients import store as clients
from clients import work_items
from clients.model import ItemKind
from messages.blocks import Block, actions, context, divider, header, section
from messages.slack import Slack, SlackError
from operations.cards import banner, item_blocks
from operations.stop import STOP, scope_words
from storage import clock

_SHOWN = 20

log = structlog.get_logger(__name__)


class Home:
    """Publishes a person's Home when they open it, and again when they pressed something there."""

    def __init__(self, engine: Engine, slack: Slack, pool: ThreadPoolExecutor) -> None:
        self._engine = engine
        self._slack = slack
        self._pool = pool

    def register(self, app: App) -> None:
        def opened(event: dict[str, Any]) -> None:
            if event.get("tab") == "home":
                submit(self._pool, self.publish, event["user"])

        app.event("app_home_opened")(opened)

    def publish(self, user_id: str, notice: str = "") -> None:
        """`notice` is said once, on top."""
        said = [section(notice)] if notice else []
        try:
            self._slack.publish_home(user_id, [*said, *home_blocks(self._engine)])
        except SlackError as problem:
            log.warning("home_not_published", error_message=problem.code, status="error")


def home_blocks(engine: Engine) -> list[Block]:
    """The queue as blocks, at most 100 of them (Slack's limit of a Home)."""
    with engine.begin() as db:
        now = clock.now(db)
        found = work_items.items_of(db, list(ItemKind), closed_since=now + timedelta(days=1))
        names = {client.client_id: client.name for client in clients.all_clients(db)}
        stops = [(switch, scope_words(db, switch.scope)) for switch in switches.switches_on(db)]
    said = (
        f"{len(found)} {'item waits' if len(found) == 1 else 'items wait'} for a person" if found else "Nothing waits."
    )
    blocks = [header("Today's work queue"), *banner([s for s, _ in stops], {s.scope: name for s, name in stops})]
    blocks += [section(f"*{said}*"), actions(STOP.button())]
    for item in found[:_SHOWN]:
        blocks += [divider(), *item_blocks(item, names, now)]
    if len(found) > _SHOWN:
        blocks.append(context(f"… {len(found) - _SHOWN} more. They come up as these are done."))
    return blocks
