"""What stands around a mention: denied, told of somebody else, quoted, past, a manner of speaking, a question of work.

Scope is read inside the clause that holds the mention, and reaches no further than it must: a denial takes back what
nothing but filling parts from it ("没想过要", never "没人知道我"), a year long ago what is told in the past itself, a
chore no blows. A frame (fiction, games, news, a question of work) silences only what it governs. Of what the writer
says of themself that is what stands inside it ("小说里写我想死", "in the game i"), never a statement in the next clause
("看了新闻 我想跳楼"). So it is with people whom the writer names as their own ("my friend"); of anybody else it is
whatever their clause frames. Laughter takes words back in 120 characters, until the writer says that they were meant.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from triage.core import additions, needles
from triage.core.concepts import LEXICON, Mention

EVERYDAY = frozenset({"underway", "attempt", "method", "means", "place", "self_harm"})
"""Concepts that a chore, a meal, a game or a mishap explains: a blade and blood in a kitchen."""
VIOLENCE = frozenset({"violence_suffered", "violence_intended"})
"""Concepts that play explains, and no meal or chore: blows fall over those."""
JOKES = frozenset({"intent", "coded", "hint", "violence_intended"})
"""Concepts that laughter takes back. What is under way or at hand, laughter does not."""
DOSES = frozenset({"underway", "method"})
"""Concepts that medicine explains which was taken as a doctor said."""
BARE = frozenset(
    {"underway", "intent", "coded", "means", "place", "farewell", "wish", "hopeless", "burden", "violence_suffered"}
)
"""Concepts that speak of the writer where nobody is named: a want, a state, a way at hand."""
WANTED = frozenset({"intent", "coded"})
"""Those of which a word of wanting must tell that they are meant, and no topic."""
PRESENT = frozenset({"underway", "means", "place"})
"""What is happening to somebody is no question of work, whoever asks."""
GOVERNS = 72
"""Characters before a mention in which a frame that holds it may begin."""
_WRITER = ("我", "俺", "i ", "i'", "im ", "ive ")
"""How a mention begins that names its own subject, the writer."""
_IN_QUOTES = re.compile(
    r"""(?:[“「『《]|(?:^|[\s:：,，(说道写叫])"(?=\S|$))[^"”」』》]{0,60}$|(?:^|[\s:,(])['‘](?!(?:cause|cos|coz|cuz|bout|til|till|n|em|tis|twas)\b)(?=\w|$)(?:(?!['’]\W)[^"]){0,60}$"""
)
"""A quotation that is open where a text ends."""
LIKENED = 32
"""Characters before the writer's "I" in which a likening ("like in the film") may stand."""
_OTHERS = re.compile(r"\b(?:wants|himself|herself|hissel\w+|themsel\w+|man|woman|guy|he|she|they)\b")
"""In a mention, that it speaks of somebody else."""
_NAMED = re.compile(r"[我俺]|\b(?:i|i'?m|i'?ve|i'?ll|me|my|mys?elf|meself)\b")
BEGUN = frozenset({"attempt", "self_harm", "method"})
"""Concepts that may begin again, told in the next sentence."""
DREADED = frozenset({"underway", "means", "place", "violence_suffered", "self_harm"})
"""Concepts that fear takes nothing of: what is happening, lies ready, or is done to somebody."""
SAID_AHEAD = frozenset({"intent", "plan", "method", "coded"})
"""Concepts whose verb ("i'm going to", "want to") may stand before the mention."""
BY_TENSE = frozenset({"en"})
"""Languages that tell by tense what is past."""
NEXT = 16
"""Characters behind a mention in which a near time tells that it is of now."""
BEHIND, THEN = 40, 12
"""Characters behind a mention in which its denial may be taken back, and in which it may be told as past."""
NAMED = frozenset({"method", "coded"})
"""Concepts that may be a mere topic."""
TOPIC, MEANT = 24, 48
"""Characters behind a mention in which that is told, and in which the writer may say that they mean it."""
REACH, AFTER = 24, 60
"""Characters before a mention in which its verb stands, and behind it in which it may be said to have begun again."""
LEAD = {"zh": 6, "en": 20}
"""Characters before "it was no joke" that are mere filling: what is longer may be what was meant."""
GOES_ON = frozenset({"underway", "intent", "plan", "method", "means", "place", "farewell"})
"""Concepts that may follow "it was no joke" in the same message."""
SHORT = 14
"""Characters of a text that is one bare statement: what it names is taken to be now."""
# What an edge begins with stands first, and the rest is looked at then: several times quicker.
_CLAUSE = re.compile(
    r"[\s。！？!?；;，,、….b但可不只](?:(?<=[\u4e00-\u9fff]\s)\s*(?=[\u4e00-\u9fff])|(?<=[。！？!?；;，,\n、…])"
    r"|(?<=\.)(?:\s|$)|(?<=\bb)ut\b|(?<=[但可])是?|(?<=不)过|(?<=只)是)"
)
_CLAUSE_ASCII = re.compile(r"[!?;,\n.b](?:(?<=[!?;,\n])|(?<=\.)(?:\s|$)|(?<=\bb)ut\b)")
"""The same where nothing else can occur, and a space is none."""
_SENTENCE = re.compile(r"[。！？!?\n.](?:(?<!\.)|\s|$)")


GATED = ("idiom", "past", "third")
"""Patterns that begin with anything, which makes them costly: in Chinese what they need is looked for first."""


@dataclass(frozen=True, slots=True)
class Gated:
    """A pattern, and one of mere words of which a text must hold one for it to match."""

    words: re.Pattern[str]
    expression: re.Pattern[str]

    def search(self, text: str, begin: int = 0) -> re.Match[str] | None:
        """The first match from ``begin`` on."""
        return self.expression.search(text, begin) if self.words.search(text, begin) else None

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """All matches."""
        return self.expression.finditer(text) if self.words.search(text) else iter(())


Sought = re.Pattern[str] | Gated


@dataclass(frozen=True, slots=True)
class Patterns:
    """One language's patterns; the data file says what each is for."""

    negated: Sought
    denied: Sought
    flipped: Sought
    third: Sought
    first: Sought
    told: Sought
    retracted: Sought
    quoted: Sought
    work: Sought
    held: Sought
    inside: Sought
    tagged: Sought
    likened: Sought
    wants: Sought
    own: Sought
    ended: Sought
    laughed_at: Sought
    settled: Sought
    meant: Sought
    goodbye: Sought
    returning: Sought
    everyday: Sought
    heap: Sought
    playful: Sought
    dosed: Sought
    joke: Sought
    explicit: Sought
    cited: Sought
    reported: Sought
    vouched: Sought
    past: Sought
    nowadays: Sought
    present: Sought
    then: Sought
    still: Sought
    over: Sought
    idiom: Sought
    feared: Sought
    ongoing: Sought
    grave: Sought
    recent: Sought
    relapse: Sought
    told_of: Sought
    topic: Sought
    claimed: Sought


@lru_cache(maxsize=4)
def _patterns(language: str) -> Patterns:
    with (LEXICON / f"scope.{language}.toml").open("rb") as file:
        patterns = tomllib.load(file)
    added = additions.current().scopes.get(language, {})
    return Patterns(
        **{name: _sought(name, [pattern, *added.get(name, ())], language) for name, pattern in patterns.items()}
    )


def read_anew() -> None:
    """Forget the lexicon: it is read again at the next text, with what the site adds then."""
    _patterns.cache_clear()


def _sought(name: str, patterns: list[str], language: str) -> Sought:
    """What the shipped pattern finds, and those that a site added."""
    expression = re.compile(patterns[0] if len(patterns) == 1 else "|".join(f"(?:{one})" for one in patterns))
    if language != "zh" or name not in GATED:
        return expression
    needs = [needles.read(one).needs for one in patterns]
    if not all(needs):
        return expression
    words = {word for one in needs for word in one[0]}
    return Gated(re.compile("|".join(map(re.escape, sorted(words)))), expression)


@dataclass(frozen=True, slots=True)
class Scoped:
    """A mention and what stands around it."""

    mention: Mention
    negated: bool = False
    flipped: bool = False
    third: bool = False
    framed: bool = False
    """Quoted, fiction, game or news, or a question of work or study; explained by a chore; or laughed away."""
    joked: bool = False
    """Framed by laughter alone: it stands again once the writer says that it was meant."""
    explicit: bool = False
    """Says plainly what the writer is going to do: laughter leaves it in doubt."""
    past: bool = False
    """Past and, as far as the sentence tells, resolved."""
    idiom: bool = False
    still: bool = False
    """Something nearby says that it goes on, or it is too grave, or the text too short, to need that."""

    recent: bool = False
    """It happened days or weeks ago, not years."""
    again: bool = False
    """What follows says that it has begun again."""
    named: bool = False
    """Only names a way, of nobody: what a talk, a film or a day at work was about."""

    @property
    def stands(self) -> bool:
        """Whether the mention speaks for what it names, of whomever."""
        return not (self.negated or self.framed or self.idiom)

    @property
    def now_self(self) -> bool:
        """Whether it speaks of the writer, now."""
        return self.stands and not self.third and not self.past


def read(text: str, language: str, mentions: list[Mention]) -> list[Scoped]:
    """Each mention with its scope."""
    if not mentions:
        return []
    clauses, sentences = _edges(_CLAUSE_ASCII if text.isascii() else _CLAUSE, text), _edges(_SENTENCE, text)
    patterns = _patterns(language)
    idioms = [found.span() for found in patterns.idiom.finditer(text)]
    return [_scope(text, language, patterns, one, clauses, sentences, idioms) for one in mentions]


def _edges(pattern: re.Pattern[str], text: str) -> list[int]:
    return [0, *(found.end() for found in pattern.finditer(text)), len(text)]


def _around(edges: list[int], start: int) -> tuple[int, int]:
    """The stretch between two edges that holds ``start``."""
    after = bisect_right(edges, start)
    return edges[max(0, after - 1)], edges[min(after, len(edges) - 1)]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in a text a mention stands: its clause, its sentence (160 characters to both sides at most)."""

    text: str
    language: str
    mention: Mention
    clause: tuple[int, int]
    sentence: tuple[int, int]

    @property
    def before(self) -> str:
        """What its clause holds before it, 40 characters at most."""
        return self.text[max(self.clause[0], self.mention.start - 40) : self.mention.start]

    def behind(self, characters: int) -> str:
        """So much of what follows it."""
        return self.text[self.mention.end : self.mention.end + characters]

    @property
    def nearby(self) -> str:
        """It, and 120 characters to both sides."""
        return self.text[max(0, self.mention.start - 120) : self.mention.end + 120]


def _scope(
    text: str,
    language: str,
    patterns: Patterns,
    mention: Mention,
    clauses: list[int],
    sentences: list[int],
    idioms: list[tuple[int, int]],
) -> Scoped:
    opening, closing = _around(sentences, mention.start)[0], _around(sentences, mention.end - 1)[1]
    start, end = max(opening, mention.start - 160), min(closing, mention.end + 160)
    place = _Place(text, language, mention, _around(clauses, mention.start), (start, end))
    sentence, before, nearby = text[start:end], place.before, place.nearby
    denied = _is_denied(patterns, place, before)
    flipped = bool(patterns.flipped.search(before) or (denied and patterns.retracted.search(place.behind(BEHIND))))
    third = _is_third(patterns, text, mention, before, start)
    silenced = (
        (mention.concept in EVERYDAY and _is_everyday(patterns, mention, sentence))
        or (mention.concept in VIOLENCE and bool(patterns.playful.search(sentence)))
        or (mention.concept in DOSES and bool(patterns.dosed.search(sentence)))
        or _is_framed(patterns, place, third, before, sentences)
    )
    joked = not silenced and mention.concept in JOKES and _is_joke(patterns, nearby)
    begin = place.clause[0]
    return Scoped(
        mention,
        negated=denied and not flipped,
        flipped=flipped,
        third=third,
        framed=silenced or joked,
        joked=joked,
        explicit=joked and bool(patterns.explicit.search(text[max(begin, mention.start - REACH) : mention.end])),
        past=_is_past(patterns, place, sentence, nearby),
        still=len(text) <= SHORT
        or bool(patterns.ongoing.search(sentence))
        or (
            mention.concept == "violence_suffered"
            and patterns.grave.search(text[mention.start : mention.end]) is not None
        ),
        recent=bool(patterns.recent.search(sentence)),
        again=mention.concept in BEGUN and bool(patterns.relapse.search(place.behind(AFTER))),
        named=mention.concept in NAMED and _is_named(patterns, place, before),
        idiom=any(start < mention.end and mention.start < end for start, end in idioms),
    )


def _is_denied(patterns: Patterns, place: _Place, before: str) -> bool:
    """Whether a mention is denied in the words right before it or behind, or feared and not meant."""
    concept = place.mention.concept
    return bool(
        patterns.negated.search(before)
        or (concept not in DREADED and patterns.feared.search(before))
        or (concept in WANTED and patterns.denied.search(place.behind(110)))
    )


def _is_past(patterns: Patterns, place: _Place, sentence: str, nearby: str) -> bool:
    """Whether a mention is told as past, and nothing says that it is of now or goes on.

    English tells by tense whether a mention beside an old year is old itself; Chinese by where it stands: in the same
    clause, or with a word of its own ("过").
    """
    text, mention, (begin, end) = place.text, place.mention, place.clause
    if patterns.nowadays.search(text[begin : mention.start]):
        return False
    ahead, after = (REACH, NEXT) if mention.concept in SAID_AHEAD else (0, 0)
    told = text[max(begin, mention.start - ahead) : mention.end + after]
    if patterns.present.search(told) and not patterns.then.search(told):
        return False
    anew = patterns.still.search(text[begin:end]) or patterns.nowadays.search(text[place.sentence[0] : mention.start])
    if not patterns.past.search(sentence):
        return False
    if not anew and patterns.over.search(text[begin : mention.end + 120]):
        return True
    if patterns.still.search(nearby):
        return False
    return bool(
        place.language in BY_TENSE
        or patterns.past.search(text[begin:end])
        or patterns.then.search(text[max(begin, mention.start - 2) : mention.end + THEN])
    )


def _is_named(patterns: Patterns, place: _Place, before: str) -> bool:
    """Whether a mention only names a way that nobody in its clause means."""
    if len(place.text) <= SHORT or patterns.claimed.search(before) or patterns.claimed.search(place.behind(MEANT)):
        return False
    return bool(patterns.told_of.search(before) or patterns.topic.search(place.behind(TOPIC)))


def _is_everyday(patterns: Patterns, mention: Mention, sentence: str) -> bool:
    """Whether a chore, a meal, a game or a mishap explains a mention; so much medicine none of them explains."""
    heap = mention.concept in DOSES and patterns.heap.search(sentence) is not None
    return not heap and patterns.everyday.search(sentence) is not None


def is_meant(text: str, language: str, scoped: Sequence[Scoped]) -> bool:
    """Whether a message says of what went before that it was no joke, and not of something else that it names.

    It may go on with a way or a decision of the writer ("其实不是玩笑 药买好了"), and with nothing else.
    """
    if any(one.negated for one in scoped):
        return False
    meant = _patterns(language).meant
    found = meant.search(text)
    if found:
        return found.start() <= LEAD[language] or any(one.stands for one in scoped)
    more = [one.mention.start for one in scoped if one.now_self and one.mention.concept in GOES_ON]
    clauses = _edges(_CLAUSE_ASCII if text.isascii() else _CLAUSE, text) if more else []
    ends = {end for start in more for end in (start, _around(clauses, start)[0]) if end}
    return any(found.start() <= LEAD[language] for end in ends if (found := meant.search(text[:end])))


def is_goodbye(texts: Sequence[str], language: str) -> bool:
    """Whether the last of some normalised texts ends with a goodbye, and none tells of a journey or a move."""
    patterns = _patterns(language)
    return bool(patterns.goodbye.search(texts[-1])) and not any(map(patterns.returning.search, texts))


def _is_joke(patterns: Patterns, nearby: str) -> bool:
    """Whether the writer laughs nearby, and neither a near time or a decision nor what follows says: meant."""
    laughter = patterns.joke.search(nearby)
    if laughter is None or patterns.meant.search(nearby, laughter.end()) or patterns.settled.search(nearby):
        return False
    return not patterns.laughed_at.search(nearby[: laughter.start()])


def _is_framed(
    patterns: Patterns,
    place: _Place,
    third: bool,
    before: str,
    sentences: list[int],
) -> bool:
    """Whether fiction, a game, news or a question of work governs a mention."""
    text, mention, (start, end) = place.text, place.mention, place.sentence
    nearby = place.nearby
    in_quotes = _in_quotes(patterns, text[max(0, mention.start - GOVERNS) : mention.start], nearby)
    tagged = patterns.tagged.search(text[mention.end : min(end, mention.end + 32)]) is not None
    if tagged or (in_quotes and patterns.cited.search(nearby)):
        return True
    if not (patterns.quoted.search(nearby) or patterns.work.search(nearby)):
        return False
    ahead = text[max(start, mention.start - GOVERNS) : mention.start]
    # A mention may begin with these words itself.
    if patterns.ended.search(f"{ahead}我就" if text.startswith("我就", mention.start) else ahead):
        return False
    whole = text[start:end]
    if in_quotes and _IN_QUOTES.search(ahead) and (patterns.quoted.search(whole) or patterns.work.search(whole)):
        return True
    at_work = mention.concept not in PRESENT
    asked = at_work and patterns.work.search(whole) is not None
    named = _NAMED.search(text, mention.start, mention.end) is not None
    if named or not (third or _OTHERS.search(text, mention.start, mention.end)):
        subject = _subject(patterns, text, mention, before)
        if subject is not None:
            outside = text[max(start, subject - GOVERNS) : subject]
            if patterns.likened.search(text[max(start, subject - LIKENED) : mention.start]):
                return False
            return bool(patterns.held.search(outside) or patterns.inside.search(text[subject : mention.start]))
        if _is_bare(patterns, text, mention):
            return bool(patterns.held.search(ahead) or patterns.inside.search(ahead)) or asked
    if patterns.own.search(nearby):
        return bool(patterns.held.search(ahead) or patterns.inside.search(ahead)) or asked
    after = bisect_right(sentences, mention.start)
    around = text[
        max(mention.start - 120, sentences[max(0, after - 2)]) : min(
            mention.end + 120, sentences[min(after + 1, len(sentences) - 1)]
        )
    ]
    begin, stop = place.clause
    return bool((at_work and patterns.work.search(around)) or patterns.quoted.search(text[begin:stop]))


def _in_quotes(patterns: Patterns, lead: str, nearby: str) -> bool:
    """Whether a mention stands in quotation marks that neither the writer nor somebody whom they know fills."""
    if not _IN_QUOTES.search(lead):
        return False
    return not (patterns.reported.search(lead) or patterns.vouched.search(nearby))


def _is_bare(patterns: Patterns, text: str, mention: Mention) -> bool:
    """Whether a mention without a subject speaks of the writer: a state or a want ("想死"), no topic ("自杀念头")."""
    if mention.concept not in BARE or patterns.third.search(text[mention.start : mention.end]):
        return False
    if mention.concept not in WANTED:
        return True
    return bool(patterns.wants.search(text[max(0, mention.start - 16) : mention.end + 4]))


def _subject(patterns: Patterns, text: str, mention: Mention, before: str) -> int | None:
    """Where the writer names itself as the one of whom a mention speaks; None where it does not."""
    if text.startswith(_WRITER, mention.start):
        return mention.start
    first = _last(patterns.first, before)
    if first >= 0:
        return mention.start - len(before) + first
    return mention.start if _NAMED.search(text, mention.start, mention.end) else None


def _is_third(patterns: Patterns, text: str, mention: Mention, before: str, opening: int) -> bool:
    """Whether somebody else is spoken of: the person named last before a mention, or whoever is said to say it."""
    third = _last(patterns.third, before)
    own = text.startswith(_WRITER, mention.start)
    if third < 0:
        return not own and bool(
            patterns.third.search(text[opening : mention.start]) and not patterns.first.search(before)
        )
    first = len(before) if own else _last(patterns.first, before)
    return first < third or bool(patterns.told.search(before[third:first]))


def _last(pattern: Sought, text: str) -> int:
    """Where the last match begins that ends with ``text``; -1 where there is none."""
    start = -1
    found = pattern.search(text)
    while found:
        start = found.start()
        found = pattern.search(text, start + 1)
    return start
