"""A platform's end of the line, for tests: a real server that checks signatures and answers as it is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Receiver:
    """Takes what is signed rightly, answers as told, keeps what it heard."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.ids: list[str] = []
        self.answers: list[tuple[int, bytes]] = []
        self.url = ""

    def take(self, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        try:
            told = Webhook(SECRET).verify(body, headers)
        except WebhookVerificationError:
            return 401, b"bad signature"
        self.heard.append(told)
        self.ids.append(headers["webhook-id"])
        return self.answers.pop(0) if self.answers else (202, b'{"status": "accepted"}')


@contextmanager
def listening(receiver: Receiver) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = receiver.take({name.lower(): value for name, value in self.headers.items()}, body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}/commands"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
