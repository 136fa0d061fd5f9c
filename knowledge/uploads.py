"""Articles come in as uploaded files. Each file that cannot be read is named with the reason, and the rest is taken."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.words import gettext_noop
from knowledge import shelf
from knowledge.forms import AUDIENCES, UploadForm
from knowledge.importing import Imported, upload_articles
from knowledge.indexing import default_base
from knowledge.models import Article, Audience, KnowledgeBase
from knowledge.sources import SUFFIXES, UPLOAD_BYTES, SourceArticle, Unreadable, articles_in
from knowledge.views import editors, frame, reader

# More files than that are refused before anybody looks at them (DATA_UPLOAD_MAX_NUMBER_FILES).
MOST_FILES, MOST_ARTICLES = 100, 2000
# A request holds a transaction, which the database ends when it hears nothing for half a minute.
READ_SECONDS = 15.0


@dataclass(frozen=True)
class Refused:
    file: str
    why: str


@dataclass
class Upload:
    """What a bundle of files holds: articles by id, and what could not be read."""

    articles: dict[str, SourceArticle] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)


@require_http_methods(["GET", "HEAD", "POST"])
@editors
def upload(request: HttpRequest) -> HttpResponse:
    """Choose files; then a report of what became of each."""
    form = UploadForm(request.POST or None, initial={"audience": Audience.PUBLIC, "language": "en"})
    files = request.FILES.getlist("files")
    if request.method != "POST" or not form.is_valid() or not files:
        is_bare = request.method == "POST" and not files
        return _page(request, form, status=422 if request.method == "POST" else 200, is_bare=is_bare)
    given = form.cleaned_data
    base = given["base"] or KnowledgeBase.objects.order_by("pk").first() or default_base()
    found = _read(files, given)
    done = upload_articles(base, found.articles.values(), by=reader(request), files_win=given["files_win"])
    kept = Article.objects.filter(base=base, external_id__in=done.changed_here)
    return _page(request, form, upload=found, done=done, kept=kept, file_count=len(files))


def _page(request: HttpRequest, form: UploadForm, status: int = 200, done: Imported | None = None, **more: Any) -> HttpResponse:
    context = frame(request) | {
        "form": form,
        "done": done,
        "audiences": [{"value": value, "name": name, "hint": hint} for value, name, hint in AUDIENCES],
        "audience": form["audience"].value(),
        "accept": ",".join(SUFFIXES),
        "most_files": MOST_FILES,
        "most_mb": UPLOAD_BYTES // 1_000_000,
        "categories": shelf.categories(),
        "has_bases": KnowledgeBase.objects.count() > 1,
    }
    return render(request, "knowledge/upload.html", context | more, status=status)


def _read(files: list[UploadedFile], given: dict[str, Any]) -> Upload:
    """Every file in order, as long as it does not take too long for somebody who waits."""
    found, began = Upload(), time.monotonic()
    for file in files:
        name = PurePosixPath((file.name or "file").replace("\\", "/")).name
        if time.monotonic() - began > READ_SECONDS:
            found.refused.append(
                Refused(name, gettext_noop("not read any more: too much at once. Upload it again with fewer others"))
            )
            continue
        for one in _articles(name, file):
            _take(found, name, one, given)
    return found


def _articles(name: str, file: UploadedFile) -> Iterator[SourceArticle | Unreadable]:
    size = file.size or 0
    if size > UPLOAD_BYTES:
        yield Unreadable(gettext_noop("larger than {0} MB").format(UPLOAD_BYTES // 1_000_000))
    elif size == 0:
        yield Unreadable(gettext_noop("empty"))
    else:
        try:
            yield from articles_in(name, file.read())
        except Unreadable as error:
            yield error


def _take(found: Upload, name: str, one: SourceArticle | Unreadable, given: dict[str, Any]) -> None:
    if isinstance(one, Unreadable):
        found.refused.append(Refused(name, str(one)))
    elif one.external_id in found.articles:
        found.refused.append(
            Refused(name, _("%(id)s was in this upload already; the first one was taken") % {"id": one.external_id})
        )
    elif len(found.articles) >= MOST_ARTICLES:
        found.refused.append(
            Refused(
                name,
                _("more than %(number)s articles at once: %(id)s was left out")
                % {"number": MOST_ARTICLES, "id": one.external_id},
            )
        )
    else:
        found.articles[one.external_id] = _completed(one, given)


def _completed(one: SourceArticle, given: dict[str, Any]) -> SourceArticle:
    """With what was chosen for files that do not say it. What a file keeps for staff stays with staff."""
    is_internal = Audience.INTERNAL in (one.audience, given["audience"])
    return replace(
        one,
        category=one.category or given["category"],
        language=one.language or given["language"],
        audience=Audience.INTERNAL if is_internal else Audience.PUBLIC,
    )
