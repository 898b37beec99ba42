from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import text

from audits import Scope, switches
from audits import store as audits
from clients.model import Seen
from operations import store
from operations.flow import perform
from operations.model import Done, Operation
from operations.request_changes import REQUEST_CHANGES
from operations.resolve import RESOLVE
from operations.stop import STOP
from sandbox.agency import store as agency_store
from sandbox.agency.rework import reworked
from storage import clock
from tests.factories import click
from tests.fakes import turn_clock
from tests.sandbox.agency.in_process import SECRET, Agency, approving, signed


def jobs(agency: Agency) -> int:
    with agency.engine.connect() as db:
        count: int = db.execute(
            text("SELECT count(*) FROM agency.job WHERE args ? 'approved' OR kind = 'resolve'")
        ).scalar_one()
    return count


def test_an_approval_is_accepted_once_however_often_it_is_sent(agency: Agency) -> None:
    order = signed("publish", **approving(agency.approvals()[0]))
    answers = [agency.web.post("/commands", **order) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 202]
    assert answers[0].json() == {"status": "accepted"}
    assert jobs(agency) == 1


def test_a_wrong_signature_is_refused(agency: Agency) -> None:
    forged = signed("publish", secret=SECRET[:-4] + "AAAA", **approving(agency.approvals()[0]))
    tampered = signed("publish", **approving(agency.approvals()[0]))
    tampered["content"] = tampered["content"].replace("Ana", "Eve")
    unsigned = {**tampered, "headers": {"content-type": "application/json"}}
    for order in (forged, tampered, unsigned):
        assert agency.web.post("/commands", **order).status_code == 401
    assert jobs(agency) == 0


def test_what_changed_since_it_was_seen_is_not_published(agency: Agency) -> None:
    seen = approving(agency.approvals()[0])
    for change in ({"payload_hash": "0" * 64}, {"version": 2}, {"item_id": "gone"}):
        answer = agency.command("publish", **{**seen, **change})
        assert answer.status_code == 409
        assert answer.json() == {"error": "changed"}
    assert jobs(agency) == 0


def test_an_expired_command_is_gone(agency: Agency) -> None:
    past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    assert agency.command("publish", **approving(agency.approvals()[0]), expires_at=past).status_code == 410
    assert jobs(agency) == 0


def test_a_malformed_command_is_refused(agency: Agency) -> None:
    assert agency.command("dance").status_code == 422
    assert agency.command("resolve").status_code == 422
    other_id = signed("resume")
    other_id = signed("resume", command_id="8f0e5c0a-7d0b-4d27-9b5f-1d9a4b6a2f11") | {"headers": other_id["headers"]}
    assert agency.web.post("/commands", **other_id).status_code == 401


@pytest.mark.parametrize(("operation", "value"), [(STOP, '{"scope": "platform:x", "reason": "breach"}'), (RESOLVE, "")])
def test_what_the_bot_orders_is_obeyed_as_the_bot_writes_it(agency: Agency, operation: Operation, value: str) -> None:
    thread = next(item for item in agency.day.work if item.kind == "escalation")
    value = value or Seen(thread.item_id, thread.version, thread.payload_hash).value
    assert isinstance(perform(agency.engine, operation, click(value, undo=timedelta(0))), Done)
    with agency.engine.begin() as db:
        command = store.claim_command(db, timedelta(seconds=5))
    assert command is not None
    assert agency.command(**command.body).status_code == 202


def test_a_draft_that_was_sent_back_comes_anew_without_the_words_it_was_sent_back_with(agency: Agency) -> None:
    draft = next(item for item in agency.approvals() if item.body.get("risk"))
    pressed = click(Seen.of(draft).value, undo=timedelta(0), answers={"words": "Name the study, please."})
    assert isinstance(perform(agency.engine, REQUEST_CHANGES, pressed), Done)
    with agency.engine.begin() as db:
        command = store.claim_command(db, timedelta(seconds=5))
    assert command is not None
    assert agency.command(**command.body).status_code == 202
    with agency.engine.begin() as db:
        db.execute(text("UPDATE agency.job SET eligible_at = checkin_now() WHERE args ? 'draft'"))
    agency.work(("calendar",))
    again = agency.item(draft.item_id)
    told = reworked(draft.body["text"], draft.body["risk"], 2)
    assert (again.state, again.version, (again.body["text"], again.body["risk"])) == ("open", 2, told)
    assert again.changes_asked is not None


