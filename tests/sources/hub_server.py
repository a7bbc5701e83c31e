"""A stand-in for a gated data set on Hugging Face, on loopback: the part of its API that a fetch uses."""

import hashlib
import json
import threading
from collections import Counter
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

REPO = "ShapeNet/ShapeNetCore"
GRANTED, WAITING = "hf_granted", "hf_waiting"  # tokens: of an account with access, and of one without
COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Server(ThreadingHTTPServer):
    """Serves the files of a directory as the data set's.

    Attributes:
        files: path in the data set -> contents.
        downloads: how often each was sent.
        broken: paths whose transfer stops halfway.
    """

    daemon_threads = True

    def __init__(self, files):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.downloads, self.broken = files, Counter(), set()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        path = urlsplit(self.path).path
        api, files = f"/api/datasets/{REPO}", f"/datasets/{REPO}/resolve/{COMMIT}/"
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in ("", GRANTED, WAITING):
            self.answer(401, b"{}", {"X-Error-Message": "Invalid credentials in Authorization header"})
        elif path in (api, f"{api}/revision/{COMMIT}"):
            self.answer(200, json.dumps({"id": REPO, "sha": COMMIT, "gated": "manual", "siblings": []}).encode())
        elif path == f"{api}/tree/{COMMIT}":
            self.answer(200, json.dumps(self.tree()).encode())
        elif path == f"{api}/auth-check" or path.startswith(files):
            if token != GRANTED:
                self.answer(403 if token else 401, b"{}", {"X-Error-Code": "GatedRepo"})
            elif path.startswith(files) and path.removeprefix(files) in self.server.files:
                self.send_file(path.removeprefix(files))
            else:
                self.answer(200 if path.endswith("auth-check") else 404, b"")
        else:
            self.answer(404 if token else 401, b"{}", {"X-Error-Code": "RepoNotFound"})

    def tree(self):
        listed = [{"type": "directory", "oid": "0" * 40, "size": 0, "path": "docs"}]
        for path, data in self.server.files.items():
            digest = hashlib.sha256(data).hexdigest()
            lfs = {"oid": digest, "size": len(data), "pointerSize": 134}
            listed.append({"type": "file", "oid": digest[:40], "size": len(data), "path": path, "lfs": lfs})
        return listed

    def send_file(self, path):
        data = self.server.files[path]
        headers = {"X-Repo-Commit": COMMIT, "ETag": f'"{hashlib.sha256(data).hexdigest()}"'}
        if self.command == "GET":
            self.server.downloads[path] += 1
        if self.command == "GET" and path in self.server.broken:
            self.answer(500, b"", headers)
        else:
            self.answer(200, data, headers)

    def answer(self, status, data, headers=None):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data)


@contextmanager
def served(files):
    server = Server(files)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
