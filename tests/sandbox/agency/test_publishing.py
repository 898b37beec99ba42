from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import text

import audits
from audits.store import last
from audits.switches import grant, set_switch
from clients import store as reports
from clients.figures import OVERDUE_AFTER
from clients.model import CalendarItem, CalendarStatus, ItemKind, ItemState
from sandbox.agency import missed, world
from sandbox.agency.work import ask_to_publish
from storage import clock
from tests.fakes import turn_clock
from tests.sandbox.agency.in_process import Agency, approving


def events(agency: Agency, calendar_item_id: str | None) -> list[audits.AuditEvent]:
    """Oldest first."""
    client_id = agency.calendar_item(calendar_item_id).client_id
    with agency.engine.connect() as db:
        found = last(db, client_id, 500)
    return [event for event in reversed(found) if event.ids.get("calendar_item_id") == calendar_item_id]


def stop(agency: Agency, scope: audits.Scope, *, stopped: bool = True) -> None:
    with agency.engine.begin() as db:
        set_switch(db, scope, stopped=stopped, by="U0ANA", reason="test")


def test_an_approved_post_goes_out_and_is_seen(agency: Agency) -> None:
    item = agency.approvals()[0]
    agency.command("publish", **approving(item))
    assert agency.work() == ["publish"]
    agency.wait_for_jobs()
    assert agency.work() == ["verify"]

    result = agency.item(item.item_id).result
    planned = agency.calendar_item(item.calendar_item_id)
    page = agency.platforms.get(result["post_url"])
    intent, outcome = events(agency, item.calendar_item_id)
    assert result["status"] == "verified"
    assert planned.status is CalendarStatus.VERIFIED
    assert item.body["text"].split("#")[0].strip()[:40] in page.text
    assert agency.web.get(item.body["asset_url"]).content.startswith(b"\x89PNG")
    assert (intent.phase, outcome.phase) == (audits.Phase.INTENT, audits.Phase.OUTCOME)
    assert intent.command_id == outcome.command_id
    assert outcome.result is audits.Result.SUCCESS
    assert outcome.proof["post_url"] == result["post_url"]
    assert {"job_id", "asset_id", "plan_id", "episode_id", "request_id"} <= set(outcome.ids)
    assert agency.count("posts_published_total", platform=item.platform or "") == 1
    assert agency.count("client_publish_outcomes_total", client_id=item.client_id, outcome="ok") == 1
    assert agency.count("publish_verifications_total", result="visible") == 1


def test_what_is_far_ahead_is_scheduled_and_goes_out_at_its_time(agency: Agency) -> None:
    item = agency.approvals()[-1]
    agency.command("publish", **approving(item))
    agency.work()
    assert agency.calendar_item(item.calendar_item_id).status is CalendarStatus.SCHEDULED
    assert agency.item(item.item_id).result["status"] == "queued"
    assert agency.work() == []


def test_a_second_command_for_a_published_post_publishes_nothing(agency: Agency) -> None:
    item = agency.approvals()[0]
    for _ in range(2):
        assert agency.command("publish", **approving(item)).status_code == 202
        agency.work()
    with agency.engine.connect() as db:
        key = {"key": f"{item.calendar_item_id}:{item.version}"}
        assert db.execute(text("SELECT count(*) FROM agency.post WHERE key = :key"), key).scalar() == 1
    assert len(events(agency, item.calendar_item_id)) == 2


def test_what_a_runner_had_sent_before_it_died_is_believed_and_not_sent_again(agency: Agency) -> None:
    item = agency.approvals()[0]
    agency.command("publish", **approving(item))
    url = "https://instagram.example.com/p/1"
    with audits.guard(agency.engine, _publish_of(agency, item.calendar_item_id)) as permit:
        permit.succeeded(post_url=url)
    agency.work(("publish",))
    planned = agency.calendar_item(item.calendar_item_id)
    assert (planned.status, planned.post_url) == (CalendarStatus.PUBLISHED, url)
    assert _posts_of(agency, planned) == 0


