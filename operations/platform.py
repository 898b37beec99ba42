"""Commands to the platform: signed webhooks, idempotent by id, sent until they are accepted or refused.

https://www.standardwebhooks.com — the receiver answers 202 and reports later what came of it.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import structlog
from sqlalchemy import Engine
from standardwebhooks import Webhook

from audits import Scope
from clients.work_items import report_result
from operations import store
from operations.model import Person
from operations.store import Command

LEASE = timedelta(seconds=20)
log = structlog.get_logger(__name__)


class PlatformError(Exception):
    """The platform did not accept a command; `permanent` when trying again cannot help."""

    def __init__(self, message: str, *, permanent: bool) -> None:
        super().__init__(message)
        self.permanent = permanent


class Platform:
    """The one address that takes our commands."""

    def __init__(self, url: str, secret: str, *, timeout: float = 5.0) -> None:
        self._url = url
        self._signer = Webhook(secret)
        self._http = httpx.Client(timeout=timeout, follow_redirects=False)

    def reach(self) -> None:
        """Raises PlatformError unless something answers there, whatever it says to a question that is no command."""
        try:
            self._http.get(self._url)
        except httpx.HTTPError as problem:
            raise PlatformError(type(problem).__name__, permanent=False) from problem

    def send(self, command: Command, at: datetime) -> None:
        """Raises PlatformError unless the platform answered 202."""
        body = json.dumps(command.body)
        command_id = str(command.command_id)
        headers = {
            "content-type": "application/json",
            "webhook-id": command_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": self._signer.sign(command_id, at, body),
        }
        try:
            answer = self._http.post(self._url, content=body, headers=headers)
        except httpx.HTTPError as problem:
            raise PlatformError(type(problem).__name__, permanent=False) from problem
        if answer.status_code not in (200, 202):
            known = answer.status_code in (400, 404, 409, 410, 422)
            raise PlatformError(f"{answer.status_code} {answer.text[:200]}", permanent=known)

    def close(self) -> None:
        self._http.close()


def order(scope: Scope, by: Person, reason: str, epoch: int | None) -> Mapping[str, Any]:
    """What the platform is told of a turn of a switch; `epoch` None: of a stop that could not be recorded."""
    return {
        "scope": scope.key,
        "client_id": scope.client_id,
        "platform": scope.platform,
        "lane": scope.lane,
        "by": by.user_id,
        "by_name": by.name,
        "reason": reason,
        "epoch": epoch,
    }


def deliver(engine: Engine, platform: Platform, only: UUID | None = None) -> bool:
    """Sends one command, or `only` this one; False when none was due."""
    with engine.begin() as db:
        command = store.claim_command(db, LEASE, only)
    if command is None:
        return False
    state, problem, delay = "accepted", None, None
    try:
        # The signature's time is checked against the receiver's clock, not against our database's.
        platform.send(command, datetime.now(UTC))
    except PlatformError as error:
        problem = str(error)
        state = "refused" if error.permanent else "waiting"
        delay = None if error.permanent else timedelta(seconds=min(30, 2 ** min(command.attempt, 5)))
        log.warning("command_not_accepted", command=command.kind, error_message=problem, status=state)
    with engine.begin() as db:
        settled = store.settle_command(db, command, state=state, problem=problem, delay=delay)
        item_id = command.body.get("item_id")
        if settled and item_id and state == "refused":
            # Somebody decided this and would otherwise believe that it is done.
            report_result(db, item_id, {"status": "failed", "error_reason": f"the command was refused: {problem}"})
    return True
