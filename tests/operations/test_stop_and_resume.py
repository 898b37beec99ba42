"""One person stops, two resume."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from audits import Scope, Stopped, guard, switches
from clients import store as clients
from clients.model import CalendarStatus
from messages import tables as messages
from messages.slack import Slack
from operations import stops, store
from operations.flow import perform
from operations.model import Answer, Ask, Click, Done, Invalid, Operation, Person, Refused, Role
from operations.resume import CONFIRM_RESUME, REQUEST_RESUME
from operations.stop import STOP, scope_words
from sandbox.slack.block_kit import problems
from sandbox.slack.local import running
from storage import clock
from tests.factories import calendar_item, click, client, effect, person
from tests.sandbox.slack.hands import CONFIG

ACME = Scope("acme")
ANA, BEN = person("Ana"), person("Ben")


def _press(
    engine: Engine, operation: Operation, value: str, by: Person = ANA, *, answers: dict[str, str] | None = None
) -> Answer | None:
    pressed: Click = click(value, person=by, action_id=operation.action_id, answers=answers or {})
    return perform(engine, operation, pressed)


def _stop(engine: Engine, scope: Scope = ACME, by: Person = ANA, reason: str = "wrong brand") -> Answer | None:
    return _press(engine, STOP, json.dumps({"scope": scope.key, "reason": reason}), by)


def _view(answer: Answer | None) -> dict[str, Any]:
    assert isinstance(answer, Ask)
    return dict(answer.view)


def _words(view: dict[str, Any]) -> str:
    return "\n".join(str(block.get("text", {}).get("text", "")) for block in view["blocks"])


def _on(engine: Engine) -> list[Scope]:
    with engine.begin() as db:
        return [switch.scope for switch in switches.switches_on(db)]


def _commands(engine: Engine) -> list[tuple[str, dict[str, Any], int]]:
    with engine.begin() as db:
        rows = db.execute(select(store.command).order_by(store.command.c.issued_at))
        return [(row.kind, row.body, row.priority) for row in rows]


@pytest.fixture(autouse=True)
def _clients(engine: Engine) -> None:
    with engine.begin() as db:
        clients.report_clients(db, [client(), client("zen", "Zen <Tea>")])


def test_the_way_from_the_button_over_what_it_hits_to_the_stop(engine: Engine) -> None:
    with engine.begin() as db:
        now = clock.now(db)
        times: dict[str, dict[str, Any]] = {
            "soon": {},
            "waits": {"status": CalendarStatus.AWAITING_APPROVAL},
            "gone": {"status": CalendarStatus.PUBLISHED},
            "late": {"scheduled_at": now + timedelta(hours=7)},
            "other-platform": {"platform": "x"},
            "other-client": {"client_id": "zen"},
        }
        due = {"scheduled_at": now + timedelta(hours=1)}
        clients.report_calendar(db, [calendar_item(name, **due | change) for name, change in times.items()])

    choose = _view(_press(engine, STOP, STOP.button(Scope(platform="instagram"))["value"]))
    assert choose["callback_id"] == STOP.action_id
    asked = {block["block_id"]: block["element"].get("initial_option", {}).get("value") for block in choose["blocks"]}
    assert asked == {"client": "any", "platform": "instagram", "lane": "any", "reason": None}
    assert _on(engine) == []

    answers = {"client": "acme", "platform": "instagram", "reason": "wrong <brand>"}
    with guard(engine, effect()):
        confirm = _view(_press(engine, STOP, choose["private_metadata"], answers=answers))
    assert "stops *Instagram at Acme Outdoor*" in _words(confirm)
    assert "*2* publishes of *1* client due in the next 6 hours will wait." in _words(confirm)
    assert "*1* already on the way will finish." in _words(confirm)
    assert "Reason: wrong &lt;brand&gt;" in _words(confirm)
    assert _on(engine) == []

    assert isinstance(_press(engine, STOP, confirm["private_metadata"]), Done)
    assert _on(engine) == [Scope("acme", "instagram")]
    ((kind, body, priority),) = _commands(engine)
    assert (kind, priority, body["expires_at"]) == ("stop", 0, None)
    assert body.items() >= {"client_id": "acme", "platform": "instagram", "reason": "wrong <brand>"}.items()


def test_a_stop_needs_a_reason(engine: Engine) -> None:
    answer = _press(
        engine, STOP, json.dumps({"scope": None}), answers={"client": "any", "platform": "any", "reason": "x"}
    )
    assert isinstance(answer, Invalid)
    assert set(answer.errors) == {"reason"}
    assert _on(engine) == []


def test_a_reason_of_emoji_as_long_as_slack_lets_it_be_fits_the_dialog(engine: Engine) -> None:
    answers = {"client": "any", "platform": "x", "reason": "😀" * 300}
    confirm = _view(_press(engine, STOP, json.dumps({"scope": None}), answers=answers))
    assert problems(confirm, "modal") == []
    assert isinstance(_press(engine, STOP, confirm["private_metadata"]), Done)


@pytest.mark.parametrize("value", ["", "null", "[]", "{}", '{"scope": 5}', '{"scope": "galaxy"}', "[" * 100_000])
def test_a_value_that_is_none_of_ours_is_refused_on_the_record(engine: Engine, value: str) -> None:
    for operation in (STOP, REQUEST_RESUME, CONFIRM_RESUME):
        assert _press(engine, operation, value).reason == "unknown_scope"  # type: ignore[union-attr]
    assert _on(engine) == []


def test_one_lane_can_be_stopped_alone(engine: Engine) -> None:
    answers = {"client": "acme", "platform": "any", "lane": "engagement", "reason": "storm of comments"}
    confirm = _view(_press(engine, STOP, json.dumps({"scope": None}), answers=answers))
    assert "stops *all of Acme Outdoor, engagement only*" in _words(confirm)
    assert isinstance(_press(engine, STOP, confirm["private_metadata"]), Done)
    with guard(engine, effect(lane="publishing")):
        pass
    with pytest.raises(Stopped), guard(engine, effect(lane="engagement")):
        pass


def test_a_client_nobody_knows_does_not_open_as_all_clients(engine: Engine) -> None:
    answer = _press(engine, STOP, STOP.button(Scope("a/b <!channel>", "x"))["value"])
    assert isinstance(answer, Refused)
    assert "knows no client a/b &lt;!channel&gt;" in answer.whisper


def test_nothing_chosen_is_everything_and_the_dialog_says_so(engine: Engine) -> None:
    answers = {"client": "any", "platform": "any", "reason": "breach"}
    confirm = _view(_press(engine, STOP, json.dumps({"scope": None}), answers=answers))
    assert "This stops *everything*" in _words(confirm)
    assert "Nothing is on the way right now." in _words(confirm)
    assert isinstance(_press(engine, STOP, confirm["private_metadata"]), Done)
    assert _on(engine) == [Scope()]


def test_a_viewer_cannot_stop_and_the_refusal_is_on_record(engine: Engine) -> None:
    assert isinstance(_stop(engine, by=person("Vic", Role.VIEWER)), Refused)
    assert _on(engine) == []


def test_what_is_stopped_already_is_not_stopped_again(engine: Engine) -> None:
    _stop(engine, Scope("zen"))
    answer = _stop(engine, Scope("zen"), by=BEN)
    assert isinstance(answer, Refused)
    assert answer.whisper == "Publishing was already stopped for all of Zen &lt;Tea&gt;."
    assert len(_commands(engine)) == 1


def test_who_says_stop_where_it_is_stopped_takes_back_the_wish_to_resume(engine: Engine) -> None:
    _stop(engine)
    _press(engine, REQUEST_RESUME, ACME.key, answers={"reason": "fixed"})
    assert isinstance(_stop(engine, by=person("Carla"), reason="leaked again"), Refused)
    answer = _press(engine, CONFIRM_RESUME, ACME.key, BEN)
    assert isinstance(answer, Refused)
    assert answer.reason == "not_requested"
    assert _on(engine) == [ACME]


def test_every_client_can_be_chosen_even_when_there_are_hundreds(engine: Engine) -> None:
    with engine.begin() as db:
        clients.report_clients(db, [client(f"client-{n:03}", f"Client {n}") for n in range(250)])
    view = _view(_press(engine, STOP, STOP.button(Scope("client-240"))["value"]))
    select_client = view["blocks"][0]["element"]
    offered = [option["value"] for group in select_client["option_groups"] for option in group["options"]]
    assert len(offered) == len(set(offered)) == 253
    assert select_client["initial_option"]["value"] == "client-240"
    with running(CONFIG) as workspace:
        ana = workspace.workspace.user("ana").id
        Slack("xoxb-local", base_url=workspace.api_url).publish_home(ana, view["blocks"])


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        (Scope(), "everything"),
        (ACME, "all of Acme Outdoor"),
        (Scope(platform="x"), "X for all clients"),
        (Scope("acme", "tiktok"), "TikTok at Acme Outdoor"),
        (Scope("unknown", "myspace"), "myspace at unknown"),
    ],
)
def test_a_scope_in_words(engine: Engine, scope: Scope, words: str) -> None:
    with engine.begin() as db:
        assert scope_words(db, scope) == words


# Resuming


def test_resuming_takes_a_second_person(engine: Engine) -> None:
    _stop(engine)
    dialog = _view(_press(engine, REQUEST_RESUME, ACME.key))
    assert (dialog["callback_id"], dialog["private_metadata"]) == (REQUEST_RESUME.action_id, ACME.key)
    assert isinstance(_press(engine, REQUEST_RESUME, ACME.key, answers={"reason": "x"}), Invalid)
    assert isinstance(_press(engine, REQUEST_RESUME, ACME.key, answers={"reason": "brand is right now"}), Done)
    assert _on(engine) == [ACME]

    own = _press(engine, CONFIRM_RESUME, ACME.key)
    assert isinstance(own, Refused)
    assert own.reason == "same_person"
    assert _on(engine) == [ACME]

    assert isinstance(_press(engine, CONFIRM_RESUME, ACME.key, BEN), Done)
    assert _on(engine) == []
    kind, body, _ = _commands(engine)[-1]
    assert (kind, body["by_name"], body["reason"]) == ("resume", "Ben", "brand is right now")


def test_nobody_confirms_what_nobody_asked_for(engine: Engine) -> None:
    _stop(engine)
    answer = _press(engine, CONFIRM_RESUME, ACME.key)
    assert isinstance(answer, Refused)
    assert answer.reason == "not_requested"
    assert _on(engine) == [ACME]


def test_what_runs_cannot_be_asked_to_resume(engine: Engine) -> None:
    answer = _press(engine, REQUEST_RESUME, ACME.key, answers={"reason": "in advance"})
    assert isinstance(answer, Refused)
    assert answer.reason == "already_running"


def test_a_request_from_before_a_stop_does_not_count_for_it(engine: Engine) -> None:
    _stop(engine)
    _press(engine, REQUEST_RESUME, ACME.key, answers={"reason": "safe again"})
    with engine.begin() as db:
        switches.set_switch(db, ACME, stopped=False, by="the platform", reason="mended")
    _stop(engine)
    answer = _press(engine, CONFIRM_RESUME, ACME.key, BEN)
    assert isinstance(answer, Refused)
    assert _on(engine) == [ACME]


def test_of_two_who_confirm_one_resumes(engine: Engine) -> None:
    _stop(engine)
    _press(engine, REQUEST_RESUME, ACME.key, answers={"reason": "safe again"})
    assert isinstance(_press(engine, CONFIRM_RESUME, ACME.key, BEN), Done)
    answer = _press(engine, CONFIRM_RESUME, ACME.key, person("Cleo"))
    assert isinstance(answer, Refused)
    assert [kind for kind, _, _ in _commands(engine)] == ["stop", "resume"]


# The card of a stop


def _card(engine: Engine, key: str = "stop:client:acme:1") -> str:
    stops.refresh(engine, "#ops")
    with engine.begin() as db:
        wanted = db.execute(select(messages.card.c.wanted).where(messages.card.c.key == key)).scalar_one()
    return json.dumps(wanted, ensure_ascii=False)


def test_the_card_tells_a_stop_from_recorded_to_settled_to_resumed(engine: Engine) -> None:
    stops.refresh(engine, "#ops")
    with guard(engine, effect()):
        _stop(engine)
        assert "*1* already on the way may still appear" in _card(engine)
        assert "has not answered the order yet" in _card(engine)
    settled = _card(engine)
    assert "Settled: nothing is on the way, nothing new starts. Of what was on the way 1 unknown." in settled
    assert "By Ana" in settled
    assert REQUEST_RESUME.action_id in settled
    _press(engine, REQUEST_RESUME, ACME.key, answers={"reason": "safe again"})
    asked = _card(engine)
    assert "*Ana* asks to resume: safe again" in asked
    assert CONFIRM_RESUME.action_id in asked
    _press(engine, CONFIRM_RESUME, ACME.key, BEN)
    resumed = _card(engine)
    assert "Publishing runs again: all of Acme Outdoor" in resumed
    assert "Asked by Ana, confirmed by Ben" in resumed
    assert "Stopped by Ana" in resumed
    assert "button" not in resumed


def test_a_second_stop_has_a_card_of_its_own(engine: Engine) -> None:
    for _ in range(2):
        _stop(engine)
        with engine.begin() as db:
            switches.set_switch(db, ACME, stopped=False, by="Ben", reason="mended")
    stops.refresh(engine, "#ops")
    with engine.begin() as db:
        keys = db.execute(select(messages.card.c.key).order_by(messages.card.c.key)).scalars().all()
    assert keys == ["stop:client:acme:1", "stop:client:acme:3"]
