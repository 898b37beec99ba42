"""5,000 tampers with 40 sealed logs: what `checkin audits verify` asks finds each, and names the first bad row."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random
from uuid import UUID

import pytest

from audits import Phase, Result
from audits.checkpoints import Malformed, opened
from audits.merkle import leaf_hash
from audits.model import AuditEvent, event_id, event_line
from audits.verify import Entry, State, verify
from tests.audits.tampering import KEYS, KINDS, STRANGER, Log, Tamper, fork, roll_back, sealed
from tests.factories import NOON, effect

TAMPERS, CLEAN = 5_000, 500


def clean_log(seed: int) -> Log:
    """Up to 60 rows under some checkpoints, as a database or as an export has them."""
    dice = Random(seed)
    size = dice.randint(4, 60)
    leaves = dice.random() < 0.5
    lines = [_line(dice, number) for number in range(size)]
    entries = [Entry(index, line, leaf_hash(line) if leaves else None) for index, line in enumerate(lines)]
    sizes = sorted({*dice.sample(range(1, size), min(size - 1, dice.randint(1, 8))), size})
    return Log(entries, sealed(entries, sizes))


@pytest.fixture(scope="module")
def logs() -> list[Log]:
    return [clean_log(seed) for seed in range(40)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_tamper_is_found_and_the_first_bad_row_named(kind: Tamper, logs: list[Log]) -> None:
    for seed in range(-(-TAMPERS // len(KINDS))):
        dice = Random(f"{kind.__name__} {seed}")
        tampered = kind(dice.choice(logs), dice)
        verdict = tampered.log.verdict()
        assert verdict.state is State.TAMPERED, f"seed {seed}: not found"
        assert verdict.first_bad is not None, f"seed {seed}: {verdict.tampered}"
        assert tampered.since <= verdict.first_bad <= tampered.bad, f"seed {seed}: {verdict.tampered}"


def test_a_hash_beside_each_row_alone_would_miss_what_is_sealed_together(logs: list[Log]) -> None:
    missed = set()
    for kind in KINDS:
        for seed in range(100):
            dice = Random(f"{kind.__name__} {seed}")
            log = kind(dice.choice(logs), dice).log
            if all(one.leaf in (None, leaf_hash(one.line or b"")) for one in log.entries):
                missed.add(kind)
    assert missed == set(KINDS)


def test_no_clean_log_is_accused() -> None:
    for seed in range(CLEAN):
        log = clean_log(seed)
        heads = Random(seed).choices(log.checkpoints, k=3)
        verdict = replace(log, heads=heads).verdict()
        assert (verdict.state, verdict.first_bad) == (State.WHOLE, None), f"seed {seed}: {verdict}"
        assert (verdict.size, verdict.checkpoints) == (len(log.entries), len(log.checkpoints))


def test_without_a_head_kept_elsewhere_a_rollback_and_a_fork_cannot_be_told(logs: list[Log]) -> None:
    for tamper in (roll_back, fork):
        log = tamper(logs[0], Random(1)).log
        assert replace(log, heads=()).verdict().state is State.WHOLE


def test_a_head_that_nobody_trusted_signed_accuses_nobody(logs: list[Log]) -> None:
    log = logs[0]
    verdict = replace(log, heads=sealed(log.entries[:2], [2], STRANGER)).verdict()
    assert (verdict.state, verdict.tampered) == (State.INCOMPLETE, [])


def test_nothing_sealed_and_nothing_to_check_with_is_not_whole(logs: list[Log]) -> None:
    assert verify([], [], KEYS).state is State.INCOMPLETE
    assert verify(logs[0].entries, logs[0].checkpoints, {}).state is State.INCOMPLETE


def test_a_key_of_before_still_counts(logs: list[Log]) -> None:
    entries = logs[0].entries
    rotated = {**KEYS, STRANGER.public.key_id: STRANGER.public}
    before = sealed(entries, logs[0].sizes, STRANGER)
    assert verify(entries, before, rotated).state is State.WHOLE
    assert verify(entries, before, KEYS).state is State.TAMPERED


def retired(log: Log, spans: object, first: int, last: int) -> Log:
    """The log with a retirement at its end that tells of `spans`, and the rows from `first` to `last` gone."""
    event = AuditEvent(**{**_event(Random(0), 0).__dict__, "action_type": "retire", "proof": {"spans": spans}})
    end = len(log.entries)
    entries = [*log.entries, Entry(end, event_line(vars(event)), None)]
    checkpoints = sealed(entries, [*log.sizes, end + 1])
    gone = [replace(one, line=None, leaf=leaf_hash(one.line or b"")) for one in entries[first : last + 1]]
    return Log([*entries[:first], *gone, *entries[last + 1 :]], checkpoints)


def test_rows_may_be_missing_only_where_a_later_retirement_tells_of_them(logs: list[Log]) -> None:
    whole = retired(logs[0], [[1, 2]], 1, 2).verdict()
    assert (whole.state, whole.absent, len(whole.retirements)) == (State.WHOLE, 2, 1)
    one_more = retired(logs[0], [[1, 2]], 1, 3).verdict()
    assert (one_more.state, one_more.first_bad) == (State.TAMPERED, 3)
    for nonsense in (None, "all", [[0]], [["a", "b"]], [[0, 10_000]]):
        assert retired(logs[0], nonsense, 1, 2).verdict().state is State.TAMPERED


def test_of_the_export_of_a_month_other_rows_are_known_by_their_leaves(logs: list[Log]) -> None:
    log = logs[0]
    part = [replace(one, line=None, leaf=leaf_hash(one.line or b"")) if one.index > 1 else one for one in log.entries]
    assert verify(part, log.checkpoints, KEYS).state is State.TAMPERED
    verdict = verify(part, log.checkpoints, KEYS, part=True)
    assert (verdict.state, verdict.absent) == (State.WHOLE, len(log.entries) - 2)
    part[0] = replace(part[0], line=b"{}")
    assert verify(part, log.checkpoints, KEYS, part=True).first_bad == 0


def test_what_cannot_be_read_is_said_of_the_row_where_it_stands(logs: list[Log]) -> None:
    def unreadable() -> Iterator[Entry]:
        yield from logs[0].entries[:2]
        raise ValueError("no number")

    verdict = verify(unreadable(), logs[0].checkpoints, KEYS)
    assert (verdict.state, verdict.first_bad) == (State.TAMPERED, 2)


@pytest.mark.parametrize("size", ["-5", "0", "true", '"7"', "1.0", "null"])
def test_a_checkpoint_of_no_size_is_none(size: str) -> None:
    body = f'{{"at":"","key":"","previous":"","root":"","size":{size}}}'
    with pytest.raises(Malformed):
        opened(body, b"")


def _line(dice: Random, number: int) -> bytes:
    return event_line(vars(_event(dice, number)))


def _event(dice: Random, number: int) -> AuditEvent:
    cause = effect(client_id=dice.choice(["acme", "bloom", None]), summary=f"reel {number}: sprïng 🌱")
    command = UUID(int=dice.getrandbits(128))
    result = dice.choice(list(Result))
    return AuditEvent(
        audit_id=event_id(command, Phase.OUTCOME, result),
        command_id=command,
        phase=Phase.OUTCOME,
        client_id=cause.client_id,
        actor_type=cause.actor_type,
        actor_id=cause.actor_id,
        action_type=cause.action_type,
        platform=cause.platform,
        surface=cause.surface,
        lane=cause.lane,
        payload_hash=cause.payload_hash,
        payload_summary=cause.summary,
        policy_snapshot_id="0" * 64,
        result=result,
        proof={"post_url": f"https://x.test/{number}", "seconds": dice.random()},
        ids={"job_id": f"job-{number}"},
        created_at=NOON,
        seen_version=dice.choice([None, 3]),
    )
