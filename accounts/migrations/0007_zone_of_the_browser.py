"""No zone until one is chosen or the browser has told it. UTC was nobody's choice: it was what everybody began with."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_words_of_the_desk")]
    operations = [
        migrations.AlterField(
            "user", "timezone", models.CharField(blank=True, default="", max_length=60, verbose_name="timezone")
        ),
        migrations.RunSQL("UPDATE accounts_user SET timezone = '' WHERE timezone = 'UTC'", migrations.RunSQL.noop),
    ]
