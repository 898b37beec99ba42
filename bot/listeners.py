"""What Slack sends: acknowledged at once, then worked on by a bounded pool. One table finds the button.

Bolt rebuilds its arguments for each listener that does not match, so one catch-all and a table beat many listeners;
and with process_before_response it does not poll for the ack every 10 ms.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import structlog
from slack_bolt import Ack, App
from sqlalchemy import Engine

from bot.connection import ANY
from bot.people import People
from bot.workers import submit
from messages.blocks import Element, actions, button, escape, plain, section, visible
from messages.slack import Slack, SlackError
from operations.flow import perform
from operations.model import Answer, Ask, Click, Done, Invalid, Operation, Refused
from telemetry import catalog
from telemetry.metrics import Metrics

Body = Mapping[str, Any]

log = structlog.get_logger(__name__)


class Listeners:
    """Turns payloads into clicks and answers into what the person sees. `changed` is told after each click.

    `at_home` publishes a person's Home anew, with a word for them: their presses there have no channel to answer in.
    `filtered` takes what only changes what a Home shows. `undo` is how long a decision can be taken back.
    """

    def __init__(
        self,
        engine: Engine,
        slack: Slack,
        people: People,
        operations: Mapping[str, Operation],
        pool: ThreadPoolExecutor,
        changed: Callable[[], None],
        at_home: Callable[[str, str], None],
        filtered: Callable[[Body, Body], bool] = lambda _body, _action: False,
        undo: timedelta = timedelta(seconds=60),
        metrics: Metrics | None = None,
    ) -> None:
        self._engine = engine
        self._slack = slack
        self._people = people
        self._operations = operations
        self._pool = pool
        self._changed = changed
        self._at_home = at_home
        self._filtered = filtered
        self._undo = undo
        self._metrics = metrics

    def register(self, app: App) -> None:
        app.action(ANY)(self.on_action)
        app.view(ANY)(self.on_view)

    def on_action(self, ack: Ack, body: Body) -> None:
        ack()
        submit(self._pool, self._act, body)

    def _act(self, body: Body) -> None:
        action = meant(body["actions"][0])
        if self._filtered(body, action):
            return
        operation = self._operations.get(action["action_id"])
        if operation is None:  # a link button, or a card older than this version
            log.warning("unknown_action", action_id=action["action_id"][:80], status="error")
            if not action.get("url"):
                self._whisper(body, "This button is of an older card and does nothing any more. Open the newest one.")
            return
        try:
            answer = self._perform(operation, self._click(body, action))
        except Exception:
            log.exception("click_failed", action_id=action["action_id"], status="error")
            self._whisper(body, "That did not work, and nothing was changed. Try again in a minute.")
            return
        self._changed()
        self._answer(body, action, answer)
        if body.get("view", {}).get("type") == "home" and isinstance(answer, Done):
            self._at_home(body["user"]["id"], f"✅ {escape(answer.summary, 200)}")

    def _perform(self, operation: Operation, click: Click) -> Answer | None:
        answer = perform(self._engine, operation, click)
        if isinstance(answer, Refused) and self._metrics:
            self._metrics.add(catalog.CHECKIN_REFUSED_TOTAL, operation=click.action_id, reason=answer.reason)
        return answer

    def _click(self, body: Body, action: Body) -> Click:
        user = body["user"]["id"]
        place = body.get("container", {})
        source = place.get("message_ts") or place.get("view_id", "")
        return Click(
            key=":".join([body["team"]["id"], source, action["action_id"], action["action_ts"], user]),
            person=self._people.person(user),
            action_id=action["action_id"],
            value=action.get("value", ""),
            trigger_id=body.get("trigger_id"),
            thread=_thread(place),
            undo=self._undo,
        )

    def _answer(self, body: Body, action: Body, answer: Answer | None) -> None:
        match answer:
            case Ask(view):
                try:
                    self._slack.open_view(body["trigger_id"], view)
                except SlackError as problem:
                    log.warning("modal_not_opened", error_message=problem.code, status="error")
                    told = "Slack took too long to open the dialog. Press once more:"
                    self._whisper(body, told, button("Open it", action["action_id"], action.get("value", "")))
            case Refused(_, whisper):
                self._whisper(body, whisper)
            case Done(whisper=str(whisper)):
                self._whisper(body, whisper)

    def _whisper(self, body: Body, text: str, again: Element | None = None) -> None:
        """`again` is a fresh button, where the one that was pressed has lost its turn."""
        place = body.get("container", {})
        channel = place.get("channel_id")
        if not channel:  # pressed in the App Home, where only the Home itself can say something
            self._at_home(body["user"]["id"], text)
            return
        try:
            thread = place.get("thread_ts")
            if thread == place.get("message_ts"):  # pressed in the channel: the thread need not be open
                thread = None
            blocks = [section(text), actions(again)] if again else []
            self._slack.whisper(channel, body["user"]["id"], text, thread_ts=thread, blocks=blocks)
        except SlackError as problem:
            log.warning("whisper_not_sent", error_message=problem.code, status="error")

    def on_view(self, ack: Ack, body: Body) -> None:
        """A submitted modal: its answer travels in the ack, so it is worked on before."""
        view = body["view"]
        operation = self._operations.get(view["callback_id"])
        if operation is None or body["type"] != "view_submission":
            ack()
            return
        click = Click(
            key=f"view:{view['id']}:{view['hash']}",
            person=self._people.person(body["user"]["id"]),
            action_id=view["callback_id"],
            value=view.get("private_metadata", ""),
            answers=_answers(view),
            ticked=frozenset(option["value"] for option in _chosen(view, "selected_options")),
            named=next((self._people.person(who) for who in _chosen(view, "selected_user")), None),
            undo=self._undo,
        )
        try:
            answer = self._perform(operation, click)
        except Exception:
            log.exception("submission_failed", callback_id=view["callback_id"], status="error")
            answer = Refused("error", "That did not work, and nothing was changed. Try again in a minute.")
        ack(**_response(view, answer))
        self._changed()


def _answers(view: Body) -> dict[str, str]:
    """block_id → what was typed or chosen."""
    told = {}
    for block_id, entered in view["state"]["values"].items():
        for value in entered.values():
            chosen = value.get("selected_option") or {}
            told[block_id] = visible(
                str(chosen.get("value") or value.get("value") or value.get("selected_date_time") or "")
            )
    return told


def _chosen(view: Body, name: str) -> Iterator[Any]:
    """What was ticked or chosen under this name in any input of the modal."""
    for entered in view["state"]["values"].values():
        for value in entered.values():
            chosen = value.get(name)
            yield from chosen if isinstance(chosen, list) else [chosen] if chosen else []


def _thread(place: Body) -> tuple[str, str] | None:
    top = place.get("thread_ts") or place.get("message_ts")
    return (place["channel_id"], top) if top and place.get("channel_id") else None


def meant(action: Body) -> Body:
    """Of a menu the button that was chosen: the option names it, the menu's block what it is about."""
    if action.get("type") != "overflow":
        return action
    return {**action, "action_id": action["selected_option"]["value"], "value": action["block_id"]}


def _response(view: Body, answer: Answer | None) -> dict[str, Any]:
    match answer:
        case Invalid(errors):
            return {"response_action": "errors", "errors": dict(errors)}
        case Ask(following) | Done(then=Ask(following)):
            return {"response_action": "update", "view": dict(following)}
        case Refused(whisper=whisper) | Done(whisper=str(whisper)):
            told = {
                "type": "modal",
                "title": view["title"],
                "close": plain("Close"),
                "blocks": [section(whisper)],
            }
            return _response(view, Ask(told))
        case _:
            return {"response_action": "clear"}
