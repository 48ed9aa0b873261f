"""An evening that happens by itself, against a real server; and what the command refuses."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from counselors.demo.simulation import read_scripts
from hotline.chat.protocol import MAX_TEXT
from tests.servers import free_port


def simulate(*arguments):
    out = StringIO()
    call_command("simulate", *arguments, stdout=out, stderr=out)
    return out.getvalue()


@pytest.mark.parametrize("address", ["nonsense", "127.0.0.1:8000", "ftp://127.0.0.1/", "http://"])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(CommandError, match="is no address"):
        simulate("--url", address)


@pytest.mark.parametrize("address", ["http://203.0.113.7", "https://line.example.org", "http://localhost.example.org"])
def test_a_server_elsewhere_is_refused_because_people_may_wait_there(address):
    with pytest.raises(CommandError, match="is not this machine"):
        simulate("--url", address)


@pytest.mark.parametrize(
    "option", [("--residents", "0"), ("--speed", "0"), ("--minutes", "-1"), ("--counselors", "7"), ("--patience", "0")]
)
def test_what_cannot_be_simulated_is_refused(option):
    with pytest.raises(CommandError, match=option[0]):
        simulate(*option)


def test_no_server_is_said_in_one_line():
    with pytest.raises(CommandError, match=r"No answer from .* Is the server running"):
        simulate("--url", f"http://127.0.0.1:{free_port()}")


def test_another_program_is_recognised():
    class Other(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<h1>something else</h1>")

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Other) as other:
        thread = threading.Thread(target=other.serve_forever)
        thread.start()
        try:
            with pytest.raises(CommandError, match="is this address Lamplight's"):
                simulate("--url", f"http://127.0.0.1:{other.server_port}")
        finally:
            other.shutdown()
            thread.join()


def test_a_port_that_accepts_and_says_nothing_is_no_server(monkeypatch):
    monkeypatch.setattr("counselors.demo.pages.FORM_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(CommandError, match="No answer"):
        simulate("--url", f"http://127.0.0.1:{silent.getsockname()[1]}")


def test_the_scripts_are_varied_and_fit_the_protocol():
    scripts = read_scripts()
    assert len({script.key for script in scripts}) == len(scripts) >= 16
    assert {script.level for script in scripts} == {"low", "moderate", "high", "imminent"}
    for language in ("zh-hans", "en"):
        assert {script.level for script in scripts if script.language == language} == {
            "low",
            "moderate",
            "high",
            "imminent",
        }
    for script in scripts:
        assert any(step.r for step in script.steps)
        for step in script.steps:
            assert sum(map(bool, (step.r, step.c, step.note, step.away, step.leaves, step.vanishes))) == 1
            assert max(len(step.r), len(step.c), len(step.note)) <= MAX_TEXT
    assert {"leaves", "vanishes", "away"} == {
        verb for verb in ("leaves", "vanishes", "away") for script in scripts for s in script.steps if getattr(s, verb)
    }
