from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from audits import Scope
from audits.switches import Switch
from clients.figures import Publishing
from clients.model import Client, Connection, ConnectionStatus
from dashboards.client_health.decide import State, verdict
from dashboards.client_health.model import Situation
from tests.factories import work_item

NOW = datetime(2026, 3, 3, 13, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
ACME = Client("acme", "Acme Outdoor", "UTC")
FINE = Publishing(
    client_id="acme",
    platform="instagram",
    ended=6,
    failed=0,
    failed_in_a_row=0,
    blocked=0,
    overdue=0,
    overdue_since=None,
    unapproved=0,
    reason=None,
    next_at=NOW + HOUR,
)
TIKTOK = replace(FINE, platform="tiktok")
SENT_BACK = work_item(due_at=NOW - 2 * HOUR, closed_by="Ana", closed_at=NOW - HOUR)
NOTHING = replace(FINE, ended=0, next_at=None)


def connection(status: ConnectionStatus, platform: str = "instagram") -> Connection:
    return Connection("acme", platform, "api", status, challenge_since=NOW - 5 * HOUR)


def stop(**scope: str) -> Switch:
    return Switch(Scope(**scope), "Ana", "wrong prices", NOW - HOUR, 1)


@pytest.mark.parametrize(
    ("situation", "state", "words"),
    [
        (
            Situation(ACME, (FINE, TIKTOK)),
            State.PUBLISHING,
            "is publishing. 12 posts went out since yesterday, none failed.",
        ),
        (
            Situation(ACME, (replace(FINE, failed=1, failed_in_a_row=1, reason="platform_5xx"), TIKTOK)),
            State.FAILING,
            "is publishing. 1 of 12 failed since yesterday: Instagram API error.",
        ),
        (
            Situation(ACME, (replace(FINE, failed=2, reason="rate_limited"), replace(TIKTOK, failed=1, reason="auth"))),
            State.FAILING,
            "is publishing. 3 of 12 failed since yesterday: mostly Instagram rate limit.",
        ),
        (
            Situation(ACME, (replace(FINE, blocked=2),)),
            State.FAILING,
            "is publishing. 6 posts went out since yesterday, none failed. 2 blocked by policy.",
        ),
        (
            Situation(ACME, (replace(FINE, failed=2, failed_in_a_row=2, reason="auth"), TIKTOK)),
            State.STUCK,
            "is stuck. Instagram: the last 2 posts failed (log-in refused).",
        ),
        (
            Situation(ACME, (replace(FINE, overdue=1, overdue_since=NOW - HOUR),)),
            State.STUCK,
            "is stuck. Instagram: 1 post overdue since 12:30.",
        ),
        (
            Situation(ACME, (replace(FINE, unapproved=2),)),
            State.STUCK,
            "is stuck. Instagram: 2 drafts passed the time to go out without approval.",
        ),
        (
            Situation(ACME, (replace(FINE, unapproved=1),), sent_back=(SENT_BACK,)),
            State.STUCK,
            "is stuck. Instagram: waits since 12:30 for the new version of a draft that Ana sent back.",
        ),
        (
            Situation(ACME, (replace(FINE, unapproved=2),), sent_back=(SENT_BACK,)),
            State.STUCK,
            "is stuck. Instagram: 2 drafts passed the time to go out without approval.",
        ),
        (Situation(ACME, (FINE,), sent_back=(replace(SENT_BACK, due_at=NOW + HOUR),)), State.PUBLISHING, None),
        (
            Situation(
                ACME, (FINE,), (connection(ConnectionStatus.CHALLENGE), connection(ConnectionStatus.EXPIRED, "x"))
            ),
            State.STUCK,
            "is stuck. Instagram: waits for a person to log in since 08:30. X: the token has expired.",
        ),
        (
            Situation(ACME, (), tuple(connection(ConnectionStatus.EXPIRED, name) for name in ("x", "skool", "tiktok"))),
            State.STUCK,
            "is stuck. Skool: the token has expired. TikTok: the token has expired. And 1 more platform.",
        ),
        (Situation(ACME, (FINE,), (connection(ConnectionStatus.EXPIRING),)), State.PUBLISHING, None),
        (
            Situation(ACME, (replace(FINE, failed_in_a_row=4),), stops=(stop(client_id="acme"),)),
            State.STOPPED,
            "is stopped since 12:30: nothing goes out.",
        ),
        (Situation(ACME, (FINE,), stops=(stop(),)), State.STOPPED, None),
        (Situation(ACME, (FINE,), stops=(stop(lane="publishing"),)), State.STOPPED, None),
        (Situation(ACME, (FINE,), stops=(stop(lane="engagement"),)), State.PUBLISHING, None),
        (Situation(ACME, (FINE,), stops=(stop(lane="engagement", platform="instagram"),)), State.PUBLISHING, None),
        (
            Situation(ACME, (FINE, TIKTOK), stops=(stop(platform="tiktok"),)),
            State.STUCK,
            "is stuck. TikTok: stopped since 12:30.",
        ),
        (
            Situation(ACME, (replace(NOTHING, next_at=NOW + 30 * HOUR), TIKTOK)[:1]),
            State.QUIET,
            "had nothing due since yesterday. Next: Instagram tomorrow 19:30.",
        ),
        (
            Situation(ACME),
            State.QUIET,
            "has an empty calendar: nothing since yesterday, nothing in the coming week.",
        ),
    ],
)
def test_the_gravest_cause_is_named(situation: Situation, state: State, words: str | None) -> None:
    found = verdict(situation, NOW, "UTC")
    assert found.state is state
    assert words is None or found.words == words
