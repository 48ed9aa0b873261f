"""Many who arrive at one moment."""

import errno
import select
import signal
import socket
from contextlib import ExitStack
from pathlib import Path

from hotline.server import OPTIONS, CommandLine
from tests.faults.bounds import HELLO_PATIENCE, HELLO_WITHIN

ARRIVE = 300
PATIENCE_SECONDS = 10.0


def test_who_arrives_while_the_server_is_busy_is_taken_in_and_not_dropped(site):
    """Stopped, it looks at nobody; the kernel shakes hands for it, with as many as it was told to."""
    process = site.start()
    most = int(Path("/proc/sys/net/core/somaxconn").read_text())
    with ExitStack() as stack:
        process.popen.send_signal(signal.SIGSTOP)
        stack.callback(process.popen.send_signal, signal.SIGCONT)
        waiting = []
        for _ in range(min(ARRIVE, most)):
            one = stack.enter_context(socket.socket())
            one.setblocking(False)
            assert one.connect_ex(("127.0.0.1", process.port)) in {0, errno.EINPROGRESS}
            waiting.append(one)
        poll = select.poll()
        for one in waiting:
            poll.register(one, select.POLLOUT)
        connected: set[int] = set()
        while len(connected) < len(waiting):
            found = poll.poll(PATIENCE_SECONDS * 1000)
            assert found, f"only {len(connected)} of {len(waiting)} were taken in"
            for number, _ in found:
                poll.unregister(number)
                connected.add(number)


def test_no_handshake_is_given_up_while_its_page_still_waits():
    """Where everybody comes at once the last handshakes are late: dropped, they come back to be begun once more."""
    options = CommandLine().parser.parse_args([*OPTIONS, "hotline.asgi:application"])
    assert options.websocket_connect_timeout >= HELLO_WITHIN * HELLO_PATIENCE
