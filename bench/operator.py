"""An operator who works a check-in in the local Slack as a person would, and counts every click it takes.

A press, a tick and a dialog that is sent are a click each. What may be decided together is decided together; what has
a risk is read first, and the first draft of each page is sent back for changes. Part of `python -m bench checkin`.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from digests.confirm import CONFIRM
from operations.approve import APPROVE
from operations.batch import APPROVE_MANY, CONFIRM_BLOCK_MANY, RESOLVE_MANY, RETRY_MANY, SEND_REPLY_MANY
from operations.batch_cards import CONFIRM_BATCH
from operations.confirm_block import CONFIRM_BLOCK
from operations.reply import SEND_REPLY
from operations.request_changes import REQUEST_CHANGES
from operations.resolve import RESOLVE
from operations.retry import RETRY
from sandbox import people
from sandbox.reader import Message, NotSeen, Reader

Button = dict[str, Any]

_PATIENCE = 900.0
"""Seconds until something is seen: of hundreds of items each is decided, told to the platform and shown by itself."""
_CALM = 5.0
"""Seconds without a change after which nothing more is on its way."""
_PRESSES = 3
_ALONE = (APPROVE, SEND_REPLY, RETRY, RESOLVE, CONFIRM_BLOCK)
_TOGETHER = (APPROVE_MANY, SEND_REPLY_MANY, RETRY_MANY, RESOLVE_MANY, CONFIRM_BLOCK_MANY)
_CHANGE = "Name the source, please."


@dataclass
class Worked:
    """What a check-in took. Steps and words are those of its card at the end; `messages` are its own in the channel."""

    clicks: int = 0
    steps: int = 0
    ticked: int = 0
    messages: int = 0
    words: str = ""
    sent_back: set[str] = field(default_factory=set)


class Operator:
    """Ana at the page; Ben presses what needs a second person."""

    def __init__(self, slack: Reader, title: str) -> None:
        """`title` is how the check-in's card begins."""
        self._slack = slack
        self._title = title
        self._worked = Worked()

    def work(self) -> Worked:
        """Until the last step is ticked; NotSeen when that does not come."""
        self._wait("the check-in", lambda: bool(self._cards()))
        self._worked.clicks += 1  # opens the thread
        while not self._over():
            self._wait("all of the thread", self._calm)
            self._together()
            self._wait("what was decided together", self._calm)
            self._alone()
            for message, button in self._buttons(CONFIRM.action_id):
                self._press(message, button)
        return self._told()

    def _together(self) -> None:
        for many in _TOGETHER:
            for button in pressable(self._card(), many.action_id):
                self._dialogs(self._asked(self._card(), button))
        for message, button in self._buttons(CONFIRM_BATCH.action_id):
            self._press(message, button, people.SECOND_OPERATOR)

    def _alone(self) -> None:
        for one in _ALONE:
            for message, button in self._buttons(one.action_id):
                item_id = button["value"].partition("|")[0]
                if one is APPROVE and item_id not in self._worked.sent_back:
                    self._worked.sent_back.add(item_id)
                    self._send_back(message, button["value"])
                else:
                    self._press(message, button)

    def _send_back(self, message: Message, value: str) -> None:
        (button,) = [each for each in pressable(message, REQUEST_CHANGES.action_id) if each["value"] == value]
        if dialog := self._asked(message, button):
            self._submit(dialog, {"words": {"answer": {"type": "plain_text_input", "value": _CHANGE}}})

    def _dialogs(self, dialog: Message | None) -> None:
        """Sends what is ticked, then page by page what is to be read, but for the first draft of each page."""
        while dialog is not None and dialog.get("submit"):
            choices = [block for block in dialog["blocks"] if block["type"] == "input"]
            leaves_one = dialog["callback_id"] == APPROVE_MANY.action_id and not _ticked_before(choices)
            self._submit(dialog, _ticked(choices[0]) if leaves_one else {})
            self._worked.clicks += leaves_one
            dialog = self._slack.dialog(people.OPERATOR)
        if dialog is not None:
            self._slack.close(dialog, people.OPERATOR)
            self._worked.clicks += 1

    def _asked(self, message: Message, button: Button) -> Message | None:
        """The dialog that the button opens; pressed again when it came too late for Slack, which takes 3 s for late.

        None when it does not come: the item changed, and its new card is on its way.
        """
        for _ in range(_PRESSES):
            self._press(message, button)
            deadline = time.monotonic() + _CALM
            while time.monotonic() < deadline:
                if dialog := self._slack.dialog(people.OPERATOR):
                    return dialog
                time.sleep(0.2)
        return None

    def _submit(self, dialog: Message, values: dict[str, Any]) -> None:
        """The answer travels in Slack's: what follows is there when this returns."""
        self._slack.submit(dialog, values, people.OPERATOR)
        self._worked.clicks += 1

    def _press(self, message: Message, button: Button, user: str = people.OPERATOR) -> None:
        """If the button is still there: what was decided meanwhile has another card by now."""
        now = [each for each in (*self._cards(), *self._thread()) if each["ts"] == message["ts"]]
        if now and button in pressable(now[0], button["action_id"]):
            self._slack.press(people.CHECKIN, message, button, user)
            self._worked.clicks += 1

    def _cards(self) -> list[Message]:
        return [each for each in self._slack.messages(people.CHECKIN) if each["text"].startswith(self._title)]

    def _card(self) -> Message:
        return self._cards()[-1]

    def _thread(self) -> list[Message]:
        return self._slack.thread(people.CHECKIN, self._card()["ts"])

    def _buttons(self, action_id: str) -> Iterator[tuple[Message, Button]]:
        """Of the thread as it stands now."""
        for message in self._thread():
            yield from ((message, button) for button in pressable(message, action_id))

    def _over(self) -> bool:
        return "all done." in self._card()["text"]

    def _calm(self) -> bool:
        """Nothing has changed for a while, and no batch is being worked off.

        In all of the channel: Slack takes an edit a second, and those of other threads may come before ours.
        """
        before, channel = self._thread(), self._slack.messages(people.CHECKIN)
        time.sleep(_CALM)
        still = self._thread() == before and self._slack.messages(people.CHECKIN) == channel
        return still and not any(each["text"].startswith(":hourglass_flowing_sand:") for each in before)

    def _wait(self, what: str, seen: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not seen():
            if time.monotonic() > deadline:
                raise NotSeen(f"not seen within {_PATIENCE:.0f} s: {what}")
            time.sleep(0.2)

    def _told(self) -> Worked:
        card = self._card()
        lines = next(block["text"]["text"] for block in card["blocks"] if block["type"] == "section").splitlines()
        self._worked.steps = len(lines)
        self._worked.ticked = sum(line.startswith(":white_check_mark:") for line in lines)
        self._worked.messages = len(self._cards())
        self._worked.words = str(card["text"])
        return self._worked


def pressable(message: Message, action_id: str) -> list[Button]:
    return [
        {**element, "block_id": block["block_id"]}
        for block in message.get("blocks", [])
        if block["type"] == "actions"
        for element in block["elements"]
        if element["action_id"] == action_id
    ]


def _ticked_before(choices: list[Message]) -> bool:
    return any(block["element"].get("initial_options") for block in choices)


def _ticked(choice: Message) -> dict[str, Any]:
    entered = {"type": "checkboxes", "selected_options": choice["element"]["options"][:1]}
    return {choice["block_id"]: {choice["element"]["action_id"]: entered}}
