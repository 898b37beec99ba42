"""The rule on the record: is what was done sealed soon enough that nobody can rewrite it before?

How long an event waits is the bot's to say; whether what was sealed still stands is `checkin audits verify`'s.
"""

from alerts.definitions import ChartQuery, Group, Rule
from telemetry import catalog

_SINCE = catalog.CHECKIN_RECORD_UNSEALED_SINCE_TIMESTAMP_SECONDS.name
_WAITED = f"max(time() - ({_SINCE} > 0))"
# Seconds. Sealed is every 10 s, and looked at every 15, at whatever speed the rules are rendered.
_TOO_LONG = 300

# Until it is sealed an event can be changed by whoever masters the database, and whoever tampered may be why it is not:
# so it does not wait for the next check-in.
_RECORD_NOT_SEALED = Rule(
    name="RecordNotSealed",
    tier="P1",
    expr=f"{_WAITED} > {_TOO_LONG}",
    for_="2m",
    keep_firing_for="10m",
    labels={"signal": "record", "scope": "global"},
    summary="The record is not being sealed: its oldest open event has waited for {{ $value | humanizeDuration }}",
    runbook="record-not-sealed",
    chart=ChartQuery(
        expr=f"{_WAITED} or vector(0)",
        unit="s",
        threshold=_TOO_LONG,
        title="Age of the oldest event that is not sealed",
    ),
)

RECORD = Group("record", (), (_RECORD_NOT_SEALED,))
