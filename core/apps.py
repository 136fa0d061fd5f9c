from django.apps import AppConfig
from django.core.checks import Tags, register
from django.utils.translation import gettext_lazy as _

from core import checks


class CoreConfig(AppConfig):
    name = "core"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = _("Operations")

    def ready(self) -> None:
        register(checks.settings_fit_together, Tags.security)
        register(checks.database_keeps_its_promises, Tags.database)
