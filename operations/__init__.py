"""What a person can do: one file per button, the one way a click takes effect, and commands to the platform.

When a button is shown is left to `digests/` and `alerts/`; what needs a person is told by `clients/`.
"""

from operations.approve import APPROVE
from operations.model import Operation
from operations.resolve import RESOLVE
from operations.resume import CONFIRM_RESUME, REQUEST_RESUME
from operations.stop import STOP

OPERATIONS: tuple[Operation, ...] = (APPROVE, RESOLVE, STOP, REQUEST_RESUME, CONFIRM_RESUME)
