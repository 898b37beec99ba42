"""How cost looks in Slack: what it comes to in words, then the numbers by client, model and blueprint."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from charts.cost import MOST_NAMES
from charts.scales import zone_name
from charts.words import amount, plural
from dashboards.cost.decide import State, money, verdict
from dashboards.cost.model import Cost, Help, Spent
from dashboards.layout import did_you_mean, fitted, listed
from dashboards.times import clock, told
from messages.blocks import Block, Message, context, escape, fields, header, section
from metrics.model import Missing

MARKS = {State.OVER_BUDGET: "🔴", State.UP: "🟠", State.RETRYING: "🟠", State.NORMAL: "🟢"}


def card(value: Cost | Help) -> Message:
    """The answer to `/cost`."""
    if isinstance(value, Help):
        return _help(value)
    found = verdict(value)
    whose = value.client.name if value.client else "all clients"
    title = f"Cost of {whose}"
    blocks: list[Block] = [
        header(title),
        section(f"{MARKS[found.state]} *{escape(found.words)}*"),
        fields(_facts(value)),
    ]
    if value.usd:
        blocks += [
            *([] if value.client else _ranked("By client", value.clients, _of_client)),
            *_models(value),
            *_ranked("Highest spend blueprints", value.blueprints, _of_blueprint),
        ]
    blocks.append(context(_footer(value)))
    return Message(escape(f"{title}: {found.words}"), fitted(blocks))


def _facts(value: Cost) -> list[str]:
    return [
        f"*Budget*\n{_budget(value)}",
        f"*Retries*\n{money(value.retry_usd)}" + (f", {_part(value.retry_usd, value.usd)}" if value.usd else ""),
    ]


def _budget(value: Cost) -> str:
    budgeted = value.budgeted
    budget = sum((one.budget for one in budgeted if one.budget is not None), Decimal())
    if not budget:
        return "none set"
    used = sum((one.usd for one in budgeted), Decimal())
    words = f"{_part(used, budget)} of {money(budget)}"
    if len(budgeted) < len(value.clients):
        words += f" ({len(budgeted)} of {plural(len(value.clients), 'client')} have one)"
    return words


def _ranked(title: str, spent: Sequence[Spent], details: Callable[[Spent], str], below: str = "") -> list[Block]:
    """The largest, as many as the picture names, a line for the others, and what has to be said of all."""
    some = [one for one in spent if one.usd]
    whole = sum((one.usd for one in some), Decimal())
    lines = [
        f"• {money(one.usd)} *{escape(one.name, 60)}* · {_part(one.usd, whole)}{details(one)}"
        for one in some[:MOST_NAMES]
    ]
    if others := some[MOST_NAMES:]:
        rest = sum((one.usd for one in others), Decimal())
        lines.append(f"• {money(rest)} {plural(len(others), 'other')} · {_part(rest, whole)}")
    return listed(title, [*lines, *([below] if below else [])])


def _of_client(one: Spent) -> str:
    if not one.budget:
        return ""
    if one.usd > one.budget:
        return f" · *{money(one.usd - one.budget)} over its {money(one.budget)} budget*"
    return f" · {_part(one.usd, one.budget)} of its {money(one.budget)} budget"


def _of_blueprint(one: Spent) -> str:
    return f" · {money(one.retry_usd)} of it retries" if one.retry_usd else ""


def _models(value: Cost) -> list[Block]:
    tokens = value.tokens

    def details(one: Spent) -> str:
        if isinstance(tokens, Missing) or one.name not in tokens:
            return ""
        into, out = tokens[one.name]
        return f" · {amount(into, 'count')} tokens in, {amount(out, 'count')} out"

    return _ranked("By model", value.models, details, _no_tokens(value))


def _no_tokens(value: Cost) -> str:
    if isinstance(value.tokens, Missing) and value.tokens.since:
        return f"Tokens: no data since {told(value.tokens.since, value.now, value.zone)}"
    # Of one client the record itself knows the tokens, so that none are none.
    return "" if value.client or (value.tokens and not isinstance(value.tokens, Missing)) else "Tokens: no data"


def _part(usd: Decimal, whole: Decimal) -> str:
    return f"{usd / whole:.0%}".replace("%", " %") if whole else ""


def _footer(value: Cost) -> str:
    at = f"{clock(value.now, value.zone)} {escape(zone_name(value.zone))}"
    return f"What calls to providers cost when they were made · at {at}"


def _help(value: Help) -> Message:
    how = "Name one period, or one client, or one of each."
    problem = f"“{escape(value.asked.strip(), 60)}” is not a period or a client." if value.asked else "What it costs."
    guess = did_you_mean(value.suggestions, how)
    examples = "`/cost today` · `/cost yesterday` · `/cost week` · `/cost acme` · `/cost week acme`"
    return Message(problem, [section(f"{problem} {guess}"), context(examples)])
