"""A site's own words: they raise and spare as shipped ones do, are told in the version, and are refused when broken."""

import json
import os
import re
import subprocess
import sys
from io import StringIO

import pytest
from django.core.management import call_command

from tools.local import ROOT
from triage import exact, services, site_lexicon
from triage.core import additions, assess, concepts, scope
from triage.core.levels import Level
from triage.learning import moved
from triage.learning.corpus import Line
from triage.line import Line as Process
from triage.process import read_in_a_process
from triage.reading import Asked, here, read_by

GOOD = {
    "zh.toml": """
        [words]
        "药" = ["奥氮平"]
        [place]
        words = ["钟楼天井"]
        [underway]
        patterns = ['<药>(?:[^。，,没]{0,3})全咽了']
    """,
    "scope.zh.toml": """
        idiom = '(?:参加|去)?跳江节'
        [quoted]
        words = ["滨江怪谈"]
    """,
    "words.zh.toml": 'height = "钟楼"',
    "en.toml": """
        [words]
        drug = "zyprexa|seroquel"
        [place]
        words = ["clifton steps"]
    """,
    "scope.en.toml": """
        [idiom]
        words = ["suicide alley"]
    """,
    "words.en.toml": 'height = "clifton steps"',
    "alike.zh.toml": """
        ["钟楼见啦"]
        word = "想死"
        sure = false
        unless = ["吃饭"]
    """,
}


@pytest.fixture(autouse=True)
def as_shipped_afterwards():
    yield
    site_lexicon.take(additions.NONE)


@pytest.fixture
def write(tmp_path):
    """Files of a lexicon, by name; returns their folder."""

    def written(**files):
        for name, text in files.items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        return str(tmp_path)

    return written


def floor(text):
    return assess.read(text).floor.level


# --- what it does -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "shipped", "now"),
    [
        ("我在钟楼天井 不想活了", Level.HIGH, Level.IMMINENT),
        ("奥氮平都堆成一堆了", Level.LOW, Level.HIGH),
        ("我想去跳江节看看", Level.HIGH, Level.LOW),
        ("滨江怪谈里有人说我想死", Level.HIGH, Level.LOW),
        ("at clifton steps and i want to kill myself", Level.HIGH, Level.IMMINENT),
        ("zyprexa counted out on my bed", Level.LOW, Level.HIGH),
        ("we parked in suicide alley", Level.HIGH, Level.LOW),
        ("钟楼见啦", Level.LOW, Level.MODERATE),
        ("吃饭钟楼见啦", Level.LOW, Level.LOW),
    ],
)
def test_words_of_a_site_raise_and_spare(write, text, shipped, now):
    assert floor(text) is shipped
    site_lexicon.use(write(**GOOD))
    assert floor(text) is now


@pytest.mark.parametrize(
    "text", ["我在钟楼天井", "跳江节那天我想死", "我想跳江", "奥氮平开了两盒", "see you at clifton steps"]
)
def test_a_place_by_itself_is_no_alarm_and_an_idiom_spares_only_what_it_touches(write, text):
    before = floor(text)
    site_lexicon.use(write(**GOOD))
    assert floor(text) is before


def test_one_file_is_enough(write):
    folder = write(**GOOD)
    added = site_lexicon.use(f"{folder}/scope.en.toml")
    assert added.count == 1
    assert floor("我在钟楼天井 不想活了") is Level.HIGH


def test_kinds_of_words_reach_the_model(write):
    def kinds(text, language):
        return {one for one in assess.features(text, language, []) if one.startswith("k:")}

    before = kinds("在钟楼", "zh"), kinds("on clifton steps", "en")
    site_lexicon.use(write(**GOOD))
    assert (kinds("在钟楼", "zh") - before[0], kinds("on clifton steps", "en") - before[1]) == (
        {"k:height"},
        {"k:height"},
    )


def test_shipped_groups_may_grow_since_no_pattern_denies_them():
    """A group inside of what must not stand there would take matches away as it grows."""
    shipped = [*concepts.LEXICON.glob("??.toml")]
    assert len(shipped) == len(site_lexicon.LANGUAGES)
    for path in shipped:
        for around in re.findall(r"\(\?<?[!=](?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)", path.read_text(encoding="utf-8")):
            assert not re.search(r"(?<!\?)<\w+>", around), f"{path.name}: {around}"


