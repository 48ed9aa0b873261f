"""Racers for one person, in a process with a database of its own. Run by test_race.py: prints what each round gave.

DATABASE_URL=... python -m tests.chat.racing ROUNDS RACERS
"""

import json
import os
import sys
import threading

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hotline.settings")


def race(rounds: int, racers: int) -> list[dict]:
    from django.core.management import call_command
    from django.db import connection

    from tests import factories

    call_command("migrate", verbosity=0)
    people = [factories.staff() for _ in range(racers)]
    found = []
    for _ in range(rounds):
        talk = factories.begin()
        answers = _all_at_once(talk.hex, people)
        row = talk.row
        found.append(
            {
                "answers": answers,
                "holder": row.holder.alias if row.holder else "",
                "moves": row.transitions.filter(new="active").count(),
                "joined": row.messages.count() - 1,
                "seqs": list(row.messages.values_list("seq", flat=True)),
            }
        )
        _put_away(talk)
    connection.close()
    return found


def _all_at_once(hex_: str, people) -> list[str]:
    from django.db import connection

    from counselors import services as desk
    from hotline.chat.errors import Refused

    start, answers = threading.Barrier(len(people)), [""] * len(people)

    def run(number: int) -> None:
        try:
            start.wait(10)
            desk.claim(hex_, by=people[number])
            answers[number] = "mine"
        except Refused as refusal:
            answers[number] = f"{refusal.code} {refusal.detail}"
        except Exception as error:
            answers[number] = f"fault: {error!r}"
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(people))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


def _put_away(talk) -> None:
    from hotline.chat.services import moves
    from hotline.chat.states import Ending

    moves.close(talk.hex, by=talk.row.holder, ending=Ending.HELPED)


if __name__ == "__main__":
    django.setup()
    sys.stdout.write(json.dumps(race(int(sys.argv[1]), int(sys.argv[2]))))
