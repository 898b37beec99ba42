"""Works one check-in in a running world as its users would, through the local Slack's own API, and says what it saw."""

import os
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import httpx
from sqlalchemy import Engine, text

from sandbox import people
from sandbox.reader import Message, NotSeen, Reader
from sandbox.world import Say, World
from storage.engine import connect

INCIDENT = "platform-api-fails"
_PATIENCE = 90.0
_UNTIL_AN_ALERT_ENDS = 240.0
"""Its window is two minutes here, and what is still on its way when the fault is mended may fail once more."""

T = TypeVar("T")


def work_a_checkin(world: World, ready_seconds: float, say: Say) -> dict[str, Any]:
    """The report; `ok` only if everything held. Ends the world."""
    report: dict[str, Any] = {"ok": False, "seconds_to_ready": ready_seconds}
    try:
        _work(world, report, say)
        report["ok"] = True
    except (NotSeen, httpx.HTTPError) as problem:
        report["problem"] = str(problem)
    pids = [child.pid for child in world.children]
    world.close()
    report["processes_left"] = sum(_runs(pid) for pid in pids)
    report["ok"] = report["ok"] and report["processes_left"] == 0
    return report


def _work(world: World, report: dict[str, Any], say: Say) -> None:
    slack = Reader(world.slack_url)
    engine = connect(world.database_url, name="smoke")

    say("Reading the check-in")
    card = eventually("the check-in with its chart", lambda: _with_image(_first(slack, people.CHECKIN, "check-in")))
    report["digest_ts"] = card["ts"]
    report["chart_bytes"] = len(slack.file(_image(card)["slack_file"]["id"]))
    with engine.begin() as db:
        report["clients"] = db.execute(text("SELECT count(*) FROM client")).scalar()

    say("Approving a draft")
    draft, approve = eventually("a draft to approve", lambda: _button(slack, card, "operations.approve"))
    item_id = approve["value"].split("|")[0]
    slack.press(people.CHECKIN, draft, approve, people.VIEWER)
    report["viewer_was_told"] = eventually("the refusal of a viewer", lambda: _whisper(slack, card, people.VIEWER))
    with ThreadPoolExecutor() as both:  # two people at once: one wins, the other is told
        for user in (people.OPERATOR, people.SECOND_OPERATOR):
            both.submit(slack.press, people.CHECKIN, draft, approve, user)
    report["item_approved"] = item_id
    row = eventually("the post being live", lambda: _live(engine, item_id))
    report["post_url"] = row["post_url"]
    report["post_status"] = httpx.get(row["post_url"], timeout=10, trust_env=False).status_code
    shown = eventually("the card saying who approved", lambda: _shows(slack, card, row["post_url"]))
    report["card_says"] = shown
    with engine.begin() as db:
        ids = db.execute(
            text(
                "SELECT audit_id FROM audit_event WHERE ids->>'calendar_item_id' ="
                " (SELECT calendar_item_id FROM work_item WHERE item_id = :item) ORDER BY seq"
            ),
            {"item": item_id},
        )
        report["audit_ids"] = [str(audit_id) for (audit_id,) in ids]
    report["second_was_told"] = eventually("the second being told", lambda: _who_was_told(slack, card))

    say("Resolving an escalation")
    thread, resolve = eventually("something to resolve", lambda: _button(slack, card, "operations.resolve"))
    slack.press(people.CHECKIN, thread, resolve, people.OPERATOR)
    eventually("the resolved item", lambda: _closed(engine, resolve["value"].split("|")[0]))

    say("Asking two questions")
    report["client_health_says"] = _ask(slack, "/client-health acme")
    report["cost_says"] = _ask(slack, "/cost today")

    say("Breaking a platform and waiting for the alert")
    _incident(world, on=True)
    broken = time.monotonic()
    alert = eventually("the alert", lambda: _first(slack, people.ALERTS, "P1"))
    report["alert_ts"] = alert["ts"]
    report["seconds_from_cause_to_card"] = round(time.monotonic() - broken, 1)
    say("Reading the alert and acknowledging it")
    alert = eventually("the alert's chart", lambda: _with_image(_first(slack, people.ALERTS, "P1")))
    report["alert_chart_bytes"] = len(slack.file(_image(alert)["slack_file"]["id"]))
    acknowledge = _buttons(alert, "alerts.acknowledge")[0]
    slack.press(people.ALERTS, alert, acknowledge, people.OPERATOR)
    eventually("who is on the alert", lambda: "is on it" in str(slack.messages(people.ALERTS)))
    _incident(world, on=False)
    say("Mended; the alert's end takes up to two minutes")
    over = eventually("the end of the alert", lambda: _over(slack, alert["ts"]), _UNTIL_AN_ALERT_ENDS)
    report["alert_ends_with"] = over
    report["commands_accepted"] = _commands(engine)
    engine.dispose()


