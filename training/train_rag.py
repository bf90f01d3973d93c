"""Train question encoder and generator together on the RAG marginal likelihood; the context encoder stays fixed.

    python -m training.train_rag --towers runs/dpr --generator runs/generator/generator --questions train.jsonl \\
        --passages passages.jsonl --dev dev.jsonl --out runs/rag [--mode token|sequence]

Passages are retrieved on the fly with the question encoder as it is now, over vectors that do not change (Lewis et al.
2020, section 2.4). Retrieval collapse (the same passages for every question) is watched, and stops the run."""

import json
import random
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import nn
from tqdm import tqdm

from rag_demo.corpus import Question, read_passages
from rag_demo.encoder import TextEncoder
from rag_demo.files import write_bytes
from rag_demo.generator import Generator
from rag_demo.marginal import log_prior, sequence_marginal, token_marginal
from rag_demo.metrics import recall
from rag_demo.prompt import Lengths, build_input, encode_answer
from rag_demo.tensors import pad
from rag_demo.types import Passage, RagError, RagMode
from training.cli import run, say
from training.dpr_data import read_all_questions, read_texts
from training.metrics import rank_of_positive
from training.state import load_state, save_state

COLLAPSED = 0.2  # share of distinct first passages among recent questions below which retrieval has collapsed
WINDOW = 256  # recent questions that are looked at


@dataclass
class Args:
    towers: str = field(metadata={"help": "Folder with question_encoder/ and context_encoder/."})
    generator: str = field(metadata={"help": "Folder of the trained generator."})
    questions: list[str] = field(metadata={"help": "Training questions with answers, JSONL."})
    passages: str = field(metadata={"help": "The passages retrieved from, JSONL."})
    out: str = field(metadata={"help": "Folder to write."})
    dev: str | None = field(default=None, metadata={"help": "Dev questions, JSONL."})
    mode: str = field(default="token", metadata={"help": "token or sequence: which marginal."})
    top_k: int = field(default=4, metadata={"help": "Passages a question."})
    batch: int = field(default=4, metadata={"help": "Questions a step."})
    steps: int = field(default=400, metadata={"help": "Steps."})
    lr: float = field(default=5e-5, metadata={"help": "Peak learning rate."})
    evaluate_every: int = field(default=100, metadata={"help": "Steps between evaluations (and saves)."})
    threads: int = field(default=2, metadata={"help": "CPU threads."})
    seed: int = field(default=0, metadata={"help": "Order of the questions."})


class Rag(nn.Module):
    """The trained two parts, and the fixed vectors of the passages (P, D)."""

    def __init__(self, question_encoder: TextEncoder, generator: Generator, passages: list[Passage], vectors, mode):
        super().__init__()
        self.question_encoder, self.generator = question_encoder, generator
        self.passages, self.vectors = passages, vectors
        self.marginal = token_marginal if RagMode(mode) is RagMode.TOKEN else sequence_marginal

    def forward(self, questions: list[Question], k: int, lengths: Lengths) -> tuple[torch.Tensor, torch.Tensor]:
        """-> log p(y|x) of each question (B,), and the first passage of each, int64 (B,)."""
        tower, tokenizer = self.question_encoder, self.generator.tokenizer
        ids, mask = pad(tower.tokenise([q.question for q in questions]), tower.tokenizer.pad_token_id)
        scores = tower(ids, mask) @ self.vectors.T  # (B, D) @ (D, P) -> (B, P)
        top, chosen = scores.topk(k)  # (B, k)
        rows = [
            build_input(tokenizer, q.question, self.passages[i], lengths)
            for q, places in zip(questions, chosen.tolist(), strict=True)
            for i in places
        ]
        targets = [encode_answer(tokenizer, q.answer, lengths.answer) for q in questions for _ in range(k)]
        labels, present = pad(targets, 0)
        log_probs = self.generator.token_log_probs(
            *pad(rows, tokenizer.pad_token_id), labels.masked_fill(present == 0, -100)
        )  # (B·k, T)
        return self.marginal(log_prior(top), log_probs.unflatten(0, (-1, k))), chosen[:, 0]


