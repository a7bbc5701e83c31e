"""Install what some tests use beyond the project's own environment; elsewhere those tests skip.

System libraries, a browser and an SSH server, as root on Debian; and an environment of its own with DVC's S3 and SSH
remotes, an S3 server and Ray, which nobody needs who does not share data or work so.
"""

import ctypes.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Library that must load -> Debian package: VTK draws through EGL where there is no display.
LIBRARIES = {"EGL": "libegl1", "GL": "libgl1"}
# Program that must be found -> Debian package: the report and the app are opened in a real browser, and data are
# pushed to a real SSH server.
PROGRAMS = {"chromium": "chromium", "sshd": "openssh-server"}
REMOTES = ROOT / ".tools" / "remotes"
# What `img2vox repro` imports, too, and what DVC reads its files four times as fast with, as in the project's own.
REMOTES_PACKAGES = ("dvc", "dvc-s3", "dvc-ssh", "moto[server]", "ray", "psutil", "pyyaml", "tqdm", "typer")
REMOTES_PACKAGES += ("ruamel.yaml.clib",)


def main() -> None:
    _install_system_packages()
    _make_environment()


def _install_system_packages() -> None:
    missing = [package for library, package in LIBRARIES.items() if ctypes.util.find_library(library) is None]
    missing += [package for program, package in PROGRAMS.items() if find_program(program) is None]
    if not missing or os.name != "posix" or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    subprocess.run(["apt-get", "update", "--quiet=2"], check=True)
    subprocess.run(["apt-get", "install", "--yes", "--quiet=2", "--no-install-recommends", *missing], check=True)


def find_program(name: str) -> str | None:
    """Where a program is; servers stand where a user's PATH may not lead."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin")


def _make_environment() -> None:
    lock = ROOT / "requirements.lock"
    stamp = REMOTES / "installed"
    wanted = "\n".join([*REMOTES_PACKAGES, lock.read_text(encoding="utf-8")])
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "--quiet", "--clear", "--python", sys.executable, REMOTES], check=True)
    python = REMOTES / ("Scripts" if os.name == "nt" else "bin") / "python"
    install = [*uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", python, "--constraints", lock]
    subprocess.run([*install, *REMOTES_PACKAGES], check=True)
    stamp.write_text(wanted, encoding="utf-8")


if __name__ == "__main__":
    main()