def test_a_resolved_item_is_handled(agency: Agency) -> None:
    thread = next(item for item in agency.day.work if item.kind == "escalation")
    assert agency.command("resolve", item_id=thread.item_id).status_code == 202
    agency.work(("resolve",))
    assert agency.item(thread.item_id).result["status"] == "handled"


def test_a_reply_goes_out_under_the_guard_in_the_operators_name(agency: Agency) -> None:
    thread = next(item for item in agency.day.work if item.kind == "escalation")
    seen = {"item_id": thread.item_id, "payload_hash": thread.payload_hash, "version": thread.version}
    assert agency.command("reply", **seen).status_code == 422
    assert agency.command("reply", **{**seen, "version": 9}, text="On its way!").status_code == 409
    assert agency.command("reply", **seen, text="On its way!", by="UANA01").status_code == 202
    agency.work(("answer",))
    assert agency.item(thread.item_id).result["status"] == "answered"
    with agency.engine.connect() as db:
        assert agency_store.messages_in(db, str(thread.platform), thread.client_id, thread.item_id) == ["On its way!"]
        intent, outcome = (event for event in audits.last(db, thread.client_id, 2)[::-1])
    assert (intent.actor_id, intent.action_type, outcome.result) == ("UANA01", "dm_send", "success")
    assert outcome.proof["reply"] == "On its way!"


def test_a_reply_that_waits_out_a_stop_is_refused_once_and_does_not_go_out_when_its_time_is_over(
    agency: Agency,
) -> None:
    thread = next(item for item in agency.day.work if item.kind == "escalation")
    seen = {"item_id": thread.item_id, "payload_hash": thread.payload_hash, "version": thread.version}
    with agency.engine.begin() as db:
        switches.set_switch(db, Scope(lane="engagement"), stopped=True, by="Ana", reason="breach")
        expires_at = (clock.now(db) + timedelta(minutes=10)).isoformat()
    assert agency.command("reply", **seen, text="On its way!", expires_at=expires_at).status_code == 202
    for _ in range(3):
        agency.work(("answer",))
        agency.wait_for_jobs()
    with agency.engine.begin() as db:
        refusals = [event for event in audits.last(db, thread.client_id) if event.result == "blocked"]
        switches.set_switch(db, Scope(lane="engagement"), stopped=False, by="Ben", reason="mended")
    assert len(refusals) == 1
    turn_clock(agency.engine, timedelta(minutes=11))
    agency.work(("answer",))
    assert agency.item(thread.item_id).result["status"] == "failed"
    with agency.engine.connect() as db:
        assert agency_store.messages_in(db, str(thread.platform), thread.client_id, thread.item_id) == []


def test_a_reply_of_which_nobody_knows_whether_it_arrived_is_not_told_as_failed(agency: Agency) -> None:
    thread = next(item for item in agency.day.work if item.kind == "escalation")
    seen = {"item_id": thread.item_id, "payload_hash": thread.payload_hash, "version": thread.version}
    assert agency.command("reply", **seen, text="On its way!").status_code == 202
    agency.shop.gateway.timeout = httpx.Timeout(5, read=0.0001)
    for tries in range(3):
        turn_clock(agency.engine, tries * timedelta(seconds=10))
        agency.work(("answer",))
    assert agency.item(thread.item_id).result["status"] == "unknown"
    with agency.engine.connect() as db:
        (last,) = audits.last(db, thread.client_id, 1)
    assert (last.action_type, last.result) == ("dm_send", "unknown")


def test_refusals_are_counted_by_route_and_status(agency: Agency) -> None:
    agency.command("dance")
    exposition = agency.web.get("/metrics").text
    assert 'api_http_errors_total{route="/commands",status="422"} 1.0' in exposition


def test_a_stop_that_could_not_be_recorded_is_obeyed_all_the_same(agency: Agency) -> None:
    told = {"platform": "instagram", "by_name": "ana (command line)", "reason": "wrong brand"}
    assert agency.command("stop", **told, epoch=7).status_code == 202
    with agency.engine.begin() as db:
        assert switches.switches_on(db) == []
    assert agency.command("stop", **told).status_code == 202
    with agency.engine.begin() as db:
        (switch,) = switches.switches_on(db)
    assert (switch.scope, switch.set_by) == (Scope(platform="instagram"), "ana (command line)")
