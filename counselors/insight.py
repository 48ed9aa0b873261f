"""How far triage and people agree: numbers of twelve weeks, as small plots and tables. Counts only, no conversation."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Max, Min, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from counselors.forms import LEVEL_WORDS
from hotline.chat.models import Conversation
from triage import services, tallies
from triage.core.levels import Level
from triage.models import Activation, Tally

WEEKS = 12
FEW_IN_A_WEEK = 10
"""Below this many a week's bar is drawn pale: one more or less would change it much."""
FEW_IN_ALL = 30
"""Below this many a share of all weeks is told with a warning."""
FEW_FOR_DRIFT = 50
"""Messages that each of the two spans must have before their mixes are compared."""
LATELY = 4
"""Weeks that are compared with those before them."""
SLOT, BAR, BASE, TOP = 20, 13, 78, 6
"""Units of a plot: width of a week and of its bar, where bars stand and where the highest ends."""
Z = 1.959964


@dataclass(frozen=True, slots=True)
class Series:
    """One of the things that a plot counts: its code (also its colour), its name, a number for each week."""

    code: str
    name: str
    values: list[float]


@dataclass(frozen=True, slots=True)
class Bar:
    """A piece of a week's bar."""

    x: int
    y: float
    height: float
    code: str
    few: bool
    told: str


@dataclass(frozen=True, slots=True)
class Row:
    """A week in the table beside a plot."""

    week: date
    cells: list[str]
    few: bool


@dataclass(frozen=True, slots=True)
class Plot:
    """A question with its answer in words, as bars and as a table.

    Attributes:
        ticks: weeks that are named below the bars, with where, and which end of the name is there.
        highest: what the upper end stands for, in words.
        caution: whether there is too little to rely on.
    """

    code: str
    title: str
    answer: str
    series: list[Series]
    bars: list[Bar]
    ticks: list[tuple[int, str, date]]
    rows: list[Row]
    highest: str
    caution: bool
    empty: bool


@dataclass(frozen=True, slots=True)
class Spoke:
    """Rules and weights that read messages, and when."""

    version: str
    first: date
    last: date
    messages: int
    now: bool


class Weeks:
    """Twelve weeks from Monday to Sunday, the present one last, and what was counted in them."""

    def __init__(self, today: date) -> None:
        monday = today - timedelta(days=today.weekday())
        self.starts = [monday - timedelta(weeks=back) for back in reversed(range(WEEKS))]
        self.rows = list(Tally.objects.filter(day__gte=self.starts[0], day__lte=today, count__gt=0))

    def of(self, day: date) -> int:
        """Which of the weeks a day is in."""
        return (day - self.starts[0]).days // 7

    def count(
        self,
        what: str,
        *,
        other: str | None = None,
        said: Level | None = None,
        way: Callable[[int, int], bool] | None = None,
    ) -> list[float]:
        """For each week, how often something was counted.

        Args:
            what: its kind; see :class:`triage.models.Tally`.
            other: how its ``other`` ends; "" for none at all.
            said: only what triage had put at this level.
            way: only where this holds of what triage said and the level beside it.
        """
        found = [0.0] * WEEKS
        for row in self.rows:
            named = other is None or (row.other.endswith(other) if other else not row.other)
            fits = row.what == what and named and said in (None, row.said)
            if fits and (way is None or way(row.said, row.beside)):
                found[self.of(row.day)] += row.count
        return found

    def conversations(self) -> list[float]:
        """How many conversations began in each week."""
        begin = timezone.make_aware(datetime.combine(self.starts[0], time.min))
        opened = Conversation.objects.filter(opened_at__gte=begin).annotate(day=TruncDate("opened_at"))
        found = [0.0] * WEEKS
        for day, count in opened.values("day").annotate(count=Count("pk")).values_list("day", "count"):
            if 0 <= self.of(day) < WEEKS:
                found[self.of(day)] += count
        return found


def page(today: date | None = None) -> dict[str, Any]:
    """Everything that the page shows."""
    services.look()
    tallies.keep()
    weeks = Weeks(today or timezone.localdate())
    return {
        "plots": [
            _decisions(weeks),
            _outcomes(weeks),
            _alarms(weeks),
            _overrides(weeks),
            _unread(weeks),
            _levels(weeks),
        ],
        "spoke": _spoke(weeks),
        "activations": Activation.objects.select_related("version").order_by("-pk")[:12],
        "few_in_a_week": FEW_IN_A_WEEK,
    }


