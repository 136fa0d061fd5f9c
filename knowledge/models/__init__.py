"""What the company knows, cut and indexed so that it can be found.

An article belongs to a knowledge base and is cut into chunks; each chunk has one vector per embedding model.
"""

from knowledge.models.articles import Article, ArticleVersion, Audience, KnowledgeBase, WebPage
from knowledge.models.curation import Contradiction, Gap, Proposal, Question
from knowledge.models.index import DIMENSIONS, Chunk, Embedding, EmbeddingModel, EmbeddingModelQuerySet, Posting, ReviewMemory

__all__ = [
    "DIMENSIONS", "Article", "ArticleVersion", "Audience", "Chunk", "Contradiction", "Embedding", "EmbeddingModel",
    "EmbeddingModelQuerySet", "Gap", "KnowledgeBase", "Posting", "Proposal", "Question", "ReviewMemory", "WebPage",
]  # fmt: skip
