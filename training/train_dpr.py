"""Train the bi-encoder: in-batch and hard negatives, next to what a teacher encoder says, where it is given.

    python -m training.train_dpr --init runs/init/tower --questions train.jsonl --passages passages.jsonl \\
        --dev dev.jsonl --out runs/dpr  [--teacher_cache DIR] [--negatives mined.jsonl] [--shared]

Writes question_encoder/ and context_encoder/ (the best on the dev questions), log.jsonl and state.pt; the same command
goes on from state.pt."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F
from tqdm import tqdm

from rag_demo.encoder import TextEncoder
from rag_demo.files import write_bytes
from rag_demo.metrics import recall
from training.cli import run, say
from training.dpr_data import Batch, Collator, PairData, Side, read_all_questions, read_negatives, read_texts
from training.losses import in_batch_kl, in_batch_nll, state_regression
from training.metrics import rank_of_positive
from training.state import load_state, save_state
from training.teacher import key, read_cache

MAX_LENGTH = 256  # tokens a shipped tower reads


@dataclass
class Args:
    init: str = field(metadata={"help": "A tower, or a folder with question_encoder/ and context_encoder/."})
    questions: list[str] = field(metadata={"help": "Training questions, JSONL."})
    passages: list[str] = field(metadata={"help": "Their passages, JSONL."})
    out: str = field(metadata={"help": "Folder to write."})
    dev: str | None = field(default=None, metadata={"help": "Dev questions, JSONL; their passages are in --passages."})
    dev_passages: str | None = field(
        default=None, metadata={"help": "What the dev questions search (default: theirs)."}
    )
    negatives: str | None = field(default=None, metadata={"help": "Mined negatives, JSONL."})
    teacher_cache: str | None = field(default=None, metadata={"help": "Folder of training.teacher."})
    shared: bool = field(default=False, metadata={"help": "One tower for both sides: the first, distilling stage."})
    epochs: float = field(default=3, metadata={"help": "Passes over the questions."})
    batch: int = field(default=64, metadata={"help": "Questions a step."})
    hard: int = field(default=1, metadata={"help": "Hard negatives a question."})
    lr: float = field(default=5e-4, metadata={"help": "Peak learning rate."})
    warmup: int = field(default=100, metadata={"help": "Steps of warm-up."})
    temperature: float = field(default=0.05, metadata={"help": "Scores are cosines over this."})
    distil_weight: float = field(default=1.0, metadata={"help": "Weight of the teacher's losses."})
    evaluate_every: int = field(default=200, metadata={"help": "Steps between evaluations (and saves)."})
    max_length: int = field(default=128, metadata={"help": "Tokens of a text while training; longer ones are cut."})
    threads: int = field(default=2, metadata={"help": "CPU threads."})
    seed: int = field(default=0, metadata={"help": "Order of the questions."})


def load_towers(args: Args) -> tuple[TextEncoder, TextEncoder]:
    """The question tower carries the inverse temperature as its scale."""
    init = Path(args.init)
    two = (init / "question_encoder").exists()
    question = TextEncoder.load(init / "question_encoder" if two else init)
    context = question if args.shared else TextEncoder.load(init / "context_encoder" if two else init)
    for tower in (question, context):
        tower.settings = replace(tower.settings, scale=1.0, max_length=args.max_length)
    return question, context


def forward(tower: TextEncoder, side: Side) -> tuple[torch.Tensor, torch.Tensor]:
    """-> normalised vectors (B, D) and the regression of the token states (0 without a teacher)."""
    states = tower.model(input_ids=side.ids, attention_mask=side.mask).last_hidden_state
    weights = side.mask.unsqueeze(-1)
    vectors = F.normalize((states * weights).sum(1) / weights.sum(1), dim=-1)
    if side.states is None:
        return vectors, states.new_zeros(())
    return vectors, state_regression(states, side.states, side.mask * side.taught.unsqueeze(1))


def losses(
    towers: tuple[TextEncoder, TextEncoder], batch: Batch, temperature: float, means: tuple[torch.Tensor, ...] | None
) -> dict[str, torch.Tensor]:
    (q, q_states), (p, p_states) = (
        forward(tower, side) for tower, side in zip(towers, (batch.questions, batch.passages), strict=True)
    )
    found = {"nll": in_batch_nll(q / temperature, p, batch.positives, batch.ignore)}
    sides = (batch.questions, batch.passages)
    if means is not None and all(side.taught.sum() > 1 for side in sides):
        teacher = [
            F.normalize(side.vectors[side.taught] - mean, dim=-1) for side, mean in zip(sides, means, strict=True)
        ]
        found["kl"] = in_batch_kl(
            q[batch.questions.taught] / temperature,
            p[batch.passages.taught],
            teacher[0] / temperature,
            teacher[1],
        )
        found["states"] = q_states + p_states
    return found


def teacher_means(data: PairData, cache, collate: Collator) -> tuple[torch.Tensor, torch.Tensor] | None:
    """multilingual-e5's vectors share a large mean (cosine .8 between unrelated texts): it is taken out."""
    if not cache:
        return None
    questions = [q.question for q in data.questions[:4000]]
    passages = [data.texts[q.passage_ids[0]] for q in data.questions[:4000]]
    return tuple(
        torch.from_numpy(np.mean([cache[key(t)].vector for t in texts if key(t) in cache], axis=0))
        for texts in (questions, passages)
    )


