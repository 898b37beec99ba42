"""Delivery over HTTP: every request signed, answered within three seconds, events with the headers of a retry.

https://docs.slack.dev/authentication/verifying-requests-from-slack, https://docs.slack.dev/apis/events-api"""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from urllib.parse import urlencode

import aiohttp

from sandbox.slack.config import Timings
from sandbox.slack.delivery import Ack, Parcel
from sandbox.slack.encodings import decoded
from sandbox.slack.errors import SlackError
from sandbox.slack.journal import Journal

FORM, JSON = "application/x-www-form-urlencoded", "application/json"


class HttpMode:
    """One request URL for events, interactions and commands, as Bolt's adapters want it."""

    def __init__(self, url: str, signing_secret: str, timings: Timings, journal: Journal) -> None:
        self.url = url
        self._secret = signing_secret
        self._timings = timings
        self._journal = journal
        self._under_way: set[object] = set()

    async def verify(self) -> None:
        """Slack's question to a new request URL. Raises url_verification_failed."""
        challenge = hashlib.sha256(self.url.encode()).hexdigest()
        body = {"type": "url_verification", "challenge": challenge, "token": "local"}
        try:
            async with self._session() as http, self._post(http, json.dumps(body), JSON, {}) as answer:
                said = await answer.text()
                right = said == challenge or (
                    answer.content_type == JSON and json.loads(said) == {"challenge": challenge}
                )
        except (aiohttp.ClientError, TimeoutError, ValueError):
            right = False
        if not right:
            raise SlackError("url_verification_failed")

    async def send(self, parcel: Parcel) -> Ack:
        body, kind = _encoded(parcel)
        retry = {"X-Slack-Retry-Num": str(parcel.attempt), "X-Slack-Retry-Reason": parcel.reason}
        headers = retry if parcel.attempt else {}
        started, request = time.monotonic(), object()
        self._under_way.add(request)
        self._journal.record("out", "request", status="sent", method=parcel.kind, args=parcel.payload, headers=headers)
        try:
            async with self._session() as http, self._post(http, body, kind, headers) as answer:
                ack = _read(parcel, answer.status, answer.headers, await answer.text())
        except TimeoutError:
            ack = Ack(error="operation_timeout", reason="http_timeout")
        except aiohttp.TooManyRedirects:
            ack = Ack(error="dispatch_failed", reason="too_many_redirects")
        except aiohttp.ClientError:
            ack = Ack(error="dispatch_failed", reason="connection_failed")
        if request not in self._under_way:
            ack = Ack(error="dispatch_failed", reason="connection_failed")
        self._under_way.discard(request)
        elapsed = (time.monotonic() - started) * 1000
        self._journal.record("in", "ack", status=ack.reason or "ok", args=ack.payload or {}, ms=elapsed)
        return ack

    async def cut(self) -> None:
        """Requests under way reach the app, its answers do not come back."""
        self._under_way.clear()

    def _session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self._timings.ack))

    def _post(
        self, http: aiohttp.ClientSession, body: str, kind: str, headers: dict[str, str]
    ) -> "aiohttp.client._RequestContextManager":
        # The wall's time, which is the app's, whatever a test did to the workspace's clock.
        stamp = str(int(time.time()))
        signed = hmac.new(self._secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": kind,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": f"v0={signed}",
            **headers,
        }
        return http.post(self.url, data=body.encode(), headers=headers, max_redirects=2)


def _encoded(parcel: Parcel) -> tuple[str, str]:
    if parcel.kind == "events_api":
        return json.dumps(parcel.payload), JSON
    return urlencode(
        parcel.payload if parcel.kind == "slash_commands" else {"payload": json.dumps(parcel.payload)}
    ), FORM


def _read(parcel: Parcel, status: int, headers: Mapping[str, str], text: str) -> Ack:
    """An answer of 200 is an ack; its body counts only where one is taken."""
    if status != 200:
        may_retry = headers.get("X-Slack-No-Retry") != "1"
        return Ack(error="dispatch_failed", reason="http_error", may_retry=may_retry)
    if not parcel.takes_payload or not text.strip():
        return Ack()
    try:
        payload = decoded(text, "invalid_json")
    except SlackError:
        payload = None
    return Ack(payload if isinstance(payload, dict) else {"text": text})
