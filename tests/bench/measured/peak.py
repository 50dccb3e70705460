"""Runs a program to its end and writes its largest resident memory, in KiB, to a file.

python peak.py FILE PROGRAM [ARGUMENT...]

A separate process of 10 MB, because the kernel counts the memory of the starting process as the
program's.
"""

import os
import sys
from pathlib import Path

if __name__ == "__main__":
    pid = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
    _, status, used = os.wait4(pid, 0)
    Path(sys.argv[1]).write_text(str(used.ru_maxrss))
    sys.exit(os.waitstatus_to_exitcode(status))
