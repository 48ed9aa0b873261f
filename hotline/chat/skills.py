"""What a person's matter calls for, from what they told when they began. Free of Django.

A small closed set. It asks nobody anything new: a skill is called for by the topic, or by the age, that somebody chose
to tell; who told neither is for everybody on duty.
"""

from __future__ import annotations

from hotline.chat.protocol import Skill

SKILLS: tuple[Skill, ...] = ("young", "older", "family", "illness", "violence")
BY_TOPIC: dict[str, Skill] = {
    "violence": "violence",
    "study": "young",
    "family": "family",
    "love": "family",
    "illness": "illness",
}
MINORS = frozenset({"under_14", "14_17"})
OLDER = frozenset({"60_up"})


def called_for(topic: str, age_band: str) -> Skill:
    """The one skill that matters most: violence, then being a minor, then the topic, then old age; "" for anybody."""
    if topic == "violence":
        return "violence"
    if age_band in MINORS:
        return "young"
    if topic in BY_TOPIC:
        return BY_TOPIC[topic]
    return "older" if age_band in OLDER else ""
