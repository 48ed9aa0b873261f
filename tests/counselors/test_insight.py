"""The supervisors' page about triage: who may see it, and whether its numbers are those that were counted."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from counselors import insight, watch
from counselors import services as desk
from hotline.chat.models import Conversation
from hotline.chat.services import risk
from tests import factories
from triage import services, tallies, versions
from triage.core.levels import Level
from triage.models import Activation, Tally

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 26)
"""A Thursday."""
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture(autouse=True)
def nothing_counted():
    """Counts that other tests noted are not these tests' concern; sentences are read in English."""
    tallies._noted.clear()
    with translation.override("en"):
        yield
    tallies._noted.clear()


def opened(member, language="en"):
    client = Client(headers={"accept-language": language})
    client.force_login(member)
    return client.get(reverse("counselors:triage"))


def tally(what, said, beside=Level.LOW, *, other="", count=1, weeks_ago=0, version="rules-3+a"):
    day = TODAY - timedelta(weeks=weeks_ago)
    tallies.add(tallies.Key(day, what, version, int(said), int(beside), other), count)


def plots():
    return {plot.code: plot for plot in insight.page(TODAY)["plots"]}


def values(plot, code):
    [series] = [one for one in plot.series if one.code == code]
    return series.values


# --- who may --------------------------------------------------------------------------------------------------------
def test_a_supervisor_sees_it_and_finds_it_in_the_bar(supervisor):
    answer = opened(supervisor)
    assert answer.status_code == 200
    assert reverse("counselors:triage") in opened(supervisor).content.decode().partition("</nav>")[0]


def test_counselors_and_coordinators_do_not_find_it(counselor, coordinator):
    for member in (counselor, coordinator):
        assert opened(member).status_code == 404
        client = Client()
        client.force_login(member)
        assert reverse("counselors:triage") not in client.get(reverse("counselors:me")).content.decode()


def test_strangers_are_asked_to_sign_in():
    assert Client().get(reverse("counselors:triage")).status_code == 302


# --- how it looks ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("language", "words"), [("zh-hans", "还没有数据。"), ("en", "Nothing was counted yet.")])
def test_without_data_it_says_so(supervisor, language, words):
    page = opened(supervisor, language).content.decode()
    assert page.count(words) == 7
    assert "plot-bars" not in page


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh-hans", "1 次谈话里有 1 次警报，每百次 100.0 次"),
        ("en", "100.0 per 100 conversations (alarms: 1, conversations: 1)"),
    ],
)
@pytest.mark.usefixtures("plain_triage")
def test_with_data_each_plot_has_its_table_and_neither_style_nor_script(supervisor, conversation, language, words):
    conversation.says("high: 不想活了")
    risk.override(conversation.hex, by=supervisor, level=Level.LOW, reason="歌词")
    desk.decide(conversation.hex, by=supervisor, decision="agree", reason="是歌词")
    page = opened(supervisor, language).content.decode()
    assert words in page
    main = page.partition("<main")[2].partition("</main>")[0]
    assert main.count('<svg class="plot-bars"') == main.count("<caption") == 6
    assert "style=" not in main
    assert "<script" not in main
    assert conversation.hex not in page
    assert "歌词" not in page


def test_activations_are_listed_with_who_and_why(supervisor):
    Activation.objects.create(version=None, by="沈", forced=True, reason="测试 & <b>")
    page = opened(supervisor).content.decode()
    assert "although something spoke against it" in page
    assert "测试 &amp; &lt;b&gt;" in page


# --- the numbers ----------------------------------------------------------------------------------------------------
def test_weeks_begin_on_monday_and_end_with_this_one():
    weeks = insight.Weeks(TODAY)
    assert (len(weeks.starts), weeks.starts[-1]) == (12, date(2026, 11, 23))
    tally("read", Level.LOW, weeks_ago=12)
    tally("read", Level.LOW, weeks_ago=11, count=3)
    assert insight.Weeks(TODAY).count("read") == [3.0] + [0.0] * 11


def test_agreement_counts_reviews_and_leaves_following_up_out():
    tally("decision", Level.HIGH, Level.HIGH, other="supervisor:agree", count=30)
    tally("decision", Level.HIGH, Level.LOW, other="supervisor:lower", count=10)
    tally("decision", Level.HIGH, Level.HIGH, other="supervisor:follow_up", count=5)
    tally("decision", Level.HIGH, Level.LOW, other="counselor:override", count=9)
    plot = plots()["decisions"]
    assert plot.answer == "Supervisors left 30 of 40 (75 %; likely between 60 and 86 %) as it was."
    assert values(plot, "follow_up")[-1] == 5
    assert not plot.caution


def test_a_miss_and_a_false_alarm_are_told_apart_from_other_changes():
    tally("outcome", Level.MODERATE, Level.HIGH, count=2)
    tally("outcome", Level.IMMINENT, Level.LOW, count=3)
    tally("outcome", Level.IMMINENT, Level.HIGH)
    tally("outcome", Level.LOW, Level.MODERATE)
    plot = plots()["outcomes"]
    assert (values(plot, "miss")[-1], values(plot, "false")[-1]) == (2, 3)
    assert "a human judged: 7." in plot.answer
    assert plot.caution


