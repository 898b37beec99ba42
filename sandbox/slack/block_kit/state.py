"""What a user has entered: the `state.values` of a view or message, element by element."""

from collections.abc import Iterator
from typing import Any

from sandbox.slack.block_kit.walk import elements_of, every_block

# type -> (what the app may preset, what the payload calls it)
HOLDS: dict[str, tuple[str, str]] = {
    "plain_text_input": ("initial_value", "value"),
    "email_text_input": ("initial_value", "value"),
    "url_text_input": ("initial_value", "value"),
    "number_input": ("initial_value", "value"),
    "rich_text_input": ("initial_value", "rich_text_value"),
    "file_input": ("initial_files", "files"),
    "static_select": ("initial_option", "selected_option"),
    "external_select": ("initial_option", "selected_option"),
    "radio_buttons": ("initial_option", "selected_option"),
    "multi_external_select": ("initial_options", "selected_options"),
    "multi_static_select": ("initial_options", "selected_options"),
    "checkboxes": ("initial_options", "selected_options"),
    "users_select": ("initial_user", "selected_user"),
    "multi_users_select": ("initial_users", "selected_users"),
    "channels_select": ("initial_channel", "selected_channel"),
    "multi_channels_select": ("initial_channels", "selected_channels"),
    "conversations_select": ("initial_conversation", "selected_conversation"),
    "multi_conversations_select": ("initial_conversations", "selected_conversations"),
    "datepicker": ("initial_date", "selected_date"),
    "timepicker": ("initial_time", "selected_time"),
    "datetimepicker": ("initial_date_time", "selected_date_time"),
}
SEVERAL = ("selected_options", "selected_users", "selected_channels", "selected_conversations", "files")


def holders(blocks: list[Any]) -> Iterator[tuple[Any, Any]]:
    """(block, element) for every element that holds a value."""
    for block, _pointer in every_block(blocks):
        for part in elements_of(block):
            if part.get("type") in HOLDS:
                yield block, part


def entry(element: Any, given: dict[str, Any] | None) -> dict[str, Any]:
    """One element's place in state.values, from what the user entered or else from the preset."""
    preset, name = HOLDS[element["type"]]
    value = given[name] if given and name in given else element.get(preset)
    if value in ("", None):
        value = [] if name in SEVERAL else None
    return {"type": element["type"], name: value}


def values(blocks: list[Any], entered: dict[str, Any]) -> dict[str, Any]:
    """state.values of these blocks; `entered` holds what this user changed, in the same shape."""
    found: dict[str, Any] = {}
    for block, element in holders(blocks):
        given = entered.get(block["block_id"], {}).get(element["action_id"])
        found.setdefault(block["block_id"], {})[element["action_id"]] = entry(element, given)
    return found


def complaints(blocks: list[Any], entered: dict[str, Any]) -> dict[str, str]:
    """What Slack's own client says before a modal is sent: block_id -> sentence."""
    found = {}
    current = values(blocks, entered)
    for block, element in holders(blocks):
        if block["type"] != "input":
            continue
        value = current[block["block_id"]][element["action_id"]][HOLDS[element["type"]][1]]
        if not value and not block.get("optional"):
            found[block["block_id"]] = "Please complete this required field."
        elif isinstance(value, str) and len(value) < element.get("min_length", 0):
            found[block["block_id"]] = f"Please enter at least {element['min_length']} characters."
        elif isinstance(value, str) and len(value) > element.get("max_length", 3000):
            found[block["block_id"]] = f"Please enter at most {element.get('max_length', 3000)} characters."
    return found
