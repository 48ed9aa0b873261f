"""One spelling for what people write, with a map back: evidence always points into the original text.

Width, case and traditional characters are unified; characters pulled apart by spaces or signs are drawn together;
long repetitions are shortened. Meaning is not touched: whether 紫砂 stands for something else is the concepts' affair.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

MAX_LENGTH = 4_000
"""Characters read in full; of a longer text the head and the tail are read."""

# Traditional characters that occur in talk about oneself, and their simplified forms. Compact on purpose: a full
# conversion would be a dependency for what a table of this size does.
_TRADITIONAL = (
    "愛爱礙碍罷罢擺摆辦办幫帮寶宝報报備备輩辈貝贝筆笔畢毕閉闭邊边變变標标賓宾補补財财參参殘残慘惨燦灿層层產产長长嘗尝腸肠場场車车塵尘陳陈稱称"
    "誠诚懲惩吃吃遲迟衝冲蟲虫醜丑處处觸触傳传瘡疮闖闯創创純纯辭辞詞词從从錯错達达帶带單单擔担膽胆當当擋挡檔档黨党導导燈灯鄧邓敵敌遞递點点電电調调"
    "頂顶訂订東东動动凍冻鬥斗獨独讀读賭赌斷断對对隊队頓顿奪夺惡恶餓饿兒儿爾尔發发罰罚煩烦範范飯饭訪访飛飞費费廢废墳坟憤愤風风瘋疯豐丰婦妇復复"
    "負负該该蓋盖趕赶幹干剛刚個个給给宮宫鞏巩夠够構构購购穀谷顧顾颳刮關关觀观慣惯廣广歸归龜龟規规鬼鬼貴贵過过還还孩孩漢汉號号閤合賀贺轟轰後后壞坏"
    "歡欢環环緩缓換换喚唤黃黄謊谎揮挥會会匯汇誨诲婚婚夥伙獲获禍祸擊击機机雞鸡積积極极級级幾几記记際际繼继濟济價价駕驾堅坚艱艰間间監监檢检減减見见"
    "鍵键薦荐將将獎奖講讲醬酱膠胶腳脚覺觉較较階阶節节潔洁結结緊紧僅仅進进盡尽勁劲驚惊經经頸颈靜静鏡镜糾纠舊旧舉举劇剧懼惧據据絕绝軍军開开殼壳課课"
    "懇恳褲裤塊块虧亏困困來来攔拦蘭兰爛烂樂乐淚泪類类離离裡里裏里禮礼歷历曆历麗丽連连憐怜戀恋練练糧粮兩两輛辆諒谅療疗遼辽臨临靈灵領领劉刘樓楼蘆芦"
    "爐炉陸陆錄录亂乱倫伦輪轮論论羅罗媽妈馬马罵骂嗎吗買买賣卖滿满慢慢忙忙貓猫黴霉沒没門门悶闷們们夢梦彌弥麵面滅灭鳴鸣謀谋納纳難难腦脑惱恼鬧闹內内"
    "擬拟膩腻釀酿鳥鸟寧宁農农濃浓諾诺歐欧嘔呕盤盘賠赔噴喷騙骗飄飘貧贫評评憑凭撲扑僕仆樸朴譜谱棲栖齊齐騎骑豈岂啟启氣气棄弃遷迁錢钱淺浅譴谴牆墙搶抢"
    "橋桥親亲輕轻傾倾請请慶庆窮穷區区趨趋權权勸劝確确讓让擾扰繞绕熱热認认榮荣軟软銳锐灑洒賽赛傘伞喪丧騷骚掃扫澀涩殺杀曬晒傷伤賞赏燒烧紹绍捨舍設设"
    "攝摄誰谁審审嬸婶聲声繩绳勝胜聖圣師师詩诗時时實实識识適适試试勢势視视飾饰釋释壽寿獸兽書书屬属術术樹树數数帥帅雙双爽爽說说絲丝訴诉肅肃雖虽隨随"
    "歲岁孫孙損损縮缩鎖锁臺台檯台態态談谈歎叹嘆叹討讨題题體体條条貼贴鐵铁聽听廳厅統统痛痛頭头圖图團团脫脱馱驮彎弯灣湾頑顽萬万網网為为違违圍围維维"
    "偉伟偽伪衛卫謂谓聞闻穩稳問问窩窝臥卧無无誤误霧雾務务襲袭習习係系繫系戲戏細细嚇吓鹹咸賢贤顯显險险現现線线縣县憲宪獻献羨羡鄉乡詳详響响項项蕭萧"
    "銷销曉晓嘯啸協协寫写謝谢興兴兇凶選选學学雪雪尋寻詢询訓训訊讯壓压啞哑亞亚煙烟嚴严顏颜驗验厭厌陽阳揚扬養养樣样搖摇藥药爺爷業业葉叶頁页醫医遺遗"
    "儀仪義义藝艺憶忆億亿議议異异譯译陰阴銀银飲饮隱隐應应營营贏赢擁拥癰痈憂忧優优郵邮猶犹遊游於于餘余魚鱼與与語语獄狱譽誉預预園园員员圓圆遠远願愿"
    "約约躍跃閱阅雲云運运暈晕雜杂災灾載载暫暂贊赞臟脏髒脏鑿凿棗枣責责則则賊贼贈赠紮扎債债佔占戰战張张漲涨帳帐賬账脹胀趙赵遮遮這这偵侦針针診诊陣阵"
    "鎮镇爭争掙挣睜睁徵征證证隻只織织職职執执紙纸誌志製制質质終终種种眾众週周皺皱晝昼諸诸豬猪燭烛囑嘱貯贮築筑駐驻專专磚砖轉转賺赚莊庄裝装壯壮狀状"
    "墜坠準准濁浊資资總总縱纵鄒邹組组鑽钻妳你麼么喺在嘅的係是唔不冇没佢他咁这睇看"
)
SIMPLIFIED = {ord(_TRADITIONAL[i]): _TRADITIONAL[i + 1] for i in range(0, len(_TRADITIONAL), 2)}

_HALF_WIDTH = {0x3000: " ", **{wide: chr(wide - 0xFEE0) for wide in range(0xFF01, 0xFF5F)}}
_INVISIBLE = frozenset("\u200b\u200c\u200d\u2060\ufeff\u00ad\ufe0f")
_CJK = "\u3400-\u4dbf\u4e00-\u9fff"
_SIGN = r"[·•.\-_*~/|+^'\"`]"
_SPLIT_CJK = re.compile(
    # A sign between two characters; spaces only where they leave a character alone (自 杀): elsewhere they are pauses.
    # What is looked for stands first, and what must stand before it is looked at then: ten times quicker.
    r"[ \t·•.\-_*~/|+^'\"`](?:"
    rf"(?:(?<=[{_CJK}][ \t]){_SIGN}{{1,3}}|(?<=[{_CJK}]{_SIGN}){_SIGN}{{0,2}})[ \t]?(?=[{_CJK}])"
    rf"|(?:(?<=^[{_CJK}][ \t])|(?<=[^{_CJK}][{_CJK}][ \t]))[ \t]{{0,2}}(?=[{_CJK}])"
    rf"|(?<=[{_CJK}][ \t])[ \t]{{0,2}}(?=[{_CJK}](?:[^{_CJK}]|$)))"
)
_SPLIT_LETTERS = re.compile(r"(?<![a-z0-9])(?:[a-z][ .\-_*/]){2,20}[a-z](?![a-z0-9])")
_LAST_OF_SPLIT = re.compile(r"[ .\-_*/][a-z][ .\-_*/][a-z](?![a-z0-9])")
"""How everything ends that is split so: quicker to look for."""
_REPEATED = re.compile(r"(.)\1{2,}", re.DOTALL)
_MOST_REMEMBERED = 8_192


class _Spelling(dict[int, str]):
    """Code point -> its one spelling: width, case, traditional forms; what was met once is remembered.

    A table for ``str.translate``. Characters that become none or several are not in it: they become none here, so that
    a text which lost characters is known to hold some of them.
    """

    def __missing__(self, code: int) -> str:
        spelt = _spelt(chr(code))
        found = spelt if len(spelt) == 1 else ""
        if len(self) < _MOST_REMEMBERED:
            self[code] = found
        return found


def _spelt(char: str) -> str:
    if char in _INVISIBLE:
        return ""
    return unicodedata.normalize("NFKC", char).lower().translate(SIMPLIFIED)


_SPELLING = _Spelling(SIMPLIFIED)


@dataclass(frozen=True, slots=True)
class Normalised:
    """A text in one spelling.

    Attributes:
        text: what triage reads.
        origin: for each character of ``text``, the index of the character it came from; one more at the end.
    """

    text: str
    origin: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the original text that ``text[start:end]`` came from."""
        if start >= end:
            return self.origin[start], self.origin[start]
        return self.origin[start], self.origin[end - 1] + 1