def test_overrides_go_up_down_or_nowhere():
    tally("decision", Level.LOW, Level.HIGH, other="counselor:override", count=4)
    tally("decision", Level.HIGH, Level.HIGH, other="supervisor:override")
    tally("decision", Level.HIGH, Level.LOW, other="counselor:override", count=2)
    plot = plots()["overrides"]
    assert [values(plot, code)[-1] for code in ("raise", "agree", "lower")] == [4, 1, 2]


def test_alarms_are_told_per_hundred_conversations(waiting, another_resident):
    moment = timezone.make_aware(timezone.datetime(2026, 11, 24, 0, 30))
    Conversation.objects.update(opened_at=moment)
    tally("alarm", Level.HIGH)
    assert values(plots()["alarms"], "plain")[-1] == 50


def test_what_was_not_read_is_a_share_of_messages():
    tally("read", Level.LOW, count=97)
    tally("read", Level.MODERATE, other="unscored", count=3)
    assert values(plots()["levels"], "low")[-1] == 100, "a level that stands for not knowing is none"
    plot = plots()["unread"]
    assert values(plot, "plain")[-1] == 3
    assert "3 of 100 (3 %;" in plot.answer


def test_drift_is_told_only_with_enough_messages():
    tally("read", Level.LOW, count=60, weeks_ago=8)
    tally("read", Level.LOW, count=49)
    assert plots()["levels"].answer == "Too few messages to tell whether the mix has moved."
    tally("read", Level.HIGH, count=49)
    assert "50.0 points" in plots()["levels"].answer


def test_a_week_of_few_is_pale_and_named_so_in_the_table():
    tally("read", Level.LOW, count=9)
    tally("read", Level.LOW, count=10, weeks_ago=1)
    plot = plots()["levels"]
    assert [bar.few for bar in plot.bars] == [False, True]
    assert [row.few for row in plot.rows[-2:]] == [False, True]


@pytest.mark.parametrize(
    ("most", "ceiling"), [(0, 1), (0.4, 0.5), (1, 1), (7, 10), (23, 30), (100.0000001, 100), (101, 200)]
)
def test_the_upper_end_is_a_round_number(most, ceiling):
    assert insight._ceiling(most) == pytest.approx(ceiling)


def test_bars_stay_inside_their_plot():
    for level in Level:
        tally("read", level, count=7 + level)
    plot = plots()["levels"]
    assert min(bar.y for bar in plot.bars) >= insight.TOP - 0.05
    assert all(bar.y + bar.height <= insight.BASE + 0.05 for bar in plot.bars)


def test_which_version_spoke_from_when_to_when():
    tally("read", Level.LOW, count=5, weeks_ago=3, version="rules-3+old")
    tally("read", Level.LOW, count=2, weeks_ago=2, version="rules-3+old")
    tally("read", Level.LOW, count=1, version=services.model_version())
    new, old = insight.page(TODAY)["spoke"]
    assert (new.now, new.messages) == (True, 1)
    assert (old.first, old.last, old.messages, old.now) == (
        TODAY - timedelta(weeks=3), TODAY - timedelta(weeks=2), 7, False,
    )  # fmt: skip


# --- counting -------------------------------------------------------------------------------------------------------
@pytest.mark.usefixtures("plain_triage")
def test_messages_and_alarms_are_counted_once_and_kept_by_the_watch(counselor):
    talk = factories.begin()
    for text in ("你好", "high: 不想活了", "high: 还是不想活"):
        talk.says(text)
    risk.weigh(talk.hex, talk.said[-1].seq)
    assert not Tally.objects.filter(what__in=("read", "alarm")).exists()
    watch.keep()
    counted = {(row.what, row.said): row.count for row in Tally.objects.all()}
    assert counted == {("read", Level.LOW): 1, ("read", Level.HIGH): 2, ("alarm", Level.HIGH): 1}
    watch.keep()
    assert sum(Tally.objects.values_list("count", flat=True)) == 4


def test_many_counts_are_kept_in_one_statement(django_assert_num_queries):
    for number in range(12):
        tallies.note(tallies.Key(TODAY, "read", f"v{number}", 0))
    tallies.note(tallies.Key(TODAY, "read", "v3", 0))
    with django_assert_num_queries(3):  # a savepoint around it, within the test's own transaction
        tallies.keep()
    assert {row.model_version: row.count for row in Tally.objects.all()}["v3"] == 2
    tallies.add(tallies.Key(TODAY, "read", "v3", 0), -1)
    assert Tally.objects.get(model_version="v3").count == 1


def test_counts_that_could_not_be_kept_are_kept_the_next_time(monkeypatch, caplog):
    key = tallies.Key(TODAY, "read", "v", 0)
    tallies.note(key)
    tallies.note(key)
    with monkeypatch.context() as patch:
        patch.setattr(tallies, "add_all", lambda *_: 1 / 0)
        tallies.keep()
    assert "ZeroDivisionError" in caplog.text
    tallies.keep()
    assert Tally.objects.get().count == 2


def test_the_shipped_weights_are_told_as_speaking(supervisor):
    assert versions.active() is None
    tallies.add(tallies.Key(timezone.localdate(), "read", services.model_version(), 0))
    assert "speaks now" in opened(supervisor).content.decode()