# --- what it is called ------------------------------------------------------------------------------------------------
def test_every_assessment_names_the_lexicon_and_without_one_nothing_changes(write):
    shipped, rules, figures = services.assess("你好").model_version, exact.rules_digest(), exact.reading_digest()
    assert site_lexicon.use("") is additions.NONE
    assert services.assess("你好").model_version == shipped
    assert figures == rules
    added = site_lexicon.use(write(**GOOD))
    found = services.assess("你好").model_version
    before, lexicon, weights = found.split("+")
    assert (before, weights) == tuple(shipped.split("+"))
    assert lexicon == f"lexicon-{added.digest[:8]}"
    assert services.model_version() == found
    assert len(found) <= 64


def test_weights_stay_fit_and_figures_are_of_this_lexicon(write):
    """Weights of a site are refused where the rules are others; a lexicon feeds what they know."""
    rules = exact.rules_digest()
    site_lexicon.use(write(**GOOD))
    assert exact.rules_digest() == rules
    told = exact.reading_digest()
    assert told != rules
    site_lexicon.use(write(**{"words.zh.toml": 'height = "鼓楼"'}))
    assert exact.reading_digest() not in {rules, told}


def test_comments_and_order_of_tables_do_not_change_its_name(write):
    first = site_lexicon.use(write(**{"zh.toml": '[place]\nwords=["钟楼天井"]\n[means]\nwords=["老猎枪"]'})).digest
    again = write(**{"zh.toml": '# ours\n[means]\nwords=["老猎枪"]\n[place]\nwords=["钟楼天井"]'})
    assert site_lexicon.use(again).digest == first


# --- what is refused --------------------------------------------------------------------------------------------------
BROKEN = [
    ("place.toml", "", "a file is called zh.toml"),
    ("zh.toml", "[place]\nwords = [", "no TOML"),
    ("zh.toml", "[bridges]\nwords = ['滨江大桥']", r"\[bridges\]: there is no such concept"),
    ("zh.toml", "[place]\nword = ['滨江大桥']", r"\[place\]: it holds patterns and words, not word"),
    ("zh.toml", "place = ['滨江大桥']", r"\[place\]: it is a table"),
    ("zh.toml", "[place]\nwords = [3]", "a list of texts"),
    ("zh.toml", "[place]\nwords = ['好桥', '滨江大橋']", "entry 2 '滨江大橋': triage reads one.* write '滨江大桥'"),
    ("zh.toml", "[place]\nwords = ['桥']", "entry 1 '桥': too short"),
    ("zh.toml", "[place]\nwords = ['哈哈哈桥']", "write '哈哈桥'"),
    ("zh.toml", "[place]\nwords = ['<药>店']", "no plain word"),
    ("zh.toml", f"[place]\nwords = ['{'桥' + '江' * 1 + '大桥' * 20}']", "longer than 40"),
    ("zh.toml", "[place]\npatterns = ['滨江(桥']", "entry 1 '滨江.*no regular expression"),
    ("zh.toml", "[place]\npatterns = ['滨江大橋']", "instead of '橋' write '桥'"),
    ("zh.toml", "[place]\npatterns = ['滨江[桥橋]']", "instead of '橋' write '桥'"),
    ("zh.toml", "[place]\npatterns = ['滨江.*桥']", "repeats without an end"),
    ("zh.toml", "[place]\npatterns = ['滨江.{0,60}桥']", "more than 40 times"),
    ("zh.toml", "[place]\npatterns = ['滨江(?:大?桥?){0,20}边']", "repeats a choice or a repetition"),
    ("zh.toml", "[place]\npatterns = ['滨江(?:桥|大桥){1,9}边']", "repeats a choice or a repetition"),
    ("zh.toml", "[place]\npatterns = ['滨江.{0,30}大.{0,30}桥']", "over 500 ways"),
    ("zh.toml", "[place]\npatterns = ['.{0,4}']", "without any word"),
    ("zh.toml", "[place]\npatterns = ['[^。]{4}']", "names no word"),
    ("zh.toml", "[place]\npatterns = ['.{2}桥']", "too short"),
    ("zh.toml", "[place]\npatterns = ['(滨江)大桥\\1']", "no back references"),
    ("zh.toml", f"[place]\npatterns = ['{'(?:滨江大桥)' * 80}']", "longer than 600"),
    ("zh.toml", "[place]\npatterns = ['<桥>上']", "there is no group <桥>"),
    ("zh.toml", "[words]\n'末' = ['呢呢']", r"\[words\] 末: this group takes no more words"),
    ("en.toml", "[place]\npatterns = ['(?i)clifton']", "no flags"),
    ("en.toml", "[place]\npatterns = ['Clifton']", "instead of 'C' write 'c'"),
    ("scope.zh.toml", "idioms = '跳江节'", r"\[idioms\]: there is no such scope"),
    ("scope.zh.toml", "negated = '从未曾'", r"ends with \$"),
    ("scope.zh.toml", "retracted = '才不是'", r"begins with \^"),
    ("scope.zh.toml", "everyday = '江边'", "everyday.*'江边': with it '我在江边 我想跳下去' would be"),
    ("scope.zh.toml", "idiom = '想自杀'", "'想自杀': with it '我想自杀' would be low and no longer high"),
    ("scope.en.toml", "[idiom]\nwords = ['the bridge']", "'.*bridge.*': with it 'i am "),
    ("scope.en.toml", "[joke]\nwords = ['i want']", "want.*': with it 'i want to "),
    ("words.zh.toml", "bridges = '钟楼'", "bridges: there is no such kind"),
    ("alike.zh.toml", "['钟楼见']\nword = '想死'", "'钟楼见'.*it holds a word, sure = true or false"),
    ("alike.zh.toml", "['见']\nword = '想死'\nsure = true", "'见': too short|'见'.*too short"),
    ("alike.zh.toml", "['鐘楼见']\nword = '想死'\nsure = true", "write '钟楼见'"),
    ("alike.zh.toml", "['钟楼见']\nword = '想死'\nsure = true\nunless = ['飯']", "write '饭'"),
    ("alike.zh.toml", "['钟楼见']\nsure = true", "a list of texts"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "told"), BROKEN, ids=range(len(BROKEN)))
