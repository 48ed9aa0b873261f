"""A line of the log, in either form: what happened, and no word of what was said."""

import io
import json
import logging

import pytest

from hotline.logs import Json, Plain
from hotline.settings import LOGGING

SAID = "今晚的月亮像一枚旧硬币"


@pytest.fixture(params=["plain", "json"])
def log(request):
    """A logger that writes as the settings say, and what it wrote."""
    given = LOGGING["formatters"][request.param]
    rest = {key: value for key, value in given.items() if key not in {"()", "format"}}
    formatter = {"plain": Plain, "json": Json}[request.param](given["format"], **rest)
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logger = logging.getLogger("hotline.test")
    logger.handlers.clear()
    logger.addHandler(handler)
    logger.written = stream.getvalue
    logger.form = request.param
    return logger


def break_down():
    try:
        raise ValueError(SAID)
    except ValueError as first:
        raise KeyError(SAID) from first


def test_a_traceback_tells_where_and_what_kind_and_no_word(log):
    try:
        break_down()
    except KeyError:
        log.exception("fault frame=%s", "ResidentSend")
    written = log.written()
    assert "break_down" in written
    assert written.index("builtins.ValueError") < written.index("builtins.KeyError")
    assert SAID not in written


def test_a_line_says_when_how_grave_who_and_what(log):
    log.warning("hint missed kind=%s fault=%s", "lines", "TimeoutError")
    written = log.written()
    assert written.count("\n") == 1
    if log.form == "plain":
        assert written.rstrip().endswith("WARNING hotline.test hint missed kind=lines fault=TimeoutError")
        return
    told = json.loads(written)
    assert told.pop("time").startswith("20")
    assert told == {
        "level": "WARNING",
        "logger": "hotline.test",
        "message": "hint missed kind=lines fault=TimeoutError",
        "kind": "lines",
        "fault": "TimeoutError",
    }


def test_a_fact_never_takes_the_place_of_what_every_line_has(log):
    log.error("odd level=%s message=%s", "low", "other; and more")
    if log.form == "json":
        told = json.loads(log.written())
        assert (told["level"], told["message"]) == ("ERROR", "odd level=low message=other; and more")
