"""The local embedding model is there from the start and active, so that no two imports race to add it."""

from typing import Any

from django.db import migrations


def add(apps: Any, schema_editor: Any) -> None:
    models = apps.get_model("knowledge", "EmbeddingModel").objects.using(schema_editor.connection.alias)
    if not models.exists():
        models.create(name="all-MiniLM-L6-v2-int8", version="minilm-l6-v2-int8.1", state="active")


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0002_row_security")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
