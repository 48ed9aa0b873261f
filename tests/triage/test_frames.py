"""A frame silences what it governs, and never somebody's own words in the next clause; a denial denied is none."""

import pytest

from triage.core import assess, conversation
from triage.core.levels import Level

OWN_WORDS_BESIDE_A_FRAME = [
    "我想自杀 急救电话多少",
    "辅导员不管我 我要跳楼",
    "社工走了 我想死",
    "我在医院实习 我想自杀",
    "看了新闻 我想跳楼",
    "打完游戏 我想死",
    "刚看完电影，我想去死",
    "看了一部电影我不想活了",
    "追完那部剧 我更想死了",
    "我在写论文 写不下去 我想跳楼",
    "论文被毙了，我不想活了",
    "我是社工 我自己也想死",
    "作为一名社工 我每天都想死",
    "我是心理学专业的学生，我想自杀",
    "我在咨询师考试培训班，我真的想死",
    "听完讲座我还是想死",
    "小说看到一半 我不想活了",
    "把这本小说还给你 我今晚就去死",
    "书里什么都没有，我要去死",
    "课文背不下来 我要跳楼",
    "游戏输了 我真的想死",
    "退了游戏 我准备自杀",
    "队友骂我，我真的不想活了",
    "那首歌还在放 我想死",
    "歌词都背下来了，我今晚要跳楼",
    "直播间没人了，我想死",
    "主播下播了 我想自杀",
    "热搜看多了 我想割腕",
    "新闻联播开始了，我想从楼上跳下去",
    "老师走了 我要跳楼",
    "他在打游戏，我不想活了",
    "我妈在看电视剧。我想死。",
    "社工明天才来 今晚我想自杀",
    "急救箱在哪 我割腕了",
    "医生培训去了 我想死",
    "剧本写不出来，我想结束生命",
    "番追完了，不想活了",
    "我研究生课题失败了 我想自杀",
    "调研回来的路上 我想跳下去",
    "做完那个自杀干预的讲座 我还是想自杀",
    "打了自杀热线没人接 我想死",
    "电影散场了 我站在天台上不想活了",
    "看完新闻 药已经全吞了",
    "流程走完了 我要跳楼",
    "段子看了也笑不出来 我想死",
    "网文断更 生活也断更 我要自杀",
    "我想死 论文写不出来",
    "我想跳楼 作业没写完",
    "我想自杀 新闻看多了",
    "我想死 英语挂了",
    "我想死 怎么说呢 就是很累",
    "我想死 这部电影真难看",
    "我写作业写到想死 我真的想死",
    "我整天躲在游戏里 想死",
    "在课上 我想死",
    "看完电影 我跟你说 我想死",
    "作业写了 我想死",
    "小说写着写着 我想自杀",
    "培训中我一直想死",
    "我研究怎么死才不疼",
    "看完新闻 想死",
    "社工走了 想跳楼",
    "打完游戏 不想活了",
    "作为护士 我不想活了",
    "主播下线了 想自杀",
    "我朋友看完电影 说想跳楼",
    "我跟主角一样想死",
    "我想像电影里那样跳楼",
    "电影里主角跳楼了 我也想跳楼",
    "歌里唱的就是我 我想死",
    "我室友打完游戏 说他不想活了",
    "i just watched a movie and i want to kill myself tonight",
    "the movie ended and i want to die",
    "just finished the show. i want to kill myself",
    "i read the news and i want to die",
    "the article is long and i want to kill myself",
    "i lost the game and i really want to die",
    "my game crashed, i want to kill myself",
    "after the game i went home and i want to kill myself",
    "the training ended and i want to die",
    "i'm doing prevention training and i want to kill myself",
    "i failed my essay and i want to kill myself",
    "my thesis got rejected. i'm going to kill myself",
    "i have an assignment due and i want to die",
    "i can't finish this paper, i want to end my life",
    "the book is on the table and i am going to kill myself",
    "i closed the book and now i want to die",
    "my teammates hate me and i want to kill myself",
    "netflix is on but i want to die",
    "i put on my favourite song and i want to die",
    "the song is over. i'm going to hang myself",
    "that podcast ended and i want to end my life",
    "i'm a psych student and i want to kill myself",
    "as a nurse i see it every day and i want to kill myself",
    "i'm a hotline volunteer myself and i want to die",
    "how do i talk to someone, i want to kill myself",
    "i know the warning signs because i want to kill myself",
    "i'm in rehearsal all week and i want to die",
    "i told my teacher about the play and i still want to kill myself",
    "i was on a minecraft server all night, i don't want to live anymore",
    "the character died and now i want to kill myself too",
    "turned off the show, wanna kill myself",
    "this chapter of my life is over and i want to die",
    "i wrote a poem and i want to kill myself",
    "i'm writing my dissertation and i'm going to kill myself",
    "the documentary is over and i took all my pills",
    "we watched anime together then i wanted to end my life, i still want to die",
    "my friend left after the movie and says she wants to kill herself",
    "who do i call, what are the statistics, i want to die",
    "the game is the only thing left and i don't want to be alive",
    "i moderate a forum and i want to kill myself",
    "i want to die, my essay is due",
    "like the character in the book i want to die",
    "that song is about me, i want to die",
    "in the movie he dies and i want to die too",
    "i want to kill myself. the movie was sad",
    "in training today i want to die",
    "at the end of the movie i want to die",
    "how do i say i want to die to my mum",
    "in the middle of my essay i want to kill myself",
    "i watched a movie about war and want to kill myself",
    "watched a movie about war. want to die",
    "i've been reading articles about how to die",
    "i keep writing about how i want to die",
    "that documentary made me want to kill myself",
    "my mum is watching her show. i want to die",
    "i'm at the movies and i'm going to kill myself after",
    "my brother watched a movie and now he wants to kill himself",
]