def normalise(text: str) -> Normalised:
    """Bring ``text`` into one spelling. Linear in its length."""
    spelt, origin = _spell(text)
    drawn, kept = _drop_gaps(spelt)
    origin = origin if kept is None else [origin[i] for i in kept]
    short, kept = _shorten(drawn)
    origin = origin if kept is None else [origin[i] for i in kept]
    return Normalised(short, origin if isinstance(origin, range) else (*origin, len(text)))


def _spell(text: str) -> tuple[str, Sequence[int]]:
    """Width, case, traditional forms; and where each character came from (all of them and the end, as a range)."""
    if len(text) <= MAX_LENGTH:
        if text.isascii():
            return text.lower(), range(len(text) + 1)
        spelt = text.translate(_SPELLING)
        if "Σ" in text and _is_plain(text):
            # The only letter whose small form depends on what follows; whoever writes plainly is read as a whole.
            spelt = text.translate(_HALF_WIDTH).lower().translate(SIMPLIFIED)
        if len(spelt) == len(text):
            return spelt, range(len(text) + 1)
    letters: list[str] = []
    origin: list[int] = []
    for index, char in _read(text):
        pieces = _SPELLING[ord(char)] or _spelt(char)
        letters.append(pieces)
        origin += [index] * len(pieces)
    return "".join(letters), origin


