"""Who may see and change knowledge.

Customers see what is published for them. Staff see everything that is published, editors also what is not. The index
(chunks, postings, vectors) is written by the system alone, from the articles; so are memories, which nobody else reads.
"""

from django.db import migrations

from core.rls import RowSecurity, Rules

READ = {"select": "{valid}"}
WRITE = {"select": "{valid}", "insert": "{valid}", "update": "{valid}"}
REBUILD = {**WRITE, "delete": "{valid}"}
FOR_CUSTOMERS = {"select": "{valid} AND audience = 'public'"}

SHELF: Rules = {"customer": READ, "agent": READ, "supervisor": WRITE, "admin": WRITE, "system": WRITE}
ARTICLES: Rules = {
    **SHELF,
    "agent": {"select": "{valid} AND state = 'published'"},
    "customer": {"select": "{valid} AND state = 'published' AND audience = 'public'"},
}
INDEX: Rules = {"customer": FOR_CUSTOMERS, "agent": READ, "supervisor": READ, "admin": READ, "system": REBUILD}
MODELS: Rules = {"customer": READ, "agent": READ, "supervisor": READ, "admin": WRITE, "system": REBUILD}

# An answer for a customer is searched with the customer's rights. It may compare with what was decided about similar
# questions, and may not learn whose questions they were.
REMEMBERED = ("{valid}", ["id", "base_id", "model_id", "vector", "article_id", "outcome"])
MEMORIES: Rules = {"customer": {"select": REMEMBERED}, "system": REBUILD}


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0001_initial"), ("core", "0002_row_security")]

    operations = [
        RowSecurity("knowledge_knowledgebase", SHELF),
        RowSecurity("knowledge_article", ARTICLES),
        RowSecurity("knowledge_chunk", INDEX),
        RowSecurity("knowledge_posting", INDEX),
        RowSecurity("knowledge_embedding", INDEX),
        RowSecurity("knowledge_embeddingmodel", MODELS),
        RowSecurity("knowledge_reviewmemory", MEMORIES),
    ]
