from typing import Any

from slack_bolt import Ack, Respond
from slack_sdk import WebClient

from sandbox.slack.local import LocalSlack
from tests.sandbox.slack.bolt import bolt_app, connected
from tests.sandbox.slack.conftest import Hands

APPROVE = [
    {
        "type": "actions",
        "block_id": "item",
        "elements": [
            {"type": "button", "action_id": "approve", "text": {"type": "plain_text", "text": "Approve"}, "value": "42"}
        ],
    }
]


def test_a_click_reaches_the_app_and_its_answer_the_user(
    slack: LocalSlack, client: WebClient, ana: Hands, ben: Hands
) -> None:
    app = bolt_app(slack)
    seen: list[dict[str, Any]] = []

    @app.action("approve")
    def approve(ack: Ack, body: dict[str, Any], respond: Respond) -> None:
        ack()
        seen.append(body)
        respond("done")

    ts = client.chat_postMessage(channel="ops", text="item", blocks=APPROVE)["ts"]
    with connected(app, slack):
        assert ana.click("ops", ts, "item", "approve") == {"ok": True}
    action = seen[0]["actions"][0]
    assert (action["type"], action["value"], action["text"]["text"]) == ("button", "42", "Approve")
    assert seen[0]["message"]["ts"] == ts
    assert [message["text"] for message in ana.messages("ops")] == ["item", "done"]
    assert [message["text"] for message in ben.messages("ops")] == ["item"]


def test_a_slash_command_answers_in_its_ack(slack: LocalSlack, ana: Hands) -> None:
    app = bolt_app(slack)

    @app.command("/cost")
    def cost(ack: Ack, command: dict[str, Any]) -> None:
        ack(f"spent {command['text']}")

    with connected(app, slack):
        assert ana.do("command", channel="ops", text="/cost today") == {"ok": True}
    shown = ana.messages("ops")[0]
    assert (shown["text"], shown["is_ephemeral"]) == ("spent today", True)
