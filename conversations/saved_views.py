"""Filters kept under a name: one's own, a team's, or everybody's. Row security says who may see and change which."""

from django.db.models import Max, QuerySet
from django.db.models.functions import Now

from accounts.models import Team, User
from conversations.filters import Filters
from conversations.models import SavedView, Scope


def views() -> list[SavedView]:
    """Every one that the reader may use: his own, his teams', everybody's, each group in its order."""
    return sorted(
        SavedView.objects.select_related("team"), key=lambda one: (Scope.values.index(one.scope), one.position, one.name)
    )


def address(view: SavedView) -> str:
    """Where it leads. What was kept is not touched, however little of it still makes sense."""
    filters = Filters.of_query(view.query)
    broken = "".join(f"&{name}={value}" for name, value in filters.unclear)
    return filters.address(saved=str(view.pk)) + broken


def keep(user: User, name: str, filters: Filters, scope: str, team: Team | None = None) -> SavedView:
    """Keep `filters` as the last of their group."""
    owner = user if scope == Scope.PERSONAL else None
    made = SavedView(name=name, query=filters.without("saved").query(), scope=scope, owner=owner, team=team)
    made.position = (_group(made).aggregate(last=Max("position"))["last"] or 0) + 1
    made.save()
    return made


def rename(view: SavedView, name: str) -> None:
    SavedView.objects.filter(pk=view.pk).update(name=name, changed_at=Now())


def remove(view: SavedView) -> None:
    SavedView.objects.filter(pk=view.pk).delete()


def move(view: SavedView, by: int) -> None:
    """One place up (-1) or down (1) within its group; past an end nothing happens."""
    group = list(_group(view).order_by("position", "name"))
    at = next(n for n, one in enumerate(group) if one.pk == view.pk)
    to = at + by
    if not 0 <= to < len(group):
        return
    group[at], group[to] = group[to], group[at]
    for position, one in enumerate(group, 1):
        SavedView.objects.filter(pk=one.pk).update(position=position, changed_at=Now())


def may_change(user: User, view: SavedView) -> bool:
    """Agents change their own, supervisors also what is shared with them."""
    return view.owner_id == user.pk or (view.scope != Scope.PERSONAL and user.role == User.Role.SUPERVISOR)


def _group(view: SavedView) -> QuerySet[SavedView]:
    return SavedView.objects.filter(scope=view.scope, owner=view.owner_id, team=view.team_id)
