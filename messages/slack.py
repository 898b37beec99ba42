"""The one class that talks to Slack. It turns every answer into a value or one error with a cause.

SDK retries are off: a repeated chat.postMessage is a second message (Slack has no idempotency key).
https://docs.slack.dev/tools/python-slack-sdk/web#retryhandler
"""

import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from http.client import HTTPException
from typing import Any
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from messages.blocks import Block, Message
from telemetry import catalog
from telemetry.metrics import Metrics

METADATA = "checkin_card"
# Errors after which "some aspect of the operation may have succeeded" (Slack's own words for them).
_MAYBE = {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"}
# What a person mends outside of the message: a token is renewed, or for one channel the app is invited, it is opened.
_MENDABLE = {
    "account_inactive",
    "ekm_access_denied",
    "invalid_auth",
    "missing_scope",
    "token_expired",
    "token_revoked",
}
_CLOSED = {
    "channel_not_found",
    "is_archived",
    "not_in_channel",
    "restricted_action",
    "restricted_action_read_only_channel",
}
_MENDING = timedelta(seconds=60)
_GONE = {
    "message_not_found",
    "cant_update_message",
    "edit_window_closed",
    "thread_not_found",
    "cannot_reply_to_message",
}


class Cause(StrEnum):
    LIMITED = "limited"
    """Certainly not sent; allowed again after `retry_after`."""
    AMBIGUOUS = "ambiguous"
    """Sent or not, nobody knows."""
    GONE = "gone"
    """The message to change, or the one to reply to, is no longer there."""
    MENDABLE = "mendable"
    """Not now, and not before somebody changed something in Slack."""
    CLOSED = "closed"
    """As before, but for this one channel: another may take it."""
    REFUSED = "refused"
    """Slack will never take this."""
    UNREACHABLE = "unreachable"
    """Certainly not sent."""


class SlackError(Exception):
    """Slack did not do what was asked. `code` is Slack's own, `retry_after` counts seconds."""

    def __init__(self, code: str, cause: Cause, retry_after: timedelta = timedelta(seconds=5)) -> None:
        super().__init__(code)
        self.code = code
        self.cause = cause
        self.retry_after = retry_after

    @property
    def permanent(self) -> bool:
        return self.cause is Cause.REFUSED


# Under which name a call that did not go well is counted; all others are `refused`.
_COUNTED = {Cause.LIMITED, Cause.AMBIGUOUS, Cause.UNREACHABLE}


class Slack:
    """Posts, edits, uploads and asks. All methods raise `SlackError` and nothing else.

    Given `metrics`, each call is counted there by its method and by how it went.
    """

    metrics: Metrics | None = None

    def __init__(self, token: str, *, base_url: str = "https://slack.com/api/", timeout: int = 10) -> None:
        self.patience = timedelta(seconds=timeout)
        self.client = WebClient(token, base_url=base_url, timeout=timeout, retry_handlers=[])
        self._channel_ids: dict[str, str] = {}

    def post(self, channel: str, message: Message, *, thread_ts: str | None, key: str) -> tuple[str, str]:
        """(channel id, ts) of the new message. `key` goes into its metadata, by which `find` knows it again."""
        answer = self._call(
            "chat.postMessage",
            {
                "channel": channel,
                "text": message.text,
                "blocks": message.blocks,
                "unfurl_links": False,
                "unfurl_media": False,
                "metadata": {"event_type": METADATA, "event_payload": {"key": key}},
                **({"thread_ts": thread_ts} if thread_ts else {}),
            },
        )
        return answer["channel"], answer["ts"]

    def update(self, channel_id: str, ts: str, message: Message) -> None:
        self._call("chat.update", {"channel": channel_id, "ts": ts, "text": message.text, "blocks": message.blocks})

    def delete(self, channel_id: str, ts: str) -> None:
        self._call("chat.delete", {"channel": channel_id, "ts": ts})

    def find(self, channel: str, key: str, *, since: datetime, thread_ts: str | None) -> list[str]:
        """The ts of all our messages with `key` posted since then, oldest first; usually one or none."""
        method = "conversations.replies" if thread_ts else "conversations.history"
        query: dict[str, Any] = {
            "channel": channel,
            "oldest": f"{(since - timedelta(seconds=5)).timestamp():.6f}",
            "limit": 200,
            "include_all_metadata": True,
            **({"ts": thread_ts} if thread_ts else {}),
        }
        found = [
            message["ts"]
            for page in self._pages(method, query)
            for message in page["messages"]
            if message.get("metadata", {}).get("event_payload", {}).get("key") == key
        ]
        return sorted(found)

    def channel_id(self, channel: str) -> str:
        """The id of a channel given by id or by #name; asked once, for the list may be read only 20 times a minute."""
        name = channel.removeprefix("#")
        if name == channel and name[:1] in "CGD" and name.isupper():
            return channel
        if name not in self._channel_ids:
            query = {"types": "public_channel,private_channel", "limit": 1000, "exclude_archived": True}
            pages = self._pages("conversations.list", query)
            self._channel_ids |= {found["name"]: found["id"] for page in pages for found in page["channels"]}
        if name not in self._channel_ids:
            raise SlackError(f"no channel named {name} that this app can see", Cause.CLOSED, _MENDING)
        return self._channel_ids[name]

    def upload(self, png: bytes, name: str, *, patience: float = 5.0) -> str:
        """The id of the uploaded picture, once Slack can show it (scanning is asynchronous).

        https://docs.slack.dev/messaging/working-with-files#uploading_files
        """
        ticket = self._call("files.getUploadURLExternal", {"filename": f"{name}.png", "length": len(png)})
        try:
            sent = self.client._upload_file(  # the SDK's only way to send bytes to an upload URL
                url=ticket["upload_url"],
                data=png,
                logger=self.client._logger,
                timeout=self.client.timeout,
                proxy=self.client.proxy,
                ssl=self.client.ssl,
            )
        except (OSError, HTTPException) as problem:
            raise SlackError(type(problem).__name__, Cause.UNREACHABLE) from problem
        if sent.status != 200:
            raise SlackError(f"upload answered {sent.status}", Cause.AMBIGUOUS)
        self._call("files.completeUploadExternal", {"files": json.dumps([{"id": ticket["file_id"], "title": name}])})
        deadline = time.monotonic() + patience
        while not self._call("files.info", {"file": ticket["file_id"]}, get=True)["file"].get("mimetype"):
            if time.monotonic() > deadline:
                raise SlackError("the uploaded picture did not become ready", Cause.AMBIGUOUS)
            time.sleep(0.2)
        return str(ticket["file_id"])

    def whisper(
        self, channel_id: str, user_id: str, text: str, *, thread_ts: str | None = None, blocks: Sequence[Block] = ()
    ) -> None:
        """Shows `text`, or `blocks` that say the same, to one person only."""
        thread = {"thread_ts": thread_ts} if thread_ts else {}
        seen = {"blocks": list(blocks)} if blocks else {}
        self._call("chat.postEphemeral", {"channel": channel_id, "user": user_id, "text": text, **thread, **seen})

    def open_view(self, trigger_id: str, view: Mapping[str, Any]) -> None:
        """Opens a modal; the trigger lives 3 s and counts once."""
        self._call("views.open", {"trigger_id": trigger_id, "view": dict(view)})

    def publish_home(self, user_id: str, blocks: Sequence[Block]) -> None:
        self._call("views.publish", {"user_id": user_id, "view": {"type": "home", "blocks": list(blocks)}})

    def check(self, method: str = "auth.test") -> None:
        """Nothing, if Slack takes our token: a bot's with `auth.test`, an app's with `apps.connections.open`."""
        self._call(method, {})

    def scopes(self) -> frozenset[str]:
        """What our bot's token may do: https://docs.slack.dev/authentication/installing-with-oauth#scopes"""
        headers = {name.lower(): value for name, value in self._counted("auth.test", {}).headers.items()}
        return frozenset(filter(None, re.split(r"[,\s]+", str(headers.get("x-oauth-scopes", "")))))

    def is_in(self, channel: str) -> bool:
        """Whether we are a member of a channel that is open; SlackError when we cannot see it."""
        found = self._call("conversations.info", {"channel": self.channel_id(channel)}, get=True)["channel"]
        return bool(found.get("is_member")) and not found.get("is_archived")

    def user(self, user_id: str) -> Mapping[str, Any]:
        """Slack's own record of a user."""
        answer: Mapping[str, Any] = self._call("users.info", {"user": user_id}, get=True)["user"]
        return answer

    def members(self, usergroup_id: str) -> list[str]:
        """User ids of a user group."""
        answer = self._call("usergroups.users.list", {"usergroup": usergroup_id}, get=True)
        return list(answer["users"])

    def _pages(self, method: str, query: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """Answer after answer, as each names the next: https://docs.slack.dev/apis/web-api/pagination"""
        cursor: str | None = ""
        while cursor is not None:
            answer = self._call(method, {**query, "cursor": cursor}, get=True)
            yield answer
            cursor = answer.get("response_metadata", {}).get("next_cursor") or None

    def _call(self, method: str, arguments: Mapping[str, Any], *, get: bool = False) -> Mapping[str, Any]:
        data: Mapping[str, Any] = self._counted(method, arguments, get=get).data  # type: ignore[assignment]  # bytes only for downloads
        return data

    def _counted(self, method: str, arguments: Mapping[str, Any], *, get: bool = False) -> SlackResponse:
        outcome = "ok"
        try:
            return self._answer(method, arguments, get=get)
        except SlackError as problem:
            outcome = problem.cause if problem.cause in _COUNTED else Cause.REFUSED
            raise
        finally:
            if self.metrics:
                self.metrics.add(catalog.CHECKIN_SLACK_REQUESTS_TOTAL, method=method, outcome=outcome)

    def _answer(self, method: str, arguments: Mapping[str, Any], *, get: bool) -> SlackResponse:
        try:
            if get:
                return self.client.api_call(method, http_verb="GET", params=dict(arguments))
            return self.client.api_call(method, json=dict(arguments))
        except SlackApiError as problem:
            raise _error(problem) from problem
        except URLError as problem:  # urllib's word for a request that could not be handed over
            raise SlackError(type(problem.reason).__name__, Cause.UNREACHABLE) from problem
        except (OSError, HTTPException) as problem:  # it was handed over, and no answer could be read
            raise SlackError(type(problem).__name__, Cause.AMBIGUOUS) from problem


def _error(problem: SlackApiError) -> SlackError:
    response = problem.response
    status = getattr(response, "status_code", 200)
    if status == 429:
        seconds = int(response.headers.get("Retry-After", 5))
        return SlackError("ratelimited", Cause.LIMITED, timedelta(seconds=seconds))
    code = str(response.get("error", "unknown")) if status < 500 else f"http_{status}"
    detail = response.get("response_metadata", {}).get("messages", []) if status < 500 else []
    if code in _MENDABLE | _CLOSED:
        return SlackError(code, Cause.CLOSED if code in _CLOSED else Cause.MENDABLE, _MENDING)
    cause = Cause.REFUSED
    if status >= 500 or code in _MAYBE or " " in code:  # words are the SDK's: something between us answered, not Slack
        cause = Cause.AMBIGUOUS
    elif code in _GONE:
        cause = Cause.GONE
    return SlackError(": ".join([code, *detail[:3]]), cause)
