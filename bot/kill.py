"""`/kill`: opens the stop dialog with what was named in it. Nothing is stopped by a typing mistake."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import structlog
from slack_bolt import Ack, App, Respond
from sqlalchemy import Engine

from bot.people import People
from bot.workers import submit
from messages.blocks import escape, visible
from messages.slack import Slack, SlackError
from operations.flow import perform
from operations.model import Ask, Click, Refused
from operations.named import Unknown, named
from operations.stop import STOP

_HELP = "Name a client, a platform, both or `everything`: `/kill instagram`, `/kill acme`, `/kill acme instagram`."

log = structlog.get_logger(__name__)


class Kill:
    """Registers the command with Bolt and answers it."""

    def __init__(self, engine: Engine, slack: Slack, people: People, pool: ThreadPoolExecutor) -> None:
        self._engine = engine
        self._slack = slack
        self._people = people
        self._pool = pool

    def register(self, app: App) -> None:
        def listen(ack: Ack, respond: Respond, body: dict[str, Any]) -> None:
            ack()
            submit(self._pool, self._open, respond, body)

        app.command("/kill")(listen)

    def _open(self, respond: Callable[..., Any], body: dict[str, Any]) -> None:
        try:
            with self._engine.begin() as db:
                scope = named(db, body.get("text", ""))
            if isinstance(scope, Unknown):
                respond(f"{escape(unknown_words(scope))} {_HELP}")
                return
            click = Click(
                key=f"kill:{body['team_id']}:{body['trigger_id']}",
                person=self._people.person(body["user_id"]),
                action_id=STOP.action_id,
                value=STOP.value(scope),
            )
            match perform(self._engine, STOP, click):
                case Ask(view):
                    self._slack.open_view(body["trigger_id"], view)
                case Refused(_, whisper):
                    respond(whisper)
        except SlackError as problem:
            log.warning("modal_not_opened", error_message=problem.code, status="error")
            respond("Slack took too long to open the dialog. Send the command once more.")
        except Exception:
            log.exception("kill_failed", status="error")
            respond("That did not work, and nothing was stopped. Try again, or run `checkin kill` on a terminal.")


def unknown_words(unknown: Unknown) -> str:
    """Plain: what does not fit, and what may have been meant."""
    if unknown.surplus:
        return f"“{unknown.word}” is one too many: name one client, one platform, one kind of work, or everything."
    close = f" Did you mean {' or '.join(unknown.close)}?" if unknown.close else ""
    return f"There is no client, platform or kind of work called “{visible(unknown.word)[:60]}”.{close}"
