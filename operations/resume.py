"""Resume publishing: two people and a reason. The first asks, the second, another person, confirms."""

from uuid import uuid4

from sqlalchemy import Connection

from audits import ActionType, Scope, switches
from messages.blocks import Element, button, confirm, plain, section
from operations import store
from operations.model import Answer, Ask, Click, Done, Invalid, Refused, Role, Subject
from operations.platform import order

_UNKNOWN = Refused("unknown_scope", "This button is none of ours any more. Open the newest card.")
_RUNS = "Publishing runs here already; there is nothing to resume."


class RequestResume:
    action_id = "operations.request_resume"
    role = Role.OPERATOR
    audited_as = ActionType.RESUME

    def button(self, scope: Scope) -> Element:
        return button("Request resume…", self.action_id, scope.key)

    def run(self, db: Connection, click: Click) -> Answer:
        scope = Scope.parse(click.value)
        if scope is None:
            return _UNKNOWN
        subject = Subject(scope.client_id, scope.platform, lane=scope.lane)
        if scope not in {switch.scope for switch in switches.switches_on(db)}:
            return Refused("already_running", _RUNS, subject)
        if not click.answers:
            return Ask(_ask_why(scope))
        reason = click.answers.get("reason", "")
        if len(reason) < 3:
            return Invalid({"reason": "Say in a few words why it is safe again."})
        store.request_resume(db, scope.key, click.person.user_id, click.person.name, reason)
        return Done(f"asked to resume {scope.key}: {reason}", subject)


class ConfirmResume:
    action_id = "operations.confirm_resume"
    role = Role.OPERATOR
    audited_as = ActionType.RESUME

    def button(self, scope: Scope, words: str) -> Element:
        """`words` say what the scope is."""
        what = f"{words}: what waited there goes out at its next turn."
        sure = confirm("Resume publishing?", what, "Resume", "Keep stopped")
        return button("Confirm resume", self.action_id, scope.key, style="primary", confirm=sure)

    def run(self, db: Connection, click: Click) -> Answer:
        scope = Scope.parse(click.value)
        if scope is None:
            return _UNKNOWN
        subject = Subject(scope.client_id, scope.platform, lane=scope.lane)
        asked = store.resume_requests(db).get(scope.key)
        if asked is None:
            return Refused("not_requested", "Nobody asks to resume this any more.", subject)
        if asked.requested_by == click.person.user_id:
            return Refused("same_person", "You asked for it yourself: a second person has to confirm.", subject)
        store.forget_resume(db, scope.key)
        epoch = switches.set_switch(
            db, scope, stopped=False, by=click.person.name, reason=asked.reason, asked_by=asked.requested_by_name
        )
        if epoch is None:
            return Refused("already_running", _RUNS, subject)
        store.put_command(db, uuid4(), "resume", order(scope, click.person, asked.reason, epoch), ttl=None)
        return Done(f"resumed {scope.key}, asked by {asked.requested_by_name}: {asked.reason}", subject)


REQUEST_RESUME = RequestResume()
CONFIRM_RESUME = ConfirmResume()


def _ask_why(scope: Scope) -> Element:
    return {
        "type": "modal",
        "callback_id": REQUEST_RESUME.action_id,
        "private_metadata": scope.key,
        "title": plain("Request resume"),
        "submit": plain("Ask"),
        "close": plain("Keep stopped"),
        "blocks": [
            section("A second person has to confirm before anything goes out again."),
            {
                "type": "input",
                "block_id": "reason",
                "label": plain("Why is it safe again?"),
                "element": {"type": "plain_text_input", "action_id": "answer", "max_length": 300},
            },
        ],
    }
