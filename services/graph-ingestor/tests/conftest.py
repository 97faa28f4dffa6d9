"""Puts the helpers beside the tests on the path: a hyphen in a folder's name forbids importing them relatively."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