HELD_BY_A_FRAME = [
    "小说里写主角要自杀",
    "作为社工 我有个来访者想自杀怎么处理",
    "我在写论文 关于自杀",
    "游戏里我要跳楼了 快救我",
    "剧里女主最后跳楼了",
    "电影里的男主说他不想活了",
    "歌词里写我想死 听着怪难受的",
    "有首歌叫《我想死》",
    "这部小说的主角想自杀 结局很好",
    "新闻里说有人跳楼",
    "看新闻 说有个明星自杀了",
    "我在剧本杀里扮演一个要自杀的人",
    "我演的角色最后上吊了",
    "我写的小说里女主想死",
    "书里的主角割腕了",
    "课文里讲屈原投江",
    "台词是我想死 我念不出来",
    "漫画里主角要跳下去了",
    "番里男主不想活了",
    "我在写一篇关于自杀的课题",
    "怎么识别学生想自杀",
    "如何预防自杀",
    "自杀率是怎么统计的",
    "我想自杀用英文怎么说",
    "“我想死”怎么翻译",
    "我想死这句台词谁说的",
    "我想死这首歌挺好听",
    "老师让我们写一篇讨论自杀的作业",
    "心理学系的课上讲自杀预防",
    "讲座说想自杀的人需要陪伴",
    "新闻报道了一起跳楼事件",
    "热搜第一是某明星自杀",
    "这局我要跳楼 队友拉我",
    "王者里队友说不想活了让我们投降",
    "求助者说想死 培训里怎么讲的",
    "短剧里女主要跳楼 男主拦住了",
    "段子里那句我想死笑到我了",
    "作为老师 如果碰到学生说想自杀 应该怎么做",
    "动漫里角色要跳楼那集你看了吗",
    "影片里的他最后烧炭自杀了",
    "诗里写着我不想活了",
    "in the show she kills herself",
    "in the movie he wants to kill himself",
    "the character wants to die in chapter three",
    "in the game i jump off the roof to respawn",
    "my character wants to kill himself",
    "i'm writing a story where the guy wants to kill himself",
    'the song goes "i want to die" and it\'s catchy',
    "there's a song called i want to die",
    "the lyrics say i want to kill myself but it's upbeat",
    'how do you say "i want to die" in spanish',
    'what does "i want to die" mean in that poem',
    "in the book i'm reading she wants to end her life",
    "the article says he wanted to die",
    "on the news a man was going to jump off a bridge",
    "i play a character who wants to die",
    "in the play i say i want to die",
    'the line "i want to kill myself" is from a play',
    "i'm writing an essay about why hamlet wants to die",
    "in minecraft i keep jumping off the cliff",
    "my sims want to die lol",
    "the documentary is about people who want to die",
    "in this episode he overdoses",
    "my homework is on romeo, he wants to die for juliet",
    "in my novel the heroine hangs herself",
    "the villain says he wants to die",
    "my teammate typed i want to die in valorant",
    "the headline said he wanted to die",
    "how do i respond to a student who says they want to die, for a class",
    "how should counsellors respond when someone wants to kill themselves",
    "what do i say to a caller who wants to die, it's for training",
    "as a teacher, what are the warning signs a student wants to die",
    "research on suicide in rural areas",
    "suicide prevention training was good",
    "i read an article about a man who wanted to kill himself",
    "the podcast was about a woman who wanted to end her life",
    "in the musical she wants to die and sings about it",
    "the poem says i want to die",
    "in the anime he kills himself",
    "in the script i kill myself in act two",
    "the actor says i want to kill myself in that scene",
    "my essay is about a poet who wanted to kill herself",
]

