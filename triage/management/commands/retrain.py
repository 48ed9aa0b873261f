"""Make a candidate from the shipped corpus and this site's examples."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from triage import feedback, versions
from triage.core.levels import Level


class Command(BaseCommand):
    """The same corpus and the same examples give the same weights."""

    help = (
        "Train a candidate from the shipped corpus and from words whose writers agreed. Nothing speaks by this alone."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Train, keep, tell."""
        # Learning brings scikit-learn along; nothing that serves may import it.
        from triage.learning import corpus, site, training

        try:
            lines, conversations = corpus.read_lines(), corpus.read_conversations()
        except corpus.BadCorpus as error:
            raise CommandError(str(error)) from error
        lessons = [site.Lesson(words, one.language, Level(one.decided)) for one, words in feedback.lessons()]
        own = site.lines_of(lessons, lines)
        self.stdout.write(f"{len(own)} conversations of this site may be learned from")
        taught = site.hash_of(own, corpus.corpus_hash())
        text, *_ = training.build(
            lines,
            conversations,
            corpus=taught,
            name="site",
            also=site.examples_of(own, lines, conversations),
            report=self.stdout.write,
        )
        row, fresh = versions.keep(text, corpus=taught, examples=len(own))
        self.stdout.write(f"{row.version}: {'a new candidate' if fresh else 'was there already'}, {row.role}")
        self.stdout.write(f"Next: manage.py compare {row.version}")
