"""The bi-encoder as the loop trains it: encode a batch, score it, send the gradient back; measure it on dev questions."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

from rag_demo.corpus import Question
from rag_demo.encoder import TextEncoder
from rag_demo.files import replaced_folder
from rag_demo.metrics import recall
from rag_demo.types import Passage, RagError
from training.dpr_data import Batch, Collator, Side
from training.dpr_sources import Mixture
from training.grad_cache import Encode, cached_backward, plain_backward
from training.losses import in_batch_kl, nll, state_regression
from training.nearest import nearest, ranks
from training.world import World, encode, gather

MAX_LENGTH = 256  # tokens a shipped tower reads
CUTS = (1, 5, 20)


class Dpr:
    """A Trainee of two towers, or of one for both sides.

    bank: ids of passages whose kept vectors the questions of the first source are scored against, too (as the pre-batch
    negatives of Wang et al. 2022, SimKGC). All of them are equally stale, the positive's among them: next to negatives
    from an earlier model a fresh positive wins for its freshness, and the towers learn to drift.
    """

    def __init__(
        self,
        towers: tuple[TextEncoder, TextEncoder],
        data: Mixture,
        collator: Collator,
        world: World,
        *,
        temperature: float,
        distil_weight: float = 1.0,
        chunk: int = 0,
        bank: Sequence[str] = (),
        dev: Sequence[Question] = (),
        dev_passages: Sequence[Passage] = (),
    ) -> None:
        self.module = nn.ModuleList(towers)
        self.towers, self.data, self.collator, self.world = towers, data, collator, world
        self.temperature, self.distil_weight, self.chunk = temperature, distil_weight, chunk
        self.dev, self.dev_passages = dev, dev_passages
        self.place = {name: i for i, name in enumerate(bank)}
        self.bank = encode(towers[1], [collator.texts[name] for name in bank], world) if bank else None

    def backward(self, step: int) -> dict[str, torch.Tensor]:
        batch = self.collator.batch(self.data.draw(step))
        places = None
        if self.bank is not None and batch.draw.source == 0:
            places = torch.tensor([self.place[name] for name in batch.draw.passages], device=self.world.device)
        fresh: list[torch.Tensor] = []

        def loss(q: torch.Tensor, p: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
            p = gather(p, self.world)
            fresh.append(p.detach())
            parts = {"nll": self._nll(q, p, batch, places)}
            if batch.lessons:
                parts["kl"] = self._kl(gather(q, self.world), p, batch)
            return parts["nll"] + self.distil_weight * parts.get("kl", 0.0), parts

        sides = [self._chunks(t, s) for t, s in zip(self.towers, (batch.questions, batch.passages), strict=True)]
        run = cached_backward if self.chunk else plain_backward
        parts, own = run(sides, loss, self.world.device)
        if places is not None:
            self.bank[places] = fresh[0]
        return parts | ({"states": own / self.distil_weight} if self._taught else {})

    @property
    def _taught(self) -> bool:
        return bool(self.collator.cache) and self.distil_weight > 0

    def _nll(self, q: torch.Tensor, p: torch.Tensor, batch: Batch, places: torch.Tensor | None) -> torch.Tensor:
        """This process' questions among the passages of the batch, and among those of the bank: its share of the mean
        over the whole batch."""
        q, positives = q / self.temperature, batch.positives.to(q.device)
        losses = nll(q @ p.T, positives, _mask(len(q), len(p), batch.others, q.device))
        if places is not None:
            ignore = _mask(len(q), len(self.bank), self._banked_others(batch), q.device)
            losses = losses + nll(q @ self.bank.T, places[positives], ignore)
        return losses.sum() / len(batch.draw.questions)

    def _banked_others(self, batch: Batch) -> torch.Tensor:
        """As batch.others, over the rows of the bank."""
        mine = self.world.share(list(zip(batch.draw.questions, batch.draw.positives, strict=True)))
        found = [(row, self.place[n]) for row, (q, own) in enumerate(mine) for n in q.passage_ids if n != own]
        return torch.tensor(found, dtype=torch.int64).reshape(-1, 2)

    def _kl(self, q: torch.Tensor, p: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Of the whole batch; every process computes it and counts for its share."""
        asked, told = batch.lessons
        device, sharp = q.device, self.temperature
        found = in_batch_kl(
            q[asked.rows.to(device)] / sharp,
            p[told.rows.to(device)],
            asked.vectors.to(device) / sharp,
            told.vectors.to(device),
        )
        return found / self.world.size

    def _chunks(self, tower: TextEncoder, side: Side | None) -> list[Encode]:
        if side is None:  # more processes than texts; the others still wait for its (empty) part
            nothing = torch.zeros(0, tower.dimension, device=self.world.device, requires_grad=True)
            return [lambda: (nothing, nothing.sum())]
        size = self.chunk or len(side)
        return [partial(self._encode, tower, side.rows(i, min(i + size, len(side)))) for i in range(0, len(side), size)]

    def _encode(self, tower: TextEncoder, side: Side) -> tuple[torch.Tensor, torch.Tensor]:
        """-> normalised vectors (n, D), and the weighted regression of the token states (0 without a teacher)."""
        side = side.to(self.world.device)
        with self.world.autocast():
            states = tower.model(input_ids=side.ids, attention_mask=side.mask).last_hidden_state
        vectors = tower.pool(states, side.mask)
        if side.states is None or not self._taught:
            return vectors, vectors.new_zeros(())
        known = side.mask * side.taught.unsqueeze(1)
        return vectors, self.distil_weight * state_regression(states, side.states, known, side.taught_tokens)

    def evaluate(self) -> dict[str, float]:
        """recall@1/5/20 of the dev questions over the dev passages."""
        if not self.dev:
            return {}
        vectors = encode(self.towers[1], [p.full_text for p in self.dev_passages], self.world).cpu().numpy()
        asked = encode(self.towers[0], [q.question for q in self.dev], self.world).cpu().numpy()
        found = ranks(*nearest(asked, vectors, self.dev_passages, max(CUTS)), self.dev, self.dev_passages)
        return {f"recall@{k}": recall(found, k) for k in CUTS}

    def quality(self, record: Mapping[str, float]) -> float:
        return record.get("recall@5", record["step"])

    def save(self, out: Path) -> None:
        """question_encoder/ carries the inverse temperature as its scale, so that p(z|x) is a plain softmax."""
        scales = {"question_encoder": 1 / self.temperature, "context_encoder": 1.0}
        for tower, (name, scale) in zip(self.towers, scales.items(), strict=True):
            settings = replace(tower.settings, scale=scale, max_length=MAX_LENGTH)
            with replaced_folder(out / name) as folder:
                TextEncoder(tower.model, tower.tokenizer, settings).save(folder)

    def state(self) -> dict[str, Any]:
        return {} if self.bank is None else {"bank": self.bank.cpu()}

    def set_state(self, state: Mapping[str, Any]) -> None:
        if self.bank is not None:
            self.bank = state["bank"].to(self.world.device)


def _mask(rows: int, columns: int, places: torch.Tensor, device: torch.device) -> torch.Tensor:
    """(rows, columns) bool, True at the given (row, column)."""
    mask = torch.zeros(rows, columns, dtype=torch.bool, device=device)
    mask[places[:, 0].to(device), places[:, 1].to(device)] = True
    return mask


def load_towers(init: str, shared: bool, max_length: int) -> tuple[TextEncoder, TextEncoder]:
    """From one tower for both sides, or from a folder with question_encoder/ and context_encoder/."""
    folder = Path(init)
    two = (folder / "question_encoder").exists()
    question = TextEncoder.load(folder / "question_encoder" if two else init)
    context = question if shared else TextEncoder.load(folder / "context_encoder" if two else init)
    if question.dimension != context.dimension:
        raise RagError(
            f"{init}: the question encoder is {question.dimension} wide and the context encoder {context.dimension}; "
            "take both from one preset."
        )
    for tower in (question, context):
        tower.settings = replace(tower.settings, scale=1.0, max_length=max_length)
    return question, context