# --- the six questions -----------------------------------------------------------------------------------------------
def _decisions(weeks: Weeks) -> Plot:
    names = {"agree": _("left as it was"), "lower": _("lowered"), "raise": _("raised"), "follow_up": _("follow up")}
    series = [Series(code, name, weeks.count("decision", other=f"supervisor:{code}")) for code, name in names.items()]
    agreed, judged = sum(series[0].values), sum(sum(one.values) for one in series[:3])
    answer = _("Supervisors left %(some)s as it was.") % {"some": _share(agreed, judged)} if judged else ""
    return _plot("decisions", _("What reviews decided"), answer, series, weeks, judged)


def _outcomes(weeks: Weeks) -> Plot:
    series = [
        Series("miss", _("misses"), weeks.count("outcome", way=lambda said, decided: said < Level.HIGH <= decided)),
        Series(
            "false", _("false alarms"), weeks.count("outcome", way=lambda said, decided: decided < Level.HIGH <= said)
        ),
    ]
    judged = weeks.count("outcome")
    told = {"misses": _n(sum(series[0].values)), "false": _n(sum(series[1].values)), "all": _n(sum(judged))}
    answer = _(
        "Raised by a human from below high: %(misses)s; lowered from high or above: %(false)s; conversations that a "
        "human judged: %(all)s. Nobody judges all: misses that nobody noticed are not here."
    )
    title = _("Misses and false alarms")
    return _plot("outcomes", title, answer % told if sum(judged) else "", series, weeks, sum(judged), per_week=judged)


def _alarms(weeks: Weeks) -> Plot:
    alarms, opened = weeks.count("alarm"), weeks.conversations()
    rates = [100 * a / n if n else 0.0 for a, n in zip(alarms, opened, strict=True)]
    answer = ""
    if sum(opened):
        told = {
            "alarms": _n(sum(alarms)),
            "all": _n(sum(opened)),
            "rate": f"{100 * sum(alarms) / sum(opened):.1f}",
        }
        answer = _("%(rate)s per 100 conversations (alarms: %(alarms)s, conversations: %(all)s).") % told
    series = [Series("plain", _("alarms per 100 conversations"), rates)]
    return _plot("alarms", _("Alarms"), answer, series, weeks, sum(opened), per_week=opened, digits=1)


def _overrides(weeks: Weeks) -> Plot:
    ways: tuple[tuple[str, str, Callable[[int, int], bool]], ...] = (
        ("raise", _("raised"), operator.lt),
        ("agree", _("the same level"), operator.eq),
        ("lower", _("lowered"), operator.gt),
    )
    series = [Series(code, name, weeks.count("decision", other=":override", way=way)) for code, name, way in ways]
    all_ = int(sum(sum(one.values) for one in series))
    answer = (
        ngettext(
            "A human set the level %(all)s time during a conversation.",
            "A human set the level %(all)s times during a conversation.",
            all_,
        )
        % {"all": all_}
        if all_
        else ""
    )
    return _plot("overrides", _("Levels set by hand"), answer, series, weeks, all_)


def _unread(weeks: Weeks) -> Plot:
    unread = weeks.count("read", other="unscored")
    read = weeks.count("read")
    rates = [100 * some / all_ if all_ else 0.0 for some, all_ in zip(unread, read, strict=True)]
    answer = ""
    if sum(read):
        answer = _("Triage could not read %(some)s.") % {"some": _share(sum(unread), sum(read))}
    series = [Series("plain", _("messages not read, %"), rates)]
    return _plot("unread", _("Not read"), answer, series, weeks, sum(read), per_week=read, digits=1)


def _levels(weeks: Weeks) -> Plot:
    counts = {level: weeks.count("read", other="", said=level) for level in Level}
    sums = [sum(values) for values in zip(*counts.values(), strict=True)]
    series = [
        Series(
            level.code,
            str(LEVEL_WORDS[level]),
            [100 * one / all_ if all_ else 0.0 for one, all_ in zip(values, sums, strict=True)],
        )
        for level, values in counts.items()
    ]
    answer = _drift(counts, sums) if sum(sums) else ""
    return _plot("levels", _("Levels of messages, %"), answer, series, weeks, sum(sums), per_week=sums, digits=1)


