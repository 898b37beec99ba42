"""What a person can do: one file per button, the one way a click takes effect, and commands to the platform.

When a button is shown is left to `digests/` and `alerts/`; what needs a person is told by `clients/`.
"""

from operations.batch import APPROVE_MANY, CONFIRM_BLOCK_MANY, RESOLVE_MANY, RETRY_MANY, SEND_REPLY_MANY
from operations.batch_cards import CONFIRM_BATCH
from operations.cards import ITEM_BUTTONS
from operations.model import Operation
from operations.resume import CONFIRM_RESUME, REQUEST_RESUME
from operations.stop import STOP
from operations.undo import UNDO

OPERATIONS: tuple[Operation, ...] = (
    *ITEM_BUTTONS,
    UNDO,
    APPROVE_MANY,
    RETRY_MANY,
    RESOLVE_MANY,
    CONFIRM_BLOCK_MANY,
    SEND_REPLY_MANY,
    CONFIRM_BATCH,
    STOP,
    REQUEST_RESUME,
    CONFIRM_RESUME,
)
