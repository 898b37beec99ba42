"""Arguments as Slack reads them: numbers and booleans also as strings, structures also as JSON text."""

import math
from typing import Any

from sandbox.slack.encodings import decoded
from sandbox.slack.errors import SlackError
from sandbox.slack.model import Json


class Arguments:
    def __init__(self, given: Json) -> None:
        self.given = given

    def has(self, name: str) -> bool:
        return self.given.get(name) is not None

    def string(self, name: str) -> str:
        """Raises invalid_arguments when it is missing or empty."""
        if not (value := self.optional(name)):
            raise SlackError("invalid_arguments", f"missing required field: {name}")
        return value

    def optional(self, name: str) -> str | None:
        value = self.given.get(name)
        return None if value is None else str(value)

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.given.get(name)
        return default if value is None else str(value).lower() in ("1", "true")

    def integer(self, name: str, default: int, lowest: int, highest: int) -> int:
        try:
            value = int(self.given.get(name, default))
        except (TypeError, ValueError):
            raise SlackError("invalid_arguments", f"must provide an integer [json-pointer:/{name}]") from None
        if not lowest <= value <= highest:
            raise SlackError("invalid_limit" if name == "limit" else "invalid_arguments")
        return value

    def number(self, name: str, default: float | None = None) -> float:
        """A finite one. Raises invalid_arguments, also when it is missing and there is no default."""
        try:
            value = float(self.given.get(name, default))  # type: ignore[arg-type]
        except (TypeError, ValueError):
            value = math.nan
        if not math.isfinite(value):
            raise SlackError("invalid_arguments", f"must provide a number [json-pointer:/{name}]")
        return value

    def names(self, name: str) -> list[str]:
        """A list, given as JSON or joined with commas. Raises invalid_arguments."""
        value = self.given.get(name) or []
        if isinstance(value, str):
            value = decoded(value, "invalid_arguments") if value.startswith("[") else value.split(",")
        if not isinstance(value, list):
            raise SlackError("invalid_arguments", f"must provide an array [json-pointer:/{name}]")
        return [str(item).strip() for item in value if str(item).strip()]

    def structure(self, name: str, code: str = "invalid_arguments") -> Any:
        """A JSON value, decoded when it came as text; None when absent. `code` is the refusal of bad JSON."""
        value = self.given.get(name)
        return decoded(value, code) if isinstance(value, str) else value

    def object(self, name: str) -> Json:
        """Named values; {} when absent. Raises invalid_arguments."""
        value = self.structure(name)
        if value is not None and not isinstance(value, dict):
            raise SlackError("invalid_arguments", f"must provide an object [json-pointer:/{name}]")
        return value or {}
