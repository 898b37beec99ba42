"""Slash commands: acknowledged at once, answered to the person who asked, the picture right after the words."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from slack_bolt import Ack, App, Respond
from sqlalchemy import Connection, Engine

from audits import ActorType
from bot.people import People
from bot.workers import submit
from charts import Chart, ChartError, Renderer
from dashboards import client_health, cost
from dashboards.client_health import ClientHealth
from dashboards.cost import Cost
from dashboards.layout import fitted
from messages.blocks import MAX_ALT, Message, cut
from messages.slack import Slack, SlackError
from metrics.reader import Reader
from operations.model import Role
from operations.stops import standing, told
from storage import clock

log = structlog.get_logger(__name__)

_SORRY = "That did not work: the answer could not be put together. Try again in a minute."
_NOBODY = "You have no role here yet. Ask a lead to add you to checkin.toml."


Answer = tuple[Message, Chart | None]
Names = Callable[[str], str]
"""Slack user id → the person's name."""


@dataclass(frozen=True)
class Question:
    """A slash command: what was typed in, a card and perhaps a chart out."""

    command: str
    answer: Callable[[Connection, Reader, str, datetime, str, Names], Answer]


def _client_health(db: Connection, reader: Reader, asked: str, now: datetime, zone: str, names: Names) -> Answer:
    value = client_health.collect(db, reader, asked, now=now, zone=zone)
    if not isinstance(value, ClientHealth):
        return client_health.card(value), None
    actors = {action.actor_id for action in value.actions if action.actor_type is ActorType.OPERATOR}
    known = {actor: names(actor) for actor in actors}
    return client_health.card(value, names=known), client_health.chart(value)


def _cost(db: Connection, reader: Reader, asked: str, now: datetime, zone: str, names: Names) -> Answer:  # noqa: ARG001
    value = cost.collect(db, reader, asked, now=now, zone=zone)
    if not isinstance(value, Cost):
        return cost.card(value), None
    return cost.card(value), cost.chart(value)


QUESTIONS = (Question("/client-health", _client_health), Question("/cost", _cost))


class Commands:
    """Registers every question with Bolt and answers it."""

    def __init__(
        self,
        engine: Engine,
        slack: Slack,
        people: People,
        reader: Reader,
        renderer: Renderer,
        pool: ThreadPoolExecutor,
        zone: str,
    ) -> None:
        self._engine = engine
        self._slack = slack
        self._people = people
        self._reader = reader
        self._renderer = renderer
        self._pool = pool
        self._zone = zone

    def register(self, app: App) -> None:
        for question in QUESTIONS:
            app.command(question.command)(self._listener(question))

    def _listener(self, question: Question) -> Callable[..., None]:
        def listen(ack: Ack, respond: Respond, body: dict[str, Any]) -> None:
            ack()
            submit(self._pool, self._reply, question, respond, body)

        return listen

    def _reply(self, question: Question, respond: Respond, body: dict[str, Any]) -> None:
        person = self._people.person(body["user_id"])
        if person.role < Role.VIEWER:
            respond(_NOBODY)
            return
        try:
            # No transaction: one that idles while Prometheus is slow would be ended by the server.
            with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
                asked = body.get("text", "")
                zone = person.time_zone or self._zone
                card, chart = question.answer(db, self._reader, asked, clock.now(db), zone, self._name)
                blocks = fitted([*told(standing(db)), *card.blocks])
        except Exception:
            log.exception("question_failed", command=question.command, status="error")
            respond(_SORRY)
            return
        respond(text=card.text, blocks=blocks)
        if chart is not None:
            self._show(respond, chart)

    def _name(self, user_id: str) -> str:
        return self._people.person(user_id).name

    def _show(self, respond: Respond, chart: Chart) -> None:
        """The chart as a message of its own: an answer to a slash command cannot be replaced by a later one."""
        try:
            file_id = self._slack.upload(self._renderer.draw(chart), "chart")
        except (ChartError, SlackError) as problem:
            log.warning("chart_not_shown", error_message=str(problem), status="error")
            return
        image = {"type": "image", "slack_file": {"id": file_id}, "alt_text": cut(chart.alt_text, MAX_ALT)}
        shown = Message(chart.alt_text, [image])
        respond(text=shown.text, blocks=shown.blocks)
