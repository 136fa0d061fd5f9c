"""Messages are found by the provider's name for them, and what one answers may arrive after it."""

from django.db import migrations, models
from django.db.models import Q

ANSWERS = "GRANT UPDATE (in_reply_to_id) ON conversations_message TO cc_system"
UNDO_ANSWERS = "REVOKE UPDATE (in_reply_to_id) ON conversations_message FROM cc_system"


class Migration(migrations.Migration):
    dependencies = [("conversations", "0017_whatsapp_people")]
    operations = [
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["inbox", "provider_id"], name="message_named", condition=~Q(provider_id="")),
        ),
        migrations.RunSQL(ANSWERS, UNDO_ANSWERS),
    ]
