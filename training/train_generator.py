"""Train the generator: question + a passage that answers it -> the answer.

    python -m training.train_generator --init runs/init/generator --questions train.jsonl --passages passages.jsonl \\
        --dev dev.jsonl --out runs/generator

Writes the generator (the best on the dev questions), log.jsonl and state.pt; the same command goes on from it."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import torch
from tqdm import tqdm

from rag_demo.corpus import read_passages
from rag_demo.files import write_bytes
from rag_demo.generator import Generator
from rag_demo.prompt import Lengths
from training.cli import run, say
from training.dpr_data import read_all_questions
from training.generator_data import Examples
from training.state import load_state, save_state


@dataclass
class Args:
    init: str = field(metadata={"help": "Folder of the generator to start from."})
    questions: list[str] = field(metadata={"help": "Training questions with answers, JSONL."})
    passages: list[str] = field(metadata={"help": "Their passages, JSONL."})
    out: str = field(metadata={"help": "Folder to write."})
    dev: str | None = field(default=None, metadata={"help": "Dev questions, JSONL."})
    epochs: float = field(default=3, metadata={"help": "Passes over the questions."})
    batch_tokens: int = field(default=1600, metadata={"help": "Padded input tokens a step."})
    lr: float = field(default=5e-4, metadata={"help": "Peak learning rate."})
    warmup: int = field(default=100, metadata={"help": "Steps of warm-up."})
    crop: float = field(default=0.5, metadata={"help": "Share of the passages cut to a few shuffled clauses."})
    first_weight: float = field(default=1.0, metadata={"help": "How often the first token's loss counts."})
    evaluate_every: int = field(default=200, metadata={"help": "Steps between evaluations (and saves)."})
    threads: int = field(default=2, metadata={"help": "CPU threads."})
    seed: int = field(default=0, metadata={"help": "Order and crops."})


def weighted_nll(log_probs: torch.Tensor, labels: torch.Tensor, first_weight: float) -> torch.Tensor:
    """log p of the target tokens (B, T), 0 where none -> mean negative log likelihood a token.

    The first token counts `first_weight` times: it chooses the clause, the others mostly copy.
    """
    weights = (labels != -100).float()
    weights[:, 0] = first_weight
    return -(log_probs * weights).sum() / weights.sum()


@torch.inference_mode()
def evaluate(generator: Generator, examples: Examples) -> dict[str, float]:
    """Loss a token over whole passages, and of the first token alone: where the clause is chosen."""
    generator.eval()
    total = first = tokens = rows = 0.0
    for ids, mask, labels in examples.batches(0, 4000, shuffle=False):
        log_probs = generator.token_log_probs(ids, mask, labels)
        total -= float(log_probs.sum())
        first -= float(log_probs[:, 0].sum())
        tokens += float((labels != -100).sum())
        rows += len(labels)
    return {"dev_nll": round(total / tokens, 4), "dev_first_nll": round(first / rows, 4)}


def main(args: Args) -> dict:
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    out, lengths = Path(args.out), Lengths()
    generator = Generator.load(args.init)
    passages = {passage.id: passage for path in args.passages for passage in read_passages(path)}
    data = Examples(read_all_questions(args.questions), passages, generator.tokenizer, lengths, args.crop)
    dev = Examples(read_all_questions([args.dev])[:300], passages, generator.tokenizer, lengths) if args.dev else None
    optimizer = torch.optim.AdamW(generator.parameters(), lr=args.lr, weight_decay=0.01, betas=(0.9, 0.98))
    per_epoch = sum(1 for _ in data.batches(args.seed, args.batch_tokens))
    steps = int(args.epochs * per_epoch)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, (step + 1) / args.warmup) * max(0.02, 1 - step / steps)
    )
    progress = load_state(out, generator, optimizer, schedule)
    step, best, history, total = progress.step, progress.best, progress.history, 0.0
    with tqdm(total=steps, initial=step, desc="generator") as bar:
        epoch = 0
        seen = 0
        while step < steps:
            for ids, mask, labels in data.batches(args.seed + epoch, args.batch_tokens):
                seen += 1
                if seen <= progress.step:
                    continue
                if step >= steps:
                    break
                generator.train()
                loss = weighted_nll(generator.token_log_probs(ids, mask, labels), labels, args.first_weight)
                optimizer.zero_grad(set_to_none=True)
                loss.backward()
                torch.nn.utils.clip_grad_norm_(generator.parameters(), 1.0)
                optimizer.step()
                schedule.step()
                step += 1
                total += float(loss.detach())
                bar.update()
                if step % args.evaluate_every == 0 or step == steps:
                    record = {"step": step, "nll": round(total / args.evaluate_every, 4)}
                    record |= evaluate(generator, dev) if dev else {}
                    total = 0.0
                    history.append(record)
                    say(json.dumps(record))
                    quality = -record.get("dev_nll", -step)
                    if best is None or quality > best:
                        best = quality
                        generator.save(out / "generator")
                    save_state(out, generator, optimizer, schedule, step, best, history)
            epoch += 1
    write_bytes(out / "done.json", json.dumps(history[-1]).encode())
    return {"steps": step, "last": history[-1]}


if __name__ == "__main__":
    run(main, Args, __doc__)