def test_what_a_runner_died_over_is_left_to_a_person_once_it_cannot_be_at_it_any_more(agency: Agency) -> None:
    item = agency.approvals()[0]
    agency.command("publish", **approving(item))
    with agency.engine.begin() as db:
        grant(db, _publish_of(agency, item.calendar_item_id), timedelta(seconds=60))
    agency.work(("publish",))
    assert agency.calendar_item(item.calendar_item_id).status is CalendarStatus.AWAITING_APPROVAL
    turn_clock(agency.engine, timedelta(seconds=61))
    agency.work(("publish",))
    assert agency.item(world.failure_id(str(item.calendar_item_id))).kind is ItemKind.UNKNOWN_OUTCOME
    assert _posts_of(agency, agency.calendar_item(item.calendar_item_id)) == 0


def _publish_of(agency: Agency, calendar_item_id: str | None) -> audits.Effect:
    item = agency.calendar_item(calendar_item_id)
    return world.publish_effect(item, {"calendar_item_id": item.calendar_item_id})


def _posts_of(agency: Agency, item: CalendarItem) -> int:
    with agency.engine.connect() as db:
        posts = text("SELECT count(*) FROM agency.post WHERE key = :key")
        return int(db.execute(posts, {"key": world.post_key(item)}).scalar_one())


def test_nothing_waits_for_approval_and_goes_out_without_it(agency: Agency) -> None:
    item = agency.approvals()[0]
    planned = agency.calendar_item(item.calendar_item_id)
    with agency.engine.begin() as db:
        ask_to_publish(db, agency.shop.metrics, planned)
    agency.work()
    assert agency.calendar_item(item.calendar_item_id).status is CalendarStatus.AWAITING_APPROVAL


def test_a_stopped_client_publishes_nothing_until_it_is_resumed(agency: Agency) -> None:
    item = agency.approvals()[0]
    scope = audits.Scope(client_id=item.client_id)
    stop(agency, scope)
    agency.command("publish", **approving(item))
    agency.work()
    assert agency.item(item.item_id).result["status"] == "stopped"
    assert agency.calendar_item(item.calendar_item_id).status is CalendarStatus.SCHEDULED
    agency.wait_for_jobs()
    agency.work()  # tried again while stopped: nothing, and no second refusal in the record
    assert [event.result for event in events(agency, item.calendar_item_id)] == [audits.Result.BLOCKED]

    stop(agency, scope, stopped=False)
    agency.command("resume", client_id=item.client_id)
    agency.work()
    agency.wait_for_jobs()
    agency.work()
    assert agency.item(item.item_id).result["status"] == "verified"


def test_a_failing_api_is_tried_three_times_then_given_up_and_mended(agency: Agency) -> None:
    before = agency.count("publish_failures_total")
    caused = agency.web.post("/incidents/platform-api-fails", json={"on": True}).json()
    assert caused["target"] == "instagram"
    assert caused["says"].startswith("Instagram's API answers every call with 500. Watch #ops-alerts")
    with agency.engine.begin() as db:  # those of the eight that come up while we look
        rushed = (
            db.execute(
                text(
                    "SELECT args ->> 'calendar_item_id' FROM agency.job WHERE kind = 'publish' "
                    "AND eligible_at < checkin_now() + interval '16 s'"
                )
            )
            .scalars()
            .all()
        )
    instagram = [id_ for id_ in rushed if agency.calendar_item(id_).platform == "instagram"]
    assert 5 <= len(instagram) <= 8
    assert len({agency.calendar_item(id_).client_id for id_ in instagram}) == len(instagram)

    agency.work(("publish",))
    given_up = [id_ for id_ in instagram if agency.calendar_item(id_).status is CalendarStatus.FAILED]
    failed = given_up[0]
    problem = agency.item(world.failure_id(failed))
    assert (problem.kind, problem.state) == (ItemKind.PUBLISH_FAILURE, ItemState.OPEN)
    assert problem.body["reason"] == "platform_5xx"
    assert events(agency, failed)[-1].result is audits.Result.FAIL
    assert agency.count("publish_failures_total", platform="instagram", reason="platform_5xx") == before + len(given_up)
    assert agency.count("episode_retries_total", reason="platform_5xx") == 2 * len(given_up)
    assert agency.count("job_failures_total", lane="publishing", reason="platform_5xx") == len(given_up)

    assert agency.web.post("/incidents/platform-api-fails", json={"on": False}).json()["state"] == "mended"
    agency.work(("publish",))
    assert agency.calendar_item(failed).status is CalendarStatus.PUBLISHED
    assert agency.item(problem.item_id).outcome == "published"


