import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.slack.local import LocalSlack
from tests.sandbox.slack.hands import LEADS, OPS, Hands, control, eventually

DAY = 86_400


def in_seconds(slack: LocalSlack, seconds: int) -> int:
    return int(slack.workspace.clock.now()) + seconds


def test_a_scheduled_message_comes_when_its_time_has_come(slack: LocalSlack, client: WebClient, ana: Hands) -> None:
    answer = client.chat_scheduleMessage(channel=OPS, text="later", post_at=in_seconds(slack, 3600))
    assert answer["scheduled_message_id"].startswith("Q")
    assert isinstance(answer["post_at"], str)
    control(slack, "clock", advance=3500)
    assert ana.texts() == []
    assert len(client.chat_scheduledMessages_list()["scheduled_messages"]) == 1
    control(slack, "clock", advance=101)
    eventually(lambda: ana.texts() == ["later"])
    assert client.chat_scheduledMessages_list()["scheduled_messages"] == []


@pytest.mark.parametrize(
    ("seconds", "error"),
    [(-1, "time_in_past"), (121 * DAY, "time_too_far")],
)
def test_a_message_is_scheduled_for_the_next_120_days(
    slack: LocalSlack, client: WebClient, seconds: int, error: str
) -> None:
    with pytest.raises(SlackApiError, match=error):
        client.chat_scheduleMessage(channel=OPS, text="x", post_at=in_seconds(slack, seconds))
    client.chat_scheduleMessage(channel=OPS, text="x", post_at=in_seconds(slack, 119 * DAY))
    with pytest.raises(SlackApiError, match="invalid_time"):
        client.chat_scheduleMessage(channel=OPS, text="x", post_at="tomorrow")


def test_thirty_messages_fit_into_five_minutes_of_one_channel(slack: LocalSlack, client: WebClient) -> None:
    at = in_seconds(slack, 7200)
    for number in range(30):
        client.chat_scheduleMessage(channel=OPS, text=str(number), post_at=at + number)
    with pytest.raises(SlackApiError, match="restricted_too_many"):
        client.chat_scheduleMessage(channel=OPS, text="x", post_at=at + 200)
    client.chat_scheduleMessage(channel=OPS, text="x", post_at=at + 600)
    client.chat_scheduleMessage(channel=LEADS, text="x", post_at=at)


def test_a_scheduled_message_is_taken_back_until_a_minute_before(
    slack: LocalSlack, client: WebClient, ana: Hands
) -> None:
    first, second = (
        client.chat_scheduleMessage(channel=OPS, text=text, post_at=in_seconds(slack, 120))["scheduled_message_id"]
        for text in ("first", "second")
    )
    client.chat_deleteScheduledMessage(channel=OPS, scheduled_message_id=first)
    control(slack, "clock", advance=70)
    with pytest.raises(SlackApiError, match="invalid_scheduled_message_id"):
        client.chat_deleteScheduledMessage(channel=OPS, scheduled_message_id=second)
    control(slack, "clock", advance=60)
    eventually(lambda: ana.texts() == ["second"])
