"""ejabberd with its archive: each conversation is a room of two, whose messages mod_mam keeps.

It runs as Debian packages it, but on a configuration and a database of its own, on loopback only and without Erlang's
distribution, hence not through ejabberdctl.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from xml.sax.saxutils import escape

from benchmarks.delivery.load import Seat
from benchmarks.delivery.peers.base import Missing, Server, Shape, free_port, plain_environment
from benchmarks.delivery.peers.relay import PlainPeer

CONFIGURATION = """\
hosts: [localhost]
loglevel: warning
listen:
  - port: {port}
    ip: "127.0.0.1"
    module: ejabberd_http
    request_handlers: {{/ws: ejabberd_http_ws}}
auth_method: anonymous
anonymous_protocol: sasl_anon
allow_multiple_connections: true
acme: {{auto: false}}
modules:
  mod_muc:
    db_type: mnesia
    history_size: 0
    default_room_options: {{mam: true, presence_broadcast: []}}
  mod_mam: {{db_type: mnesia, default: always}}
"""
FRAMING = "urn:ietf:params:xml:ns:xmpp-framing"
OPEN = f"<open xmlns='{FRAMING}' to='localhost' version='1.0'/>".encode()
AUTH = b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>"
BIND = b"<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>"
MUC = "http://jabber.org/protocol/muc"
_ID = re.compile(rb" id='([^']+)'")


class XmppSeat(Seat):
    """A page of an XMPP client (RFC 7395), in one room or several."""

    path = "/ws"

    def begin(self) -> None:
        """Open the stream."""
        self.authenticated = False
        self.to_join = len(self.rooms)
        self.send(OPEN)

    def hear(self, raw: bytes) -> None:
        """Sort it, by how it begins: nothing here needs a parser."""
        if raw.startswith(b"<message"):
            self._message(raw)
        elif raw.startswith(b"<presence"):
            self._presence(raw)
        elif raw.startswith(b"<stream:features"):
            self.send(BIND if self.authenticated else AUTH)
        elif raw.startswith(b"<success"):
            self.authenticated = True
            self.send(OPEN)
        elif raw.startswith(b"<iq"):
            self._bound(raw)
        elif raw.startswith((b"<failure", b"<stream:error", b"<close")):
            self.load.trouble[raw[:60].decode()] += 1

    def _message(self, raw: bytes) -> None:
        found = _ID.search(raw[: raw.find(b">")])
        if found is None or b"<body" not in raw:
            return
        client_id = found[1].decode()
        if b"type='error'" in raw[: raw.find(b">")]:
            self.load.trouble["refused"] += 1
            return
        self.load.delivered(self, client_id)
        sent = self.load.sent.get(client_id)
        if sent is not None and sent.speaker is self:
            self.load.acknowledged(client_id)

    def _bound(self, raw: bytes) -> None:
        if b"type='result'" not in raw:
            self.load.trouble["not bound"] += 1
        for room in self.rooms:
            place = f"{room}@conference.localhost/p{id(self)}"
            self.send(f"<presence to='{place}'><x xmlns='{MUC}'/></presence>".encode())

    def _presence(self, raw: bytes) -> None:
        if b"code='110'" in raw:  # one's own: the room is entered
            self.to_join -= 1
            if self.to_join == 0:
                self.welcome()

    def say(self, room: str, client_id: str, text: str) -> None:
        """A message to the room."""
        body = escape(text)
        self.send(
            f"<message type='groupchat' to='{room}@conference.localhost' id='{client_id}'>"
            f"<body>{body}</body></message>".encode()
        )


class Ejabberd(PlainPeer):
    """The messaging server that large services are built on."""

    name = "ejabberd"
    what = "ejabberd with its archive (mod_muc, mod_mam in Mnesia): no triage, nobody signs in"
    sits_idle = True
    seats = XmppSeat

    def prepare(self, folder: Path, shapes: dict[str, Shape]) -> None:
        """Find it."""
        super().prepare(folder, shapes)
        found = sorted(Path("/usr/lib").glob("*/ejabberd-*/ebin/ejabberd.beam"))
        if not found or not shutil.which("erl"):
            raise Missing("no ejabberd here (on Debian: apt-get install ejabberd)")
        self.ebin = found[-1].parent

    def start(self, folder: Path, shape: str) -> Server:
        """A fresh one."""
        port = free_port()
        configuration = folder / "ejabberd.yml"
        configuration.write_text(CONFIGURATION.format(port=port))
        command = ["erl", "-noinput", "-mnesia", "dir", f'"{folder}/spool"', "-pa", str(self.ebin), "-s", "ejabberd"]
        environment = {
            **plain_environment(),
            "HOME": str(folder),
            "ERL_LIBS": str(self.ebin.parents[1]),
            "EJABBERD_CONFIG_PATH": str(configuration),
            "EJABBERD_LOG_PATH": str(folder / "ejabberd.log"),
        }
        return Server(command, port, folder, environment).wait_until_ready()
