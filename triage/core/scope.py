"""What stands around a mention: denied, told of somebody else, quoted, past, a manner of speaking, a question of work.

Scope is read inside the clause that holds the mention, and for frames (quotation, fiction, work) inside the sentence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from triage.core.concepts import Mention

_CLAUSE = re.compile(r"[。！？!?；;，,\n、…]|\.(?:\s|$)|\bbut\b|但是?|可是?|不过|只是")
_SENTENCE = re.compile(r"[。！？!?\n]|\.(?:\s|$)")

_NEGATED = {
    "zh": re.compile(
        r"(?:没有?|从来?没有?|从没|并没有?|不会|不是|绝不|不(?:是)?真的?|不可能|别|不敢|不至于|没打算|没想过?|没在|不曾|哪会|不想|又不)"
        r"(?:[^。，,！!？?]{0,6})$"
    ),
    "en": re.compile(
        r"\b(?:not|never|no|n'?t|dont|wont|cant|didnt|isnt|nothing|without|neither|nor|far from|stopped|none of)\b[^.,!?]{0,28}$|n't [^.,!?]{0,24}$"
    ),
}
_FLIPPED = {
    "zh": re.compile(
        r"(?:不是(?:说)?(?:不|没)|没有(?:不|说不)|不能说(?:不|没)|怎么(?:会|可能)不|谁说(?:我)?不|哪(?:天|里|会)不|不是没|无时无刻不|没有一天不|没(?:有)?一天不)(?:[^。，,]{0,4})$"
    ),
    "en": re.compile(
        r"\b(?:not that i (?:don'?t|do not|wouldn'?t|never)|can'?t (?:stop|help|not)|don'?t not|never (?:stop|not)|nothing (?:else )?(?:but|stops)|not saying i (?:don'?t|won'?t)|no day (?:goes by )?without)\b[^.,!?]{0,28}$"
    ),
}
_THIRD = {
    "zh": re.compile(
        r"(?:我)?(?:的)?(?:朋友|同学|室友|闺蜜|女儿|儿子|孩子|妈妈?|爸爸?|母亲|父亲|爷爷|奶奶|外婆|姥姥|姐姐?|妹妹?|哥哥?|弟弟?|老公|老婆|丈夫|妻子|对象|男友|男朋友|女友|女朋友|邻居|同事|网友|学生|老师|有个?人|他们?|她们?|别人|居民|老人|患者|病人|阿姨|大爷|叔叔|表[姐妹哥弟]|有人|婆婆|公公|前任|前男友|前女友)"
        r"(?:[^。！!？?，,]{0,14})$"
    ),
    "en": re.compile(
        r"\b(?:my (?:friend|roommate|best friend|daughter|son|kid|child|mom|mum|mother|dad|father|brother|sister|wife|husband|boyfriend|girlfriend|partner|ex|neighbou?r|colleague|coworker|student|teacher|grandma|grandpa|cousin|aunt|uncle)|she|he|they|someone|somebody|a (?:friend|girl|boy|guy|student|neighbou?r|coworker))\b[^.!?]{0,40}$"
    ),
}
_FIRST = {
    "zh": re.compile(
        r"我(?!(?:的)?(?:朋友|同学|室友|闺蜜|女儿|儿子|孩子|妈|爸|奶|爷|姐|妹|哥|弟|老公|老婆|男|女|前|邻居|同事|妻|丈|婆|公|表|家|们))(?:[^。！!？?，,]{0,10})$"
    ),
    "en": re.compile(r"\b(?:i|i'?m|i'?ve|i'?d|im|ive|me|myself)\b[^.!?]{0,30}$"),
}
_QUOTED = {
    "zh": re.compile(
        r"电影|电视剧|小说|剧里|剧情|主角|角色|游戏|这局|队友|歌词|这首歌|歌里|动漫|番里|漫画|新闻|报道|热搜|书里|书上|课文|台词|博主|视频里|朗诵|剧本|短剧|主播|直播间|文里|网文|段子|梗|开黑|打野|副本|复活|王者|吃鸡|原神|《|剧透|演的"
    ),
    "en": re.compile(
        r"\b(?:movie|film|novel|character|episode|season|series|book|lyrics?|song|game|boss fight|level|respawn|teammates?|news|article|headline|podcast|documentary|show|netflix|story i'?m writing|script|poem|meme|quote|video game|minecraft|fortnite|valorant|anime|manga|plot|actor|chapter)\b"
    ),
}
_WORK = {
    "zh": re.compile(
        r"论文|课题|作业|调研|研究(?:一下|自杀|生课)|心理学(?:专业|系|课)|请教(?:一下)?老师|培训|危机干预|如何(?:识别|预防|评估|干预)|怎么(?:识别|预防|评估|干预)|预防自杀|自杀(?:率|预防|干预|热线|的预警|意念|新闻|话题|现象|倾向怎么)|实习|咨询师考试|社工|科普|讲座|案例"
    ),
    "en": re.compile(
        r"\b(?:essay|thesis|paper|research(?:ing)? (?:on|for|about|suicide)|assignment|coursework|class on|training|prevention|hotline volunteer|statistics|suicide rates?|for (?:my|a) (?:class|course|project|study)|psych(?:ology)? (?:class|student|major)|how (?:do|should|can) (?:you|we|i|counsel+ors) (?:respond|assess|recogni[sz]e|support)|warning signs|awareness)\b"
    ),
}
_PAST = {
    "zh": re.compile(
        r"以前|曾经|曾(?!经常)|过去|当年|小时候|那时|那会儿|那年|前年|去年|几年前|多年前|年前|高中时|初中时|大学时|读书的时候|产后那|一度|早年"
    ),
    "en": re.compile(
        r"\b(?:used to|years ago|back (?:then|in)|when i was|in (?:high school|college|middle school|the past|20\d\d|19\d\d)|last year|once|a long time ago|as a (?:kid|teen|child)|in my (?:teens|twenties))\b"
    ),
}
_STILL = {
    "zh": re.compile(
        r"现在(?:又|还|也)|又(?:开始|想|有)|还是(?:想|会|要)|一直到现在|至今|这几天又|最近又|仍|重新|再次"
    ),
    "en": re.compile(r"\b(?:again|still|lately|these days|back again|relapsed|coming back|ever since)\b"),
}
_OVER = {
    "zh": re.compile(
        r"现在(?:已经)?(?:好|没|不|挺|很|都|觉得|想想|过得|庆幸|稳)|走出来|都过去|早(?:就)?(?:好|过去|不)|挺过来|熬过来|不再|幸好|庆幸|恢复"
    ),
    "en": re.compile(
        r"\b(?:i'?m (?:ok|okay|fine|better|good|past|glad|doing)|got better|recovered|over it|glad i'?m|no longer|not any ?more|moved on|in recovery|much better|behind me|long past)\b"
    ),
}
_IDIOM = {
    "zh": re.compile(
        r"(?:笑|累|烦|热|冷|饿|困|吓|气|急|忙|疼|痛|渴|无聊|尴尬|羡慕|爱|美|丑|可爱|难吃|好吃|恨|讨厌|嫉妒|担心|开心|高兴|甜|酸|辣|咸|闷|臭|穷|懒|胖|撑)死|死(?:机|线|党|磕|活|板|心眼|胖子|鬼|丫头|宅|循环|角|对头|要面子|缠|记硬背|忠粉)|想死你|想死(?:她|他|我)了|社死|作死|找死|该死|要死要活|半死|死去活来|死猪|杀价|杀青|秒杀|自杀式|跳楼价|人设崩|命都给你|要命"
    ),
    "en": re.compile(
        r"\b(?:dying (?:to|of (?:laughter|boredom|curiosity|thirst|hunger|heat|embarrassment|cringe|laughing))|die (?:of|from|laughing) |(?:laugh|bored|scared|worried|embarrassed|sick|tired|freez)\w* to death|killing (?:me|it|time)|kill(?:ed)? (?:it|for a|the (?:mood|vibe|time))|to die for|kill me with|dead tired|over my dead body|drop[- ]dead gorgeous|i'?m dead\b|dead(?:ass|line|pan)|shoot me an|take a shot|so cute i could die|could (?:kill|murder) (?:for|a (?:burger|coffee|pizza))|my (?:phone|battery|laptop|car) (?:died|is dying|dies))"
    ),
}
_IF = {
    "zh": re.compile(r"(?:害怕|怕|担心|生怕|恐怕)(?:[^。，,]{0,6})$"),
    "en": re.compile(r"\b(?:afraid|scared|worried|fear) (?:of|that|i)[^.,!?]{0,18}$"),
}


@dataclass(frozen=True, slots=True)
class Scoped:
    """A mention and what stands around it."""

    mention: Mention
    negated: bool = False
    flipped: bool = False
    third: bool = False
    framed: bool = False
    """Quoted, fiction, game or news, or a question of work or study."""
    past: bool = False
    """Past and, as far as the sentence tells, resolved."""
    idiom: bool = False

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
    clause_edges = _edges(_CLAUSE, text)
    sentence_edges = _edges(_SENTENCE, text)
    idioms = [found.span() for found in _IDIOM[language].finditer(text)]
    return [_scope(text, language, one, clause_edges, sentence_edges, idioms) for one in mentions]


def _edges(pattern: re.Pattern[str], text: str) -> list[int]:
    return [0, *(found.end() for found in pattern.finditer(text)), len(text)]


def _around(edges: list[int], start: int) -> tuple[int, int]:
    """The stretch between two edges that holds ``start``."""
    begin = max(edge for edge in edges if edge <= start)
    end = min((edge for edge in edges if edge > start), default=edges[-1])
    return begin, end


def _scope(
    text: str,
    language: str,
    mention: Mention,
    clauses: list[int],
    sentences: list[int],
    idioms: list[tuple[int, int]],
) -> Scoped:
    begin, _end = _around(clauses, mention.start)
    opening, closing = _around(sentences, mention.start)
    before = text[max(begin, mention.start - 40) : mention.start]
    sentence = text[max(opening, mention.start - 160) : min(closing, mention.end + 160)]
    nearby = text[max(0, mention.start - 120) : mention.end + 120]
    flipped = bool(_FLIPPED[language].search(before))
    first = _FIRST[language].search(before)
    third = _THIRD[language].search(before) or _THIRD[language].search(text[opening : mention.start])
    past = bool(_PAST[language].search(sentence)) and not _STILL[language].search(nearby)
    return Scoped(
        mention,
        negated=not flipped and bool(_NEGATED[language].search(before) or _IF[language].search(before)),
        flipped=flipped,
        third=third is not None and (first is None or first.start() < third.start()),
        framed=bool(_QUOTED[language].search(nearby) or _WORK[language].search(nearby)),
        past=past or (bool(_OVER[language].search(nearby)) and bool(_PAST[language].search(nearby))),
        idiom=any(start < mention.end and mention.start < end for start, end in idioms),
    )
