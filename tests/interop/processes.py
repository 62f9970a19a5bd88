"""Processes that do not outlive the checks, and waits that come to an end."""

import ctypes
import os
import re
import signal
import subprocess
import sys
import time

SECONDS = 60
KILLED_WITH_PARENT = 1  # PR_SET_PDEATHSIG of <sys/prctl.h>
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def environment(place):
    """What the processes see of our environment: nothing that would change what they do."""
    clean = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    return {**clean, "HOME": place, "XDG_CONFIG_HOME": place, "XDG_STATE_HOME": place, "LANG": "C.UTF-8"}


def die_with_parent():
    """For the child: to be killed when we are. Elsewhere than on Linux that is left to `stop`."""
    if LIBC:
        LIBC.prctl(KILLED_WITH_PARENT, signal.SIGKILL)


class Process:
    """A process, with a session of its own. What it says goes to a log; with `answers`, its stdout is for us."""

    def __init__(self, command, place, log, answers=False):
        self.log = os.path.join(place, log + ".log")
        self.stopped = False
        with open(self.log, "wb") as file:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE if answers else subprocess.DEVNULL,
                stdout=subprocess.PIPE if answers else file,
                stderr=file,
                env=environment(place),
                start_new_session=True,
                preexec_fn=die_with_parent,
            )

    def said(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def find(self, pattern):
        """The match of a pattern in its log, once there is one."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            lives = self.process.poll() is None
            if match := re.search(pattern, self.said(), re.MULTILINE):
                return match
            if not lives:
                break
            time.sleep(0.01)
        raise RuntimeError(f"{self.process.args[0]} does not say '{pattern}': {self.said().strip()[-500:]}")

    def is_alive(self):
        return self.process.poll() is None

    def stop(self):
        """Asks it to end, and kills it and its group where that does not help. Returns its status."""
        if not self.stopped:
            self.stopped = True
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                pass
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass  # nothing is left of it
            self.process.wait(SECONDS)
        return self.process.returncode