DENIALS_DENIED = [
    "can't say i don't want to die",
    "i can't say that i don't want to kill myself",
    "not a day goes by that i don't want to die",
    "it's not like i don't want to die",
    "its not like i don't want to kill myself",
    "not like i don't want to die",
    "i couldn't say i don't want to die",
    "i won't pretend i don't want to die",
    "i can't pretend that i don't want to end my life",
    "there isn't a day i don't want to die",
    "there hasn't been a day i didn't want to die",
    "hardly an hour where i don't want to kill myself",
    "it's not that i don't want to die",
    "i never said i don't want to die",
    "doesn't mean i don't want to kill myself",
    "没有哪一天我不想死",
    "没有一天我不想死",
    "哪一天我不想死",
    "不能说我不想死",
    "我不能说不想死",
    "很难说我不想自杀",
    "又不是我不想死",
    "也不是我不想死 是没胆子",
    "不是说我不想死",
    "要说不想死那是假的",
    "不是我不想自杀",
    "没有一个晚上不想死",
]

MERE_DENIALS = [
    "i can honestly say i don't want to die",
    "i don't want to die",
    "i can't say i want to die",
    "not a day goes by that i don't want to eat cake",
    "it's not like i want to die",
    "i never wanted to kill myself",
    "i'm not saying i want to die",
    "there hasn't been a day i wanted to die",
    "我不想死",
    "我从来没想过自杀",
    "不能说我想死 就是有点累",
    "不是我想死 是他想多了",
    "没有一天想过自杀",
    "不是说我想死",
    "it doesn't mean i want to kill myself",
]

JOKES_MEANT = [
    ("想死哈哈哈哈 开玩笑啦", "刚才不是开玩笑 是真的"),
    ("想死哈哈哈哈 开玩笑啦", "吃饭了吗", "我说真的"),
    ("我想死 哈哈 开玩笑的", "嗯 其实不是玩笑"),
    ("好想死 哈哈哈", "我是认真的"),
    ("想死哈哈", "我真的撑不住了 不是开玩笑"),
    ("想死哈哈哈 不是开玩笑",),
    ("might just kill myself lol", "just kidding", "no actually i'm serious"),
    ("i wanna die lmao", "i wasn't joking"),
    ("haha i'm gonna kms jk", "how was your day", "actually i meant it"),
    ("i want to kill myself lol", "that wasn't a joke"),
    ("gonna kill myself lol. no actually i'm serious",),
]
JOKES_LEFT = [
    ("想死哈哈哈哈 开玩笑啦", "刚才真的是开玩笑"),
    ("想死哈哈哈", "这家店真的好吃 不是开玩笑"),
    ("想死哈哈哈", "说真的 你吃饭了吗"),
    ("想死哈哈哈", "我没想死 认真的"),
    ("笑死 哈哈", "我是认真的"),
    ("wanna die lol", "i'm serious about my diet"),
    ("wanna die lol", "seriously it was a joke"),
    ("wanna die lol", "no joke this cake is amazing"),
    ("wanna die lol", "i'm not serious"),
    ("i love you lol", "i'm serious"),
]
CALM_GOODBYES = [
    ("猫托给邻居了", "房租交到月底", "谢谢你陪我聊 再见"),
    ("猫托给邻居了 谢谢你们 再见",),
    ("i gave my cat away", "the rent is paid", "thanks for listening. goodbye"),
]
ORDINARY_GOODBYES = [
    ("猫托给邻居了 出差几天", "谢谢你 再见"),
    ("今天好累", "谢谢你 再见"),
    ("i gave my cat away", "i'm allergic", "ok goodbye"),
]

FRAMES = {
    "zh": (
        "电影 电视剧 小说 剧本 主角 游戏 队友 歌词 动漫 漫画 新闻 报道 热搜 书 课文 台词 主播 短剧 网文 论文 课题 "
        "作业 培训 危机干预 讲座 案例 社工 辅导员 老师 医院 急救 实习 热线 科普 咨询师 志愿者 流程 护士"
    ).split(),
    "en": (
        "movie film novel show series book song lyrics game news article podcast documentary story poem script play "
        "anime character chapter essay thesis paper assignment training hospital hotline teacher internship coursework "
        "meme leaflet research"
    ).split(),
}
BESIDE = {
    "zh": ["看了{} 我想自杀", "{}走了我想死", "我不想活了。{}没意思。", "妈妈在看{}，我要跳楼", "{}说我不行 我想死"],
    "en": [
        "i just finished the {} and i want to die",
        "the {} is over. i want to kill myself",
        "i want to end my life, the {} did not help",
        "the {} made me cry and now i want to die",
        "the {} said no so i want to kill myself",
    ],
}
STORIES = {
    "zh": "电影 电视剧 小说 剧本 游戏 动漫 漫画 短剧 网文 课文".split(),
    "en": "movie film novel show series book game play anime manga story script musical episode".split(),
}
INSIDE = {
    "zh": ["{}里主角说我想死", "{}里写着我不想活了", "“我想死”是{}里的话", "我看的{}里男主想死", "{}里的人想跳楼"],
    "en": [
        "in the {} she says i want to die",
        "in this {} i kill myself and respawn",
        "the guy in the {} wants to kill himself",
        "there is a {} called i want to die",
        "in my {} the villain hangs himself",
    ],
}


