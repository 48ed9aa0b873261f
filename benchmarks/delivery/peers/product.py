"""This product, served as it is: its own command, database, accounts and frames (docs/protocol.md)."""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec

from benchmarks.delivery.load import Bucket, Load, Room, Seat
from benchmarks.delivery.peers.base import (
    ROOT,
    Broken,
    Peer,
    Server,
    Shape,
    free_port,
    plain_environment,
    python,
    share_out,
)
from hotline.environment import new_key_entry
from tools.run import serving

PACE_PER_SECOND, PACE_AT_ONCE = 9.0, 50
"""A little below what the product allows a socket (docs/protocol.md, rule 8)."""


class Line(msgspec.Struct):
    """What matters of a line."""

    seq: int
    client_id: str = ""


class Frame(msgspec.Struct):
    """What matters of a frame; everything else is read over."""

    type: str
    id: int | None = None
    conversation: str = ""
    client_id: str = ""
    code: str = ""
    upto: int = 0
    lines: list[Line] = []


_decode = msgspec.json.Decoder(Frame).decode
_encode = msgspec.json.encode


class ProductSeat(Seat):
    """A page that keeps the protocol's rules: lines in order, gaps asked for, heartbeats answered."""

    def __init__(self, load: Load, rooms: list[str], cookie: str) -> None:
        super().__init__(load, rooms)
        self.headers = {"Cookie": cookie}
        self.bucket = Bucket(PACE_PER_SECOND, PACE_AT_ONCE)
        self.held: dict[str, int] = {}
        self.request_id = 0
        self.heard = Frame("")

    def ask(self, kind: str, **fields: object) -> None:
        """Send a frame with the next request id."""
        self.request_id += 1
        self.send(_encode({"type": kind, "id": self.request_id, **fields}))

    def begin(self) -> None:
        """Hello."""
        self.ask("hello")

    def hear(self, raw: bytes) -> None:
        """Sort it."""
        frame = self.heard = _decode(raw)
        self.load.frames[frame.type] += 1
        if frame.type == "ack":
            if frame.client_id:
                self.load.acknowledged(frame.client_id)
        elif frame.type == "lines":
            self.take(frame)
        elif frame.type == "welcome":
            self.take(frame)
            self.welcomed()
        elif frame.type in {"error", "bye"}:
            self.load.trouble[f"{frame.type} {frame.code}"] += 1
        elif frame.type == "beat":
            self.beat()
        elif frame.type == "view" and frame.id is not None:
            self.opened()

    def take(self, frame: Frame) -> None:
        """Lines in order, each once; what is missing is asked for."""
        last = self.held.get(frame.conversation, 0)
        for line in frame.lines:
            if line.seq == last + 1:
                last = line.seq
                if line.client_id:
                    self.load.delivered(self, line.client_id)
            elif line.seq <= last:
                self.load.repeated += 1
            else:
                self.load.trouble["gap"] += 1
                self.sync(frame.conversation, last)
                break
        self.held[frame.conversation] = last

    def welcomed(self) -> None:
        """The page may speak."""
        self.welcome()

    def opened(self) -> None:
        """Something that was asked for is shown."""

    def beat(self) -> None:
        """Say what is held."""
        self.ask("ping", held={name: last for name, last in self.held.items() if name})

    def sync(self, conversation: str, after: int) -> None:
        """Ask for what is missing."""
        self.ask("sync", conversation=conversation, after=after)

    def say(self, room: str, client_id: str, text: str) -> None:
        """A counselor's message."""
        self.ask("message.send", conversation=room, client_id=client_id, text=text)


class ResidentSeat(ProductSeat):
    """A resident's page."""

    path = "/ws/resident/"

    def beat(self) -> None:
        """Say what is held."""
        self.ask("ping", after=self.held.get("", 0))

    def sync(self, conversation: str, after: int) -> None:
        """Ask for what is missing."""
        self.ask("sync", after=after)

    def say(self, room: str, client_id: str, text: str) -> None:
        """A resident's message."""
        self.ask("message.send", client_id=client_id, text=text)


class DeskSeat(ProductSeat):
    """A counselor's page."""

    path = "/ws/desk/"


class ReadingSeat(DeskSeat):
    """A supervisor's page, which reads conversations of others live."""

    def welcomed(self) -> None:
        """Open them all."""
        self.to_open = len(self.rooms)
        for room in self.rooms:
            self.ask("conversation.open", conversation=room)

    def opened(self) -> None:
        """One is shown; with the last the page is ready."""
        self.to_open -= 1
        if self.to_open == 0:
            self.welcome()


