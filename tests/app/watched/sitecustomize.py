"""Python runs this first in a process that has its folder on PYTHONPATH: it notes what the process does to the system.

One JSON list a line in the file that WATCHED names: the event, and the path, command or address that it is about.
"""

import json
import os
import sys

_NOTES = os.open(os.environ["WATCHED"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Each says in its first argument, or its first two, what it is about; some say then in which directory that lies.
_EVENTS = {
    "os.remove",
    "os.rmdir",
    "os.mkdir",
    "os.rename",
    "os.link",
    "os.symlink",
    "os.truncate",
    "os.chmod",
    "os.chown",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "subprocess.Popen",
}


def _note(event, arguments):
    if event == "open":
        path, _, flags = arguments
        if not isinstance(path, int):
            _write("write" if flags & _WRITING else "read", path)
    elif event in ("os.remove", "os.rmdir") and arguments[1] != -1:
        _write(event, os.path.join(os.readlink(f"/proc/self/fd/{arguments[1]}"), os.fsdecode(arguments[0])))
    elif event in _EVENTS:
        for about in arguments[: 2 if event in ("os.rename", "os.link", "os.symlink") else 1]:
            _write(event, about)
    elif event == "socket.connect":
        _write(event, arguments[1])


def _write(event, about):
    about = os.fsdecode(about) if isinstance(about, bytes | os.PathLike) else about
    os.write(_NOTES, (json.dumps([event, about], default=str) + "\n").encode())


sys.addaudithook(_note)
