"""A world round the workspace, with two switches, for the tests of what shows them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

SINCE = "2026-01-05T09:30:00+00:00"


@contextmanager
def world_with_switches() -> Iterator[str]:
    """Its address. `rain` and `snow` are off at first; turning `snow` never works."""
    lasting: set[str] = set()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(
                200,
                [
                    {"name": name, "title": f"It {name}s.", "since": SINCE if name in lasting else None}
                    for name in ("rain", "snow")
                ],
            )

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            name = self.path.rpartition("/")[2]
            if name != "rain":
                self._answer(500, {})
                return
            (lasting.add if asked["on"] else lasting.discard)(name)
            self._answer(200, {"says": "Take an umbrella." if asked["on"] else "It is dry."})

        def _answer(self, status: int, body: object) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
