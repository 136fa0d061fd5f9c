"""Names the admin site that this project uses instead of Django's own."""

from django.contrib.admin import apps


class DeskConfig(apps.AdminConfig):
    default = False
    default_site = "contactcenter.desk.Desk"
