"""DVC remotes for tests: a directory, and real S3 and SSH servers on the loopback, behind a line that can break."""

import getpass
import os
import socket
import subprocess
import threading
import time
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.install_tools import REMOTES, find_program
from tests.project import REPOSITORY, environment, run

KEY_ID, SECRET = "remote-user", "remote-secret-9f2b7c"


class Remote:
    """Where one is, how a clone is told of it, and how to reach its files behind its back."""

    def __init__(self, url, settings, folder, line):
        self.url, self.settings, self.folder, self.line = url, settings, folder, line

    def add_to(self, root):
        """Set it in the project's own configuration, which git carries; secrets stand elsewhere."""
        run(root, "dvc", "remote", "add", "--quiet", "--default", "shared", self.url)
        for name, value in self.settings.items():
            run(root, "dvc", "remote", "modify", "--quiet", "shared", name, str(value))


def dvc(root, *arguments):
    """DVC with all kinds of remotes, which the project's own environment need not have."""
    return _start(root, REMOTES / "bin" / "dvc", *arguments)


def img2vox(root, *arguments):
    """The project's own program in the environment of that DVC."""
    return _start(root, REMOTES / "bin" / "python", "-c", "from img2vox.cli import main; main()", *arguments)


def _start(root, *command):
    env = {**environment(), "AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET, "DVC_NO_ANALYTICS": "1"}
    env["PYTHONPATH"] = str(REPOSITORY / "src")
    return subprocess.run(
        command, cwd=root, env=env, capture_output=True, text=True, encoding="utf-8", timeout=300, check=False
    )


class Line:
    """A TCP line to a server; broken, it drops what is open after so many bytes, and every later connection."""

    def __init__(self, port):
        self._target = port
        self._left = None
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def break_after(self, sent_bytes):
        """Let so many more bytes through to the server."""
        self._left = sent_bytes

    def mend(self):
        self._left = None

    def close(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                client.close()
                continue
            for source, sink, counted in ((client, server, True), (server, client, False)):
                threading.Thread(target=self._carry, args=(source, sink, counted), daemon=True).start()

    def _carry(self, source, sink, counted):
        with suppress(OSError):
            while data := source.recv(4096):
                if counted and not self._may_pass(len(data)):
                    break
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _may_pass(self, count):
        with self._lock:
            if self._left is not None:
                self._left -= count
            return self._left is None or self._left >= 0


@contextmanager
def directory(tmp_path):
    yield Remote(str(tmp_path / "store"), {}, tmp_path / "store", None)


@contextmanager
def s3(tmp_path):
    """A moto server; its objects live in its memory."""
    port = free_port()
    command = [REMOTES / "bin" / "moto_server", "--host", "127.0.0.1", "--port", str(port)]
    with served(command, port, tmp_path / "s3.log"), line_to(port) as line:
        request = urllib.request.Request(f"http://127.0.0.1:{port}/shapes", method="PUT")
        urllib.request.urlopen(request, timeout=60).close()
        settings = {"endpointurl": f"http://127.0.0.1:{line.port}", "read_timeout": 20, "connect_timeout": 5}
        yield Remote("s3://shapes/dvc", settings, None, line)


@contextmanager
def ssh(tmp_path):
    """OpenSSH's own server with a key of its own, as the user who runs the tests."""
    port = free_port()
    for name in ("host", "user"):
        run(tmp_path, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name))
    lines = (
        f"Port {port}",
        "ListenAddress 127.0.0.1",
        f"HostKey {tmp_path / 'host'}",
        f"AuthorizedKeysFile {tmp_path / 'user.pub'}",
        "PasswordAuthentication no",
        "PermitRootLogin prohibit-password",
        "StrictModes no",
        "UsePAM no",
        f"PidFile {tmp_path / 'sshd.pid'}",
        "Subsystem sftp internal-sftp",
    )
    (tmp_path / "sshd_config").write_text("\n".join(lines) + "\n", encoding="utf-8")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # where root's server locks its children in
    command = [find_program("sshd"), "-D", "-e", "-f", "sshd_config"]
    with served(command, port, tmp_path / "sshd.log", cwd=tmp_path), line_to(port) as line:
        folder = tmp_path / "store"
        url = f"ssh://{getpass.getuser()}@127.0.0.1:{line.port}{folder}"
        yield Remote(url, {"keyfile": tmp_path / "user", "allow_agent": "false"}, folder, line)


@contextmanager
def served(command, port, log, cwd=None):
    """A server from the moment that it answers."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=cwd, stdout=output, stderr=output, env=environment())
    try:
        for _ in range(600):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            assert process.poll() is None, log.read_text(encoding="utf-8")
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def line_to(port):
    line = Line(port)
    try:
        yield line
    finally:
        line.close()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
