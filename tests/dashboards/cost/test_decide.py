from datetime import UTC, datetime
from decimal import Decimal

import pytest

from clients.model import Client
from dashboards.cost.decide import State, change, money, verdict
from dashboards.cost.model import Cost, Period, Spent

NOW = datetime(2026, 3, 3, 13, 30, tzinfo=UTC)


def cost(*spent: tuple[str, float, float], retries: float = 0, budget: float | None = None, one: bool = False) -> Cost:
    """`spent` are (client, now, before); budget and retries are the first client's."""
    clients = [Spent(name, Decimal(usd), Decimal(), (), Decimal(before)) for name, usd, before in spent]
    if clients:
        name, usd, before = spent[0]
        first_budget = None if budget is None else Decimal(budget)
        clients[0] = Spent(name, Decimal(usd), Decimal(retries), (), Decimal(before), first_budget)
    period = Period("so far today", NOW, NOW, "yesterday by 14:30", NOW, NOW, 1, "hour")
    client = Client("acme", "Acme", "UTC") if one else None
    return Cost(period, client, NOW, "UTC", (NOW,), tuple(clients), (), (), {})


@pytest.mark.parametrize(
    ("value", "state", "words"),
    [
        (cost(), State.NORMAL, "Nothing was spent so far today."),
        (cost(("Acme", 0, 3)), State.NORMAL, "Nothing was spent so far today."),
        (
            cost(("Acme", 3, 0)),
            State.NORMAL,
            "$3.00 so far today; nothing yesterday by 14:30 to compare with.",
        ),
        (
            cost(("Acme", 11, 10)),
            State.NORMAL,
            "$11.00 so far today, 10 % more than yesterday by 14:30 ($10.00).",
        ),
        (
            cost(("Acme", 30, 10), ("Blue", 12, 5)),
            State.UP,
            "$42.00 so far today, 2.8 times yesterday by 14:30 ($15.00). Most of the rise is Acme: $20.00 more.",
        ),
        (
            cost(("Acme", 8, 5), ("Blue", 8, 5), ("Cedar", 8, 5)),
            State.UP,
            "$24.00 so far today, 60 % more than yesterday by 14:30 ($15.00).",
        ),
        (cost(("Acme", 30, 10), one=True), State.UP, "$30.00 so far today, 3.0 times yesterday by 14:30 ($10.00)."),
        (cost(("Acme", 0.9, 0.1)), State.NORMAL, "$0.90 so far today, 9.0 times yesterday by 14:30 ($0.10)."),
        (
            cost(("Acme", 10, 10), retries=3.1),
            State.RETRYING,
            "$10.00 so far today, about the same as yesterday by 14:30 ($10.00). "
            "31 % of it ($3.10) repeated failed calls.",
        ),
        (cost(("Acme", 2, 2), retries=0.9), State.NORMAL, None),
        (
            cost(("Acme", 10, 10), retries=3.1, budget=8),
            State.OVER_BUDGET,
            "$10.00 so far today, about the same as yesterday by 14:30 ($10.00). "
            "31 % of it ($3.10) repeated failed calls. Over budget: Acme.",
        ),
        (cost(("Acme", 10, 10), budget=10), State.NORMAL, None),
    ],
)
def test_the_gravest_state_and_a_sentence_for_each(value: Cost, state: State, words: str | None) -> None:
    found = verdict(value)
    assert found.state is state
    assert words is None or found.words == words


@pytest.mark.parametrize(
    ("usd", "words"), [("0", "$0.00"), ("0.004", "<$0.01"), ("0.006", "$0.01"), ("1234.5", "$1,234.50")]
)
def test_money_has_two_decimals_and_never_hides_a_spend(usd: str, words: str) -> None:
    assert money(Decimal(usd)) == words


@pytest.mark.parametrize(
    ("usd", "words"),
    [
        ("104", "about the same as"),
        ("107", "7 % more than"),
        ("90", "10 % less than"),
        ("199", "99 % more than"),
        ("200", "2.0 times"),
    ],
)
def test_changes_are_told_in_words(usd: str, words: str) -> None:
    assert change(Decimal(usd), Decimal(100)) == words
