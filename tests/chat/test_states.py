"""States and their moves, as tables."""

import pytest

from hotline.chat.states import ENDINGS_FROM, MOVES, Ending, MoveNotAllowed, State, check_move

ALLOWED = {
    (State.WAITING, State.ACTIVE, None),
    (State.ACTIVE, State.WAITING, None),
    (State.WAITING, State.CLOSED, Ending.LEFT_WAITING),
    (State.WAITING, State.CLOSED, Ending.CLOSED_BY_STAFF),
    (State.ACTIVE, State.CLOSED, Ending.HELPED),
    (State.ACTIVE, State.CLOSED, Ending.LEFT_DURING),
    (State.ACTIVE, State.CLOSED, Ending.HANDED_ON),
    (State.ACTIVE, State.CLOSED, Ending.CLOSED_BY_STAFF),
}


@pytest.mark.parametrize("old", State)
@pytest.mark.parametrize("new", State)
@pytest.mark.parametrize("ending", [None, *Ending])
def test_exactly_the_moves_of_the_table_are_possible(old, new, ending):
    if (old, new, ending) in ALLOWED:
        check_move(old, new, ending)
    else:
        with pytest.raises(MoveNotAllowed):
            check_move(old, new, ending)


def test_an_end_has_no_exit():
    assert not MOVES[State.CLOSED]
    assert not ENDINGS_FROM[State.CLOSED]
