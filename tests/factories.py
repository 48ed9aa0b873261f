"""People and conversations for tests, made through the product's own services."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from counselors import services as desk
from counselors.models import Duty, StaffMember
from counselors.roles import Role
from hotline.chat.models import Conversation, Resident
from hotline.chat.services import messages, opening, risk
from hotline.chat.services.messages import Receipt

PASSWORD = "a long enough password"
_numbers = itertools.count(1)


def client_id() -> str:
    """An id as pages make them."""
    return f"client-{next(_numbers):015d}"


@dataclass
class Talk:
    """A resident with their conversation and the secret their browser keeps."""

    hex: str
    resident: Resident
    token: str
    said: list[Receipt] = field(default_factory=list)

    @property
    def row(self) -> Conversation:
        """The conversation as the database has it now."""
        return Conversation.objects.select_related("holder").get(pk=self.hex)

    def says(self, text: str, *, weighed: bool = True) -> Receipt:
        """Let the resident write, and triage read."""
        receipt = messages.say_as_resident(self.hex, resident_id=self.resident.pk, client_id=client_id(), text=text)
        if weighed:
            risk.weigh(self.hex, receipt.seq)
        self.said.append(receipt)
        return receipt

    def hears(self, text: str, *, by: StaffMember) -> Receipt:
        """Let the counselor who holds it write."""
        return messages.say_as_counselor(self.hex, by=by, client_id=client_id(), text=text)


def begin(**about) -> Talk:
    """A resident who has just opened a conversation."""
    about.setdefault("language", "zh-hans")
    opened = opening.open_conversation(**about)
    conversation = Conversation.objects.select_related("resident").get(pk=opened.conversation.pk)
    return Talk(conversation.hex, conversation.resident, opened.visit_token)


def staff(role: Role = Role.COUNSELOR, *, alias: str = "", username: str = "", on_duty: bool = True) -> StaffMember:
    """Somebody on the staff; those who may take people are on duty for four."""
    number = next(_numbers)
    member = StaffMember.objects.create_user(
        username or f"{role}-{number}", PASSWORD, alias=alias or f"灯{number}", role=role, languages=["zh-hans", "en"]
    )
    if on_duty and role != Role.COORDINATOR:
        desk.set_duty(member, state=Duty.ON, capacity=4)
    return member
