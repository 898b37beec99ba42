"""A real Bolt app over a real socket, closed without a trace."""

from collections.abc import Iterator
from contextlib import contextmanager

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.socket_mode.builtin import SocketModeClient

from sandbox.slack.local import LocalSlack


def bolt_app(slack: LocalSlack) -> App:
    return App(client=WebClient("xoxb-local", base_url=slack.api_url, retry_handlers=[]))


@contextmanager
def connected(app: App, slack: LocalSlack) -> Iterator[SocketModeClient]:
    handler = SocketModeHandler(app, "xapp-local", web_client=WebClient(base_url=slack.api_url))
    handler.connect()
    try:
        assert isinstance(handler.client, SocketModeClient)
        yield handler.client
    finally:
        handler.close()