def test_what_is_broken_is_told_in_one_line_and_is_not_used(write, name, text, told):
    folder = write(**{name: text})
    with pytest.raises(site_lexicon.BadLexicon, match=told) as raised:
        site_lexicon.use(folder)
    line = str(raised.value)
    assert "\n" not in line
    assert line.startswith(folder)
    assert name in line
    assert additions.current() is additions.NONE


def test_a_folder_without_files_and_too_large_a_lexicon_are_refused(write, tmp_path):
    with pytest.raises(site_lexicon.BadLexicon, match=r"there is no \*\.toml"):
        site_lexicon.use(str(tmp_path))
    with pytest.raises(site_lexicon.BadLexicon, match="No such file"):
        site_lexicon.use(str(tmp_path / "elsewhere.toml").replace("elsewhere", "zh"))
    names = [f"第{chr(0x4E00 + i)}号桥" for i in range(site_lexicon.MOST_ENTRIES + 1)]
    names = [name for name in names if assess.normalise(name).text == name]
    many = json.dumps([f"{name}{end}" for name in names for end in ("东", "西")], ensure_ascii=False)
    with pytest.raises(site_lexicon.BadLexicon, match="more than"):
        site_lexicon.use(write(**{"zh.toml": f"[place]\nwords = {many}"}))


@pytest.mark.parametrize("language", site_lexicon.LANGUAGES)
def test_what_must_stand_does_as_shipped(language):
    """Each at the level told: else a site's words could lower it unseen."""
    rows = site_lexicon.must_stand(language)
    assert len(rows) > 30
    assert [text for least, text in rows if floor(text) < least] == []


def test_the_files_that_are_shipped_name_every_scope():
    assert set(scope.Patterns.__slots__) == site_lexicon.SCOPES


# --- who reads with it ------------------------------------------------------------------------------------------------
def manage(*command, given="", **surroundings):
    bare = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=bare | {"HOTLINE_IGNORE_DOTENV": "1"} | surroundings,
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )


def test_commands_see_it(write):
    row = json.dumps({"id": "1", "text": "我在钟楼天井 不想活了"}, ensure_ascii=False)
    done = manage("assess", given=row, TRIAGE_LEXICON=write(**GOOD))
    answer = json.loads(done.stdout)
    assert answer["level"] == "imminent"
    assert "+lexicon-" in answer["model"]