def _is_plain(text: str) -> bool:
    """Whether every character stays one character."""
    return (
        unicodedata.is_normalized("NFKC", text.translate(_HALF_WIDTH))
        and _INVISIBLE.isdisjoint(text)
        and len(text.lower()) == len(text)
    )


def _read(text: str) -> list[tuple[int, str]]:
    """Characters with their places; of an overlong text the first and last halves of the limit."""
    if len(text) <= MAX_LENGTH:
        return list(enumerate(text))
    half = MAX_LENGTH // 2
    tail = len(text) - half
    return [*enumerate(text[:half]), *enumerate(text[tail:], start=tail)]


def _drop_gaps(text: str) -> tuple[str, list[int] | None]:
    """Draw together what was pulled apart: 自 杀, 想.死, k m s. With the places that stay, if not all do."""
    apart = () if text.isascii() else list(_SPLIT_CJK.finditer(text))
    runs = list(_SPLIT_LETTERS.finditer(text)) if _LAST_OF_SPLIT.search(text) else ()
    if not apart and not runs:
        return text, None
    dropped = bytearray(len(text))
    for gap in apart:
        dropped[gap.start() : gap.end()] = b"\1" * (gap.end() - gap.start())
    for run in runs:
        for i in range(run.start(), run.end()):
            if not text[i].isalnum():
                dropped[i] = 1
    kept = [i for i in range(len(text)) if not dropped[i]]
    return "".join(text[i] for i in kept), kept


def _shorten(text: str) -> tuple[str, list[int] | None]:
    """At most two of the same character in a row. With the places that stay, if not all do."""
    if not _REPEATED.search(text):
        return text, None
    kept: list[int] = []
    last = 0
    for run in _REPEATED.finditer(text):
        kept.extend(range(last, run.start() + 2))
        last = run.end()
    kept.extend(range(last, len(text)))
    return "".join(text[i] for i in kept), kept
