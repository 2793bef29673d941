"""Run one command, and print its processor time, clock time and peak memory.

On its own, and small: on Linux the peak of a process begins at that of the one that started it.
"""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    begun = os.times().elapsed
    child = os.posix_spawn("/bin/sh", ["sh", "-c", f"exec {sys.argv[1]} >/dev/null 2>&1"], os.environ)
    _, _, used = os.wait4(child, 0)
    peak = used.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    print(used.ru_utime + used.ru_stime, os.times().elapsed - begun, peak)
