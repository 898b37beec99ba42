"""How client health looks in Slack: one client, all clients with the worst first, or help when nobody is called so."""

from collections.abc import Mapping

from charts.scales import zone_name
from charts.words import plural
from dashboards.client_health.client_card import MARKS, client_card
from dashboards.client_health.decide import State, verdict
from dashboards.client_health.model import ClientHealth, Overview, Unknown
from dashboards.layout import did_you_mean, fitted
from messages.blocks import Message, context, escape, section

_SHOWN = 15


def card(value: ClientHealth | Overview | Unknown, *, names: Mapping[str, str] | None = None) -> Message:
    """The answer to `/client-health`; `names` is Slack user id → name."""
    match value:
        case Unknown():
            return _unknown(value)
        case Overview():
            return _overview(value)
        case ClientHealth():
            return client_card(value, names or {})


def _overview(value: Overview) -> Message:
    judged = [(situation.client, verdict(situation, value.now, value.zone)) for situation in value.situations]
    order = list(State)
    judged.sort(key=lambda one: (order.index(one[1].state), one[0].name.casefold()))
    troubled = [(client, found) for client, found in judged if found.state is not State.PUBLISHING]
    healthy = [client for client, found in judged if found.state is State.PUBLISHING]
    if not judged:
        headline = "No client has been reported yet."
    elif not troubled:
        headline = f"All clear: {plural(len(judged), 'client')} publishing, none stuck."
    else:
        stuck = sum(found.state in (State.STUCK, State.STOPPED) for _, found in judged)
        others = f"{len(troubled) - stuck} more need a look"
        headline = f"{stuck} of {plural(len(judged), 'client')} stuck or stopped, {others}."
    lines = [
        f"{MARKS[found.state]} *{escape(client.name, 40)}* {escape(found.words, 300)}"
        for client, found in troubled[:_SHOWN]
    ]
    if len(troubled) > _SHOWN:
        lines.append(f"… {len(troubled) - _SHOWN} more, less grave")
    blocks = [section(f"*{headline}*"), *(section(line) for line in lines)]
    if troubled and healthy:
        named = ", ".join(escape(client.name, 40) for client in healthy[:_SHOWN])
        more = f" and {len(healthy) - _SHOWN} more" if len(healthy) > _SHOWN else ""
        blocks.append(section(f"{MARKS[State.PUBLISHING]} *Publishing:* {named}{more}"))
    if judged:
        blocks.append(
            context(f"`/client-health {judged[0][0].client_id}` tells why · times in {zone_name(value.zone)}")
        )
    return Message(headline, fitted(blocks))


def _unknown(value: Unknown) -> Message:
    usage = context("`/client-health` alone shows all clients, `/client-health acme` tells why one is stuck.")
    if not value.asked:
        return Message("How a client is doing.", [section("How a client is doing, and what is in the way."), usage])
    problem = f"No client is called “{escape(value.asked.strip(), 60)}”."
    guess = did_you_mean(value.suggestions, "No name comes close.")
    return Message(problem, [section(f"{problem} {guess}"), usage])
