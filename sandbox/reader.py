"""The local Slack as its users see and press it, for those who work in it without a browser."""

from typing import Any

import httpx

from sandbox import people

Message = dict[str, Any]


class NotSeen(Exception):
    """Something that a user would have seen did not appear."""


class Reader:
    """The local Slack as one of its users sees it."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=10, trust_env=False)
        self._channels = {
            channel["name"]: channel["id"] for channel in self._get("/page/state", user=people.OPERATOR)["channels"]
        }

    def messages(self, channel: str, user: str = people.OPERATOR) -> list[Message]:
        found: list[Message] = self._get("/page/messages", user=user, channel=self._channels[channel])["messages"]
        return found

    def thread(self, channel: str, ts: str, user: str = people.OPERATOR) -> list[Message]:
        found: list[Message] = self._get("/page/thread", user=user, channel=self._channels[channel], ts=ts)["messages"]
        return found

    def press(self, channel: str, message: Message, button: dict[str, Any], user: str) -> None:
        container = {"type": "message", "channel": self._channels[channel], "ts": message["ts"]}
        answer = self._post(
            "/page/action",
            user=user,
            container=container,
            block_id=button["block_id"],
            action_id=button["action_id"],
            value=button["value"],
        )
        if not answer["ok"]:
            raise NotSeen(f"pressing {button['action_id']} was answered {answer}")

    def dialog(self, user: str) -> dict[str, Any] | None:
        """The one that is open before this user's eyes."""
        stack: list[dict[str, Any]] = self._get("/page/views", user=user)["stack"]
        return stack[-1] if stack else None

    def submit(self, dialog: dict[str, Any], values: dict[str, Any], user: str) -> None:
        """`values`: block_id → action_id → what was entered."""
        answer = self._post("/page/view/submit", user=user, view_id=dialog["id"], values=values)
        if not answer["ok"]:
            raise NotSeen(f"sending “{dialog['title']['text']}” was answered {answer}")

    def close(self, dialog: dict[str, Any], user: str) -> None:
        self._post("/page/view/close", user=user, view_id=dialog["id"], clear=True)

    def command(self, channel: str, line: str, user: str = people.OPERATOR) -> None:
        answer = self._post("/page/command", user=user, channel=self._channels[channel], text=line)
        if not answer["ok"]:
            raise NotSeen(f"{line} was answered {answer}")

    def file(self, file_id: str) -> bytes:
        token = f"/files/{file_id}/image"
        return self._http.get(token).raise_for_status().content

    def _get(self, path: str, **query: str) -> Any:
        return self._http.get(path, params=query).raise_for_status().json()

    def _post(self, path: str, **body: Any) -> Any:
        return self._http.post(path, json=body).json()
