"""Every frame of the hotline's sockets, both ways. Free of Django.

A frame is a JSON object with a ``type``. Unknown types, unknown fields, missing fields and values out of range are
refused with a dotted code. Every request carries an ``id`` of the client's choosing, and its answer repeats it.
docs/protocol.md describes each frame; a test fails when one is missing there.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from hotline.chat import errors
from hotline.chat.errors import Refused
from triage.core.levels import LevelCode

VERSION = 1
MAX_FRAME_BYTES = 64 * 1024
MAX_TEXT = 4_000
"""Longest message, in characters. Longer than any single message of a counselling dialogue seen so far."""
MAX_NOTE = 4_000
MAX_REPLAY = 200
"""Lines in one frame; a page that missed more asks again from where it stands."""
MAX_REPLAY_BYTES = 48 * 1024
"""Bytes of one portion of lines, about: what is queued for a client that does not read stays small."""

RequestId = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Seq = Annotated[int, Meta(ge=0, le=2**53 - 1)]
ClientId = Annotated[str, Meta(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
ConversationId = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$")]
Text = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT)]
Reason = Annotated[str, Meta(min_length=1, max_length=MAX_NOTE)]
Topic = Literal["", "mood", "sleep", "family", "love", "study", "work", "illness", "isolation", "violence", "other"]
AgeBand = Literal["", "under_14", "14_17", "18_24", "25_39", "40_59", "60_up"]
Skill = Literal["", "young", "older", "family", "illness", "violence"]
Mood = Annotated[int, Meta(ge=1, le=5)]


class Frame(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True, tag_field="type"):
    """What all frames share: a type, and nothing that is not declared."""


class Part(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """A piece inside a frame."""


# --- parts ---------------------------------------------------------------------------------------------------------
class Line(Part):
    """One place in a conversation's order: words, or something that happened (``event``)."""

    seq: int
    author: Literal["resident", "counselor", "system"]
    at: str
    name: str = ""
    text: str = ""
    event: str = ""
    client_id: str = ""


class Place(Part):
    """How many may be served before: between ``least`` and ``most``; ``why`` says why others go first."""

    least: int
    most: int
    why: Literal["", "danger", "given_back", "sooner"] = ""


class ResidentView(Part):
    """What a resident's page shows beside the lines."""

    state: Literal["waiting", "active", "closed"]
    upto: int
    ending: str = ""
    counselor: str = ""
    place: Place | None = None
    on_duty: int = 0
    care: bool = False
    topic: str = ""
    nickname: str = ""
    age_band: str = ""
    danger: bool = False
    mood_before: int | None = None
    mood_after: int | None = None
    has_code: bool = False
    earlier: int = 0
    may_learn: bool = False


class Span(Part):
    """Words that speak for a level: characters ``start`` to ``end`` of the line ``seq``; ``words`` repeats them."""

    seq: int
    start: int
    end: int
    reason: str
    words: str = ""


class Risk(Part):
    """The level of a conversation and why. ``source`` tells who says so."""

    level: LevelCode
    scored: bool = True
    doubtful: bool = False
    probability: float = 0.0
    source: Literal["triage", "declared", "counselor", "supervisor"] = "triage"
    spans: list[Span] = []
    by: str = ""
    reason: str = ""
    model: str = ""


class NoteView(Part):
    """A private note; never shown to the resident."""

    id: int
    by: str
    at: str
    text: str
    kind: Literal["note", "question", "advice", "handover", "wrap_up", "reason"] = "note"


class HandoverView(Part):
    """A handover that waits for an answer."""

    id: int
    conversation: str
    label: str
    from_name: str
    to_name: str
    note: str
    mine: bool


class QueueRow(Part):
    """One person who waits. ``kept``: why this desk is offered others of their level before them, for now."""

    conversation: str
    label: str
    risk: Risk
    since: str
    language: str
    channel: str
    topic: str = ""
    age_band: str = ""
    danger: bool = False
    returning: bool = False
    given_back: bool = False
    present: bool = True
    written: int = 0
    skill: Skill = ""
    kept: Literal["", "language", "skill"] = ""


class ConversationView(Part):
    """What a desk or a reader shows beside the lines."""

    conversation: str
    label: str
    state: Literal["waiting", "active", "closed"]
    upto: int
    risk: Risk
    since: str
    language: str
    channel: str
    ending: str = ""
    holder: str = ""
    mine: bool = False
    topic: str = ""
    age_band: str = ""
    danger: bool = False
    present: bool = True
    waiting_on_us_since: str = ""
    mood_before: int | None = None
    mood_after: int | None = None
    notes: list[NoteView] = []
    handover: HandoverView | None = None
    help_asked: bool = False
    earlier: list[str] = []
    erased: bool = False


