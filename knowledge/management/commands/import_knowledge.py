"""manage.py import_knowledge PATH... [--base SLUG] [--files-win]"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.context import Actor, acting_as
from knowledge.importing import import_articles
from knowledge.indexing import default_base
from knowledge.sources import SourceArticle, Unreadable, files_in, read

IMPORTER = Actor.system("import_knowledge")


class Command(BaseCommand):
    help = "Import articles from Markdown, HTML, PDF, DOCX, text, CSV and JSONL. Run it again to bring them up to date."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files or folders")
        parser.add_argument("--base", default="default", metavar="SLUG", help="the knowledge base to import into")
        parser.add_argument("--files-win", action="store_true", help="also over what people changed here since the last import")

    def handle(self, *args: Any, **options: Any) -> None:
        articles = [article for path in options["paths"] for article in self._articles(path)]
        if not articles:
            raise CommandError("nothing readable was found")
        with acting_as(IMPORTER):
            done = import_articles(default_base(options["base"]), articles, files_win=options["files_win"])
        for one in done.changed_here:
            self.stderr.write(f"left as it is: {one} was changed here since it was imported (--files-win replaces it)")
        self.stdout.write(
            f"{done.created} new, {done.updated} changed, {done.unchanged} unchanged, {done.embedded} texts embedded"
            + (f", {len(done.changed_here)} changed here and left" if done.changed_here else "")
        )

    def _articles(self, path: Path) -> list[SourceArticle]:
        found = []
        for file in files_in(path):
            try:
                for one in read(file, path if path.is_dir() else path.parent):
                    if isinstance(one, Unreadable):
                        self.stderr.write(f"skipped {file}: {one}")
                    else:
                        found.append(one)
            except Unreadable as error:
                self.stderr.write(f"skipped {file}: {error}")
        return found
