"""Run a program as a child that cannot outlive its parent.

The supervisor starts every child through this file: `python -I -S launch.py PARENT SIGNAL IDENTITY PROGRAM
[ARGUMENT…]`. It uses the standard library alone and imports nothing of ours, so it costs a few milliseconds. It then
becomes PROGRAM (exec), so the process id stays.

PARENT    the process id of the starter; when it is already gone, nothing is started.
SIGNAL    the number of the signal that the kernel sends when the starter dies (Linux; elsewhere the starter must clean
up itself). IDENTITY  `-` to stay who we are, or `uid:gid` to become that user. PostgreSQL refuses to run as root. The
one capability kept
          is to pass file permissions, since the program and its data may lie in folders that only root may enter.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522


def main(arguments: list[str]) -> None:
    parent, signal_number, identity, *command = arguments
    if identity != "-":
        _become(*(int(part) for part in identity.split(":")))
    if sys.platform == "linux":
        # After the change of user, which clears it; before the look at the parent, or its death in between would go
        # unseen.
        _prctl(PR_SET_PDEATHSIG, int(signal_number))
    if os.getppid() != int(parent):
        sys.exit("The starter is gone.")
    os.execv(command[0], command)  # noqa: S606 - the caller chose the program; no shell is meant to be in between


def _become(uid: int, gid: int) -> None:
    if sys.platform == "linux":
        _prctl(PR_SET_KEEPCAPS, 1)
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    os.environ["HOME"] = "/nonexistent"
    if sys.platform == "linux":
        _keep_file_access()


def _keep_file_access() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    mask = 1 << CAP_DAC_OVERRIDE
    # Two sets of (effective, permitted, inheritable): the lower and the upper 32 capabilities.
    data = (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)
    if libc.capset(header, data) == 0:
        libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)
    # Where a container denies the capability, plain permissions decide, and the program says what it cannot read.


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0) != 0:
        sys.exit(f"prctl {option}: {os.strerror(ctypes.get_errno())}")


if __name__ == "__main__":
    main(sys.argv[1:])
