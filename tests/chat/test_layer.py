"""Hints that wait for a socket: one of each kind about a conversation, which says all that was told."""

from hotline.layer import Box, together


def lines(upto):
    return {"type": "hint", "kind": "lines", "conversation": "c", "upto": upto}


async def test_an_earlier_line_that_is_told_later_does_not_hide_the_later_one():
    box, told = Box(), [lines(5), lines(4)]
    for one in told:
        box.put(one)
    assert (await box.take())["upto"] == 5
    assert not box.hints
    assert told == [lines(5), lines(4)], "other boxes hold the same messages"


def test_of_two_hints_the_later_one_tells_all_else():
    assert together({"kind": "risk", "stamp": "a"}, {"kind": "risk", "stamp": "b"}) == {"kind": "risk", "stamp": "b"}
    assert together(None, lines(1)) == lines(1)
    assert together(lines(1), lines(2)) == lines(2)