class Colleague(Part):
    """Somebody on the staff, as their colleagues see them."""

    id: int
    name: str
    duty: Literal["on", "pause", "off"]
    holding: int
    capacity: int
    role: str
    connected: bool = True
    skills: list[str] = []


class Duty(Part):
    """One's own duty."""

    state: Literal["on", "pause", "off"]
    capacity: int


class BoardRow(Part):
    """One conversation on the supervisors' board. ``silent_since``: when the last line was written."""

    conversation: str
    label: str
    state: Literal["waiting", "active"]
    risk: Risk
    since: str
    holder: str = ""
    silent_since: str = ""
    waiting_on_us_since: str = ""
    help_asked: bool = False
    present: bool = True


# --- from a resident -------------------------------------------------------------------------------------------------
class ResidentHello(Frame, tag="hello"):
    """First frame: who am I, and what have I missed after ``after`` of the conversation that this page shows?"""

    id: RequestId
    after: Seq = 0
    conversation: Annotated[str, Meta(pattern=r"^([0-9a-f]{32})?$")] = ""


class ResidentSend(Frame, tag="message.send"):
    """Say something. ``client_id`` makes saying it twice harmless."""

    id: RequestId
    client_id: ClientId
    text: Text


class ResidentSync(Frame, tag="sync"):
    """What came after ``after``?"""

    id: RequestId
    after: Seq


class ResidentTyping(Frame, tag="typing"):
    """I began or stopped writing. Not answered."""

    on: bool


class ResidentAbout(Frame, tag="about"):
    """What one may tell and never has to."""

    id: RequestId
    topic: Topic = ""
    nickname: Annotated[str, Meta(max_length=20)] = ""
    age_band: AgeBand = ""


class ResidentDanger(Frame, tag="danger"):
    """I am in danger now."""

    id: RequestId


class ResidentMood(Frame, tag="mood"):
    """How it feels, before or after: 1 very bad .. 5 well."""

    id: RequestId
    when: Literal["before", "after"]
    value: Mood


class ResidentFeedback(Frame, tag="feedback"):
    """A word of thanks or a complaint, after the end."""

    id: RequestId
    kind: Literal["thanks", "complaint"]
    text: Text


class ResidentLearning(Frame, tag="learning"):
    """The line may learn from my words, or (``on`` false) may not any more."""

    id: RequestId
    on: bool


class ResidentCode(Frame, tag="return_code"):
    """Make me a return code (any earlier one stops working)."""

    id: RequestId


class ResidentEnd(Frame, tag="conversation.end"):
    """I want to end here."""

    id: RequestId


class ResidentErase(Frame, tag="erase"):
    """Erase everything I ever said here."""

    id: RequestId


class ResidentPing(Frame, tag="ping"):
    """Heartbeat: still there, and holding lines up to ``after``."""

    id: RequestId
    after: Seq = 0


class Echo(Frame, tag="echo"):
    """Is the line alive? Asked often where people talk, so it costs next to nothing: nobody looks at anything."""

    id: RequestId


# --- from the staff --------------------------------------------------------------------------------------------------
class DeskHello(Frame, tag="hello"):
    """First frame. ``held``: the last line this page holds of each conversation."""

    id: RequestId
    held: dict[ConversationId, Seq] = {}


class DeskPing(Frame, tag="ping"):
    """Heartbeat; ``held`` as in hello: what is missing follows."""

    id: RequestId
    held: dict[ConversationId, Seq] = {}


class DutySet(Frame, tag="duty.set"):
    """On duty, pause, off duty; how many conversations at once."""

    id: RequestId
    state: Literal["on", "pause", "off"]
    capacity: Annotated[int, Meta(ge=1, le=12)]


class QueueTakeNext(Frame, tag="queue.take_next"):
    """Give me whoever is first."""

    id: RequestId


class Claim(Frame, tag="conversation.claim"):
    """Give me this person."""

    id: RequestId
    conversation: ConversationId


class Open(Frame, tag="conversation.open"):
    """Show me this conversation (recorded when it is not one's own) and keep me informed."""

    id: RequestId
    conversation: ConversationId


class Leave(Frame, tag="conversation.leave"):
    """Stop informing me."""

    id: RequestId
    conversation: ConversationId


class DeskSync(Frame, tag="sync"):
    """What came after ``after``?"""

    id: RequestId
    conversation: ConversationId
    after: Seq


class DeskSend(Frame, tag="message.send"):
    """Say something to the resident."""

    id: RequestId
    conversation: ConversationId
    client_id: ClientId
    text: Text


