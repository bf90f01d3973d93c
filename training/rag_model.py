"""RAG as the loop trains it: question encoder and generator on the marginal likelihood (Lewis et al. 2020, sections 2.1
and 2.4), over passage vectors that do not change."""

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from rag_demo.corpus import Question
from rag_demo.encoder import TextEncoder
from rag_demo.files import replaced_folder
from rag_demo.generator import Generator
from rag_demo.marginal import log_prior, sequence_marginal, token_marginal
from rag_demo.metrics import recall
from rag_demo.prompt import Lengths, build_input, encode_answer
from rag_demo.tensors import pad
from rag_demo.types import Passage, RagError, RagMode
from training.nearest import nearest, ranks
from training.world import World, encode, gather, sum_values

COLLAPSED = 0.2  # distinct first passages a distinct wanted passage, below which retrieval has collapsed
WINDOW = 256  # recent questions that are looked at
DEV_SAMPLE = 100  # dev questions whose marginal likelihood is taken
DEV_BATCH = 4


class Rag(nn.Module):
    """The two trained parts, and the fixed vectors of the passages (P, D)."""

    def __init__(
        self,
        question_encoder: TextEncoder,
        generator: Generator,
        passages: Sequence[Passage],
        vectors: torch.Tensor,
        mode: RagMode,
        *,
        top_k: int,
        whole_prior: bool = False,
        lengths: Lengths = Lengths(),
    ) -> None:
        super().__init__()
        self.question_encoder, self.generator = question_encoder, generator
        self.passages, self.vectors, self.top_k, self.lengths = passages, vectors, top_k, lengths
        self.marginal = token_marginal if mode is RagMode.TOKEN else sequence_marginal
        self.whole_prior = whole_prior
        if vectors.shape[1] != question_encoder.dimension:
            raise RagError(
                f"The question encoder is {question_encoder.dimension} wide and the passages' vectors {vectors.shape[1]}; "
                "take both towers from one preset."
            )
        if not 1 <= top_k <= len(passages):
            raise RagError(f"--top_k is {top_k}, but there are {len(passages)} passages; give 1 to {len(passages)}.")

    def forward(self, questions: Sequence[Question], world: World) -> tuple[torch.Tensor, torch.Tensor]:
        """-> log p(y|x) of each question (B,), and the first passage of each, int64 (B,)."""
        tower, tokenizer, k = self.question_encoder, self.generator.tokenizer, self.top_k
        ids, mask = pad(tower.tokenise([q.question for q in questions]), tower.tokenizer.pad_token_id)
        with world.autocast():
            vectors = tower(ids.to(world.device), mask.to(world.device))
        scores = vectors @ self.vectors.T  # (B, D) @ (D, P) -> (B, P)
        top, chosen = scores.topk(k)  # (B, k)
        prior = top - scores.logsumexp(1, keepdim=True) if self.whole_prior else log_prior(top)
        rows = [
            build_input(tokenizer, q.question, self.passages[i], self.lengths)
            for q, places in zip(questions, chosen.tolist(), strict=True)
            for i in places
        ]
        labels, present = pad(
            [encode_answer(tokenizer, q.answer, self.lengths.answer) for q in questions for _ in range(k)], 0
        )
        batch = (*pad(rows, tokenizer.pad_token_id), labels.masked_fill(present == 0, -100))
        with world.autocast():
            log_probs = self.generator.token_log_probs(*(t.to(world.device) for t in batch))  # (B·k, T)
        return self.marginal(prior, log_probs.unflatten(0, (-1, k))), chosen[:, 0]


class RagTrainee:
    """A Trainee. The loss is a sum over questions, so a chunk of them at a time is plain gradient accumulation."""

    def __init__(
        self,
        rag: Rag,
        questions: Sequence[Question],
        world: World,
        *,
        batch: int,
        seed: int,
        chunk: int = 0,
        dev: Sequence[Question] = (),
    ) -> None:
        self.module = self.rag = rag
        self.questions, self.world, self.dev = questions, world, dev
        self.batch, self.seed, self.chunk = batch * world.size, seed, chunk
        self.firsts: list[int] = []  # of the recent questions: the first passage retrieved …
        self.wanted: list[str] = []  # … and one that answers

    def backward(self, step: int) -> dict[str, torch.Tensor]:
        rng = random.Random(f"{self.seed}-{step}")
        chosen = rng.sample(self.questions, min(self.batch, len(self.questions)))
        mine = self.world.share(chosen)
        size = self.chunk or max(1, len(mine))
        nll = torch.zeros((), device=self.world.device)
        firsts = [torch.zeros(0, dtype=torch.int64, device=self.world.device)]
        for start in range(0, len(mine), size):
            log_likelihood, first = self.rag(mine[start : start + size], self.world)
            part = -log_likelihood.sum() / len(chosen)
            (part / self.rag.lengths.answer).backward()
            nll += part.detach()
            firsts.append(first)
        self.firsts = [*self.firsts, *gather(torch.cat(firsts), self.world).tolist()][-WINDOW:]
        self.wanted = [*self.wanted, *(q.passage_ids[0] for q in chosen)][-WINDOW:]
        check_collapse(self.firsts, self.wanted)
        return {"nll": nll}

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        """Share of distinct first passages; of the dev questions the marginal loss of some, recall@5 and the spread of
        the vectors of all."""
        found = {"distinct_first": check_collapse(self.firsts, self.wanted)} if self.firsts else {}
        if not self.dev:
            return found
        rag = self.rag.eval()
        vectors = encode(rag.question_encoder, [q.question for q in self.dev], self.world)
        near = nearest(vectors.cpu().numpy(), rag.vectors.cpu().numpy(), rag.passages, 5)
        sample = self.dev[:: max(1, len(self.dev) // DEV_SAMPLE)][:DEV_SAMPLE]
        mine = self.world.share(sample)
        nll = torch.zeros((), dtype=torch.float64, device=self.world.device)
        for start in range(0, len(mine), DEV_BATCH):
            nll -= rag(mine[start : start + DEV_BATCH], self.world)[0].sum()
        return found | {
            "dev_nll": sum_values({"nll": nll}, self.world)["nll"] / len(sample),
            "recall@5": recall(ranks(*near, self.dev, rag.passages), 5),
            "question_variance": float(vectors.var(0).sum()),
        }

    def quality(self, record: Mapping[str, float]) -> float:
        return -record["dev_nll"] if "dev_nll" in record else record["step"]

    def save(self, out: Path) -> None:
        for name in ("question_encoder", "generator"):
            with replaced_folder(out / name) as folder:
                getattr(self.rag, name).save(folder)

    def state(self) -> dict[str, Any]:
        return {"firsts": self.firsts, "wanted": self.wanted}

    def set_state(self, state: Mapping[str, Any]) -> None:
        self.firsts, self.wanted = state["firsts"], state["wanted"]


def check_collapse(firsts: Sequence[int], wanted: Sequence[str]) -> float:
    """Distinct first passages of the recent questions, as a share of the distinct passages they want, at most 1.

    Raises RagError when retrieval has collapsed: a window of questions that all find the same few.
    """
    share = min(1.0, len(set(firsts)) / len(set(wanted)))
    if len(firsts) >= WINDOW and share < COLLAPSED:
        raise RagError(
            f"Retrieval has collapsed: the last {len(firsts)} questions want {len(set(wanted))} passages and find "
            f"{len(set(firsts))} first; lower --lr, or start from better towers (training.train_dpr)."
        )
    return share
