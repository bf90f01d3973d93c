"""A checkpoint's towers as a model of the mteb package (2.x), so that a task of its leaderboard can be run on them.

Queries go through the question encoder, everything else through the context encoder; scores are inner products, as in
retrieval. mteb is not among the requirements: pip install mteb. It fetches the task's data from the hub."""

from collections.abc import Iterable

import numpy as np
import torch

from rag_demo.engine import RagEngine
from rag_demo.types import RagError

QUERY = "query"


class MtebEncoder:
    """mteb's EncoderProtocol over the two towers."""

    mteb_model_meta = None  # mteb makes an empty one; it names results in a cache, which is not used here

    def __init__(self, engine: RagEngine) -> None:
        self.engine = engine

    def encode(
        self,
        inputs: Iterable[dict],
        *,
        task_metadata,
        hf_split: str,
        hf_subset: str,
        prompt_type=None,
        **_options,
    ) -> np.ndarray:
        """Batches with a list of strings under "text" (a passage's title before its text) -> float32 (N, D)."""
        texts = [text for batch in inputs for text in batch["text"]]
        asked = getattr(prompt_type, "value", prompt_type) == QUERY
        tower = self.engine.question_encoder if asked else self.engine.context_encoder
        return tower.encode(texts)

    def similarity(self, first, second) -> torch.Tensor:
        """(N, D), (M, D) -> (N, M) inner products."""
        return torch.as_tensor(first) @ torch.as_tensor(second).T

    def similarity_pairwise(self, first, second) -> torch.Tensor:
        """(N, D), (N, D) -> (N,)."""
        return (torch.as_tensor(first) * torch.as_tensor(second)).sum(-1)


def run_mteb(engine: RagEngine, task_name: str) -> dict:
    """One task's scores: {"main score": its name, "score": its value, and the split's other numbers}."""
    mteb = _mteb()
    try:
        task = mteb.get_task(task_name)
    except KeyError as error:
        raise RagError(f"mteb has no task {task_name!r} ({error.args[0]}).") from None
    try:
        result = mteb.evaluate(MtebEncoder(engine), task, cache=None)
    except (OSError, ConnectionError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise RagError(f"{task_name} cannot be run ({reason}). It needs its data from the hub.") from None
    (found,) = result.task_results
    scores = next(iter(found.scores.values()))[0]
    numbers = {name: round(float(value), 5) for name, value in scores.items() if isinstance(value, int | float)}
    return {"main score": task.metadata.main_score, "score": round(float(found.get_score()), 5), **numbers}


def _mteb():
    try:
        import mteb
    except ImportError:
        raise RagError("--mteb needs the mteb package, 2.0 or later. Install it: pip install 'mteb>=2'.") from None
    if not hasattr(mteb, "evaluate"):
        raise RagError("--mteb needs mteb 2.0 or later; this is an older one. Update it: pip install -U 'mteb>=2'.")
    return mteb
