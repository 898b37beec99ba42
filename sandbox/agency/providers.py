"""The model providers outside: each answers a call after a while with how many tokens it took, or breaks.

A few calls break off after reading; `model_down` refuses all, `model_slow` takes its time, `model_rambles` runs on.
"""

import time
from random import Random

from fastapi import FastAPI, Response
from pydantic import BaseModel, Field

from sandbox.agency.faults import Faults

FAULTS = ("model_down", "model_slow", "model_rambles")
SLOW_SECONDS = 4.0
_RAMBLING = 40
_BREAKS_OFF = 0.03


class Call(BaseModel):
    """How much is asked, and how long the answer will be: nobody here thinks."""

    model: str
    tokens_in: int = Field(ge=0)
    tokens_out: int = Field(ge=0)


def add_providers(app: FastAPI, faults: Faults, rng: Random) -> None:
    @app.post("/models/{provider}")
    def answer(provider: str, call: Call, response: Response) -> dict[str, int | str]:
        """200 with the tokens used; 500 with those used in vain; 503 with none."""
        if faults.on("model_down", provider):
            response.status_code = 503
            return {"error": "overloaded", "tokens_in": 0, "tokens_out": 0}
        time.sleep(SLOW_SECONDS if faults.on("model_slow", provider) else rng.uniform(0.02, 0.08))
        if rng.random() < _BREAKS_OFF:
            response.status_code = 500
            return {"error": "broke off", "tokens_in": call.tokens_in, "tokens_out": 0}
        longer = _RAMBLING if faults.on("model_rambles", provider) else 1
        return {"tokens_in": call.tokens_in, "tokens_out": call.tokens_out * longer}
