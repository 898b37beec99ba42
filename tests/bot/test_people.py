from collections.abc import Callable

import pytest
import requests

from bot.people import People
from messages.slack import Slack
from operations.model import Role
from sandbox.slack.local import LocalSlack
from tests.sandbox.slack.hands import journal

UserId = Callable[[str], str]


@pytest.mark.parametrize(
    ("name", "role"), [("ana", Role.OPERATOR), ("ben", Role.OPERATOR), ("vic", Role.VIEWER), ("guest", Role.NONE)]
)
def test_a_role_is_granted_to_a_person_or_to_a_group_and_never_to_a_guest(
    people: People, user_id: UserId, name: str, role: Role
) -> None:
    assert people.person(user_id(name)).role is role


def test_a_person_has_a_name_and_a_zone(people: People, user_id: UserId) -> None:
    ana = people.person(user_id("ana"))
    assert (ana.name, ana.time_zone) == ("Ana Silva", "Europe/Lisbon")


def test_the_highest_role_counts(slack: Slack, user_id: UserId) -> None:
    ana = user_id("ana")
    people = People(slack, {Role.LEAD: [ana], Role.VIEWER: [ana], Role.OPERATOR: [ana]})
    assert people.person(ana).role is Role.LEAD


def test_the_app_itself_and_who_is_unknown_have_no_role(slack: Slack, workspace: LocalSlack) -> None:
    bot = workspace.workspace.app.user_id
    people = People(slack, {Role.LEAD: [bot, "UNOBODY1"]})
    assert people.person(bot).role is Role.NONE
    nobody = people.person("UNOBODY1")
    assert (nobody.role, nobody.name) == (Role.NONE, "UNOBODY1")


def test_a_group_that_cannot_be_read_grants_nothing(people: People, workspace: LocalSlack, user_id: UserId) -> None:
    fault = {"method": "usergroups.users.list", "kind": "unavailable"}
    requests.post(f"{workspace.url}/control/faults", json=fault, timeout=10).raise_for_status()
    assert people.person(user_id("ben")).role is Role.NONE
    assert people.person(user_id("ben")).role is Role.OPERATOR


def test_slack_is_not_asked_again_for_a_while(people: People, workspace: LocalSlack, user_id: UserId) -> None:
    for _ in range(3):
        people.person(user_id("ben"))
    asked = [entry["method"] for entry in journal(workspace, "api")]
    assert asked == ["users.info", "usergroups.users.list"]