def evaluate(towers: tuple[TextEncoder, TextEncoder], questions, texts: dict[str, str]) -> dict[str, float]:
    """recall@1/5/20 of the dev questions over `texts`, by exact inner product."""
    ids = list(texts)
    vectors = towers[1].encode(list(texts.values()))
    ranks = rank_of_positive(towers[0].encode([q.question for q in questions]) @ vectors.T, questions, ids)
    return {f"recall@{k}": recall(ranks, k) for k in (1, 5, 20)}


def save(args: Args, towers: tuple[TextEncoder, TextEncoder]) -> None:
    scales = {"question_encoder": 1 / args.temperature, "context_encoder": 1.0}
    for tower, (name, scale) in zip(towers, scales.items(), strict=True):
        settings = replace(tower.settings, scale=scale, max_length=MAX_LENGTH)
        TextEncoder(tower.model, tower.tokenizer, settings).save(Path(args.out) / name)


def main(args: Args) -> dict:
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    out = Path(args.out)
    towers = load_towers(args)
    cache = read_cache(args.teacher_cache) if args.teacher_cache else {}
    texts = read_texts(args.passages)
    data = PairData(read_all_questions(args.questions), texts, read_negatives(args.negatives), args.batch, args.hard)
    collate = Collator(*towers, cache)
    means = teacher_means(data, cache, collate)
    dev = read_all_questions([args.dev])[:2000] if args.dev else []
    dev_texts = (
        read_texts([args.dev_passages])
        if args.dev_passages
        else {name: texts[name] for q in dev for name in q.passage_ids}
    )
    parameters = list({id(p): p for tower in towers for p in tower.parameters()}.values())
    optimizer = torch.optim.AdamW(parameters, lr=args.lr, weight_decay=0.01, betas=(0.9, 0.98))
    steps = int(args.epochs * len(data.order(args.seed)))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, (step + 1) / args.warmup) * max(0.02, 1 - step / steps)
    )
    both = torch.nn.ModuleList(towers)
    progress = load_state(out, both, optimizer, schedule)
    step, best, history = progress.step, progress.best, progress.history
    if dev and step == 0:
        say(f"step 0: {evaluate(towers, dev, dev_texts)}")
    total: dict[str, float] = {}
    with tqdm(total=steps, initial=step, desc="dpr") as bar:
        while step < steps:
            epoch, skip = divmod(step, len(data.order(args.seed)))
            for i, batch in enumerate(data.epoch(args.seed + epoch, collate)):
                if i < skip:
                    continue
                for tower in towers:
                    tower.train()
                parts = losses(towers, batch, args.temperature, means)
                loss = parts["nll"] + args.distil_weight * sum(v for k, v in parts.items() if k != "nll")
                optimizer.zero_grad(set_to_none=True)
                loss.backward()
                torch.nn.utils.clip_grad_norm_(parameters, 1.0)
                optimizer.step()
                schedule.step()
                step += 1
                bar.update()
                for name, value in parts.items():
                    total[name] = total.get(name, 0.0) + float(value.detach())
                if step % args.evaluate_every == 0 or step == steps:
                    record = {"step": step, **{k: round(v / args.evaluate_every, 4) for k, v in total.items()}}
                    record |= evaluate(towers, dev, dev_texts) if dev else {}
                    total = {}
                    history.append(record)
                    say(json.dumps(record))
                    quality = record.get("recall@5", float(step))
                    if best is None or quality > best:
                        best = quality
                        save(args, towers)
                    save_state(out, both, optimizer, schedule, step, best, history)
                if step >= steps:
                    break
    write_bytes(out / "done.json", json.dumps(history[-1]).encode())
    return {"steps": step, "best recall@5": best, "last": history[-1]}


if __name__ == "__main__":
    run(main, Args, __doc__)
