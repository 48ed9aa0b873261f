"""A site's own lexicon: read from the folder that TRIAGE_LEXICON names, checked, and put on top of the shipped one.

It adds. Nothing shipped can be taken out, and a site's idioms and frames must leave what everybody must be heard with
(``must_stand/*.tsv``) at its floor. Whatever is wrong stops the start with one line. Free of Django.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

from triage import site_patterns
from triage.core import additions, alike, assess, concepts, scope, words
from triage.core.additions import NONE, Additions
from triage.core.levels import Level
from triage.core.normalise import normalise

LANGUAGES = ("zh", "en")
PARTS = ("", "scope.", "words.", "alike.")
"""What files are called before their language, as the shipped ones are."""
NAMES = tuple(f"{part}{language}.toml" for part in PARTS for language in LANGUAGES)
MOST_ENTRIES = 2_000
MOST_BYTES = 128 * 1024
"""Of all files together."""
BEFORE = frozenset({"negated", "flipped", "third", "first", "told", "feared"})
"""Scopes that are looked for right before a mention: their patterns end with $."""
BEHIND = frozenset({"retracted"})
SCOPES = frozenset(one.name for one in fields(scope.Patterns))
MUST_STAND = Path(__file__).with_name("must_stand")
_GROUP = re.compile(r"<(\w+)>")
_SHOWN = 40


class BadLexicon(Exception):
    """It cannot be used; the message names file and entry, in one line."""


def use(path: str) -> Additions:
    """Read with the lexicon in this folder or file from now on, and with the shipped one alone where it is "".

    Raises:
        BadLexicon: something in it cannot be used. Then whatever was in use stays so.
    """
    before = additions.current()
    added = read(Path(path)) if path else NONE
    take(added)
    try:
        if added is not NONE:
            _check_floor(path, added)
    except BadLexicon:
        take(before)
        raise
    return added


def take(added: Additions) -> None:
    """Read with these from now on; they were checked before."""
    if added == additions.current():
        return
    additions.use(added)
    for part in (concepts, scope, words, alike):
        part.read_anew()


def read(path: Path) -> Additions:
    """What a folder, or one file, adds.

    Raises:
        BadLexicon: it is missing, or something in it cannot be used.
    """
    paths = sorted(path.glob("*.toml")) if path.is_dir() else [path]
    if not paths:
        raise BadLexicon(f"{path}: there is no *.toml in it")
    found: dict[str, dict[str, dict[str, list[str]]]] = {one.name: {} for one in fields(Additions)}
    size = 0
    for file in paths:
        if file.name not in NAMES:
            raise BadLexicon(f"{file}: a file is called {', '.join(NAMES[:-1])} or {NAMES[-1]}")
        language = file.name.split(".")[-2]
        data, length = _parsed(file)
        size += length
        _File(file, language, data, found).read(file.name.removesuffix(f"{language}.toml"))
    added = Additions(**found)
    if added.count > MOST_ENTRIES or size > MOST_BYTES:
        raise BadLexicon(f"{path}: more than {MOST_ENTRIES} entries or {MOST_BYTES // 1024} KiB")
    return added if added.count else NONE


def heard(told: Mapping[str, Any]) -> Additions:
    """What :meth:`Additions.told` told."""
    return Additions(**told)


def _parsed(file: Path) -> tuple[dict[str, Any], int]:
    try:
        text = file.read_bytes()
        return tomllib.loads(text.decode("utf-8")), len(text)
    except OSError as error:
        raise BadLexicon(f"{file}: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadLexicon(f"{file}: no TOML: {' '.join(str(error).split())}") from error


@dataclass(slots=True)
class _File:
    """One file, while it is read."""

    path: Path
    language: str
    data: dict[str, Any]
    found: dict[str, dict[str, dict[str, list[str]]]]

    def read(self, part: str) -> None:
        """Take what it adds."""
        {"": self._concepts, "scope.": self._scopes, "words.": self._kinds, "alike.": self._alike}[part]()

    def _concepts(self) -> None:
        shipped = _shipped(f"{self.language}.toml")
        added = {}
        for name, value in self._table("words", self.data.pop("words", {})).items():
            if "(?" in shipped["words"].get(name, ""):
                raise self.wrong(f"[words] {name}", "this group takes no more words")
            added[name] = [one for _, one in self._words(f"[words] {name}", value, "|")]
            self._take("groups", name, added[name])
        groups = concepts.groups(shipped["words"], added)
        for name, table in self.data.items():
            if name not in concepts.CONCEPTS:
                raise self.wrong(f"[{name}]", f"there is no such concept; there are {', '.join(concepts.CONCEPTS)}")
            self._take("concepts", name, self._entries(f"[{name}]", self._table(f"[{name}]", table), groups))

    def _scopes(self) -> None:
        for name, value in self.data.items():
            if name not in SCOPES:
                raise self.wrong(f"[{name}]", f"there is no such scope; there are {', '.join(sorted(SCOPES))}")
            table = value if isinstance(value, dict) else {"patterns": value}
            entries = self._entries(f"[{name}]", table, {}, partial(_misplaced, name))
            self._take("scopes", name, entries)

    def _kinds(self) -> None:
        shipped = _shipped(f"words.{self.language}.toml")
        for name, value in self.data.items():
            if name not in shipped:
                raise self.wrong(name, f"there is no such kind; there are {', '.join(shipped)}")
            separator = None if self.language == "zh" else "|"
            self._take("kinds", name, [one for _, one in self._words(name, value, separator)])

    def _alike(self) -> None:
        for written, value in self.data.items():
            where = f"[{_short(written)}]"
            table = self._table(where, value)
            if set(table) - {"word", "sure", "unless"} or not isinstance(table.get("sure"), bool):
                raise self.wrong(where, "it holds a word, sure = true or false, and the words unless which it counts")
            for _place, _word in self._words(where, [written, table.get("word")]):
                pass
            unless = [one for _, one in self._texts(f"{where} unless", table.get("unless", []))]
            for one in unless:
                if not one.strip() or normalise(one).text != one:
                    raise self.wrong(f"{where} unless", f"triage reads one spelling: write {normalise(one).text!r}")
            weight = alike.SURE if table["sure"] else alike.PERHAPS
            self._take("alike", written, [table["word"], weight, *unless])

    def _entries(
        self,
        where: str,
        table: dict[str, Any],
        groups: Mapping[str, str],
        trouble: Callable[[str], str] = lambda _expression: "",
    ) -> list[str]:
        """The patterns of a concept or a scope, plain words among them."""
        other = set(table) - {"patterns", "words"}
        if other:
            raise self.wrong(where, f"it holds patterns and words, not {', '.join(sorted(other))}")
        plain = [(place, self._of_word(word)) for place, word in self._words(f"{where} words", table.get("words", []))]
        given = table.get("patterns", [])
        patterns = [
            (place, self._pattern(place, one, groups))
            for place, one in self._texts(f"{where} patterns", [given] if isinstance(given, str) else given)
        ]
        for place, expression in [*plain, *patterns]:
            if told := trouble(expression):
                raise self.wrong(place, told)
        return [one for _, one in [*plain, *patterns]]

    def _of_word(self, word: str) -> str:
        escaped = re.escape(word)
        return escaped if self.language == "zh" else rf"\b{escaped}\b"

    def _pattern(self, place: str, written: str, groups: Mapping[str, str]) -> str:
        """The pattern as it was written, once it was seen to be fit."""
        unknown = [name for name in _GROUP.findall(written) if name not in groups]
        if unknown:
            raise self.wrong(place, f"there is no group <{unknown[0]}>")
        try:
            site_patterns.check_pattern(_GROUP.sub("(?:)", written), concepts.spelt_out(written, groups))
        except site_patterns.Unfit as error:
            raise self.wrong(place, str(error)) from error
        return written

    def _words(self, where: str, value: Any, separator: str | None = "|") -> list[tuple[str, str]]:
        """Plain words, in a list or in one text, with the place of each."""
        found = self._texts(where, [one for one in value.split(separator) if one] if isinstance(value, str) else value)
        for place, word in found:
            try:
                site_patterns.check_word(word)
            except site_patterns.Unfit as error:
                raise self.wrong(place, str(error)) from error
        return found

    def _texts(self, where: str, value: Any) -> list[tuple[str, str]]:
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise self.wrong(where, "it is a list of texts in quotation marks")
        return [(f"{where}, entry {number} {_short(one)}", one) for number, one in enumerate(value, start=1)]

    def _table(self, where: str, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.wrong(where, "it is a table that holds patterns or words")
        return value

    def _take(self, part: str, name: str, entries: Iterable[str]) -> None:
        self.found[part].setdefault(self.language, {}).setdefault(name, []).extend(entries)

    def wrong(self, where: str, why: str) -> BadLexicon:
        """What to raise."""
        return BadLexicon(f"{self.path}: {where}: {why}")


def _misplaced(name: str, expression: str) -> str:
    """What is wrong with where a scope's pattern is looked for; "" where nothing is."""
    if name in BEFORE and not expression.endswith("$"):
        return "it is looked for before a mention, so it must be a pattern that ends with $"
    if name in BEHIND and not expression.startswith("^"):
        return "it is looked for behind a mention, so it must be a pattern that begins with ^"
    return ""


