"""Train the generator: question + a passage -> the answer.

    python -m training.train_generator --init runs/init/generator --questions train.jsonl --passages passages.jsonl \\
        --dev dev.jsonl --out runs/generator  [--retrieved found.jsonl --retrieved_share 0.3]
    torchrun --nproc_per_node 4 -m training.train_generator …

The passage is one that answers; with --retrieved (a file of training.mine_negatives --no_filter) a share of them are
what a retriever found. Writes generator/ (the best on the dev questions), log.jsonl, plot.svg and state.pt; the same
command goes on from state.pt."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from rag_demo.corpus import read_passages
from rag_demo.files import replaced_folder
from rag_demo.generator import Generator
from rag_demo.prompt import Lengths
from training.cli import run
from training.dpr_data import read_all_questions, read_negatives
from training.generator_data import Examples, collate
from training.loop import LoopArgs, Plan, fit
from training.world import World, prepare, sum_values

DEV_TOKENS = 4000  # padded input tokens of an evaluation's batch


@dataclass(kw_only=True)
class Args(LoopArgs):
    init: str = field(metadata={"help": "Folder of the generator to start from."})
    questions: list[str] = field(metadata={"help": "Training questions with answers, JSONL."})
    passages: list[str] = field(metadata={"help": "Their passages, JSONL."})
    dev: str | None = field(default=None, metadata={"help": "Dev questions, JSONL."})
    epochs: float = field(default=3, metadata={"help": "Passes over the questions."})
    steps: int = field(default=0, metadata={"help": "Steps, instead of --epochs."})
    batch_tokens: int = field(default=1600, metadata={"help": "Padded input tokens a step and process."})
    crop: float = field(default=0.5, metadata={"help": "Share of the passages cut to a few shuffled clauses."})
    retrieved: str | None = field(default=None, metadata={"help": "Retrieved passages of the questions, JSONL."})
    retrieved_share: float = field(default=0.3, metadata={"help": "Share of the inputs that take one of --retrieved."})
    first_weight: float = field(default=1.0, metadata={"help": "How often the first token's loss counts."})


def token_weights(labels: torch.Tensor, first_weight: float) -> torch.Tensor:
    """labels (B, T), -100 where there is no token -> how often each counts, (B, T) float32.

    The first token counts `first_weight` times: it chooses the clause, the others mostly copy.
    """
    weights = (labels != -100).float()
    weights[:, 0] = first_weight
    return weights


class Writer:
    """A Trainee: the generator over a stream of batches."""

    def __init__(
        self,
        generator: Generator,
        data: Examples,
        world: World,
        *,
        tokens: int,
        seed: int,
        first_weight: float = 1.0,
        chunk: int = 0,
        dev: Examples | None = None,
    ) -> None:
        self.module = self.generator = generator
        self.data, self.dev, self.world = data, dev, world
        self.tokens, self.seed, self.first_weight, self.chunk = tokens * world.size, seed, first_weight, chunk
        self._stream, self._next = data.endless(seed, self.tokens), 0

    @property
    def steps_per_epoch(self) -> int:
        return sum(1 for _ in self.data.batches(self.seed, self.tokens))

    def backward(self, step: int) -> dict[str, torch.Tensor]:
        while self._next <= step:  # a run that goes on passes over what is done
            batch, self._next = next(self._stream), self._next + 1
        total = sum(len(target) - 1 + self.first_weight for _, target in batch)
        loss = torch.zeros((), device=self.world.device)
        mine = self.world.share(batch)
        size = self.chunk or max(1, len(mine))
        for start in range(0, len(mine), size):
            log_probs, labels = self._log_probs(mine[start : start + size])
            part = -(log_probs * token_weights(labels, self.first_weight)).sum() / total
            part.backward()
            loss += part.detach()
        return {"nll": loss}

    def _log_probs(self, examples) -> tuple[torch.Tensor, torch.Tensor]:
        """log p of the targets and their labels, (B, T) both."""
        ids, mask, labels = (t.to(self.world.device) for t in collate(examples, self.generator.tokenizer.pad_token_id))
        with self.world.autocast():
            return self.generator.token_log_probs(ids, mask, labels), labels

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        """Loss a token over whole passages, and of the first token alone: where the clause is chosen."""
        if self.dev is None:
            return {}
        self.generator.eval()
        sums = torch.zeros(4, dtype=torch.float64, device=self.world.device)
        for batch in self.world.share(list(self.dev.batches(0, DEV_TOKENS, shuffle=False))):
            log_probs, labels = self._log_probs(batch)
            found = -log_probs.sum(), -log_probs[:, 0].sum(), (labels != -100).sum(), torch.tensor(len(labels))
            sums += torch.stack([value.to(sums) for value in found])
        names = ("nll", "first", "tokens", "rows")
        total = sum_values(dict(zip(names, sums, strict=True)), self.world)
        return {"dev_nll": total["nll"] / total["tokens"], "dev_first_nll": total["first"] / total["rows"]}

    def quality(self, record: Mapping[str, float]) -> float:
        return -record["dev_nll"] if "dev_nll" in record else record["step"]

    def save(self, out: Path) -> None:
        with replaced_folder(out / "generator") as folder:
            self.generator.save(folder)

    def state(self) -> dict[str, Any]:
        return {}

    def set_state(self, state: Mapping[str, Any]) -> None:
        pass


def main(args: Args) -> dict | None:
    with args.world() as world:
        trainee = build(args, world)
        steps = args.steps or int(args.epochs * trainee.steps_per_epoch)
        return fit(trainee, Plan(steps), args, world, "generator")


def build(args: Args, world: World) -> Writer:
    passages = {passage.id: passage for path in args.passages for passage in read_passages(path)}
    questions, retrieved = read_all_questions(args.questions), read_negatives(args.retrieved)
    dev = read_all_questions([args.dev])[:300] if args.dev else []
    generator = Generator.load(args.init)
    tokenizer, lengths = generator.tokenizer, Lengths()
    data = Examples(
        questions,
        passages,
        tokenizer,
        lengths,
        crop_share=args.crop,
        retrieved=retrieved,
        retrieved_share=args.retrieved_share,
    )
    prepare(generator.model, world, args.checkpointing)
    return Writer(
        generator,
        data,
        world,
        tokens=args.batch_tokens,
        seed=args.seed,
        first_weight=args.first_weight,
        chunk=args.chunk,
        dev=Examples(dev, passages, tokenizer, lengths) if dev else None,
    )


if __name__ == "__main__":
    run(main, Args, __doc__)
