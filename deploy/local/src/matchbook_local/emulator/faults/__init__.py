"""What goes wrong on demand: every call passes here before it is answered and after."""

from .base import FaultError, Parameters
from .call import Call, Faults
from .registry import fault_of_text, faults_of, listed
from .switch import FaultSwitch

__all__ = ["Call", "FaultError", "FaultSwitch", "Faults", "Parameters", "fault_of_text", "faults_of", "listed"]
