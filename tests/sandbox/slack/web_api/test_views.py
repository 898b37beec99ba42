import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.slack.local import LocalSlack
from sandbox.slack.modals import new_trigger
from sandbox.slack.model import slack_id
from tests.sandbox.slack.hands import Hands, modal

ANA = slack_id("U", "ana")


def trigger(slack: LocalSlack) -> str:
    return new_trigger(slack.workspace, ANA)


def test_the_stack_holds_three(slack: LocalSlack, client: WebClient, ana: Hands) -> None:
    with pytest.raises(SlackApiError, match="not_found"):
        client.views_push(trigger_id=trigger(slack), view=modal("a"))
    client.views_open(trigger_id=trigger(slack), view=modal("a"))
    client.views_push(trigger_id=trigger(slack), view=modal("b"))
    client.views_push(trigger_id=trigger(slack), view=modal("c"))
    with pytest.raises(SlackApiError, match="push_limit_reached"):
        client.views_push(trigger_id=trigger(slack), view=modal("d"))
    assert len(ana.stack()) == 3


def test_an_update_with_an_old_hash_is_refused(slack: LocalSlack, client: WebClient) -> None:
    opened = client.views_open(trigger_id=trigger(slack), view=modal("a"))["view"]
    updated = client.views_update(view_id=opened["id"], hash=opened["hash"], view=modal("b"))["view"]
    assert (updated["id"], updated["hash"] != opened["hash"]) == (opened["id"], True)
    with pytest.raises(SlackApiError, match="hash_conflict"):
        client.views_update(view_id=opened["id"], hash=opened["hash"], view=modal("c"))


def test_a_view_may_be_found_by_its_external_id_which_is_unique(slack: LocalSlack, client: WebClient) -> None:
    opened = client.views_open(trigger_id=trigger(slack), view=modal("a", external_id="item-42"))["view"]
    assert client.views_update(external_id="item-42", view=modal("b"))["view"]["id"] == opened["id"]
    with pytest.raises(SlackApiError, match="not_found"):
        client.views_update(external_id="item-42", view=modal("c"))
    client.views_update(view_id=opened["id"], view=modal("a", external_id="item-42"))
    with pytest.raises(SlackApiError, match="duplicate_external_id"):
        client.views_push(trigger_id=trigger(slack), view=modal("d", external_id="item-42"))


def test_a_refused_view_does_not_spend_the_trigger(slack: LocalSlack, client: WebClient) -> None:
    ticket = trigger(slack)
    with pytest.raises(SlackApiError) as refused:
        client.views_open(trigger_id=ticket, view=modal("a", title="x" * 25))
    assert refused.value.response["response_metadata"]["messages"] == [
        "[ERROR] must be less than 25 characters [json-pointer:/view/title/text]"
    ]
    client.views_open(trigger_id=ticket, view=modal("a"))


def test_home_is_each_users_own(client: WebClient, ana: Hands, ben: Hands) -> None:
    view = {"type": "home", "blocks": [{"type": "divider", "block_id": "line"}]}
    published = client.views_publish(user_id=ANA, view=view)["view"]
    assert ana.see("home")["view"]["id"] == published["id"]
    assert ben.see("home")["view"] is None
    with pytest.raises(SlackApiError, match="hash_conflict"):
        client.views_publish(user_id=ANA, view=view, hash="1.old")
    with pytest.raises(SlackApiError, match="invalid_arguments"):
        client.views_publish(user_id=ANA, view=modal("a"))
