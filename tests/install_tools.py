"""Install the system libraries and the browser that some tests use, as root on Debian; elsewhere those tests skip."""

import ctypes.util
import os
import shutil
import subprocess

# Library that must load -> Debian package: VTK draws through EGL where there is no display.
LIBRARIES = {"EGL": "libegl1", "GL": "libgl1"}
# Program that must be found -> Debian package: the report and the app are opened in a real browser.
PROGRAMS = {"chromium": "chromium"}


def main() -> None:
    missing = [package for library, package in LIBRARIES.items() if ctypes.util.find_library(library) is None]
    missing += [package for program, package in PROGRAMS.items() if shutil.which(program) is None]
    if not missing or os.name != "posix" or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    subprocess.run(["apt-get", "update", "--quiet=2"], check=True)
    subprocess.run(["apt-get", "install", "--yes", "--quiet=2", "--no-install-recommends", *missing], check=True)


if __name__ == "__main__":
    main()
