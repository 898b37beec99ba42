"""docs/record.md tells what is so: every field, role and command, and the example of a checkpoint is one."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from audits.checkpoints import opened
from audits.model import AuditEvent
from audits.protect import Part
from audits.verify import State
from bot.audits_cli import audits

PAGE = (Path(__file__).parents[2] / "docs" / "record.md").read_text()


@pytest.mark.parametrize("name", AuditEvent.__dataclass_fields__)
def test_every_field_is_told(name: str) -> None:
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("part", Part)
def test_every_part_is_told(part: Part) -> None:
    assert f"| `{part}` |" in PAGE


@pytest.mark.parametrize("name", get_command(audits).list_commands(None))  # type: ignore[attr-defined]
def test_every_command_is_told(name: str) -> None:
    assert f"checkin audits {name}" in PAGE


@pytest.mark.parametrize("state", State)
def test_every_exit_code_is_told(state: State) -> None:
    words = {State.WHOLE: "whole", State.TAMPERED: "tampered with", State.INCOMPLETE: "incomplete"}[state]
    assert f"| {state.value} | {words}" in PAGE


def test_the_example_of_a_checkpoint_is_one() -> None:
    (example,) = re.findall(r"^\{\"at\".*\}$", PAGE, re.MULTILINE)
    text = example.replace("<sha256 of the text before>", "00").replace("<hex>", "11")
    assert opened(text, b"").size == 46
