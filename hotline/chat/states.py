"""The conversation's states and the moves between them, as data. Free of Django.

Presence, flags and being overdue are facts of their own and never states: a person may be in danger while waiting,
while talking and after the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    """Where a conversation stands."""

    WAITING = "waiting"
    ACTIVE = "active"
    CLOSED = "closed"


class Ending(StrEnum):
    """How a closed conversation ended."""

    HELPED = "helped"
    LEFT_WAITING = "left_waiting"
    LEFT_DURING = "left_during"
    HANDED_ON = "handed_on"
    CLOSED_BY_STAFF = "closed_by_staff"


START = State.WAITING

MOVES: Mapping[State, frozenset[State]] = {
    # ACTIVE -> WAITING: the counselor vanished or gave the person back.
    State.WAITING: frozenset({State.ACTIVE, State.CLOSED}),
    State.ACTIVE: frozenset({State.WAITING, State.CLOSED}),
    State.CLOSED: frozenset(),
}

ENDINGS_FROM: Mapping[State, frozenset[Ending]] = {
    State.WAITING: frozenset({Ending.LEFT_WAITING, Ending.CLOSED_BY_STAFF}),
    State.ACTIVE: frozenset({Ending.HELPED, Ending.LEFT_DURING, Ending.HANDED_ON, Ending.CLOSED_BY_STAFF}),
    State.CLOSED: frozenset(),
}


class MoveNotAllowed(ValueError):
    """No such move between states, or no such ending from there."""


def check_move(old: State, new: State, ending: Ending | None) -> None:
    """Refuse a move that the tables do not hold.

    Raises:
        MoveNotAllowed: ``new`` cannot follow ``old``, or ``ending`` does not belong to this move.
    """
    if new not in MOVES[old]:
        raise MoveNotAllowed(f"{old} -> {new}")
    if (new is State.CLOSED) != (ending is not None):
        raise MoveNotAllowed(f"{old} -> {new} with ending {ending}")
    if ending is not None and ending not in ENDINGS_FROM[old]:
        raise MoveNotAllowed(f"{old} -> {new} with ending {ending}")


def _check_tables() -> None:
    """One start, every state reachable, ends without exits, every ending possible. Checked at import."""
    reached, edge = {START}, [START]
    while edge:
        for state in MOVES[edge.pop()] - reached:
            reached.add(state)
            edge.append(state)
    if reached != set(State) or set(MOVES) != set(State):
        raise AssertionError("a state cannot be reached from the start")
    if MOVES[State.CLOSED] or ENDINGS_FROM[State.CLOSED]:
        raise AssertionError("an end has an exit")
    if frozenset().union(*ENDINGS_FROM.values()) != frozenset(Ending):
        raise AssertionError("an ending that nothing leads to")


_check_tables()