class DeskTyping(Frame, tag="typing"):
    """I began or stopped writing. Not answered."""

    conversation: ConversationId
    on: bool


class NoteAdd(Frame, tag="note.add"):
    """A private note."""

    id: RequestId
    conversation: ConversationId
    text: Reason


class LevelOverride(Frame, tag="level.override"):
    """The level is another one, and why."""

    id: RequestId
    conversation: ConversationId
    level: LevelCode
    reason: Reason


class HandoverOffer(Frame, tag="handover.offer"):
    """Please take this person over from me."""

    id: RequestId
    conversation: ConversationId
    to: int
    note: Reason


class HandoverAnswer(Frame, tag="handover.answer"):
    """Accept, decline, or (by the one who offered) withdraw."""

    id: RequestId
    handover: int
    answer: Literal["accept", "decline", "withdraw"]


class GiveBack(Frame, tag="conversation.give_back"):
    """I cannot go on: back to the queue, on top of its band."""

    id: RequestId
    conversation: ConversationId
    note: Reason


class HelpAsk(Frame, tag="help.ask"):
    """A supervisor, please."""

    id: RequestId
    conversation: ConversationId
    question: Reason


class HelpAnswer(Frame, tag="help.answer"):
    """A supervisor's advice, seen by staff only."""

    id: RequestId
    conversation: ConversationId
    text: Reason


class DeskEnd(Frame, tag="conversation.end"):
    """End with a short wrap-up. ``handed_on``: to another service."""

    id: RequestId
    conversation: ConversationId
    ending: Literal["helped", "left_during", "handed_on", "closed_by_staff"]
    wrap_up: Annotated[str, Meta(max_length=MAX_NOTE)] = ""


class CloseWaiting(Frame, tag="conversation.close_waiting"):
    """End a conversation that waits for nobody: its resident is long gone."""

    id: RequestId
    conversation: ConversationId
    reason: Reason


class BoardWatch(Frame, tag="board.watch"):
    """Show me the board and keep it current."""

    id: RequestId


# --- to everybody ----------------------------------------------------------------------------------------------------
class Ack(Frame, tag="ack"):
    """Committed. For a message: its place and time."""

    id: int
    conversation: str = ""
    client_id: str = ""
    seq: int = 0
    at: str = ""


class Error(Frame, tag="error"):
    """Refused; nothing was changed. ``id`` is the request's, if it could be read."""

    code: str
    id: int | None = None
    detail: str = ""


class Pong(Frame, tag="pong"):
    """Answer to a heartbeat or an echo; ``at`` is the server's time."""

    id: int
    at: str


class Beat(Frame, tag="beat"):
    """No heartbeat came. A page answers with a ping, also in the background, where its own timers sleep."""


class Bye(Frame, tag="bye"):
    """The socket is about to end; come back after ``retry_after_ms``, or never if it is negative."""

    code: str
    retry_after_ms: int


# --- to a resident ---------------------------------------------------------------------------------------------------
class ResidentWelcome(Frame, tag="welcome"):
    """Answer to hello: the present state and the lines that were missed."""

    id: int
    view: ResidentView
    lines: list[Line]
    at: str
    heartbeat_seconds: int
    version: int = VERSION


class ResidentLines(Frame, tag="lines"):
    """Lines in order. ``upto``: the conversation's last seq; if it is beyond these, ask again."""

    lines: list[Line]
    upto: int


class ResidentState(Frame, tag="view"):
    """Something beside the lines has changed."""

    view: ResidentView


class CounselorTyping(Frame, tag="typing"):
    """The counselor began or stopped writing."""

    on: bool


class CodeMade(Frame, tag="return_code"):
    """The return code, this once."""

    id: int
    code: str


class Erased(Frame, tag="erased"):
    """All is gone; the page forgets too."""

    id: int | None = None


# --- to the staff ----------------------------------------------------------------------------------------------------
class DeskWelcome(Frame, tag="welcome"):
    """Answer to hello."""

    id: int
    me: Colleague
    permissions: list[str]
    queue: list[QueueRow]
    views: list[ConversationView]
    colleagues: list[Colleague]
    handovers: list[HandoverView]
    at: str
    heartbeat_seconds: int
    version: int = VERSION


class Queue(Frame, tag="queue"):
    """Who waits, most urgent first. ``total`` may exceed the rows."""

    rows: list[QueueRow]
    total: int


class Taken(Frame, tag="taken"):
    """Somebody took a person from the queue."""

    conversation: str
    by: str


