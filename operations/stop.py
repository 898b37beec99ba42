"""Stop publishing: one operator is enough. The dialog names what it hits before anything happens.

button → choose client, platform, reason → see what it hits → Stop now.
"""

import json
from datetime import timedelta
from uuid import uuid4

from sqlalchemy import Connection

from audits import ActionType, Scope, switches
from clients import store as clients
from clients.model import CalendarStatus, Client
from messages.blocks import Element, button, context, escape, offered, option, plain, section, visible
from operations.model import Answer, Ask, Click, Done, Invalid, Refused, Role, Subject
from operations.platform import order
from operations.store import forget_resume, put_command
from operations.wording import place
from storage import clock
from telemetry.ids import Lane, Platform

ANY = "any"
_HORIZON = timedelta(hours=6)
_MOST_NAME = 256
_WAITING = {CalendarStatus.PLANNED, CalendarStatus.AWAITING_APPROVAL, CalendarStatus.SCHEDULED}


class Stop:
    action_id = "operations.stop"
    role = Role.OPERATOR
    audited_as = ActionType.STOP

    def button(self, scope: Scope | None = None) -> Element:
        """With a scope the dialog opens with it chosen."""
        return button("Stop publishing…", self.action_id, self.value(scope))

    def value(self, scope: Scope | None = None) -> str:
        """What opens the dialog with this scope chosen."""
        return json.dumps({"scope": scope.key if scope else None})

    def run(self, db: Connection, click: Click) -> Answer:
        scope, told_reason = _told(click.value)
        if scope and click.answers:
            scope = _chosen(click)
        if scope is None or not _possible(scope):
            return Refused("unknown_scope", "This button is none of ours any more. Open the newest card.")
        if told_reason and not click.answers:
            return _stop(db, click, scope, told_reason)
        everyone = clients.all_clients(db)
        if scope.client_id not in {None, *(client.client_id for client in everyone)}:
            # It must not open as a wider one.
            told = f"Checkin knows no client {escape(scope.client_id, 60)}. Nothing was stopped."
            return Refused("unknown_client", told)
        if not click.answers:
            return Ask(_choose(everyone, scope))
        reason = click.answers.get("reason", "")
        if len(reason) < 3:
            return Invalid({"reason": "Say in a few words why, so that whoever resumes knows."})
        return Ask(_confirm(db, scope, reason))


STOP = Stop()


def ordered(scope: Scope, reason: str) -> str:
    """The value of a press that stops at once: what the last dialog, or the command line, hands over."""
    return json.dumps({"scope": scope.key, "reason": reason}, ensure_ascii=False)


def _told(value: str) -> tuple[Scope | None, str]:
    """(scope, reason) of a button or dialog; no scope when the value is not one that we made."""
    try:
        told = json.loads(value)
    except (ValueError, RecursionError):
        return None, ""
    if not isinstance(told, dict) or "scope" not in told:
        return None, ""
    scope = Scope() if told["scope"] is None else Scope.parse(told["scope"])
    return scope, visible(str(told.get("reason", "")))


def _possible(scope: Scope) -> bool:
    """Not of a client that nobody knows: the guard may have heard of it before we do, and a stop harms nobody."""
    told = scope.client_id or ""
    return (
        told.isprintable()
        and len(told) <= _MOST_NAME
        and scope.platform in {None, *Platform}
        and scope.lane in {None, *Lane}
    )


def _chosen(click: Click) -> Scope:
    chosen = [click.answers.get(name, ANY) for name in ("client", "platform", "lane")]
    return Scope(*(None if value == ANY else value for value in chosen))


def _stop(db: Connection, click: Click, scope: Scope, reason: str) -> Answer:
    subject = Subject(scope.client_id, scope.platform, lane=scope.lane)
    epoch = switches.set_switch(db, scope, stopped=True, by=click.person.name, reason=reason)
    forget_resume(db, scope.key)  # whoever asked to resume before did not know that somebody would say stop now
    if epoch is None:
        told = f"Publishing was already stopped for {escape(scope_words(db, scope))}."
        return Refused("already_stopped", told, subject)
    put_command(db, uuid4(), "stop", order(scope, click.person, reason, epoch), priority=0, ttl=None)
    return Done(f"stopped publishing for {scope.key}: {reason}", subject)


def scope_words(db: Connection, scope: Scope) -> str:
    """`Instagram at Acme Outdoor`, `all of Acme Outdoor`, `X for all clients, engagement only`, `everything`."""
    found = clients.one_client(db, scope.client_id) if scope.client_id else None
    name = found.name if found else scope.client_id
    platform = place(scope.platform, None)
    if name and platform:
        words = f"{platform} at {name}"
    else:
        words = f"all of {name}" if name else f"{platform} for all clients" if platform else "everything"
    return f"{words}, {scope.lane} only" if scope.lane else words


def _choose(all_clients: list[Client], scope: Scope) -> Element:
    by_client = [option("All clients", ANY), *(option(c.name, c.client_id) for c in all_clients)]
    by_platform = [option("All platforms", ANY), *(option(p.title, p.value) for p in Platform)]
    by_lane = [option("All work", ANY), *(option(f"Only {lane.value}", lane.value) for lane in Lane)]
    return {
        "type": "modal",
        "callback_id": STOP.action_id,
        "private_metadata": json.dumps({"scope": None}),
        "title": plain("Stop publishing"),
        "submit": plain("See what it hits"),
        "close": plain("Keep running"),
        "blocks": [
            _select("client", "Client", by_client, scope.client_id),
            _select("platform", "Platform", by_platform, scope.platform),
            _select("lane", "Work", by_lane, scope.lane),
            {
                "type": "input",
                "block_id": "reason",
                "label": plain("Why"),
                "hint": plain("Kept on the record; whoever resumes will read it."),
                "element": {"type": "plain_text_input", "action_id": "answer", "max_length": 300},
            },
        ],
    }


def _select(block_id: str, label: str, options: list[Element], chosen: str | None) -> Element:
    initial = next((o for o in options if o["value"] == chosen), options[0])
    element = {"type": "static_select", "action_id": "answer", "initial_option": initial, **offered(options)}
    return {"type": "input", "block_id": block_id, "label": plain(label), "element": element}


def _confirm(db: Connection, scope: Scope, reason: str) -> Element:
    now = clock.now(db)
    due = [
        item
        for item in clients.calendar(db, now, now + _HORIZON)
        if item.status in _WAITING
        and scope.lane in (None, Lane.PUBLISHING)
        and scope.client_id in (None, item.client_id)
        and scope.platform in (None, item.platform)
    ]
    flying = len(switches.in_flight(db, scope))
    affected = len({item.client_id for item in due})
    hits = (
        f"*{len(due)}* {'publish' if len(due) == 1 else 'publishes'} of *{affected}* "
        f"{'client' if affected == 1 else 'clients'} due in the next 6 hours will wait."
    )
    finishing = f"*{flying}* already on the way will finish." if flying else "Nothing is on the way right now."
    return {
        "type": "modal",
        "callback_id": STOP.action_id,
        "private_metadata": ordered(scope, reason),
        "title": plain("Stop publishing?"),
        "submit": plain("Stop now"),
        "close": plain("Keep running"),
        "blocks": [
            section(f"This stops *{escape(scope_words(db, scope))}*.\n{hits}\n{finishing}"),
            section(f"Reason: {escape(reason)}"),
            context("Any operator can stop. Resuming takes two people."),
        ],
    }
