"""DVC remotes for tests: a directory, and real S3 and SSH servers on the loopback, with the faults that each can have.

A fault is a context manager; after it, the remote works again.
"""

import getpass
import os
import socket
import subprocess
import threading
import time
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.install_tools import REMOTES, find_program
from tests.project import REPOSITORY, environment, run

KEY_ID, SECRET = "remote-user", "remote-secret-9f2b7c"


class Remote:
    """Where one is, how a clone is told of it, and how it fails."""

    def __init__(self, url, settings, folder):
        """Of the faults, the disk's: `folder` is where the data are."""
        self.url, self.settings, self.folder = url, settings, folder

    def add_to(self, root):
        """Set it in the project's own configuration, which git carries; secrets stand elsewhere."""
        run(root, "dvc", "remote", "add", "--quiet", "--default", "shared", self.url)
        for name, value in {"verify": "true", **self.settings}.items():
            run(root, "dvc", "remote", "modify", "--quiet", "shared", name, str(value))

    @contextmanager
    def is_full(self):
        """Its disk has 64 kB; then 8 MB, with what it holds."""
        if mount("size=64k", self.folder).returncode:
            pytest.skip("no file system can be mounted here")
        yield
        assert mount("remount,size=8m", self.folder).returncode == 0

    def spoil(self, name):
        """Put something else in the place of an object, behind DVC's back."""
        path = self.folder / name
        path.chmod(0o644)
        path.write_bytes(b"spoiled")

    def remove(self, name):
        """As its owner would."""
        (self.folder / name).unlink()


class Directory(Remote):
    """A directory, as of NFS."""

    @contextmanager
    def stops(self):
        """Half of its folders are links to what is gone."""
        inside = self.folder / "files" / "md5"
        inside.mkdir(parents=True, exist_ok=True)
        with replaced([inside / f"{number:02x}" for number in range(128)], lambda path: path.symlink_to("gone")):
            yield

    @contextmanager
    def refuses(self):
        """It is no directory."""
        with replaced([self.folder], Path.touch):
            yield


class Served(Remote):
    """A server behind a line that can break."""

    def __init__(self, url, settings, folder, line):
        """Of its faults, those of the line."""
        super().__init__(url, settings, folder)
        self._line = line

    @contextmanager
    def stops(self):
        """The line breaks in the middle, and stays broken."""
        self._line.break_after(20_000)
        yield
        self._line.mend()


class S3(Served):
    """A moto server: its objects are files that it has open in `folder`."""

    def __init__(self, port, folder, line):
        """Of the bucket `shapes`, which must be there."""
        self._direct = f"http://127.0.0.1:{port}"
        settings = {"endpointurl": f"http://127.0.0.1:{line.port}", "read_timeout": 20, "connect_timeout": 5}
        super().__init__("s3://shapes/dvc", settings, folder, line)

    @contextmanager
    def refuses(self):
        """It knows no such key."""
        request(f"{self._direct}/moto-api/reset-auth", b"0")
        yield
        request(f"{self._direct}/moto-api/reset-auth", b"inf")

    def spoil(self, name):
        """Put another object in its place."""
        request(f"{self._direct}/shapes/dvc/{name}", b"spoiled", "PUT")

    def remove(self, name):
        """By S3."""
        request(f"{self._direct}/shapes/dvc/{name}", method="DELETE")


class Ssh(Served):
    """OpenSSH's own server, `folder` in its machine."""

    @contextmanager
    def refuses(self):
        """It lets the key in no more."""
        keys = self.folder.with_name("user.pub")
        keys.rename(keys.with_suffix(".aside"))
        yield
        keys.with_suffix(".aside").rename(keys)


def dvc(root, *arguments):
    """DVC with all kinds of remotes, which the project's own environment need not have."""
    return _start(root, REMOTES / "bin" / "dvc", *arguments)


def img2vox(root, *arguments):
    """The project's own program in the environment of that DVC."""
    return _start(root, REMOTES / "bin" / "python", "-c", "from img2vox.cli import main; main()", *arguments)


def _start(root, *command):
    env = {**environment(), "AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET, "DVC_NO_ANALYTICS": "1"}
    # A line that is broken is tried five times by s3fs; botocore would try five times each time.
    env |= {"PYTHONPATH": str(REPOSITORY / "src"), "AWS_MAX_ATTEMPTS": "1"}
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
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else each answer of SFTP waits 40 ms
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
    with folder_of(tmp_path) as folder:
        yield Directory(str(folder), {}, folder)


@contextmanager
def s3(tmp_path):
    port = free_port()
    command = [REMOTES / "bin" / "moto_server", "--host", "127.0.0.1", "--port", str(port)]
    with folder_of(tmp_path) as folder:
        # Objects of more than a byte go to temporary files.
        env = {"TMPDIR": str(folder), "MOTO_S3_DEFAULT_KEY_BUFFER_SIZE": "1"}
        with served(command, port, tmp_path / "s3.log", env=env), line_to(port) as line:
            request(f"http://127.0.0.1:{port}/shapes", method="PUT")
            yield S3(port, folder, line)


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
    with (
        folder_of(tmp_path) as folder,
        served(command, port, tmp_path / "sshd.log", cwd=tmp_path),
        line_to(port) as line,
    ):
        url = f"ssh://{getpass.getuser()}@127.0.0.1:{line.port}{folder}"
        yield Ssh(url, {"keyfile": tmp_path / "user", "allow_agent": "false"}, folder, line)


@contextmanager
def served(command, port, log, cwd=None, env=()):
    """A server from the moment that it answers."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=cwd, stdout=output, stderr=output, env=environment() | dict(env))
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


@contextmanager
def folder_of(tmp_path):
    """Where a remote's data are, until nobody uses them."""
    folder = tmp_path / "store"
    folder.mkdir()
    try:
        yield folder
    finally:
        if folder.is_mount():
            subprocess.run(["umount", "--lazy", folder], check=True)


def mount(options, folder):
    return subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, check=False)


@contextmanager
def replaced(folders, put):
    """Folders, where they are there, give way to something else."""
    for folder in folders:
        with suppress(FileNotFoundError):
            folder.rename(folder.with_suffix(".aside"))
        put(folder)
    yield
    for folder in folders:
        folder.unlink()
        with suppress(FileNotFoundError):
            folder.with_suffix(".aside").rename(folder)


def request(url, data=None, method="POST"):
    headers = {"Content-Type": "application/octet-stream", "Authorization": f"AWS {KEY_ID}:unsigned"}
    urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=60).close()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