class View(Frame, tag="view"):
    """A conversation's present state beside its lines."""

    view: ConversationView
    id: int | None = None


class RiskIs(Frame, tag="risk"):
    """How a conversation's level stands now, and what speaks for it; all else is as the page knows it."""

    conversation: str
    risk: Risk


class DeskLines(Frame, tag="lines"):
    """Lines of a conversation in order; ``upto`` as for residents."""

    conversation: str
    lines: list[Line]
    upto: int


class ResidentIsTyping(Frame, tag="typing"):
    """The resident began or stopped writing."""

    conversation: str
    on: bool


class Gone(Frame, tag="gone"):
    """This conversation is not yours any more; ``why`` is a dotted code."""

    conversation: str
    why: str


class DutyIs(Frame, tag="duty"):
    """One's duty, after a change here or on another page."""

    duty: Duty
    id: int | None = None


class Colleagues(Frame, tag="colleagues"):
    """Who is there."""

    colleagues: list[Colleague]


class Handovers(Frame, tag="handovers"):
    """All handovers that wait for an answer from or to me."""

    handovers: list[HandoverView]


class Board(Frame, tag="board"):
    """The supervisors' board, whole."""

    rows: list[BoardRow]
    staff: list[Colleague]
    waiting: int
    longest_since: str
    reviews_open: int
    reviews_overdue: int
    at: str
    id: int | None = None


FromResident = (
    ResidentHello
    | ResidentSend
    | ResidentSync
    | ResidentTyping
    | ResidentAbout
    | ResidentDanger
    | ResidentMood
    | ResidentFeedback
    | ResidentLearning
    | ResidentCode
    | ResidentEnd
    | ResidentErase
    | ResidentPing
    | Echo
)
FromDesk = (
    DeskHello
    | DeskPing
    | Echo
    | DutySet
    | QueueTakeNext
    | Claim
    | Open
    | Leave
    | DeskSync
    | DeskSend
    | DeskTyping
    | NoteAdd
    | LevelOverride
    | HandoverOffer
    | HandoverAnswer
    | GiveBack
    | HelpAsk
    | HelpAnswer
    | DeskEnd
    | CloseWaiting
    | BoardWatch
)
ToResident = (
    ResidentWelcome
    | ResidentLines
    | ResidentState
    | CounselorTyping
    | CodeMade
    | Erased
    | Ack
    | Error
    | Pong
    | Beat
    | Bye
)
ToDesk = (
    DeskWelcome
    | Queue
    | Taken
    | View
    | RiskIs
    | DeskLines
    | ResidentIsTyping
    | Gone
    | DutyIs
    | Colleagues
    | Handovers
    | Board
    | Ack
    | Error
    | Pong
    | Beat
    | Bye
)

_encoder = msgspec.json.Encoder()
_resident_decoder: msgspec.json.Decoder[FromResident] = msgspec.json.Decoder(FromResident)
_desk_decoder: msgspec.json.Decoder[FromDesk] = msgspec.json.Decoder(FromDesk)


def encode(frame: Frame) -> bytes:
    """The frame as JSON text, in UTF-8."""
    return _encoder.encode(frame)


def parse_resident(raw: str) -> FromResident:
    """A frame from a resident.

    Raises:
        Refused: frame.too_big, frame.unknown_type or frame.invalid; the detail names the field, never its content.
    """
    frame: FromResident = _parse(_resident_decoder, raw)
    return frame


def parse_desk(raw: str) -> FromDesk:
    """A frame from the staff; refusals as in :func:`parse_resident`."""
    frame: FromDesk = _parse(_desk_decoder, raw)
    return frame


def request_id(raw: str) -> int | None:
    """The ``id`` of a frame that could not be parsed, if it has a readable one."""
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    found = value.get("id") if isinstance(value, dict) else None
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def _parse(decoder: msgspec.json.Decoder[Any], raw: str) -> Any:
    if len(raw) > MAX_FRAME_BYTES or len(raw.encode("utf-8", "surrogatepass")) > MAX_FRAME_BYTES:
        raise Refused(errors.TOO_BIG)
    try:
        frame = decoder.decode(raw)
    except msgspec.ValidationError as error:
        message = str(error)
        if "$.type" in message or "required field `type`" in message:
            raise Refused(errors.UNKNOWN_FRAME) from error
        if "$.text" in message and "length" in message:
            raise Refused(errors.TEXT_TOO_LONG if "<=" in message else errors.TEXT_EMPTY) from error
        field = message.partition("`$.")[2].partition("`")[0]
        raise Refused(errors.BAD_FRAME, field) from error
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Refused(errors.BAD_FRAME) from error
    return frame
