"""The accounts of a demonstration, all with one password that is printed. Made only where nobody else can sign in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.hashers import make_password

from counselors.models import Duty, StaffMember
from counselors.roles import Role
from hotline.chat.protocol import Skill
from hotline.chat.skills import SKILLS

PASSWORD = "lamplight-demo"  # noqa: S105 - printed on purpose
CHINESE, BOTH = ("zh-hans",), ("zh-hans", "en")


@dataclass(frozen=True, slots=True)
class Person:
    """A demo account."""

    username: str
    alias: str
    role: Role
    languages: tuple[str, ...] = CHINESE
    skills: tuple[Skill, ...] = ()


SIGN_INS = (
    Person("lin", "小林", Role.COUNSELOR, BOTH, ("violence",)),
    Person("zhou", "阿舟", Role.COUNSELOR, CHINESE, ("young",)),
    Person("shen", "沈老师", Role.SUPERVISOR, BOTH, ("illness",)),
    Person("gu", "老顾", Role.COORDINATOR),
)
"""For whoever looks at the demo."""
COLLEAGUES = (
    Person("mei", "梅子", Role.COUNSELOR, CHINESE, ("older",)),
    Person("an", "安然", Role.COUNSELOR, BOTH, ("family",)),
)
"""They hold the conversations in progress. Nobody sits at their desks and nobody can sign in as them."""
SIMULATED = tuple(
    Person(f"sim{number}", alias, Role.COUNSELOR, BOTH, (SKILLS[number % len(SKILLS)],))
    for number, alias in enumerate(("青禾", "南星", "一叶", "知微", "半夏", "望舒"), start=1)
)
"""`manage.py simulate` signs in as these."""


def accounts(people: Iterable[Person], *, may_sign_in: bool) -> dict[str, StaffMember]:
    """The accounts of ``people`` by username, made where they are missing; what stands is left as it is."""
    wanted = {person.username: person for person in people}
    found = {member.username: member for member in StaffMember.objects.filter(username__in=wanted)}
    missing = [person for name, person in wanted.items() if name not in found]
    if missing:
        # Hashing is slow on purpose; the password is no secret, so once for all of them is enough.
        hashed = make_password(PASSWORD if may_sign_in else None)
        for person in missing:
            found[person.username] = StaffMember.objects.create(
                username=person.username,
                alias=person.alias,
                role=person.role,
                languages=list(person.languages),
                skills=list(person.skills),
                password=hashed,
            )
    return found


def keep_on_duty(colleagues: Iterable[StaffMember], *, until: datetime) -> None:
    """Count ``colleagues`` as present until then.

    Otherwise the watch would rightly find their desks silent after a minute, and give their people back.
    """
    for member in colleagues:
        Duty.objects.update_or_create(staff=member, defaults={"state": Duty.ON, "capacity": 4, "seen_at": until})
