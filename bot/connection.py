"""The line to Slack: Bolt set up to acknowledge fast, and a socket that survives bursts and broken connections."""

import re
import sys
from typing import Protocol

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler

from messages.slack import Slack

ANY = re.compile(".*", re.DOTALL)
# A broken connection is noticed by an unanswered ping; Bolt's own 10 s would be 10 s without clicks.
_PING_SECONDS = 2
# The SDK reads a frame by recursion, one level per buffer: with its 1 kB a backlog of large cards ends the connection.
# https://github.com/slackapi/python-slack-sdk/pull/1232
_RECEIVE_BYTES = 64 * 1024
# Python lets a busy thread run for 5 ms before another gets its turn, and an ack takes several turns.
_SWITCH_SECONDS = 0.0005


class Listens(Protocol):
    def register(self, app: App) -> None:
        """Attaches its listeners."""
        ...


def bolt_app(slack: Slack, *listening: Listens) -> App:
    """Asked in this order, so what is pressed most comes first. What nobody wants is acknowledged all the same."""
    app = App(client=slack.client, process_before_response=True)
    for each in listening:
        each.register(app)
    app.event(ANY)(lambda ack: ack())
    return app


def socket(app: App, app_token: str) -> SocketModeHandler:
    """Not connected yet. From here on this process's threads take shorter turns."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    return SocketModeHandler(app, app_token, ping_interval=_PING_SECONDS, receive_buffer_size=_RECEIVE_BYTES)