def _short(entry: str) -> str:
    return repr(entry if len(entry) <= _SHOWN else entry[: _SHOWN - 1] + "…")


def _shipped(name: str) -> dict[str, Any]:
    with (concepts.LEXICON / name).open("rb") as file:
        return tomllib.load(file)


# --- the floor --------------------------------------------------------------------------------------------------------
def must_stand(language: str) -> list[tuple[Level, str]]:
    """What must keep its floor whatever a site adds: the least level, and the words."""
    rows = (MUST_STAND / f"{language}.tsv").read_text(encoding="utf-8").splitlines()
    return [(Level.from_code(level), text) for level, _, text in (row.partition("\t") for row in rows if row)]


def _check_floor(path: str, added: Additions) -> None:
    """See that what must stand does, as far as it does without the site's lexicon. That lexicon is in use."""
    touched = {*added.concepts, *added.groups, *added.scopes}
    fallen = [
        (language, text, assess.read(text).floor.level)
        for language in LANGUAGES
        if language in touched
        for least, text in must_stand(language)
        if assess.read(text).floor.level < least
    ]
    if not fallen:
        return
    take(NONE)
    for language, text, level in fallen:
        shipped = assess.read(text).floor.level
        if level < shipped:
            entry = _to_blame(added, language, text)
            raise BadLexicon(f"{path}: {entry}: with it {text!r} would be {level.code} and no longer {shipped.code}")
    take(added)


def _to_blame(added: Additions, language: str, text: str) -> str:
    """The scope and the entry that lie over a text."""
    normal = normalise(text).text
    for name, entries in added.scopes.get(language, {}).items():
        for one in entries:
            if re.search(one if name not in BEFORE | BEHIND else one.strip("^$"), normal):
                return f"scope.{language}.toml: [{name}] {_short(one)}"
    return f"{language}.toml"
