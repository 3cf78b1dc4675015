"""Says what processes use of the machine, as the kernel counts it: processor time, and whether one of them is awake.

The parent process calls it. Student code has no part in the count. This file is copied into the sandbox, so it imports
nothing of the kit.
"""

import os

_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100  # of processor time in a second
_CHILD_SIGNAL = 1 << 16  # SIGCHLD in the mask of ignored signals
_AWAKE = "RD"  # it runs, waits for a processor, or waits for a disk


def used_by(processes: list[int]) -> dict[str, float | bool]:
    """What these processes and all that they started use.

    `seconds` is the processor time of all of them, also of those that have ended and were waited for. `awake` says
    whether a thread runs or waits for its turn. `unseen` says that a process ignores the end of its children, so that
    the kernel counts their time nowhere. Empty on a system without Linux's /proc.
    """
    seconds, awake, unseen, found = 0.0, False, False, list(processes)
    if not os.path.exists("/proc/self/stat"):
        return {}
    for process in found:  # grows in the loop
        try:
            for thread in os.listdir(f"/proc/{process}/task"):
                folder = f"/proc/{process}/task/{thread}"
                awake = awake or _fields(f"{folder}/stat")[0] in _AWAKE
                with open(f"{folder}/children", encoding="ascii") as file:
                    found += map(int, file.read().split())
            unseen = unseen or _ignores_its_children(process)
            # The user's and the system's time of the process, then the same of its children that have ended.
            seconds += sum(map(int, _fields(f"/proc/{process}/stat")[11:15])) / _TICKS
        except OSError:
            continue  # it has ended meanwhile
    return {"seconds": seconds, "awake": awake, "unseen": unseen}


def _ignores_its_children(process: int) -> bool:
    with open(f"/proc/{process}/status", encoding="ascii", errors="replace") as file:
        mask = next((line.split()[1] for line in file if line.startswith("SigIgn:")), "0")
    return bool(int(mask, 16) & _CHILD_SIGNAL)


def _fields(path: str) -> list[str]:
    """The fields of a stat file from the third on, the state. The second is a name that may contain anything."""
    with open(path, encoding="ascii", errors="replace") as file:
        return file.read().rpartition(")")[2].split()
