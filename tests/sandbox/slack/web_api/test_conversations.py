import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.slack.local import LocalSlack, running
from sandbox.slack.model import slack_id
from tests.sandbox.slack.hands import CONFIG, ELSEWHERE, LEADS, OPS, bot_client


def test_the_list_shows_public_channels_and_the_private_ones_the_app_is_in(client: WebClient) -> None:
    names = [
        channel["name"] for channel in client.conversations_list(types="public_channel,private_channel")["channels"]
    ]
    assert names == ["ops", "elsewhere", "leads", "old"]
    assert "old" not in [each["name"] for each in client.conversations_list(exclude_archived=True)["channels"]]
    with pytest.raises(SlackApiError, match="invalid_types"):
        client.conversations_list(types="secret_channel")


def test_pages_are_walked_by_cursor(client: WebClient) -> None:
    walked = [[channel["name"] for channel in page["channels"]] for page in client.conversations_list(limit=2)]
    assert walked == [["ops", "elsewhere"], ["old"]]
    with pytest.raises(SlackApiError, match="invalid_cursor"):
        client.conversations_list(cursor="nonsense")


def test_info_and_members_tell_who_is_in(client: WebClient) -> None:
    channel = client.conversations_info(channel=slack_id("C", "leads"), include_num_members=True)["channel"]
    assert (channel["is_private"], channel["is_member"], channel["num_members"]) == (True, True, 2)
    members = client.conversations_members(channel=slack_id("C", "leads"))["members"]
    assert set(members) == {slack_id("U", "ana"), slack_id("U", "checkin")}


def test_history_is_newest_first_and_may_be_bounded(client: WebClient) -> None:
    stamps = [client.chat_postMessage(channel=OPS, text=str(number))["ts"] for number in range(5)]

    def texts(**bounds: str | bool) -> list[str]:
        return [
            m["text"] for m in client.api_call("conversations.history", params={"channel": OPS, **bounds})["messages"]
        ]

    assert texts() == ["4", "3", "2", "1", "0"]
    assert texts(oldest=stamps[1], latest=stamps[3]) == ["2"]
    assert texts(oldest=stamps[1], latest=stamps[3], inclusive="1") == ["3", "2", "1"]
    assert [len(page["messages"]) for page in client.conversations_history(channel=OPS, limit=2)] == [2, 2, 1]
    with pytest.raises(SlackApiError, match="invalid_ts_oldest"):
        texts(oldest="yesterday")


def test_reading_needs_membership_which_joining_gives(client: WebClient) -> None:
    with pytest.raises(SlackApiError, match="not_in_channel"):
        client.conversations_history(channel=ELSEWHERE)
    client.conversations_join(channel=ELSEWHERE)
    assert client.conversations_history(channel=ELSEWHERE)["messages"] == []
    with pytest.raises(SlackApiError, match="method_not_supported_for_channel_type"):
        client.conversations_join(channel=LEADS)


def test_a_conversation_opens_once(client: WebClient) -> None:
    first = client.conversations_open(users=slack_id("U", "ana"))
    again = client.conversations_open(users=[slack_id("U", "ana")])
    assert first["channel"]["id"] == again["channel"]["id"] == slack_id("D", "ana")
    assert ("already_open" in first.data, again["already_open"]) == (False, True)
    with pytest.raises(SlackApiError, match="user_not_found"):
        client.conversations_open(users="U0")


def test_people_and_groups_are_listed(client: WebClient) -> None:
    assert [user["name"] for user in client.users_list()["members"]] == ["ana", "ben", "guest", "checkin"]
    ana = client.users_info(user=slack_id("U", "ana"))["user"]
    assert (ana["tz"], ana["real_name"], ana["is_bot"]) == ("Europe/Lisbon", "Ana Silva", False)
    (group,) = client.usergroups_list(include_users=True)["usergroups"]
    assert (group["handle"], group["users"]) == ("oncall", [slack_id("U", "ben")])
    assert client.usergroups_users_list(usergroup=group["id"])["users"] == group["users"]


