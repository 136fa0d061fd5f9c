"""The draft that an address names."""

from django.http import Http404

from approvals import queries
from approvals.models import Draft


def visible_draft(pk: int) -> Draft:
    """The draft. Raises Http404 when there is none or the reader may not see it: nobody can tell which."""
    draft = queries.draft(pk)
    if draft is None:
        raise Http404
    return draft
