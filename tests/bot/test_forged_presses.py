"""Whatever a button, a menu, a dialog or a command carries: it is answered, it is on record, and nothing else changes.

The payloads come to the real Bolt app as its socket hands them on; nothing between has looked at them.
"""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from itertools import count, product
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from slack_bolt import BoltRequest
from sqlalchemy import Engine, select
from structlog.testing import capture_logs

from audits import store as audits
from audits import switches
from bot import home_store
from bot.app import BUTTONS
from bot.commands import QUESTIONS, Commands
from bot.connection import bolt_app
from bot.home import Home
from bot.home_card import FILTER
from bot.kill import Kill
from bot.listeners import Listeners
from bot.people import People
from charts import Renderer
from clients import store as clients
from clients import work_items
from clients.model import Seen
from messages.blocks import visible
from messages.slack import Slack
from operations import store as operations
from operations.approve import APPROVE
from operations.batch import batches
from operations.cards import MORE
from operations.model import Role
from operations.stop import STOP
from sandbox.slack.local import LocalSlack
from sandbox.slack.response_urls import new_response_url
from storage.engine import metadata
from tests.factories import HASH, client, work_item
from tests.fakes import ToldPrometheus
from tests.sandbox.slack.hands import OPS, Hands

OURS = BUTTONS | {each.action_id: each for each in batches({"acme": frozenset({"acme"})})}
LONG = "".join(Random(1).choices("abcdefghijklmnop-:/|", k=100_000))
VALUES = (
    "",
    "x",
    "item-1",
    "\0",
    "\ud800",
    LONG,
    "../../etc/passwd",
    "٣|٣|٣|٣",
    f"item-1\0|1|{HASH}|0",
    f"item-1|1|{HASH}|²",
    f"item-1|{10**30}|{HASH}|-1",
    "batch:",
    "batch:x|looked",
    "batch:\0",
    f"batch:{uuid4()}|\ud800",
    str(uuid4()),
    "{" + str(uuid4()) + "}",
    "acme|checkin:\0|not a time",
    f"acme|{LONG}|0001-01-01T00:00:00+14:00",
    "acme|\ud800|9999-12-31T23:59:59-14:00",
    "nobody||",
    "null",
    '{"scope": 5, "reason": ["x"]}',
    '{"scope": "client:\\u0000", "reason": "because"}',
    '{"scope": "client:\\ud800", "reason": "because"}',
    '{"scope": "client:acme/platform:paper", "reason": "because"}',
    f'{{"scope": "lane:{LONG}", "reason": "because"}}',
    "[" * 100_000,
    "client:%00",
    "client:nobody/lane:\0",
    "nowhere|approvals",
    f"{LONG}|approvals",
)
KEPT = {"click", "audit_event", "audit_key", "policy_snapshot", "batch", "home"}
"""What a press may leave: that it was, what was refused, a dialog that was opened, what a Home shows."""

BECAUSE = {
    "values": {name: {"answer": {"type": "plain_text_input", "value": "because"}} for name in ("words", "reason")}
}


def _everywhere(entered: Any) -> dict[str, Any]:
    blocks = ("words", "reason", "choice", "until", "at", "who", "client", "platform", "lane", "0", "\0\ud800", LONG)
    return {"values": {block: {"answer": entered} for block in blocks}}


STATES: tuple[Any, ...] = (
    None,
    [],
    {"values": None},
    {"values": {"words": None, "at": [], "who": {"answer": "x"}}},
    *(
        _everywhere(entered)
        for entered in (
            {"value": "\0\ud800\u200b"},
            {"value": LONG},
            {"value": {"x": 1}},
            {"selected_option": "x"},
            {"selected_option": {"value": "\ud800"}},
            {"selected_option": {"value": LONG}},
            {"selected_option": {"value": ["x"]}},
            {"selected_options": "x"},
            {"selected_options": [None, {}, {"value": ["x"]}, {"value": LONG}]},
            {"selected_user": "\0"},
            {"selected_user": ["x"]},
        )
    ),
    *(
        {"values": {"until": {"answer": {"selected_option": {"value": "time"}}}, "at": {"answer": at}}}
        for at in (
            {"selected_date_time": 10**30},
            {"selected_date_time": -1},
            {"selected_date_time": 1e300},
            {"selected_date_time": "²"},
            {"selected_date_time": "٣" * 5000},
            {"selected_date_time": True},
        )
    ),
)
Send = Callable[..., str]
AtWork = Callable[[], AbstractContextManager[Send]]

_numbers = count(1)


@pytest.fixture
def at_work(workspace: LocalSlack, engine: Engine, slack: Slack) -> AtWork:
    """All that the running bot listens with, for a block; Ana may do anything, and what her presses led to is done
    when the block ends. It gives what hands over a payload of hers, and answers with what came with the ack.
    """
    ana = workspace.workspace.user("ana").id
    people = People(slack, {Role.LEAD: [ana]})

    @contextmanager
    def listening() -> Iterator[Send]:
        with Renderer() as renderer, ThreadPoolExecutor(4) as pool:
            home = Home(engine, slack, pool)
            app = bolt_app(
                slack,
                Listeners(engine, slack, people, OURS, pool, lambda: None, home.publish, home.choose),
                Commands(engine, slack, people, ToldPrometheus(), renderer, pool, "UTC"),
                Kill(engine, slack, people, pool),
                home,
            )

            def send(kind: str, **payload: Any) -> str:
                body = {"type": kind, "team": {"id": "T1"}, "user": {"id": ana, "team_id": "T1"}, **payload}
                answer = app.dispatch(BoltRequest(body=body, mode="socket_mode"))
                assert answer.status == 200
                return answer.body or ""

            yield send

    return listening


