"""Pages that come back, in a process with a database of its own. Run by test_looking.py: prints what each is brought.

DATABASE_URL=... python -m tests.chat.coming_back PAGES
"""

import json
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hotline.settings")


def come_back(pages: int) -> list[dict]:
    from django.core.management import call_command

    from counselors import services as desk
    from hotline.chat import recent
    from hotline.chat.looking import Look, look
    from hotline.chat.services import opening, presence
    from tests import factories

    call_command("migrate", verbosity=0)
    counselor = factories.staff(alias="林")
    desk.set_duty(counselor, state="on", capacity=12)
    talks = [factories.begin(nickname="月亮") for _ in range(pages)]
    for number, talk in enumerate(talks):
        desk.claim(talk.hex, by=counselor)
        for line in range(number):
            talk.says(f"第 {line} 句")
        talk.hears("我在", by=counselor)
        recent.forget(talk.hex)
    who = opening.arrivals([talk.token for talk in talks])
    found = look([Look(one.visit_id, "", lambda: 1, after=2, present=True) for one in who])
    here = [talk.row.seen_at is not None for talk in talks]
    shown = zip(who, found, strict=True)
    again = look([Look(one.visit_id, seen.conversation, lambda: 1, seen.told) for one, seen in shown])
    presence.gone([talk.hex for talk in talks])
    return [
        {
            "mine": seen.conversation == talk.hex == one.newest,
            "lines": [[line.seq, line.author, line.name, line.text, line.at[-1]] for line in seen.lines],
            "view": [seen.view.state, seen.view.counselor, seen.view.nickname, seen.view.upto],
            "told_again": repeated.view is not None,
            "present": [present, talk.row.seen_at is not None],
        }
        for talk, one, seen, repeated, present in zip(talks, who, found, again, here, strict=True)
    ]


if __name__ == "__main__":
    django.setup()
    sys.stdout.write(json.dumps(come_back(int(sys.argv[1]))))
