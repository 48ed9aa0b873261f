"""Translations: nothing missing, nothing left over, nothing that would break a page."""

import gettext

import polib
import pytest

from tools import messages


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A catalogue and fragments of our own; what pages show is what a test says."""
    (tmp_path / "locale/fragments").mkdir(parents=True)
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    monkeypatch.setattr(messages, "CATALOGUE", tmp_path / "locale/zh_Hans/LC_MESSAGES/django.po")
    monkeypatch.setattr(messages, "FRAGMENTS", tmp_path / "locale/fragments")
    monkeypatch.setattr(messages.shutil, "which", lambda _: "/usr/bin/xgettext")

    def shown(*sources: str) -> None:
        entries = {("", source): polib.POEntry(msgid=source) for source in sources}
        monkeypatch.setattr(messages, "extracted", lambda: entries)

    shown()
    return shown


def fragment(name: str, **said: str) -> None:
    write(messages.FRAGMENTS / f"{name}.po", said)


def write(path, said: dict[str, str], flags: tuple[str, ...] = ()) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    file = polib.POFile()
    file.metadata = messages.HEADER
    file.extend(polib.POEntry(msgid=source, msgstr=text, flags=list(flags)) for source, text in said.items())
    file.save(str(path))


def complaints() -> list[str]:
    with pytest.raises(messages.Trouble) as caught:
        messages.check()
    return [str(line) for line in caught.value.args[:-1]]


def test_fragments_end_up_in_one_catalogue_that_passes(shelf):
    shelf("Lamp", "Door")
    fragment("one", Lamp="灯")
    fragment("two", Door="门")
    messages.merge()
    messages.check()
    assert [entry.msgid for entry in polib.pofile(str(messages.CATALOGUE))] == ["Door", "Lamp"]


def test_a_fragment_wins_over_what_was_there(shelf):
    shelf("Lamp")
    write(messages.CATALOGUE, {"Lamp": "旧灯"})
    fragment("new", Lamp="灯")
    messages.merge()
    assert polib.pofile(str(messages.CATALOGUE)).find("Lamp").msgstr == "灯"


def test_two_fragments_that_disagree_are_not_merged(shelf):
    fragment("one", Lamp="灯")
    fragment("two", Lamp="台灯")
    with pytest.raises(messages.Trouble, match="台灯"):
        messages.merge()


def test_what_nothing_shows_is_left_out(shelf):
    shelf("Lamp")
    fragment("one", Lamp="灯", Gone="不见了")
    messages.merge()
    assert polib.pofile(str(messages.CATALOGUE)).find("Gone") is None


def test_a_string_without_an_entry_is_told(shelf):
    shelf("Lamp", "Door")
    write(messages.CATALOGUE, {"Lamp": "灯"})
    assert complaints() == ["no entry: 'Door'"]


@pytest.mark.parametrize(
    ("source", "text", "complaint"),
    [
        ("Lamp", "", "no Chinese"),
        ("%(count)s lamps", "%(number)s盏灯", "other placeholders"),
        ("{count} lamps", "几盏灯", "other placeholders"),
    ],
)
def test_what_would_break_a_page_is_told(shelf, source, text, complaint):
    shelf(source)
    write(messages.CATALOGUE, {source: text})
    assert [line.partition(":")[0] for line in complaints()] == [complaint]


def test_a_guess_is_told(shelf):
    shelf("Lamp")
    write(messages.CATALOGUE, {"Lamp": "灯"}, flags=("fuzzy",))
    assert complaints() == ["fuzzy: 'Lamp'"]


def test_a_fragment_that_was_changed_and_not_merged_is_told(shelf):
    shelf("Lamp")
    write(messages.CATALOGUE, {"Lamp": "旧灯"})
    fragment("new", Lamp="灯")
    assert complaints() == ["not merged from its fragment: 'Lamp'"]


def test_the_compiled_file_says_the_chinese(shelf):
    write(messages.CATALOGUE, {"Lamp": "灯"})
    messages.compile_all()
    with messages.CATALOGUE.with_suffix(".mo").open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("Lamp") == "灯"


def test_without_gettext_the_check_says_how_to_get_it(shelf, monkeypatch):
    monkeypatch.setattr(messages.shutil, "which", lambda _: None)
    with pytest.raises(messages.Trouble, match="apt-get install gettext"):
        messages.check()
