"""What Slack sends: acknowledged at once, then worked on by a bounded pool. One table finds the button.

Bolt rebuilds its arguments for each listener that does not match, so one catch-all and a table beat many listeners;
and with process_before_response it does not poll for the ack every 10 ms.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import structlog
from slack_bolt import Ack, App
from sqlalchemy import Engine

from bot import payloads
from bot.connection import ANY
from bot.payloads import Body, Press
from bot.people import People
from bot.workers import submit
from messages.blocks import Element, actions, button, escape, plain, section
from messages.slack import Slack, SlackError
from operations.flow import perform
from operations.model import Answer, Ask, Click, Done, Invalid, Operation, Refused
from telemetry import catalog
from telemetry.metrics import Metrics

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
        filtered: Callable[[str, Press], bool] = lambda _user_id, _press: False,
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
        press = payloads.press(body)
        if self._filtered(body["user"]["id"], press):
            return
        operation = self._operations.get(press.action_id)
        if operation is None:  # a link button, or a card older than this version
            log.warning("unknown_action", action_id=press.action_id[:80], status="error")
            if not press.is_link:
                self._whisper(body, "This button is of an older card and does nothing any more. Open the newest one.")
            return
        try:
            answer = self._perform(operation, self._click(body, press))
        except Exception:
            log.exception("click_failed", action_id=press.action_id, status="error")
            self._whisper(body, "That did not work, and nothing was changed. Try again in a minute.")
            return
        self._changed()
        self._answer(body, press, answer)
        if body.get("view", {}).get("type") == "home" and isinstance(answer, Done):
            self._at_home(body["user"]["id"], f"✅ {escape(answer.summary, 200)}")

    def _perform(self, operation: Operation, click: Click) -> Answer | None:
        answer = perform(self._engine, operation, click)
        if isinstance(answer, Refused) and self._metrics:
            self._metrics.add(catalog.CHECKIN_REFUSED_TOTAL, operation=click.action_id, reason=answer.reason)
        return answer

    def _click(self, body: Body, press: Press) -> Click:
        user = body["user"]["id"]
        place = body.get("container", {})
        source = payloads.text(place.get("message_ts") or place.get("view_id"))
        return Click(
            key=":".join([body["team"]["id"], source, press.action_id, press.at, user]),
            person=self._people.person(user),
            action_id=press.action_id,
            value=press.value,
            trigger_id=body.get("trigger_id"),
            thread=payloads.thread(place),
            undo=self._undo,
        )

    def _answer(self, body: Body, press: Press, answer: Answer | None) -> None:
        match answer:
            case Ask(view):
                try:
                    self._slack.open_view(body["trigger_id"], view)
                except SlackError as problem:
                    log.warning("modal_not_opened", error_message=problem.code, status="error")
                    told = "Slack took too long to open the dialog. Press once more:"
                    self._whisper(body, told, button("Open it", press.action_id, press.value))
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
        chosen = payloads.named(view)
        click = Click(
            key=f"view:{payloads.text(view['id'])}:{payloads.text(view['hash'])}",
            person=self._people.person(body["user"]["id"]),
            action_id=view["callback_id"],
            value=payloads.text(view.get("private_metadata"), payloads.MOST_TOLD),
            answers=payloads.answers(view),
            ticked=payloads.ticked(view),
            named=self._people.person(chosen) if chosen else None,
            undo=self._undo,
        )
        try:
            answer = self._perform(operation, click)
        except Exception:
            log.exception("submission_failed", callback_id=view["callback_id"], status="error")
            answer = Refused("error", "That did not work, and nothing was changed. Try again in a minute.")
        ack(**_response(view, answer))
        self._changed()


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
