"""What a resident may tell at the beginning, and never has to."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hotline.chat.protocol import AgeBand, Topic

TOPICS: list[tuple[str, Promise]] = [
    ("", _("I would rather not say")),
    ("mood", _("How I feel")),
    ("sleep", _("Sleep")),
    ("family", _("Family")),
    ("love", _("Love, marriage")),
    ("study", _("School, university")),
    ("work", _("Work, money")),
    ("illness", _("Illness")),
    ("isolation", _("Being alone, shut in")),
    ("violence", _("Somebody hurts me")),
    ("other", _("Something else")),
]
AGES: list[tuple[str, Promise]] = [
    ("", _("I would rather not say")),
    ("under_14", _("Under 14")),
    ("14_17", _("14 to 17")),
    ("18_24", _("18 to 24")),
    ("25_39", _("25 to 39")),
    ("40_59", _("40 to 59")),
    ("60_up", _("60 and over")),
]
MOODS: list[tuple[str, Promise]] = [
    ("", _("I would rather not say")),
    ("1", _("Very bad")),
    ("2", _("Bad")),
    ("3", _("In between")),
    ("4", _("Fairly well")),
    ("5", _("Well")),
]
# A choice offered here that the protocol does not know would be refused later: better at the start.
if {code for code, _label in TOPICS} != set(Topic.__args__) or {code for code, _label in AGES} != set(AgeBand.__args__):  # type: ignore[attr-defined]
    raise AssertionError("the choices of the form are not those of the protocol")


class BeginForm(forms.Form):
    """Optional words about oneself. Nothing here is required, and nothing here can keep anybody out."""

    topic = forms.ChoiceField(choices=TOPICS, required=False)
    nickname = forms.CharField(max_length=20, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    age_band = forms.ChoiceField(choices=AGES, required=False)
    mood_before = forms.TypedChoiceField(choices=MOODS, required=False, coerce=int, empty_value=None)
    danger = forms.BooleanField(required=False)

    def told(self) -> dict[str, Any]:
        """What was told. A field that does not fit is left out: it must not stand between a person and the line."""
        self.is_valid()
        kept = self.cleaned_data
        return {
            "topic": kept.get("topic", ""),
            "nickname": kept.get("nickname", ""),
            "age_band": kept.get("age_band", ""),
            "mood_before": kept.get("mood_before"),
            "danger": kept.get("danger", False),
        }
