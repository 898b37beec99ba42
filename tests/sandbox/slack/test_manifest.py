import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from slack_sdk.errors import SlackApiError

import messages.slack
from sandbox.slack.config import AppConfig
from sandbox.slack.local import running
from sandbox.slack.manifest import Manifest
from sandbox.slack.web_api.registry import METHODS
from tests.sandbox.slack.block_kit.samples import plain
from tests.sandbox.slack.hands import CONFIG, LEADS, OPS, Hands, bot_client, button, with_manifest

URL = "https://example.com/a"
OURS = Path(__file__).parents[3] / "deploy" / "slack-manifest.yaml"
TOKENS = {"bot_token": "xoxb-local", "app_token": "xapp-local"}


def our_app() -> AppConfig:
    return AppConfig.model_validate({"manifest": str(OURS), **TOKENS})


def test_our_manifest_says_what_the_app_offers() -> None:
    app = our_app()
    assert app.name == "Checkin"
    assert [each.command for each in app.commands] == ["/client-health", "/cost", "/kill"]
    assert app.events == ("app_home_opened",)


def test_our_manifest_grants_what_the_app_calls_and_nothing_else() -> None:
    called = set(re.findall(r'"((?:chat|conversations|files|views|users|usergroups)\.[\w.]+)"', source()))
    assert len(called) >= 10
    manifest = our_app().manifest
    assert manifest is not None
    granted = set(manifest.oauth_config.scopes.bot)
    needed = {name: set(METHODS[name].scopes) for name in called if METHODS[name].scopes}
    assert [name for name, scopes in needed.items() if not scopes & granted] == []
    assert granted - set().union(*needed.values()) == {"commands"}


def source() -> str:
    return Path(messages.slack.__file__).read_text()


def test_a_call_without_its_scope_says_which_one_it_needed() -> None:
    with running(with_manifest(scopes=["chat:write", "channels:read"])) as slack:
        client = bot_client(slack)
        with pytest.raises(SlackApiError) as refused:
            client.reactions_add(channel=OPS, timestamp="1.000001", name="tada")
        answer = refused.value.response
        assert (answer["error"], answer["needed"]) == ("missing_scope", "reactions:write")
        assert answer["provided"] == "channels:read,chat:write,commands"
        assert answer.headers["x-oauth-scopes"] == "channels:read,chat:write,commands"
        assert answer.headers["x-accepted-oauth-scopes"] == "reactions:write"
        client.chat_postMessage(channel=OPS, text="allowed")


def test_the_kind_of_a_conversation_decides_which_scope_it_needs() -> None:
    with running(with_manifest(scopes=["channels:read", "channels:history"])) as slack:
        client = bot_client(slack)
        client.conversations_history(channel=OPS)
        with pytest.raises(SlackApiError) as refused:
            client.conversations_history(channel=LEADS)
        assert refused.value.response["needed"] == "groups:history"
        with pytest.raises(SlackApiError, match="missing_scope"):
            client.conversations_list(types="public_channel,private_channel")


def test_a_name_of_ones_own_and_channels_one_is_not_in_have_to_be_asked_for() -> None:
    with running(with_manifest(scopes=["chat:write"])) as slack:
        with pytest.raises(SlackApiError, match="missing_scope"):
            bot_client(slack).chat_postMessage(channel=OPS, text="x", username="Somebody")
        with pytest.raises(SlackApiError, match="not_in_channel"):
            bot_client(slack).chat_postMessage(channel="elsewhere", text="x")
    with running(with_manifest(scopes=["chat:write", "chat:write.public", "chat:write.customize"])) as slack:
        said = bot_client(slack).chat_postMessage(channel="elsewhere", text="x", username="Somebody")
        assert said["message"]["username"] == "Somebody"
        with pytest.raises(SlackApiError, match="channel_not_found"):
            bot_client(slack).chat_postMessage(channel="secret", text="x")


def test_videos_and_files_from_people_have_scopes_of_their_own() -> None:
    video = {"type": "video", "alt_text": "x", "title": plain(), "thumbnail_url": URL, "video_url": URL}
    asking = {"type": "input", "label": plain(), "element": {"type": "file_input"}}
    view = {"type": "home", "blocks": [asking]}
    with running(with_manifest(scopes=["chat:write"])) as slack:
        with pytest.raises(SlackApiError) as refused:
            bot_client(slack).chat_postMessage(channel=OPS, text="x", blocks=[video])
        assert (refused.value.response["error"], refused.value.response["needed"]) == (
            "missing_scope",
            "links.embed:write",
        )
        with pytest.raises(SlackApiError) as refused:
            bot_client(slack).views_publish(user_id=slack.workspace.user("ana").id, view=view)
        assert refused.value.response["needed"] == "files:read"
    with running(with_manifest(scopes=["chat:write", "links.embed:write", "files:read"])) as slack:
        bot_client(slack).chat_postMessage(channel=OPS, text="x", blocks=[video])
        bot_client(slack).views_publish(user_id=slack.workspace.user("ana").id, view=view)


def test_addresses_of_people_are_shown_with_their_own_scope_only() -> None:
    for scopes, shown in (["users:read"], False), (["users:read", "users:read.email"], True):
        with running(with_manifest(scopes=scopes)) as slack:
            person = bot_client(slack).users_list()["members"][0]
            assert ("email" in person["profile"]) is shown


def test_home_is_there_only_when_it_is_switched_on() -> None:
    view = {"type": "home", "blocks": [{"type": "divider"}]}
    with running(with_manifest(home=False)) as slack:
        user = Hands(slack, "ana").see("state")["me"]["id"]
        with pytest.raises(SlackApiError, match="not_enabled"):
            bot_client(slack).views_publish(user_id=user, view=view)


def test_clicks_go_nowhere_while_interactivity_is_off() -> None:
    with running(with_manifest(interactive=False, scopes=["chat:write"])) as slack:
        ts = bot_client(slack).chat_postMessage(channel=OPS, text="x", blocks=[button()])["ts"]
        assert Hands(slack, "ana").click(ts, "item", "approve")["error"] == "app_missing_action_url"


@pytest.mark.parametrize(
    ("place", "value", "sentence"),
    [
        (("display_information", "name"), "x" * 36, "at most 35 characters"),
        (("features", "slash_commands"), [{"command": "cost", "description": "x"}], "match pattern"),
        (("features", "slash_commands"), [{"command": "/c", "description": "x"}] * 51, "at most 50 items"),
        (("oauth_config", "scopes"), {"bot": []}, "missing bot scopes: commands"),
        (("settings", "event_subscriptions"), {"bot_events": ["app_mention"]}, "missing bot scopes: app_mentions:read"),
        (("settings", "event_subscription"), {}, "Extra inputs are not permitted"),
    ],
    ids=["name", "command", "commands", "commands without scope", "event without scope", "misspelt"],
)
def test_a_manifest_that_slack_would_refuse_is_refused(place: tuple[str, str], value: Any, sentence: str) -> None:
    manifest = with_manifest()["app"]["manifest"]
    part = {**manifest[place[0]], place[1]: value}
    with pytest.raises(ValidationError, match=sentence):
        Manifest.model_validate(manifest | {place[0]: part})


def test_what_the_manifest_says_is_not_said_twice() -> None:
    with pytest.raises(ValidationError, match="the manifest says it already: commands, events, name"):
        AppConfig.model_validate({**CONFIG["app"], "manifest": str(OURS), "commands": [], "events": []})
