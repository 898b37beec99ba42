"""Whether costs or retries spiral, in a few sentences. Pure rules; what is small in dollars alarms nobody."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from charts.words import share
from dashboards.cost.model import Cost, Spent

# Half as much again is beyond what days differ by; a dollar is the least that is worth a look.
_UP = Decimal("1.5")
_WORTH_A_LOOK = Decimal(1)
_RETRIES = Decimal("0.15")


class State(StrEnum):
    """From the worst to the best."""

    OVER_BUDGET = "over budget"
    UP = "up"
    RETRYING = "retrying"
    NORMAL = "normal"


@dataclass(frozen=True)
class Verdict:
    state: State
    words: str


def verdict(cost: Cost) -> Verdict:
    """The gravest state, and a sentence for each that holds."""
    usd, words = cost.usd, cost.period.words
    if not usd:
        return Verdict(State.NORMAL, f"Nothing was spent {words}.")
    states = []
    sentences = [f"{money(usd)} {words}{_against(cost)}."]
    if cost.compared_usd and usd > _UP * cost.compared_usd and usd - cost.compared_usd > _WORTH_A_LOOK:
        states.append(State.UP)
        sentences.append(_rise(cost))
    if retries_spiral(cost):
        states.append(State.RETRYING)
        sentences.append(f"{share(float(cost.retry_usd / usd))} of it ({money(cost.retry_usd)}) repeated failed calls.")
    if over := over_budget(cost):
        states.append(State.OVER_BUDGET)
        named = ", ".join(one.name for one in over[:3]) + (f" and {len(over) - 3} more" if len(over) > 3 else "")
        sentences.append(f"Over budget: {named}.")
    state = min(states, key=list(State).index, default=State.NORMAL)
    return Verdict(state, " ".join(sentence for sentence in sentences if sentence))


def retries_spiral(cost: Cost) -> bool:
    return cost.retry_usd > _WORTH_A_LOOK and cost.retry_usd > _RETRIES * cost.usd


def over_budget(cost: Cost) -> list[Spent]:
    """Those who spent more than their budget, the largest spender first."""
    return [one for one in cost.budgeted if one.budget is not None and one.usd > one.budget]


def money(usd: Decimal) -> str:
    """`$1,234.50`; what is not nothing is never `$0.00`."""
    return "<$0.01" if usd and not round(usd, 2) else f"${usd:,.2f}"


def change(usd: Decimal, before: Decimal) -> str:
    """`about the same as`, `12 % less than`, `2.7 times`; `before` is not zero."""
    times = float(usd / before)
    if 0.95 <= times <= 1.05:
        return "about the same as"
    if times >= 2:
        return f"{times:.1f} times"
    return f"{abs(times - 1):.0%}".replace("%", " %") + (" more than" if times > 1 else " less than")


def _against(cost: Cost) -> str:
    before, compared = cost.compared_usd, cost.period.compared
    if not before:
        return f"; nothing {compared} to compare with"
    return f", {change(cost.usd, before)} {compared} ({money(before)})"


def _rise(cost: Cost) -> str:
    """Who it is, when one client makes up most of the rise."""
    most = max(cost.clients, key=lambda one: one.usd - one.compared_usd)
    rise = most.usd - most.compared_usd
    if cost.client or rise < (cost.usd - cost.compared_usd) / 2:
        return ""
    return f"Most of the rise is {most.name}: {money(rise)} more."
