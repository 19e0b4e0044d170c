"""What Linux tells about a process: CPU time by thread, resident memory, bytes at its sockets."""

import os
import socket
import stat
import struct
import sys
import threading
from pathlib import Path
from typing import Final

_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")
_TCP_BYTES_AT: Final = 120  # struct tcp_info of linux/tcp.h: tcpi_bytes_acked, then tcpi_bytes_received
_TCP_INFO_BYTES: Final = 256


def cpu_by_thread() -> dict[str, float]:
    """Give the CPU seconds of this process's threads by name."""
    found = {}
    for thread in threading.enumerate():
        fields = Path(f"/proc/self/task/{thread.native_id}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        found[thread.name] = (int(fields[11]) + int(fields[12])) / _TICKS_PER_S
    return found


def resident_bytes() -> int:
    """Give the resident memory of this process."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE_BYTES


def socket_bytes() -> tuple[int, int]:
    """Give the payload bytes (TLS records) that left and reached the TCP connections this process has open."""
    out = into = 0
    for path in Path("/proc/self/fd").iterdir():
        try:
            if not stat.S_ISSOCK(path.stat().st_mode):
                continue
            with socket.socket(fileno=os.dup(int(path.name))) as each:
                if each.family not in {socket.AF_INET, socket.AF_INET6}:
                    continue
                each.getpeername()
                info = each.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES)
        except OSError:
            continue
        acked, received = struct.unpack_from("QQ", info, _TCP_BYTES_AT)
        out, into = out + acked, into + received
    return out, into


def describe() -> dict[str, object]:
    """Say on what was measured."""
    return {
        "python": sys.version.split()[0],
        "cores": os.cpu_count() or 0,
        "kernel": os.uname().release,
        "load": round(os.getloadavg()[0], 2),
    }
