"""Children that die by SIGKILL: at a moment drawn by a seed, or at the n-th thing they do to the file system."""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable

EVENTS = ("open", "os.", "shutil.", "tempfile.")


def killed_after(work: Callable[[], None], seconds: float) -> bool:
    """Run `work` in a fork of this process and kill it then. -> whether it had ended before."""
    child = _forked(work)
    time.sleep(seconds)
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    return _status(child) == 0


def killed_at(work: Callable[[], None], count: int) -> bool:
    """Run `work` in a fork that kills itself before file system event number `count`. -> whether it ended before."""

    def counted():
        seen = 0

        def hook(event: str, _args) -> None:
            nonlocal seen
            if event.startswith(EVENTS):
                seen += 1
                if seen == count:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
        work()

    return _status(_forked(counted)) == 0


def seconds_of(work: Callable[[], None]) -> float:
    """Of one run in a fork."""
    began = time.perf_counter()
    assert _status(_forked(work)) == 0
    return time.perf_counter() - began


def _forked(work: Callable[[], None]) -> int:
    child = os.fork()
    if child:
        return child
    try:
        work()
        os._exit(0)
    except BaseException as error:
        os.write(2, f"child: {error!r}\n".encode())
        os._exit(1)


def _status(child: int) -> int:
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, -signal.SIGKILL), code
    return code