@torch.inference_mode()
def evaluate(rag: Rag, questions: list[Question], k: int, lengths: Lengths) -> dict[str, float]:
    """Marginal loss a question on 100 of them, recall@5 and the spread of the question vectors on all."""
    rag.eval()
    vectors = torch.from_numpy(rag.question_encoder.encode([q.question for q in questions]))
    ranks = rank_of_positive((vectors @ rag.vectors.T).numpy(), questions, [p.id for p in rag.passages])
    sample = questions[:: max(1, len(questions) // 100)][:100]
    losses = [-rag(sample[i : i + 4], k, lengths)[0].mean() for i in range(0, len(sample), 4)]
    return {
        "dev_nll": round(float(torch.stack(losses).mean()), 4),
        "recall@5": round(recall(ranks, 5), 4),
        "question_variance": round(float(vectors.var(0).sum()), 4),
    }


def check_collapse(firsts: list[int]) -> float:
    """Share of distinct first passages among the recent questions. Raises RagError when retrieval has collapsed."""
    share = len(set(firsts)) / len(firsts)
    if len(firsts) >= WINDOW and share < COLLAPSED:
        raise RagError(
            f"Retrieval has collapsed: only {share:.0%} of the last {len(firsts)} questions have a first passage of "
            "their own. Lower --lr, or start from better towers (training.train_dpr)."
        )
    return share


def main(args: Args) -> dict:
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    out, lengths = Path(args.out), Lengths()
    towers, passages = Path(args.towers), read_passages(args.passages)
    context = TextEncoder.load(towers / "context_encoder")
    with tqdm(total=len(passages), desc="passages", leave=False) as bar:
        vectors = context.encode(list(read_texts([args.passages]).values()), lambda done, _: bar.update(done - bar.n))
    rag = Rag(
        TextEncoder.load(towers / "question_encoder"),
        Generator.load(args.generator),
        passages,
        torch.from_numpy(vectors),
        args.mode,
    )
    questions = [q for q in read_all_questions(args.questions) if q.passage_ids and q.answer]
    dev = [q for q in read_all_questions([args.dev]) if q.passage_ids][:600] if args.dev else []
    optimizer = torch.optim.AdamW(rag.parameters(), lr=args.lr, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, (step + 1) / 50) * max(0.05, 1 - step / args.steps)
    )
    progress = load_state(out, rag, optimizer, schedule)
    best, history = progress.best, progress.history
    if dev and not progress.step:
        history.append({"step": 0, **evaluate(rag, dev, args.top_k, lengths)})
        say(json.dumps(history[-1]))
    firsts: list[int] = []
    total = 0.0
    for step in tqdm(range(progress.step, args.steps), initial=progress.step, total=args.steps, desc="rag"):
        rag.train()
        chosen = random.Random(f"{args.seed}-{step}").sample(questions, min(args.batch, len(questions)))
        log_likelihood, first = rag(chosen, args.top_k, lengths)
        loss = -log_likelihood.mean() / lengths.answer
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(rag.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        total += float(-log_likelihood.detach().mean())
        firsts = [*firsts, *first.tolist()][-WINDOW:]
        if (step + 1) % args.evaluate_every == 0 or step + 1 == args.steps:
            record = {"step": step + 1, "nll": round(total / args.evaluate_every, 4)}
            record |= {"distinct_first": round(check_collapse(firsts), 4)}
            record |= evaluate(rag, dev, args.top_k, lengths) if dev else {}
            total = 0.0
            history.append(record)
            say(json.dumps(record))
            quality = -record.get("dev_nll", float(-step))
            if best is None or quality > best:
                best = quality
                rag.question_encoder.save(out / "question_encoder")
                rag.generator.save(out / "generator")
            save_state(out, rag, optimizer, schedule, step + 1, best, history)
    write_bytes(out / "done.json", json.dumps(history[-1]).encode())
    return {"steps": args.steps, "last": history[-1]}


if __name__ == "__main__":
    run(main, Args, __doc__)
