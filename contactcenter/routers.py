"""Which connection a query takes: the pictures read from the replica when there is one, migrations go through the owner."""

from typing import Any

from django.conf import settings


class Routes:
    """Everything is `default`, except reads of the dashboards' own tables and all migrations."""

    def db_for_read(self, model: type, **hints: Any) -> str | None:
        on_replica = model._meta.app_label == "dashboards" and "replica" in settings.DATABASES  # type: ignore[attr-defined]
        return "replica" if on_replica else None

    def db_for_write(self, model: type, **hints: Any) -> str | None:
        return "default"

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "owner"
