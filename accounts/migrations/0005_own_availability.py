"""People set their own availability and language; admins set capacities as well."""

from django.db import migrations

from core.rls import RowSecurity

OWN = ["theme", "letter_keys", "timezone", "language", "availability"]
OWN_SETTINGS = {"select": "{valid}", "update": ("id = {me}", OWN)}
OF_ADMINS = ["email", "name", "role", "is_active", "password", "capacity", *OWN]


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_availability")]
    operations = [
        RowSecurity(
            "accounts_user",
            {
                "agent": OWN_SETTINGS,
                "supervisor": OWN_SETTINGS,
                "admin": {"select": "{valid}", "insert": "{valid}", "update": ("{valid}", OF_ADMINS)},
                "door": {"select": "{valid}", "update": ("{valid}", ["last_login", "password"])},
                "system": {"select": "{valid}"},
            },
        ),
    ]
