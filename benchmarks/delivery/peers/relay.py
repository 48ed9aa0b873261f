"""The bare relay, and the seats of all peers that speak as plainly as it does."""

from __future__ import annotations

from pathlib import Path

import msgspec

from benchmarks.delivery.load import Load, Room, Seat
from benchmarks.delivery.peers.base import Peer, Server, Shape, free_port, plain_environment, python, share_out


class Heard(msgspec.Struct):
    """What a plain peer says: ready, or a message."""

    ready: bool = False
    id: str = ""


_decode = msgspec.json.Decoder(Heard).decode
_encode = msgspec.json.encode


class PlainSeat(Seat):
    """Its own message coming back is its acknowledgement."""

    path = "/"

    def begin(self) -> None:
        """Name the rooms."""
        self.send(_encode({"join": self.rooms}))

    def hear(self, raw: bytes) -> None:
        """Ready, or a message of one of the rooms."""
        heard = _decode(raw)
        if heard.ready:
            self.welcome()
            return
        self.load.delivered(self, heard.id)
        sent = self.load.sent.get(heard.id)
        if sent is not None and sent.speaker is self:
            self.load.acknowledged(heard.id)

    def say(self, room: str, client_id: str, text: str) -> None:
        """A message."""
        self.send(_encode({"room": room, "id": client_id, "text": text}))


class PlainPeer(Peer):
    """A peer whose rooms need no preparation."""

    seats: type[Seat] = PlainSeat

    def prepare(self, folder: Path, shapes: dict[str, Shape]) -> None:
        """Only the shapes."""
        self.shapes = shapes

    def seat(self, load: Load, shape: str) -> None:
        """Residents with a room each, counselors with several."""
        wanted = self.shapes[shape]
        names = [f"room{number}" for number in range(wanted.rooms)]
        residents = [self.seats(load, [name]) for name in names]
        desks: dict[int, Seat] = {}
        for numbers in share_out(wanted):
            desk = self.seats(load, [names[number] for number in numbers])
            desks |= dict.fromkeys(numbers, desk)
            load.seats.append(desk)
        load.seats += residents
        load.rooms += [Room(name, [residents[number], desks[number]]) for number, name in enumerate(names)]


class Relay(PlainPeer):
    """`websockets`, nothing else."""

    name = "relay"
    what = "bare websockets relay in Python: nothing checked, kept or read"
    sits_idle = True

    def start(self, folder: Path, shape: str) -> Server:
        """A fresh one."""
        port = free_port()
        command = python("benchmarks.delivery.peers.relay_server", str(port))
        return Server(command, port, folder, plain_environment()).wait_until_ready()