@pytest.fixture(autouse=True)
def _draft(engine: Engine) -> None:
    with engine.begin() as db:
        clients.report_clients(db, [client()])
        work_items.open_items(db, [work_item()])


@pytest.fixture(autouse=True)
def _nothing_is_told_to_have_broken(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with capture_logs() as logged:
        yield
    broken = [*caplog.get_records("call"), *(entry for entry in logged if entry["log_level"] == "error")]
    assert [str(each)[:300] for each in broken] == []


def _press(send: Send, action: dict[str, Any]) -> None:
    action = {"type": "button", "block_id": "b", "action_ts": _ts(), **action}
    place = {"type": "message", "channel_id": OPS, "message_ts": "1.000001"}
    send("block_actions", trigger_id=_ts(), container=place, actions=[action])


def _submit(send: Send, action_id: str, value: Any, state: Any = BECAUSE) -> str:
    """What the dialog does next."""
    view = {"id": f"V{_ts()}", "hash": "h", "type": "modal", "callback_id": action_id, "private_metadata": value}
    title = {"type": "plain_text", "text": "Dialog"}
    answer = json.loads(send("view_submission", view=view | {"title": title, "state": state}))
    return str(answer["response_action"])


def _ts() -> str:
    return f"2.{next(_numbers):06}"


def _all_but_what_is_kept(engine: Engine) -> dict[str, list[Any]]:
    with engine.begin() as db:
        return {each.name: list(db.execute(select(each))) for each in metadata.sorted_tables if each.name not in KEPT}


def test_values_that_are_none_of_ours_are_answered_and_on_record_and_change_nothing(
    engine: Engine, at_work: AtWork, ana: Hands
) -> None:
    before = _all_but_what_is_kept(engine)
    with at_work() as send:
        for action_id, value in product(OURS, VALUES):
            _press(send, {"action_id": action_id, "value": value})
            assert _submit(send, action_id, value) == "update"
    assert _all_but_what_is_kept(engine) == before
    assert len(ana.messages()) == len(OURS) * len(VALUES)
    with engine.begin() as db:
        answers = db.execute(select(operations.click.c.answer)).scalars().all()
        results = db.execute(select(audits.audit_event.c.result)).scalars().all()
    refused = [answer for answer in answers if answer.startswith("refused:")]
    assert (len(answers), {*answers} - {*refused}) == (2 * len(OURS) * len(VALUES), {"ask"})
    assert results == ["blocked"] * len(refused)


def test_a_dialog_with_anything_in_its_fields_is_answered(engine: Engine, at_work: AtWork) -> None:
    """What is in order all the same may take effect; in the words that are kept there is nothing nobody sees."""
    values = (Seen.of(work_item()).value, STOP.value(), f"batch:{uuid4()}|looked")
    with at_work() as send:
        for action_id, value, state in product(OURS, values, STATES):
            assert _submit(send, action_id, value, state) in ("update", "errors", "clear")
    with engine.begin() as db:
        assert switches.switches_on(db) == []
        (draft,) = work_items.items_with(db, ["item-1"])
    words = "".join(turn["words"] for turn in draft.story)
    assert len(words) < 10_000
    assert words == visible(words)


def test_a_press_without_its_form_is_answered(at_work: AtWork, ana: Hands) -> None:
    odd: tuple[Any, ...] = (None, 5, ["x"], {"x": 1})
    presses: list[dict[str, Any]] = [
        press
        for value in odd
        for press in (
            {"action_id": APPROVE.action_id, "value": value},
            {"action_id": "\0", "value": value},
            {"type": "overflow", "action_id": MORE, "block_id": value, "selected_option": value},
            {"type": "overflow", "action_id": MORE, "block_id": "x", "selected_option": {"value": value}},
            {"type": "overflow", "action_id": MORE, "block_id": "\0", "selected_option": {"value": APPROVE.action_id}},
        )
    ]
    presses.append({"action_id": APPROVE.action_id, "value": "x", "action_ts": ["x"]})
    with at_work() as send:
        for press in presses:
            _press(send, press)
        for value in odd:
            _submit(send, APPROVE.action_id, value)
    assert len(ana.messages()) == len(presses)


def test_a_filter_that_home_does_not_offer_narrows_nothing(engine: Engine, at_work: AtWork) -> None:
    with at_work() as send:
        for name, value in product(("client", "kind", "\0", LONG), (*VALUES, None)):
            menu = {"type": "static_select", "selected_option": {"value": value}}
            _press(send, {"action_id": f"{FILTER}{name}", **menu})
    with engine.begin() as db:
        assert db.execute(select(home_store.home.c.filters)).scalars().all() == [{"client": "", "kind": ""}]


def test_a_command_with_anything_behind_it_is_answered(
    engine: Engine, at_work: AtWork, workspace: LocalSlack, ana: Hands
) -> None:
    before = _all_but_what_is_kept(engine)
    user = workspace.workspace.user("ana").id
    asked = list(product((*(question.command for question in QUESTIONS), "/kill"), VALUES))
    with at_work() as send:
        for command, text in asked:
            url = new_response_url(workspace.workspace, user, workspace.workspace.channel("ops"))
            told = {"command": command, "text": text, "response_url": url, "trigger_id": _ts()}
            send("", user_id=user, team_id="T1", channel_id=OPS, **told)
    assert _all_but_what_is_kept(engine) == before
    assert len(ana.messages()) >= len(asked)
