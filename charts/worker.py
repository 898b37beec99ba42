"""The process that draws: one chart in, one PNG out, until nobody is left at the other end.

Run by `renderer.py` as `python -m charts.worker FD`. It needs no watching over: when the bot is gone, even killed, the
kernel closes the bot's end of the pipe and the next read here ends the process.
"""

import signal
import sys
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler

from .alert import AlertChart, Series
from .draw import draw

_DAWN = datetime(2000, 1, 1, tzinfo=UTC)
_FIRST = AlertChart(
    "warm", "count", (Series("", ((_DAWN, 1.0),)),), _DAWN, _DAWN + timedelta(hours=1), timedelta(hours=1), "UTC"
)


def main(descriptor: int) -> None:
    """Say `ready`, then answer each chart with its PNG, or with a sentence when it cannot be drawn."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal; the bot decides when we end
    connection = Connection(descriptor)
    draw(_FIRST)  # imports matplotlib and reads the fonts, so that no reader waits for it
    try:
        connection.send("ready")
        while True:
            connection.send(_answer(connection.recv_bytes()))
    except (EOFError, OSError):
        return


def _answer(pickled: bytes) -> bytes | str:
    try:
        return draw(ForkingPickler.loads(pickled))
    except Exception as error:  # whatever is wrong with one chart must not cost the next one
        return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    main(int(sys.argv[1]))
