"""`/kill`: opens the stop dialog with what was named in it. Nothing is stopped by a typing mistake."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import structlog
from slack_bolt import Ack, App, Respond
from sqlalchemy import Connection, Engine

from audits import Scope
from bot.people import People
from bot.workers import submit
from clients import store as clients
from messages.blocks import escape
from messages.slack import Slack, SlackError
from operations.flow import perform
from operations.model import Ask, Click, Refused
from operations.stop import STOP
from telemetry.ids import Lane, Platform

_HELP = "Name a client, a platform, both or neither: `/kill`, `/kill instagram`, `/kill acme`, `/kill acme instagram`."

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
            if isinstance(scope, str):
                respond(f"There is no client, platform or kind of work called “{escape(scope, 60)}”. {_HELP}")
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


def named(db: Connection, text: str) -> Scope | str:
    """What the words name; else the first word that nobody knows. `client_id`, a client's name, a platform, a lane."""
    client_id = platform = lane = None
    by_name = {client.name.casefold(): client.client_id for client in clients.all_clients(db)}
    rest = " ".join(text.casefold().split())
    for name in sorted(by_name, key=len, reverse=True):  # names may hold spaces
        if rest == name or rest.startswith(f"{name} ") or rest.endswith(f" {name}"):
            client_id = by_name[name]
            rest = rest.replace(name, "", 1)
            break
    titles = {each.title.casefold(): each.value for each in Platform}
    for word in rest.split():
        if word in set(Platform) or word in titles:
            platform = titles.get(word, word)
        elif word in set(Lane):
            lane = word
        elif client_id is None and word in by_name.values():
            client_id = word
        else:
            return word
    return Scope(client_id, platform, lane)