def test_marks_are_set_once(client: WebClient) -> None:
    ts = client.chat_postMessage(channel=OPS, text="done")["ts"]
    client.reactions_add(channel=OPS, timestamp=ts, name="white_check_mark")
    client.pins_add(channel=OPS, timestamp=ts)
    history = client.conversations_history(channel=OPS)
    assert history["messages"][0]["reactions"][0]["count"] == history["pin_count"] == 1
    with pytest.raises(SlackApiError, match="already_reacted"):
        client.reactions_add(channel=OPS, timestamp=ts, name="white_check_mark")
    with pytest.raises(SlackApiError, match="already_pinned"):
        client.pins_add(channel=OPS, timestamp=ts)


def test_marks_are_for_members(slack: LocalSlack, client: WebClient) -> None:
    ts = client.chat_postMessage(channel=OPS, text="done")["ts"]
    slack.workspace.channels[OPS].members.remove(slack.workspace.app.user_id)
    with pytest.raises(SlackApiError, match="no_permission"):
        client.reactions_add(channel=OPS, timestamp=ts, name="tada")
    with pytest.raises(SlackApiError, match="no_permission"):
        client.pins_add(channel=OPS, timestamp=ts)


def test_a_page_may_hold_fewer_than_asked_for_and_cursors_still_lead_on(client: WebClient) -> None:
    pages = client.conversations_list(types="public_channel,private_channel", limit=1, exclude_archived=True)
    assert [[channel["name"] for channel in page["channels"]] for page in pages] == [
        ["ops"],
        ["elsewhere"],
        ["leads"],
        [],
    ]


def test_a_workspace_may_keep_its_pages_small() -> None:
    with running(CONFIG | {"largest_page": 2}) as slack:
        assert [len(page["members"]) for page in bot_client(slack).users_list(limit=200)] == [2, 2]


def test_a_channel_is_created_once_under_a_plain_name(client: WebClient) -> None:
    created = client.conversations_create(name="incident-1", is_private=True)["channel"]
    assert (created["is_private"], created["is_member"]) == (True, True)
    for name, error in (
        ("incident-1", "name_taken"),
        ("Incident", "invalid_name_specials"),
        ("x" * 81, "invalid_name_maxlength"),
        ("", "invalid_name_required"),
    ):
        with pytest.raises(SlackApiError, match=error):
            client.conversations_create(name=name)


def test_several_people_share_one_conversation(client: WebClient) -> None:
    people = [slack_id("U", "ana"), slack_id("U", "ben")]
    first = client.conversations_open(users=people, return_im=True)["channel"]
    assert first["is_mpim"] is True
    assert client.conversations_open(users=people[::-1])["channel"]["id"] == first["id"]
    with pytest.raises(SlackApiError, match="user_not_found"):
        client.conversations_open(users=[*people, "U0"])
    with pytest.raises(SlackApiError, match="too_many_users"):
        client.conversations_open(users=people * 5)


def test_a_person_is_found_by_address(client: WebClient) -> None:
    assert client.users_lookupByEmail(email="ana@acme.example")["user"]["id"] == slack_id("U", "ana")
    with pytest.raises(SlackApiError, match="users_not_found"):
        client.users_lookupByEmail(email="nobody@acme.example")


def test_a_message_takes_so_many_kinds_of_marks_and_a_channel_so_many_links(client: WebClient) -> None:
    ts = client.chat_postMessage(channel=OPS, text="done")["ts"]
    for number in range(23):
        client.reactions_add(channel=OPS, timestamp=ts, name=f"emoji-{number}")
    with pytest.raises(SlackApiError, match="too_many_emoji"):
        client.reactions_add(channel=OPS, timestamp=ts, name="one-more")
    with pytest.raises(SlackApiError, match="invalid_name"):
        client.reactions_add(channel=OPS, timestamp=ts, name=":tada:")
    with pytest.raises(SlackApiError, match="invalid_link"):
        client.bookmarks_add(channel_id=OPS, title="x", type="link", link="ftp://example.com")
