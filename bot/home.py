"""App Home: a person's queue, published when they open it, choose a filter or press there, and when it changes."""

import hashlib
import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import structlog
from slack_bolt import App
from sqlalchemy import Engine

from audits import switches
from bot import home_store
from bot.home_card import ALL, FILTER, FILTERS, Looking, Queue, fitting, home_blocks
from bot.payloads import Press
from bot.workers import submit
from clients import figures, work_items
from clients import store as clients
from clients.model import ItemKind, ItemState
from digests import store as digests
from messages.slack import Slack, SlackError
from operations.stop import scope_words
from storage import clock

_HORIZON = timedelta(hours=6)
# So long ago was decided what may still be taken back.
_JUST = timedelta(minutes=10)
_SAID_SECONDS = 15.0
_LOOKED_AT = timedelta(hours=12)
"""A Home that nobody opened for longer is not kept up to date."""

log = structlog.get_logger(__name__)


class Home:
    """Publishes people's Homes. `pods` names the pods, `on_call` mentions who is called."""

    def __init__(
        self,
        engine: Engine,
        slack: Slack,
        pool: ThreadPoolExecutor,
        pods: Sequence[str] = (),
        on_call: str = "nobody is named",
    ) -> None:
        self._engine = engine
        self._slack = slack
        self._pool = pool
        self._pods = pods
        self._on_call = on_call
        self._said: dict[str, tuple[str, float]] = {}

    def register(self, app: App) -> None:
        def opened(event: dict[str, Any]) -> None:
            if event.get("tab") == "home":
                submit(self._pool, self._opened, event["user"])

        app.event("app_home_opened")(opened)

    def _opened(self, user_id: str) -> None:
        with self._engine.begin() as db:
            home_store.opened(db, user_id)
        self.publish(user_id)

    def choose(self, user_id: str, press: Press) -> bool:
        """Narrows the Home down; False when the press is on no filter of it."""
        name = press.action_id.removeprefix(FILTER)
        if name == press.action_id or name not in FILTERS:
            return False
        with self._engine.begin() as db:
            home_store.look_for(db, user_id, name, "" if press.value == "all" else press.value)
        self.publish(user_id)
        return True

    def publish(self, user_id: str, notice: str = "") -> None:
        """`notice` is said on top for a while, whatever else changes meanwhile."""
        if notice:
            self._said[user_id] = notice, time.monotonic() + _SAID_SECONDS
        self._publish(user_id, self._queue())

    def refresh(self) -> bool:
        """Brings the Homes that people look at up to date, without a word. Always False: there is no more to do."""
        with self._engine.begin() as db:
            looked_at = home_store.recent(db, _LOOKED_AT)
        if looked_at:
            queue = self._queue()
            for user_id, shown in looked_at.items():
                self._publish(user_id, queue, unless=shown)
        return False

    def _publish(self, user_id: str, queue: Queue, unless: str | None = None) -> None:
        with self._engine.begin() as db:
            looking, gone = fitting(queue, Looking(user_id, home_store.filters_of(db, user_id)))
            for name in gone:
                home_store.look_for(db, user_id, name, ALL)
        said, until = self._said.get(user_id, ("", 0.0))
        notice = said if time.monotonic() < until else ""
        quiet = home_blocks(queue, looking, notice)
        told = "\n".join(line for line in (notice, *gone.values()) if line)
        digest = hashlib.sha256(json.dumps(quiet, sort_keys=True).encode()).hexdigest()
        if digest == unless:
            return
        try:
            self._slack.publish_home(user_id, home_blocks(queue, looking, told) if gone else quiet)
        except SlackError as problem:
            log.warning("home_not_published", error_message=problem.code, status="error")
            return
        with self._engine.begin() as db:
            home_store.shows(db, user_id, digest)

    def _queue(self) -> Queue:
        with self._engine.begin() as db:
            now = clock.now(db)
            found = work_items.items_of(db, list(ItemKind), closed_since=now - _JUST)
            slots = [slot for pod in self._pods for slot in digests.newest_posted(db, pod, (now - _LOOKED_AT).date())]
            newest = max(slots, key=lambda slot: slot.due_at, default=None)
            return Queue(
                items=[item for item in found if item.state is ItemState.OPEN],
                undoable=[item for item in found if item.undo_until and item.undo_until > now],
                names={client.client_id: client.name for client in clients.all_clients(db)},
                stops=[(switch, scope_words(db, switch.scope)) for switch in switches.switches_on(db)],
                due=figures.due(db, now, now + _HORIZON),
                on_call=self._on_call,
                now=now,
                thread_key=newest.card_key if newest else "",
            )
