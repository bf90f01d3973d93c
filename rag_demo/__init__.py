"""Retrieval-augmented generation you can see think, on Chinese medical and maternal-infant questions.

from rag_demo import RagEngine
engine = RagEngine.load("base")
print(engine.answer("孕妇血糖高怎么办？").text)
"""

__all__ = ["RagEngine"]


def __getattr__(name: str):
    """RagEngine on demand: training machines have torch and transformers but no FAISS."""
    if name == "RagEngine":
        from rag_demo.engine import RagEngine

        return RagEngine
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