def eventually(what: str, look: Callable[[], T | None], patience: float = _PATIENCE) -> T:
    """What `look` finds, looked for again and again; NotSeen when it does not appear within `patience` seconds."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.2)
    raise NotSeen(f"not seen within {patience:.0f} s: {what}")


def _first(slack: Reader, channel: str, words: str) -> Message | None:
    """The newest message of the app that says so."""
    return next((m for m in reversed(slack.messages(channel)) if words in m.get("text", "") and m.get("bot_id")), None)


def _image(message: Message) -> dict[str, Any]:
    return next(block for block in message["blocks"] if block["type"] == "image")


def _with_image(message: Message | None) -> Message | None:
    return message if message and any(block["type"] == "image" for block in message["blocks"]) else None


def _buttons(message: Message, action_id: str) -> list[dict[str, Any]]:
    return [
        {**element, "block_id": block["block_id"]}
        for block in message.get("blocks", [])
        if block["type"] == "actions"
        for element in block["elements"]
        if element["action_id"] == action_id
    ]


def _button(slack: Reader, card: Message, action_id: str) -> tuple[Message, dict[str, Any]] | None:
    """The first such button in the check-in's thread."""
    for message in slack.thread(people.CHECKIN, card["ts"])[1:]:
        for button in _buttons(message, action_id):
            return message, button
    return None


def _whisper(slack: Reader, card: Message, user: str) -> str | None:
    """What the app told this user alone in the check-in's thread or channel."""
    seen = slack.messages(people.CHECKIN, user) + slack.thread(people.CHECKIN, card["ts"], user)
    return next((message["text"] for message in reversed(seen) if message.get("is_ephemeral")), None)


def _who_was_told(slack: Reader, card: Message) -> str | None:
    """What the loser of the race was told."""
    users = (people.OPERATOR, people.SECOND_OPERATOR)
    return next((told for user in users if (told := _whisper(slack, card, user)) and "faster" in told), None)


def _ask(slack: Reader, line: str) -> str:
    """The first line of the answer to a slash command."""
    before = {message["ts"] for message in slack.messages(people.CHECKIN)}
    slack.command(people.CHECKIN, line)

    def answer() -> Message | None:
        return next(
            (m for m in slack.messages(people.CHECKIN) if m.get("is_ephemeral") and m["ts"] not in before), None
        )

    return str(eventually(f"the answer to {line}", answer)["text"]).splitlines()[0]


def _live(engine: Engine, item_id: str) -> dict[str, Any] | None:
    with engine.begin() as db:
        result = db.execute(text("SELECT result FROM work_item WHERE item_id = :item"), {"item": item_id}).scalar()
    return result if result and result.get("status") == "verified" else None


def _commands(engine: Engine) -> int:
    """How many commands the platform took; NotSeen when it refused one or was not reached at the first try."""
    with engine.begin() as db:
        commands = db.execute(text("SELECT kind, state, attempt, problem FROM command")).all()
    for command in commands:
        if (command.state, command.attempt) != ("accepted", 1):
            raise NotSeen(f"the command {command.kind} is {command.state} after {command.attempt}: {command.problem}")
    return len(commands)


def _closed(engine: Engine, item_id: str) -> bool:
    with engine.begin() as db:
        state = db.execute(text("SELECT state FROM work_item WHERE item_id = :item"), {"item": item_id}).scalar()
    return bool(state == "closed")


def _shows(slack: Reader, card: Message, post_url: str) -> str | None:
    """The line of the thread that links to the post."""
    for message in slack.thread(people.CHECKIN, card["ts"]):
        for block in message.get("blocks", []):
            for element in block.get("elements", []):
                if post_url in str(element.get("text", "")):
                    return re.sub("<[^|>]*[|]([^>]*)>", r"\1", str(element["text"]))
    return None


def _over(slack: Reader, ts: str) -> str | None:
    message = next(m for m in slack.messages(people.ALERTS) if m["ts"] == ts)
    return message["text"] if "is over" in message["text"] else None


def _incident(world: World, *, on: bool) -> None:
    httpx.post(f"{world.web_url}/incidents/{INCIDENT}", json={"on": on}, timeout=10, trust_env=False).raise_for_status()


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
