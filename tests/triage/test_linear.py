"""Nobody can write what triage cannot read in time: work grows with the length of a text, and no faster.

Repetitions inside of repetitions are counted. The rest is measured: CPU time of this thread, of 4,000 characters over
1,000 of the same, the least of some rounds each. Linear work takes 4 times as much, quadratic 16 times; between them is
room for any machine, and whatever seems slower is measured again before it counts.
"""

import re
import re._constants as kind
import re._parser as grammar
import time

import pytest

from benchmarks.triage_cost import CRAFTED
from triage import services
from triage.core import concepts, scope

LANGUAGES = ("zh", "en")
SHORT, LONG = 1_000, 4_000
MOST = 10
"""Times as much work for four times the text."""
LEAST_SECONDS = 0.0002
"""What 1,000 characters count for at least: less is all start and no length."""
ROUNDS, MOST_ROUNDS = 2, 12
OFTEN = 8
FEW_TIMES, MANY_TIMES = 4, 18
"""Two ways to read each of so many pieces are 16 and 262,144 ways to read them all."""
REPEATS = {kind.MAX_REPEAT, kind.MIN_REPEAT}


def grows(work, piece):
    """How many times as long ``work`` takes for four times as much of ``piece``."""
    return compared(work, *(piece * (length // len(piece) + 1) for length in (SHORT, LONG)))


def compared(work, short, long):
    """How many times as long ``work`` takes for the long text."""
    least_short = least_long = float("inf")
    for turn in range(MOST_ROUNDS):
        least_short = min(least_short, taken(work, short))
        least_long = min(least_long, taken(work, long))
        ratio = least_long / max(least_short, LEAST_SECONDS)
        if turn + 1 >= ROUNDS and ratio <= MOST:
            break
    return ratio


def taken(work, text):
    began = time.thread_time()
    work(text)
    return time.thread_time() - began


def inner_of(operation, argument):
    if operation is kind.SUBPATTERN:
        return [argument[3]]
    if operation is kind.BRANCH:
        return argument[1]
    return [argument[-1]] if operation in REPEATS | {kind.ASSERT, kind.ASSERT_NOT} else []


def endless(items, *, repeated=False):
    """How many repetitions without an end stand inside of one without an end."""
    found = 0
    for operation, argument in items.data:
        without_end = operation in REPEATS and argument[1] is kind.MAXREPEAT
        found += without_end and repeated
        found += sum(endless(inner, repeated=repeated or without_end) for inner in inner_of(operation, argument))
    return found


def sample(items):
    """A text that begins to match a pattern: the first choices, and each repetition a few times."""
    found = []
    for operation, argument in items.data:
        if operation is kind.LITERAL:
            found.append(chr(argument))
        elif operation is kind.IN:
            found += [chr(value) for what, value in argument if what is kind.LITERAL][:1] or ["x"]
        elif operation in {kind.ANY, kind.NOT_LITERAL}:
            found.append("x")
        elif operation in REPEATS:
            found.append(sample(argument[2]) * max(argument[0], min(argument[1], 2)))
        elif operation is kind.BRANCH:
            found.append(sample(argument[1][0]))
        elif operation is kind.SUBPATTERN:
            found.append(sample(argument[3]))
    return "".join(found)


def choices(items, before=""):
    """Each choice that is repeated often, with a text that leads there: of two that read alike, either may be taken."""
    for operation, argument in items.data:
        if operation in REPEATS and argument[1] >= OFTEN:
            inner = argument[2].data
            while len(inner) == 1 and inner[0][0] is kind.SUBPATTERN:
                inner = inner[0][1][3].data
            if len(inner) == 1 and inner[0][0] is kind.BRANCH:
                yield from ((before, sample(one)) for one in inner[0][1][1])
        for inner in inner_of(operation, argument):
            yield from choices(inner, before)
        before += sample(grammar.SubPattern(items.state, [(operation, argument)]))


def crafted(expression, needs):
    """Pieces that begin to match over and over: what it needs, what it matches, and all of that but the end."""
    whole = sample(grammar.parse(expression))
    return list(filter(None, {whole, whole[: max(1, len(whole) - 1)], *sorted(needs or ())[:1]}))


def patterns_of(language):
    shipped = [one.expression for one in concepts._lexicon(language).patterns]
    around = [getattr(scope._patterns(language), name) for name in scope.Patterns.__slots__]
    return shipped, [(one.expression if isinstance(one, scope.Gated) else one).pattern for one in around]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_repetition_without_an_end_stands_in_another(language):
    shipped, around = patterns_of(language)
    assert [one for one in (*shipped, *around) if endless(grammar.parse(one))] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_repeated_choice_can_read_the_same_in_two_ways(language):
    shipped, around = patterns_of(language)
    slow = []
    for expression in (*shipped, *around):
        for before, piece in choices(grammar.parse(expression)):
            texts = (f"{before}{piece * times}\0" for times in (FEW_TIMES, MANY_TIMES))
            if compared(re.compile(expression).search, *texts) > MOST:
                slow.append((piece, expression))
    assert slow == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_pattern_takes_time_in_line_with_the_length_of_what_is_made_for_it(language):
    slow = []
    for pattern in concepts._lexicon(language).patterns:
        search = re.compile(pattern.expression).findall
        for piece in crafted(pattern.expression, pattern.needs):
            ratio = grows(search, piece)
            if ratio > MOST:
                slow.append((round(ratio), piece, pattern.expression))
    assert slow == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_of_triage_does_on_what_many_patterns_need(language):
    """Every seventh pattern's needed words in a row, from several starts, so that each text is another."""
    needed = [min(one.needs) for one in concepts._lexicon(language).patterns if one.needs]
    for start in range(7):
        piece = " ".join(needed[start::7])[: SHORT // 2]
        assert grows(services.assess, f"{piece} ") <= MOST, piece


@pytest.mark.parametrize("piece", CRAFTED.values(), ids=list(CRAFTED))
def test_all_of_triage_does_on_crafted_text(piece):
    assert grows(services.assess, piece) <= MOST


@pytest.mark.parametrize("expression", ["死[^生]*生", "(?:死|亡).*?的生", r"\w+死生"])
def test_a_quadratic_pattern_would_be_seen(expression):
    assert grows(re.compile(expression).findall, "死亡") > MOST


@pytest.mark.parametrize("expression", [r"\bhe (?:only |\w{1,9}ly |just )*hits", "我(?:就|也|就也)*死"])
def test_a_choice_that_can_would_be_seen(expression):
    ratios = [
        compared(re.compile(expression).search, *(f"{before}{piece * times}\0" for times in (FEW_TIMES, MANY_TIMES)))
        for before, piece in choices(grammar.parse(expression))
    ]
    assert max(ratios) > MOST


@pytest.mark.parametrize("expression", ["(?:死+)+生", "(?:(?:死|亡)*了?)*生", "(?:a+|b+)+c"])
def test_a_pattern_that_never_ends_would_be_counted(expression):
    assert endless(grammar.parse(expression)) > 0