@pytest.mark.django_db
def test_the_list_of_models_names_it(write):
    def told():
        out = StringIO()
        call_command("models", stdout=out)
        return out.getvalue()

    assert "lexicon" not in told()
    added = site_lexicon.use(write(**GOOD))
    assert told().startswith(f"lexicon-{added.digest[:8]}: {added.count} entries of this site")


def test_check_and_server_do_not_start_with_a_broken_one_and_copies_are_made(write, tmp_path):
    broken = {"TRIAGE_LEXICON": write(**{"zh.toml": "[bridges]"}), "DEBUG": "1", "VAR_DIR": str(tmp_path / "var")}
    done = manage("check", **broken)
    assert done.returncode != 0
    assert re.fullmatch(r"Not started: TRIAGE_LEXICON: \S+/zh\.toml: \[bridges\]: there is no .*\n", done.stderr)
    served = subprocess.run(
        [sys.executable, "-m", "hotline.server", "-b", "127.0.0.1", "-p", "0"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOTLINE_IGNORE_DOTENV": "1", **broken},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert served.returncode != 0
    assert served.stderr.splitlines()[-1] == done.stderr.strip()
    assert "TRIAGE_LEXICON" not in manage("backup", str(tmp_path / "copy"), **broken).stderr


async def test_triages_own_process_reads_with_what_was_checked_whatever_became_of_the_files(write):
    folder = write(**GOOD)
    site_lexicon.use(folder)
    write(**{"zh.toml": "[bridges]", "scope.zh.toml": "nonsense"})
    made = read_in_a_process()
    try:
        [found] = await made.read([Asked("a", ("我在钟楼天井 不想活了",))], 10.0)
        assert found == services.believed(["我在钟楼天井 不想活了"])
        assert found.level is Level.IMMINENT
        assert "+lexicon-" in made.model_version()
    finally:
        await made.end(10.0)
        read_by(here)
        services.read_elsewhere(None)


def test_the_largest_lexicon_reaches_that_process_without_waiting():
    words = [f"{'桥' * 2}{chr(0x4E00 + i)}" * 10 for i in range(site_lexicon.MOST_ENTRIES)]
    site_lexicon.take(additions.Additions(concepts={"zh": {"place": words}}))
    one = Process(lambda _: None)
    one.kill_now("seen")
    one._socket.close()


# --- what it changes --------------------------------------------------------------------------------------------------
def test_lines_that_it_moves_are_told_and_those_in_a_crisis_that_are_heard_less(write):
    def line(text, level):
        return Line("a family", "zh", level, "kind", "persona", text)

    lines = [
        line("我在钟楼天井 不想活了", Level.IMMINENT),
        line("我想去跳江节看看", Level.LOW),
        line("明天去跳江节", Level.HIGH),
        line("你好", Level.LOW),
    ]
    assert not any(one.is_test for one in lines)
    site_lexicon.use(write(**GOOD))
    found = {one.line.text: (one.shipped, one.now, one.is_lost) for one in moved.measure(lines)}
    assert found == {
        lines[0].text: (Level.HIGH, Level.IMMINENT, False),
        lines[1].text: (Level.HIGH, Level.LOW, False),
        lines[2].text: (Level.IMMINENT, Level.LOW, True),
    }
    assert floor("我想去跳江节看看") is Level.LOW


# --- what the page says -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("page", ["lexicon.md", "lexicon.zh.md"])
def test_the_example_of_the_page_does_what_the_page_says(write, page):
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    files = dict(re.findall(r"^`([\w.]+)`\n\n```toml\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    rows = re.findall(r"^\| (.+?) \| (low|moderate|high|imminent) \| (\w+) \|$", text, re.MULTILINE)
    assert (len(files), len(rows)) == (4, 7)
    assert [floor(row[0]).code for row in rows] == [row[1] for row in rows]
    site_lexicon.use(write(**files))
    assert [floor(row[0]).code for row in rows] == [row[2] for row in rows]


@pytest.mark.parametrize("page", ["lexicon.md", "lexicon.zh.md"])
def test_the_page_names_what_may_be_written(page):
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    assert all(f"`{name}`" in text for name in (*concepts.CONCEPTS, *site_lexicon.SCOPES, *site_lexicon.NAMES))
