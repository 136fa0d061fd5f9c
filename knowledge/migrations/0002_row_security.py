"""Who may see and change knowledge.

Customers see what is published for them. Staff see everything that is published, editors also what is not. The index
(chunks, postings, vectors) is written by the system alone, from the articles; so are memories, which nobody else reads.
"""

from django.db import migrations

from core.rls import RowSecurity, Rules

READ = {"select": "{valid}"}
WRITE = {"select": "{valid}", "insert": "{valid}", "update": "{valid}"}
REBUILD = {**WRITE, "delete": "{valid}"}

SHELF: Rules = {
    "agent": READ,
    "supervisor": WRITE,
    "admin": WRITE,
    "system": WRITE,
}
ARTICLES: Rules = {
    **SHELF,
    "agent": {"select": "{valid} AND state = 'published'"},
    "customer": {"select": "{valid} AND state = 'published' AND audience = 'public'"},
}
CHUNKS: Rules = {
    "agent": READ,
    "supervisor": READ,
    "admin": READ,
    "customer": {"select": "{valid} AND audience = 'public'"},
    "system": REBUILD,
}
INDEX: Rules = {"agent": READ, "supervisor": READ, "admin": READ, "system": REBUILD}


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0001_initial"), ("core", "0002_row_security")]

    operations = [
        RowSecurity("knowledge_knowledgebase", SHELF),
        RowSecurity("knowledge_article", ARTICLES),
        RowSecurity("knowledge_chunk", CHUNKS),
        RowSecurity("knowledge_posting", INDEX),
        RowSecurity("knowledge_embedding", INDEX),
        RowSecurity("knowledge_embeddingmodel", {**INDEX, "admin": WRITE}),
        RowSecurity("knowledge_reviewmemory", {"system": REBUILD}),
    ]
