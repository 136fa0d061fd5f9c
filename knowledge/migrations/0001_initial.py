import django.db.models.deletion
import django.utils.timezone
import pgvector.django.halfvec
import pgvector.django.indexes
from django.db import migrations, models
from pgvector.django import VectorExtension


class Migration(migrations.Migration):

    initial = True
    dependencies = []

    operations = [
        VectorExtension(),
        migrations.CreateModel(
            name='Article',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('external_id', models.CharField(max_length=200)),
                ('title', models.CharField(max_length=300)),
                ('category', models.CharField(blank=True, max_length=120)),
                ('body', models.TextField()),
                ('url', models.CharField(blank=True, max_length=500)),
                ('language', models.CharField(default='en', max_length=12)),
                ('audience', models.CharField(choices=[('public', 'Customers'), ('internal', 'Staff only')], default='public', max_length=8)),
                ('state', models.CharField(choices=[('published', 'Published'), ('archived', 'Archived')], default='published', max_length=9)),
                ('version', models.PositiveIntegerField(default=1)),
                ('content_hash', models.CharField(max_length=64)),
                ('indexed_hash', models.CharField(blank=True, max_length=64)),
                ('lexeme_count', models.PositiveIntegerField(default=0)),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ['title'],
            },
        ),
        migrations.CreateModel(
            name='KnowledgeBase',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120)),
                ('slug', models.SlugField(max_length=80, unique=True)),
                ('language', models.CharField(default='en', max_length=12)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Chunk',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('passage', 'Passage'), ('whole', 'Whole article'), ('title', 'Title')], max_length=7)),
                ('position', models.PositiveIntegerField(default=0)),
                ('text', models.TextField()),
                ('content_hash', models.CharField(max_length=64)),
                ('audience', models.CharField(choices=[('public', 'Customers'), ('internal', 'Staff only')], default='public', max_length=8)),
                ('article', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='chunks', to='knowledge.article')),
                ('base', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='knowledge.knowledgebase')),
            ],
            options={
                'ordering': ['article_id', 'kind', 'position'],
            },
        ),
        migrations.CreateModel(
            name='EmbeddingModel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120)),
                ('version', models.CharField(max_length=64, unique=True)),
                ('dimensions', models.PositiveIntegerField(default=384)),
                ('state', models.CharField(choices=[('building', 'Building'), ('active', 'Active'), ('retired', 'Retired')], default='building', max_length=8)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'active')), fields=('state',), name='knowledge_one_active_model')],
            },
        ),
        migrations.AddField(
            model_name='article',
            name='base',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='articles', to='knowledge.knowledgebase'),
        ),
        migrations.CreateModel(
            name='Posting',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('lexeme', models.CharField(max_length=255)),
                ('count', models.PositiveIntegerField()),
                ('audience', models.CharField(choices=[('public', 'Customers'), ('internal', 'Staff only')], default='public', max_length=8)),
                ('article', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='knowledge.article')),
                ('base', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='knowledge.knowledgebase')),
            ],
        ),
        migrations.CreateModel(
            name='ReviewMemory',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('vector', pgvector.django.halfvec.HalfVectorField(dimensions=384)),
                ('outcome', models.CharField(choices=[('approved', 'Approved'), ('edited', 'Edited'), ('rejected', 'Rejected')], max_length=8)),
                ('source', models.CharField(blank=True, max_length=64)),
                ('customer_ref', models.BigIntegerField(db_index=True, null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('article', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='knowledge.article')),
                ('base', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memories', to='knowledge.knowledgebase')),
                ('model', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='knowledge.embeddingmodel')),
                ('proposed', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='knowledge.article')),
            ],
        ),
        migrations.CreateModel(
            name='Embedding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('vector', pgvector.django.halfvec.HalfVectorField(dimensions=384)),
                ('audience', models.CharField(choices=[('public', 'Customers'), ('internal', 'Staff only')], default='public', max_length=8)),
                ('chunk', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='embeddings', to='knowledge.chunk')),
                ('model', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='embeddings', to='knowledge.embeddingmodel')),
                ('base', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='knowledge.knowledgebase')),
            ],
            options={
                'indexes': [models.Index(fields=['base', 'model'], name='knowledge_embedding_base'), pgvector.django.indexes.HnswIndex(ef_construction=64, fields=['vector'], m=16, name='knowledge_embedding_hnsw', opclasses=['halfvec_cosine_ops'])],
                'constraints': [models.UniqueConstraint(fields=('chunk', 'model'), name='knowledge_embedding_once')],
            },
        ),
        migrations.AddConstraint(
            model_name='chunk',
            constraint=models.UniqueConstraint(fields=('article', 'kind', 'position'), name='knowledge_chunk_place'),
        ),
        migrations.AddIndex(
            model_name='article',
            index=models.Index(fields=['base', 'state', 'audience'], name='knowledge_article_shelf'),
        ),
        migrations.AddConstraint(
            model_name='article',
            constraint=models.UniqueConstraint(fields=('base', 'external_id'), name='knowledge_article_once'),
        ),
        migrations.AddIndex(
            model_name='posting',
            index=models.Index(fields=['base', 'lexeme'], name='knowledge_posting_lexeme'),
        ),
        migrations.AddConstraint(
            model_name='posting',
            constraint=models.UniqueConstraint(fields=('article', 'lexeme'), name='knowledge_posting_once'),
        ),
        migrations.AddConstraint(
            model_name='reviewmemory',
            constraint=models.UniqueConstraint(condition=models.Q(('source', ''), _negated=True), fields=('base', 'model', 'source'), name='knowledge_memory_once'),
        ),
    ]
