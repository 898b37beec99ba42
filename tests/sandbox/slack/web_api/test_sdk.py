"""Every method through the official client, synchronous and asynchronous, with nothing but what its page documents."""

import asyncio
import inspect
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.local import LocalSlack, running
from sandbox.slack.modals import new_trigger
from sandbox.slack.model import slack_id
from sandbox.slack.web_api.registry import METHODS
from tests.sandbox.slack.hands import CONFIG, OPS, bot_client, modal

ANA = slack_id("U", "ana")
HOME = {"type": "home", "blocks": [{"type": "divider"}]}
# The token of another kind, and what only the SDK knows.
LEGACY = {"app_token", "container_id", "include_slackbot_availability"}

# What stands in braces comes from the calls before.
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "apps.connections.open": ("apps_connections_open", {"app_token": "xapp-local"}),
    "auth.test": ("auth_test", {}),
    "auth.teams.list": ("auth_teams_list", {}),
    "blocks.validate": ("api_call", {"api_method": "blocks.validate", "json": {"blocks": [{"type": "divider"}]}}),
    "bookmarks.add": (
        "bookmarks_add",
        {"channel_id": OPS, "title": "Runbooks", "type": "link", "link": "https://example.com"},
    ),
    "chat.postMessage": ("chat_postMessage", {"channel": OPS, "text": "hello"}),
    "chat.postEphemeral": ("chat_postEphemeral", {"channel": OPS, "user": ANA, "text": "psst"}),
    "chat.update": ("chat_update", {"channel": OPS, "ts": "{ts}", "text": "hello again"}),
    "chat.getPermalink": ("chat_getPermalink", {"channel": OPS, "message_ts": "{ts}"}),
    "conversations.create": ("conversations_create", {"name": "incident-{way}"}),
    "conversations.history": ("conversations_history", {"channel": OPS, "include_all_metadata": True}),
    "conversations.info": ("conversations_info", {"channel": OPS}),
    "conversations.join": ("conversations_join", {"channel": slack_id("C", "elsewhere")}),
    "conversations.list": ("conversations_list", {"types": ["public_channel", "im"]}),
    "conversations.members": ("conversations_members", {"channel": OPS}),
    "conversations.open": ("conversations_open", {"users": [ANA, slack_id("U", "ben")]}),
    "conversations.replies": ("conversations_replies", {"channel": OPS, "ts": "{ts}"}),
    "pins.add": ("pins_add", {"channel": OPS, "timestamp": "{ts}"}),
    "reactions.add": ("reactions_add", {"channel": OPS, "timestamp": "{ts}", "name": "tada"}),
    "chat.delete": ("chat_delete", {"channel": OPS, "ts": "{ts}"}),
    "chat.scheduleMessage": ("chat_scheduleMessage", {"channel": OPS, "text": "later", "post_at": "{soon}"}),
    "chat.scheduledMessages.list": ("chat_scheduledMessages_list", {"channel": OPS}),
    "chat.deleteScheduledMessage": (
        "chat_deleteScheduledMessage",
        {"channel": OPS, "scheduled_message_id": "{scheduled_message_id}"},
    ),
    "files.getUploadURLExternal": ("files_getUploadURLExternal", {"filename": "a.txt", "length": 5}),
    "files.completeUploadExternal": ("files_upload_v2", {"filename": "a.txt", "content": "hello"}),
    "files.info": ("files_info", {"file": "{file}"}),
    "files.delete": ("files_delete", {"file": "{file}"}),
    "team.info": ("team_info", {}),
    "usergroups.list": ("usergroups_list", {"include_users": True}),
    "usergroups.users.list": ("usergroups_users_list", {"usergroup": slack_id("S", "oncall")}),
    "users.info": ("users_info", {"user": ANA}),
    "users.list": ("users_list", {}),
    "users.lookupByEmail": ("users_lookupByEmail", {"email": "ana@acme.example"}),
    "views.open": ("views_open", {"trigger_id": "{trigger}", "view": modal("a", external_id="{way}")}),
    "views.update": ("views_update", {"external_id": "{way}", "view": modal("b", external_id="{way}")}),
    "views.push": ("views_push", {"trigger_id": "{trigger}", "view": modal("c")}),
    "views.publish": ("views_publish", {"user_id": ANA, "view": HOME}),
}


def test_every_method_is_called() -> None:
    assert set(CALLS) == set(METHODS)


def filled(part: Any, known: dict[str, str]) -> Any:
    if isinstance(part, dict):
        return {key: filled(value, known) for key, value in part.items()}
    if isinstance(part, list):
        return [filled(item, known) for item in part]
    if isinstance(part, str) and part.startswith(("{", "incident-{")):
        return part.format(**known)
    return part


def remember(slack: LocalSlack, known: dict[str, str], answer: Any) -> None:
    known |= {name: answer[name] for name in ("ts", "scheduled_message_id") if answer.get(name)}
    if answer.get("file"):
        known["file"] = answer["file"]["id"]
    known["trigger"] = new_trigger(slack.workspace, ANA)


def beginning(slack: LocalSlack, way: str) -> dict[str, str]:
    soon = str(int(slack.workspace.clock.now()) + 600)
    return {"way": way, "soon": soon, "trigger": new_trigger(slack.workspace, ANA)}


def test_the_synchronous_client_gets_an_answer_from_every_method(slack: LocalSlack, client: WebClient) -> None:
    known = beginning(slack, "sync")
    for call, arguments in CALLS.values():
        answer = getattr(client, call)(**filled(arguments, known))
        assert answer["ok"] is True
        remember(slack, known, answer)


def test_the_asynchronous_client_gets_an_answer_from_every_method(slack: LocalSlack) -> None:
    async def work() -> None:
        client = AsyncWebClient("xoxb-local", base_url=slack.api_url, retry_handlers=[])
        known = beginning(slack, "async")
        for call, arguments in CALLS.values():
            answer = await getattr(client, call)(**filled(arguments, known))
            assert answer["ok"] is True
            remember(slack, known, answer)

    asyncio.run(work())


@pytest.mark.parametrize("name", METHODS)
def test_what_the_sdk_may_send_is_documented_here(name: str) -> None:
    call = getattr(WebClient, name.replace(".", "_"), None)
    if call is None:
        pytest.skip("the SDK has no function for it")
    sends = set(inspect.signature(call).parameters) - {"self", "kwargs"}
    assert sends - METHODS[name].takes - LEGACY == set()


def test_an_argument_that_no_page_names_is_an_error_unless_lenience_was_asked_for(client: WebClient) -> None:
    body = {"channel": OPS, "text": "x", "thread": "1.000001"}
    with pytest.raises(SlackApiError) as refused:
        client.api_call("chat.postMessage", json=body)
    assert refused.value.response["error"] == "invalid_arg_name"
    assert refused.value.response["errors"] == ["unknown argument: thread [json-pointer:/thread]"]
    with running(CONFIG | {"strict": False}) as lenient:
        assert bot_client(lenient).api_call("chat.postMessage", json=body)["ok"]
