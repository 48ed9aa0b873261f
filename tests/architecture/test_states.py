"""The tables of states and moves say what the field needs, and refuse all else."""

import itertools

import pytest

from hotline.chat.states import ENDINGS_FROM, MOVES, START, Ending, MoveNotAllowed, State, check_move

ALL = list(itertools.product(State, State, [None, *Ending]))


def allowed(old: State, new: State, ending: Ending | None) -> bool:
    try:
        check_move(old, new, ending)
    except MoveNotAllowed:
        return False
    return True


def test_a_conversation_begins_by_waiting():
    assert START is State.WAITING


def test_a_person_given_back_waits_again():
    check_move(State.ACTIVE, State.WAITING, None)


def test_nothing_leads_out_of_the_end():
    assert not any(allowed(State.CLOSED, new, ending) for _, new, ending in ALL)


def test_every_end_says_how_it_ended():
    assert not any(allowed(old, State.CLOSED, None) for old in State)


def test_only_an_end_has_an_ending():
    assert not any(allowed(old, new, ending) for old, new, ending in ALL if ending and new is not State.CLOSED)


def test_nobody_was_helped_or_left_during_a_talk_that_never_began():
    ways = {ending for _, _, ending in ALL if allowed(State.WAITING, State.CLOSED, ending)}
    assert ways == {Ending.LEFT_WAITING, Ending.CLOSED_BY_STAFF}


@pytest.mark.parametrize(("old", "new", "ending"), ALL)
def test_a_move_is_allowed_exactly_when_the_tables_hold_it(old, new, ending):
    in_tables = new in MOVES[old] and (ending in ENDINGS_FROM[old] if new is State.CLOSED else ending is None)
    assert allowed(old, new, ending) == in_tables