class Product(Peer):
    """The product behind the server of `make run`."""

    name = "product"
    what = "this product as served by make run: checked, sealed, committed, triaged, delivered"
    sits_idle = True
    variables: dict[str, str] = {}

    def __init__(self) -> None:
        self.environment = {
            **plain_environment(),
            "HOTLINE_IGNORE_DOTENV": "1",
            "HTTPS": "false",
            "ALLOWED_HOSTS": "127.0.0.1",
            "SECRET_KEY": secrets.token_urlsafe(48),
            "HOTLINE_KEYS": new_key_entry(),
            "ARGON2_MEMORY_KIB": "64",
            # Desks of a prepared database were last heard from when it was made.
            "VANISHED_AFTER_SECONDS": "86400",
        }
        self.people: dict[str, dict] = {}
        self.made: dict[str, Path] = {}
        self.shapes: dict[str, Shape] = {}

    def prepare(self, folder: Path, shapes: dict[str, Shape]) -> None:
        """One database for each shape."""
        self.shapes = shapes
        empty = folder / "empty"
        empty.mkdir(parents=True)
        self._run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], empty)
        for name, shape in shapes.items():
            made = shutil.copytree(empty, folder / f"database-{name}")
            self._fill(name, shape, made)
            self.made[name] = made

    def adopt(self, other: Product) -> None:
        """Use the databases that another one has prepared: what is served differs, the people do not."""
        self.environment, self.shapes = other.environment, other.shapes
        self.people, self.made = other.people, other.made

    def _fill(self, name: str, shape: Shape, var: Path) -> None:
        """Put everybody of a shape into a database that has its tables."""
        self.people[name] = json.loads(self._run(python("benchmarks.delivery.cast", json.dumps(vars(shape))), var))

    def _run(self, command: list[str], var: Path) -> str:
        environment = {**self.environment, "VAR_DIR": str(var)}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Broken(done.stderr[-3000:])
        return done.stdout

    def command(self, port: int) -> list[str]:
        """How it is served."""
        return serving("127.0.0.1", str(port))

    def start(self, folder: Path, shape: str) -> Server:
        """On a copy of the shape's database."""
        for path in self.made[shape].glob("hotline.sqlite3*"):
            shutil.copy(path, folder)
        port = free_port()
        environment = {**self.environment, "VAR_DIR": str(folder), **self.variables}
        return Server(self.command(port), port, folder, environment).wait_until_ready()

    def seat(self, load: Load, shape: str) -> None:
        """Residents, counselors, and a supervisor who reads some."""
        people, wanted = self.people[shape], self.shapes[shape]
        names = people["conversations"]
        residents = [ResidentSeat(load, [""], f"visit={token}") for token in people["residents"]]
        desks: dict[int, Seat] = {}
        for numbers, cookie in zip(share_out(wanted), people["desks"], strict=True):
            desk = DeskSeat(load, [names[number] for number in numbers], f"desk={cookie}")
            desks |= dict.fromkeys(numbers, desk)
            load.seats.append(desk)
        load.seats += residents
        reader = ReadingSeat(load, people["read"], f"desk={people['supervisor']}") if people["read"] else None
        if reader is not None:
            load.seats.append(reader)
        for number, name in enumerate(names):
            readers = [reader] if reader is not None and name in reader.rooms else []
            load.rooms.append(Room(name, [residents[number], desks[number]], list(readers)))


class ProductOnUvicorn(Product):
    """The same application behind another server."""

    name = "product-uvicorn"
    what = "this product behind uvicorn"

    def command(self, port: int) -> list[str]:
        """As the product's own options are: frames of at most 64 KiB, heartbeats of its own, nothing logged."""
        options = ("--ws", "websockets-sansio", "--ws-max-size", "65536", "--ws-ping-interval", "3600")
        quiet = ("--log-level", "warning", "--no-access-log", "--lifespan", "off", "--loop", "asyncio")
        where = ("--host", "127.0.0.1", "--port", str(port))
        return [sys.executable, "-m", "uvicorn", *options, *quiet, *where, "hotline.asgi:application"]


class UnsweptProduct(Product):
    """The product without the watch's rounds, for what is taken down operation by operation."""

    name = "product-unswept"
    variables = {"SWEEP_EVERY_SECONDS": "3600"}


class Counted(Product):
    """Started by a launcher that counts what each message takes. Never timed."""

    # Nothing but messages is to be counted.
    variables = {"SWEEP_EVERY_SECONDS": "3600"}

    def command(self, port: int) -> list[str]:
        """The same server, with counters."""
        return [sys.executable, "-m", "benchmarks.delivery.counting", "-b", "127.0.0.1", "-p", str(port)]


class CountedProduct(Counted):
    """The product, counted."""

    name = "product-counted"
    what = "the same, counted"
