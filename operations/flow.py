"""The one way a click takes effect: seen before? → role → the button's own rules → the record → the answer.

All of it is one transaction: a decision without its record, or a record without its decision, cannot be.
"""

from sqlalchemy import Connection, Engine

from audits import ActorType, Effect, Phase, Result
from audits import store as audits
from clients.model import Seen
from operations import store
from operations.model import Answer, Click, Done, Invalid, Operation, Refused, Role

_MAY_NOT = {
    (Role.LEAD, True): "Only leads can do this. Ask one of them.",
    (Role.OPERATOR, True): "Only operators can do this. You can look and ask.",
    (Role.OPERATOR, False): "Only operators can do this, and you have no role here yet. Ask a lead.",
    (Role.LEAD, False): "Only leads can do this, and you have no role here yet. Ask a lead.",
    (Role.VIEWER, False): "You have no role here yet. Ask a lead.",
}


def perform(engine: Engine, operation: Operation, click: Click) -> Answer | None:
    """None when Slack delivered a click again that was answered before."""
    with engine.begin() as db:
        if not store.remember_click(db, click.key, click.person.user_id, click.action_id, click.value):
            return None
        answer = _answer(db, operation, click)
        if isinstance(answer, Invalid):
            # Slack keeps a modal's hash while it shows errors, so the mended answer comes with the same key.
            store.forget_click(db, click.key)
            return answer
        reason = f":{answer.reason}" if isinstance(answer, Refused) else ""
        store.answer_click(db, click.key, f"{type(answer).__name__.lower()}{reason}")
        if isinstance(answer, Done | Refused):
            _record(db, operation, click, answer)
    return answer


def _answer(db: Connection, operation: Operation, click: Click) -> Answer:
    if click.person.role < operation.role:
        return Refused("role", _MAY_NOT[operation.role, click.person.role >= Role.VIEWER])
    return operation.run(db, click)


def _record(db: Connection, operation: Operation, click: Click, answer: Done | Refused) -> None:
    subject = answer.subject
    seen = Seen.parse(click.value)
    about = {"calendar_item_id": subject.calendar_item_id, "work_item_id": subject.work_item_id}
    effect = Effect(
        client_id=subject.client_id,
        platform=subject.platform,
        surface=subject.surface,
        lane=subject.lane,
        action_type=operation.audited_as,
        actor_type=ActorType.OPERATOR,
        actor_id=click.person.user_id,
        payload={"action": click.action_id, "value": click.value, "answers": dict(click.answers)},
        summary=answer.summary if isinstance(answer, Done) else f"refused: {answer.reason}",
        ids={name: value for name, value in about.items() if value},
        seen_version=seen.version if seen else None,
        seen_hash=seen.payload_hash if seen else None,
    )
    result = Result.SUCCESS if isinstance(answer, Done) else Result.BLOCKED
    audits.record(db, effect, Phase.OUTCOME, result, {"click": click.key})
