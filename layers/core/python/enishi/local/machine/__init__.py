"""State machines on a virtual clock: the definitions that are deployed, with waits that pass in no time."""

from enishi.local.machine.machine import Execution, Machine, Status
from enishi.local.machine.trace import Trace, trace_from_history

__all__ = ["Execution", "Machine", "Status", "Trace", "trace_from_history"]
