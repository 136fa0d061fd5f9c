"""manage.py reembed"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.context import Actor, acting_as
from knowledge import embedding, memory
from knowledge.indexing import NotReady, activate, reembed
from knowledge.models import EmbeddingModel

REEMBEDDER = Actor.system("reembed")
AT_ONCE = 200
ROUNDS = 5


class Command(BaseCommand):
    help = "Build the vectors of this build's embedding model beside those in use, then switch to them at once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-switch", action="store_true", help="only build; search keeps reading the model in use")

    def handle(self, *args: Any, **options: Any) -> None:
        with acting_as(REEMBEDDER):
            model, _ = EmbeddingModel.objects.get_or_create(version=embedding.VERSION, defaults={"name": embedding.NAME})
        made = _build(model)
        self.stdout.write(f"{made} vectors built under {model}")
        if not options["no_switch"]:
            self._switch(model)

    def _switch(self, model: EmbeddingModel) -> None:
        # Articles that change while we build leave chunks without a vector; another round builds those.
        for _ in range(ROUNDS):
            try:
                with acting_as(REEMBEDDER):
                    activate(model)
            except NotReady:
                _build(model)
            else:
                self.stdout.write(f"search reads {model} now")
                self._name_what_is_left()
                return
        raise CommandError("articles keep changing; run it again when fewer are edited")

    def _name_what_is_left(self) -> None:
        """Memories are vectors too, and only the decisions themselves know the questions."""
        with acting_as(REEMBEDDER, read_only=True):
            left = memory.left_behind()
        for slug, decisions in sorted(left.items()):
            self.stdout.write(f"{slug}: {decisions} decisions are not remembered under it yet; run relearn --base {slug}")


def _build(model: EmbeddingModel) -> int:
    made = 0
    while True:
        with acting_as(REEMBEDDER):
            some = reembed(model, embedding.embed, batch=AT_ONCE, most=AT_ONCE)
        made += some
        if not some:
            return made
