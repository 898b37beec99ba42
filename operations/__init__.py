"""What a person can do: one file per button, the one way a click takes effect, and commands to the platform.

When a button is shown is left to `digests/` and `alerts/`; what needs a person is told by `clients/`.
"""

from operations.cards import ITEM_BUTTONS
from operations.model import Operation
from operations.resume import CONFIRM_RESUME, REQUEST_RESUME
from operations.stop import STOP
from operations.undo import UNDO

OPERATIONS: tuple[Operation, ...] = (*ITEM_BUTTONS, UNDO, STOP, REQUEST_RESUME, CONFIRM_RESUME)
