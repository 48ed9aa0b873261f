"""What all tests share: translations, programs that run beside, a network that stays silent."""

import ipaddress
import socket

import pytest
from hypothesis import HealthCheck, settings

from tests.servers import chromium_path, either_database, postgres, postgres_server, redis_server  # noqa: F401
from tools.messages import compile_all

# How long an example takes says how busy the machine is, and nothing of what it tries.
settings.register_profile("whatever the machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("whatever the machine")


def pytest_configure(config: pytest.Config) -> None:
    """Chinese pages need their .mo files, which are built and not kept."""
    if not hasattr(config, "workerinput"):
        compile_all()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Journeys last: their browser keeps an event loop running in its worker, beside which no other can run."""
    items.sort(key=lambda item: item.get_closest_marker("journey") is not None)


@pytest.fixture(autouse=True, scope="session")
def only_this_machine():
    """No test talks to the world: connecting anywhere but to this machine fails at once."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address):
        if self.family in {socket.AF_INET, socket.AF_INET6} and not _is_here(address[0]):
            raise AssertionError(f"a test wanted to connect to {address[0]}")
        return connect(self, address)

    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", guarded)
    yield
    patch.undo()


@pytest.fixture(autouse=True)
def nothing_remembered():
    """What a process keeps in memory belongs to one database; each test has its own."""
    from counselors import deskwork
    from hotline.chat import queue, recent

    deskwork.forget()
    queue.forget()
    recent.forget_all()


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
