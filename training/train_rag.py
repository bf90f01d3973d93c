"""Train question encoder and generator together on the RAG marginal likelihood; the context encoder stays fixed.

    python -m training.train_rag --towers runs/dpr --generator runs/generator/generator --questions train.jsonl \\
        --passages passages.jsonl --dev dev.jsonl --out runs/rag [--mode token|sequence] [--prior retrieved|all]
    torchrun --nproc_per_node 4 -m training.train_rag …

Passages are retrieved on the fly with the question encoder as it is now, over vectors that do not change (Lewis et al.
2020, section 2.4). Retrieval collapse (the same passages for every question) is watched, and stops the run. Writes
question_encoder/ and generator/, log.jsonl, plot.svg and state.pt; the same command goes on from state.pt."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tqdm import tqdm

from rag_demo.corpus import read_passages
from rag_demo.encoder import TextEncoder
from rag_demo.generator import Generator
from rag_demo.types import RagError, RagMode
from training.cli import run
from training.dpr_data import read_all_questions
from training.loop import LoopArgs, Plan, fit
from training.rag_model import Rag, RagTrainee
from training.world import World, encode, prepare


@dataclass(kw_only=True)
class Args(LoopArgs):
    towers: str = field(metadata={"help": "Folder with question_encoder/ and context_encoder/."})
    generator: str = field(metadata={"help": "Folder of the trained generator."})
    questions: list[str] = field(metadata={"help": "Training questions with answers, JSONL."})
    passages: str = field(metadata={"help": "The passages retrieved from, JSONL."})
    dev: str | None = field(default=None, metadata={"help": "Dev questions, JSONL."})
    mode: Literal["token", "sequence"] = field(default="token", metadata={"help": "Which marginal."})
    prior: Literal["retrieved", "all"] = field(
        default="retrieved",
        metadata={
            "help": "p(z|x): softmax over the retrieved passages, or over all (this also trains retrieval harder)."
        },
    )
    top_k: int = field(default=4, metadata={"help": "Passages a question."})
    batch: int = field(default=4, metadata={"help": "Questions a step and process."})
    steps: int = field(default=400, metadata={"help": "Steps."})
    lr: float = field(default=5e-5, metadata={"help": "Peak learning rate."})
    warmup: int = field(default=50, metadata={"help": "Steps of warm-up."})
    evaluate_every: int = field(default=100, metadata={"help": "Steps between evaluations."})


def main(args: Args) -> dict | None:
    with args.world() as world:
        return fit(build(args, world), Plan(args.steps, floor=0.05, beta2=0.999), args, world, "rag")


def build(args: Args, world: World) -> RagTrainee:
    towers, passages = Path(args.towers), read_passages(args.passages)
    questions = [q for q in read_all_questions(args.questions) if q.passage_ids and q.answer]
    if not questions:
        raise RagError("No question has both an answer and a passage; RAG learns from those.")
    dev = [q for q in read_all_questions([args.dev]) if q.passage_ids and q.answer][:600] if args.dev else []
    question_encoder = TextEncoder.load(towers / "question_encoder")
    context_encoder = TextEncoder.load(towers / "context_encoder")
    generator = Generator.load(args.generator)
    for part in (question_encoder, generator):
        prepare(part.model, world, args.checkpointing)
    prepare(context_encoder.model, world)
    with tqdm(total=len(passages), desc="passages", leave=False, disable=not world.main) as bar:
        vectors = encode(
            context_encoder,
            [p.full_text for p in passages],
            world,
            lambda done, _: bar.update(done * world.size - bar.n),
        )
    rag = Rag(
        question_encoder,
        generator,
        passages,
        vectors,
        RagMode(args.mode),
        top_k=args.top_k,
        whole_prior=args.prior == "all",
    )
    return RagTrainee(rag, questions, world, batch=args.batch, seed=args.seed, chunk=args.chunk, dev=dev)


if __name__ == "__main__":
    run(main, Args, __doc__)
