"""Indexes for large bases: a posting is read without its row, and remembered decisions are found by their own vector index."""

import pgvector.django.indexes
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0005_article_rights")]

    operations = [
        migrations.RemoveIndex(model_name="posting", name="knowledge_posting_lexeme"),
        migrations.AddIndex(
            model_name="posting",
            index=models.Index(
                fields=["base", "lexeme", "-count"], include=["article", "audience"], name="knowledge_posting_often"
            ),
        ),
        migrations.AddIndex(
            model_name="reviewmemory",
            index=pgvector.django.indexes.HnswIndex(
                ef_construction=64,
                fields=["vector"],
                m=16,
                name="knowledge_memory_hnsw",
                opclasses=["halfvec_cosine_ops"],
            ),
        ),
    ]
