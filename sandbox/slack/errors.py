"""The one way anything in here refuses a request: Slack's own error code, in Slack's own shape."""

from typing import Any


class SlackError(Exception):
    """`problems` are the sentences Slack adds to a code, each ending in a json-pointer; `retry_after` is in seconds."""

    def __init__(
        self, code: str, *problems: str, status: int = 200, retry_after: int | None = None, **extra: Any
    ) -> None:
        super().__init__(code)
        self.code = code
        self.problems = problems
        self.status = status
        self.headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        self.extra = extra

    def body(self) -> dict[str, Any]:
        body = {"ok": False, "error": self.code, **self.extra}
        if self.problems:
            body["errors"] = list(self.problems)
            body["response_metadata"] = {"messages": [f"[ERROR] {problem}" for problem in self.problems]}
        return body