def _drift(counts: dict[Level, list[float]], sums: Sequence[float]) -> str:
    """How far the mix of levels moved: half the sum of the differences between two spans, in points of a hundred."""
    before, lately = sum(sums[:-LATELY]), sum(sums[-LATELY:])
    if min(before, lately) < FEW_FOR_DRIFT:
        return _("Too few messages to tell whether the mix has moved.")
    moved = [abs(sum(one[-LATELY:]) / lately - sum(one[:-LATELY]) / before) for one in counts.values()]
    return _(
        "The mix of the last four weeks differs from that of the eight before by %(points)s points of a hundred. "
        "A large step without a new model means that people write differently, or that something is wrong."
    ) % {"points": f"{50 * sum(moved):.1f}"}


# --- parts -----------------------------------------------------------------------------------------------------------
def _n(number: float) -> str:
    return f"{number:.0f}"


def _share(hits: float, count: float) -> str:
    """A share in words, with Wilson's 95 % interval: what so few can tell."""
    share, spread = hits / count, 1 + Z * Z / count
    middle = (share + Z * Z / 2 / count) / spread
    half = Z * math.sqrt(share * (1 - share) / count + Z * Z / 4 / count / count) / spread
    return _("%(hits)s of %(count)s (%(share)s %%; likely between %(least)s and %(most)s %%)") % {
        "hits": _n(hits),
        "count": _n(count),
        "share": f"{100 * share:.0f}",
        "least": f"{100 * max(0.0, middle - half):.0f}",
        "most": f"{100 * min(1.0, middle + half):.0f}",
    }


def _plot(
    code: str,
    title: str,
    answer: str,
    series: list[Series],
    weeks: Weeks,
    basis: float,
    *,
    per_week: Sequence[float] | None = None,
    digits: int = 0,
) -> Plot:
    """Bars and table of some series.

    Args:
        code: names the plot.
        title: the question.
        answer: in words; "" where there is nothing to tell.
        series: stacked in this order, the first one below.
        weeks: which weeks.
        basis: how many things all of it rests on.
        per_week: how many each week rests on; the sum of the series, where not given.
        digits: decimals of the numbers.
    """
    sums = [sum(values) for values in zip(*(one.values for one in series), strict=True)]
    few = [0 < count < FEW_IN_A_WEEK for count in (per_week or sums)]
    highest = _ceiling(max(sums))
    return Plot(
        code=code,
        title=title,
        answer=answer,
        series=series,
        bars=list(_bars(series, weeks, few, highest, digits)),
        ticks=[
            (0, "start", weeks.starts[0]),
            (WEEKS // 2 * SLOT + SLOT // 2, "middle", weeks.starts[WEEKS // 2]),
            (WEEKS * SLOT, "end", weeks.starts[-1]),
        ],
        rows=[
            Row(start, [f"{one.values[at]:.{digits}f}" for one in series], few[at])
            for at, start in enumerate(weeks.starts)
        ],
        highest=f"{highest:g}",
        caution=0 < basis < FEW_IN_ALL,
        empty=not basis,
    )


def _ceiling(most: float) -> float:
    """The round number that the upper end of a plot stands for."""
    if most <= 0:
        return 1.0
    step = 10.0 ** math.floor(math.log10(most))
    # A stack of shares may miss its hundred by rounding.
    return next(factor * step for factor in (1, 2, 3, 5, 10) if factor * step >= most - 1e-6)


def _bars(series: list[Series], weeks: Weeks, few: Sequence[bool], highest: float, digits: int) -> Iterable[Bar]:
    for at, start in enumerate(weeks.starts):
        y = float(BASE)
        for one in series:
            height = round((BASE - TOP) * one.values[at] / highest, 2)
            if height:
                y = round(y - height, 2)
                told = f"{start:%m-%d} {one.name} {one.values[at]:.{digits}f}"
                yield Bar(at * SLOT + (SLOT - BAR) // 2, y, height, one.code, few[at], told)


def _spoke(weeks: Weeks) -> list[Spoke]:
    rows = (
        Tally.objects.filter(what="read", day__gte=weeks.starts[0])
        .values("model_version")
        .annotate(first=Min("day"), last=Max("day"), messages=Sum("count"))
        .order_by("-last", "-first")
    )
    now = services.model_version()
    return [
        Spoke(row["model_version"], row["first"], row["last"], row["messages"], row["model_version"] == now)
        for row in rows
    ]
