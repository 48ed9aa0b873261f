"""`manage.py shares`: what fewer or more alarms would find, by folds of the corpus's training part."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Print, for each share of calm lines that may alarm, what is found and what else alarms."""

    help = "What fewer or more alarms would find, by folds of the training part of the corpus (a minute or two)."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Measure and print."""
        # Learning brings scikit-learn along, which must find its kernels chosen.
        from triage.learning import steady

        steady.choose()
        from triage.learning import corpus, shares, training

        lines, conversations = corpus.read_lines(), corpus.read_conversations()
        for language in ("zh", "en"):
            recipe = training.RECIPES[language]
            costs, found = recipe.costs, shares.measure(lines, conversations, language)
            self.stdout.write(
                f"{language}  a miss costs {costs.miss:g}, an alarm {costs.alarm:g}, {costs.crisis:g} of messages are"
                f" of a crisis: worth it from a price of {costs.price:.1f}; shipped {recipe.alarms[1]:g}"
            )
            for place, one in enumerate(found):
                price = f"{one.price_after(found[place - 1]):5.1f}" if place else "     "
                cost = 1000 * costs.of(one.found.value, one.calm.value)
                least = "  least" if one is shares.cheapest(found, costs) else ""
                self.stdout.write(
                    f"{language}  {one.asked:.3f} of calm lines  found {one.found}  imminent found {one.imminent_found}"
                    f"  calm {one.calm}  all below high {one.below}  price {price}  cost {cost:.1f}{least}"
                )