def test_mending_what_is_not_broken_and_unknown_incidents_are_said(agency: Agency) -> None:
    assert agency.web.post("/incidents/platform-api-fails", json={"on": False}).json()["state"] == "not on"
    unknown = agency.web.post("/incidents/flood", json={"on": True})
    assert unknown.status_code == 404
    assert "platform-api-fails" in unknown.json()["detail"]


def test_a_wish_becomes_a_post_in_the_calendar(agency: Agency) -> None:
    assert agency.web.post("/plans", json={"client_id": "acme", "platform": "instagram"}).status_code == 202
    assert agency.work(("plan", "asset", "calendar")) == ["plan", "asset", "calendar"]
    assert agency.count("jobs_completed_total") == 3
    assert agency.count("llm_cost_usd_total") > 0
    with agency.engine.connect() as db:
        status = db.execute(
            text("SELECT status FROM calendar_item WHERE blueprint_id = 'quick-update' AND client_id = 'acme'")
        ).scalar()
    assert status == CalendarStatus.SCHEDULED


def test_a_draft_asks_for_approval(agency: Agency) -> None:
    before = len(agency.approvals())
    agency.web.post("/plans", json={"client_id": "acme", "platform": "instagram", "draft": True})
    agency.work(("plan", "asset", "calendar"))
    with agency.engine.begin() as db:  # unless it is due soon, it would be made hours later
        db.execute(text("UPDATE agency.job SET eligible_at = checkin_now() WHERE args ? 'draft'"))
    agency.work(("asset", "calendar"))
    with agency.engine.connect() as db:
        waiting = db.execute(text("SELECT count(*) FROM work_item WHERE kind = 'approval' AND state = 'open'")).scalar()
    assert waiting == before + 1


def test_a_client_that_is_not_on_a_platform_cannot_wish_for_it(agency: Agency) -> None:
    assert agency.web.post("/plans", json={"client_id": "acme", "platform": "linkedin"}).status_code == 422


def test_what_was_not_tried_in_time_is_missed_once_but_not_what_a_person_stopped(agency: Agency) -> None:
    items = [agency.calendar_item(item.calendar_item_id) for item in agency.approvals()[:3]]
    late, stopped, unapproved = items
    with agency.engine.begin() as db:
        for item in (late, stopped):
            reports.report_calendar(db, [replace(item, status=CalendarStatus.SCHEDULED)])
    stop(agency, audits.Scope(stopped.client_id))
    sweep = missed.sweeper()
    sweep(agency.shop)
    with agency.engine.begin() as db:
        for item in items:
            just_now = clock.now(db) - OVERDUE_AFTER
            status = CalendarStatus.AWAITING_APPROVAL if item is unapproved else CalendarStatus.SCHEDULED
            reports.report_calendar(db, [replace(item, status=status, scheduled_at=just_now)])
    sweep(agency.shop)
    sweep(agency.shop)

    assert agency.count("client_publish_outcomes_total", outcome="missed") == 1
    assert agency.count("client_publish_outcomes_total", outcome="missed", client_id=late.client_id) == 1


@pytest.mark.parametrize(("answer", "result"), [(404, "not_found"), (503, "error"), (None, "error")])
def test_who_cannot_look_does_not_say_that_nothing_is_there(agency: Agency, answer: int | None, result: str) -> None:
    item = agency.approvals()[0]
    agency.command("publish", **approving(item))
    agency.work(("publish",))

    def answered(request: httpx.Request) -> httpx.Response:
        if answer is None:
            raise httpx.ConnectError("away", request=request)
        return httpx.Response(answer)

    blind = replace(agency, shop=replace(agency.shop, outside=httpx.Client(transport=httpx.MockTransport(answered))))
    for _ in range(5):
        blind.wait_for_jobs()
        blind.work(("verify",))

    assert agency.count("publish_verifications_total", result=result) == 1
    assert agency.count("publish_verifications_total") == 1
    assert agency.item(world.failure_id(str(item.calendar_item_id))).body["reason"] == result