@pytest.mark.parametrize(("language", "frame"), [(one, frame) for one in FRAMES for frame in FRAMES[one]])
def test_no_frame_word_nearby_silences_own_words(language, frame):
    texts = [sentence.format(frame) for sentence in BESIDE[language]]
    assert [text for text in texts if not assess.read(text).floor.level.is_crisis] == []


@pytest.mark.parametrize(("language", "frame"), [(one, frame) for one in STORIES for frame in STORIES[one]])
def test_a_story_holds_what_is_said_in_it(language, frame):
    texts = [sentence.format(frame) for sentence in INSIDE[language]]
    assert [text for text in texts if assess.read(text).floor.level.is_crisis] == []


@pytest.mark.parametrize("text", OWN_WORDS_BESIDE_A_FRAME)
def test_own_words_stand_beside_a_frame(text):
    assert assess.read(text).floor.level.is_crisis


@pytest.mark.parametrize("text", HELD_BY_A_FRAME)
def test_what_a_frame_holds_is_no_crisis(text):
    assert not assess.read(text).floor.level.is_crisis


@pytest.mark.parametrize("text", DENIALS_DENIED)
def test_a_denial_denied_stands(text):
    assert assess.read(text).floor.level.is_crisis


@pytest.mark.parametrize("text", MERE_DENIALS)
def test_a_mere_denial_is_no_crisis(text):
    assert not assess.read(text).floor.level.is_crisis


@pytest.mark.parametrize("turns", JOKES_MEANT)
def test_a_joke_that_was_meant_stands_again(turns):
    assert conversation.floor_of(turns).is_crisis


@pytest.mark.parametrize("turns", JOKES_LEFT)
def test_a_joke_that_nobody_takes_back_stays_one(turns):
    assert not conversation.floor_of(turns).is_crisis


@pytest.mark.parametrize("turns", CALM_GOODBYES)
def test_a_calm_goodbye_after_handing_things_over_is_heard(turns):
    assert conversation.floor_of(turns) >= Level.HIGH


@pytest.mark.parametrize("turns", ORDINARY_GOODBYES)
def test_an_ordinary_goodbye_is_none(turns):
    assert not conversation.floor_of(turns).is_crisis


def test_the_words_that_were_meant_are_shown_where_they_were_said():
    found = conversation.assess(["i wanna die lmao", "i wasn't joking"], None)
    assert found.level.is_crisis
    assert any(one.turn == 1 and one.reason == "intent" for one in found.evidence)


@pytest.mark.parametrize(
    "text",
    [
        "我今晚真的要自杀 哈哈",
        "我决定了 今晚自杀 哈哈哈 终于轻松了",
        "他们哈哈大笑 我想自杀",
        "全班都笑到肚子疼 笑我 我想死",
        "大家都误会我 我想死",
        "我的号码尾数233 我想自杀",
        "打完这局游戏我就自杀",
        "打完这局游戏我就去跳楼",
        "吃了五十片安定 困了",
        "安定吃了五十片",
        "going to kill myself tonight lol",
        "finally decided, killing myself tonight haha, feels so light",
        "everyone just laughed haha at me. i want to die",
        "i want to kill myself no cap",
        "popped 30 codeine",
        "i intend to end my existence at midnight",
    ],
)
def test_neither_laughter_nor_what_is_over_takes_back_what_is_settled(text):
    assert assess.read(text).floor.level >= Level.HIGH


@pytest.mark.parametrize(
    "text",
    [
        "作业好多 想死 哈哈哈",
        "他讲的笑话哈哈哈 想死",
        "233333 笑死",
        "看完电影就回家",
        "打完游戏就睡",
        "吃了两片感冒药",
        "i'm gonna kill myself lol this homework",
        "after this game ends we go home",
    ],
)
def test_mere_laughter_and_what_is_over_alarm_nobody(text):
    assert assess.read(text).floor.level < Level.HIGH
