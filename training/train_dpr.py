"""Train the bi-encoder: in-batch and hard negatives, next to what a teacher encoder says, where it is given.

    python -m training.train_dpr --init runs/init/tower --questions train.jsonl --passages passages.jsonl \\
        --dev dev.jsonl --out runs/dpr  [--teacher_cache DIR] [--negatives mined.jsonl] [--shared] [--bank]
    torchrun --nproc_per_node 4 -m training.train_dpr …          batch 32 a process is a batch of 128

--chunk N computes a batch of any size in the memory of N texts (GradCache), with the same gradients.
Writes question_encoder/ and context_encoder/ (the best on the dev questions), log.jsonl, plot.svg and state.pt; the
same command goes on from state.pt."""

from dataclasses import dataclass, field

from rag_demo.corpus import Question, read_passages
from rag_demo.types import Passage, RagError
from training.cli import run
from training.dpr_data import Collator, read_all_questions, read_negatives
from training.dpr_model import Dpr, load_towers
from training.dpr_sources import Mixture, Source
from training.loop import LoopArgs, Plan, fit
from training.teacher import read_cache
from training.world import World, prepare


@dataclass(kw_only=True)
class Args(LoopArgs):
    init: str = field(metadata={"help": "A tower, or a folder with question_encoder/ and context_encoder/."})
    questions: list[str] = field(metadata={"help": "Training questions, JSONL."})
    passages: list[str] = field(metadata={"help": "Their passages, JSONL."})
    mix: str | None = field(
        default=None,
        metadata={"help": "Shares of the --questions files, e.g. 0.6,0.4: a step takes its batch from one of them."},
    )
    dev: str | None = field(default=None, metadata={"help": "Dev questions, JSONL; their passages are in --passages."})
    dev_passages: str | None = field(
        default=None, metadata={"help": "What the dev questions search (default: theirs)."}
    )
    negatives: str | None = field(default=None, metadata={"help": "Mined negatives, JSONL."})
    teacher_cache: str | None = field(default=None, metadata={"help": "Folder of training.teacher."})
    shared: bool = field(default=False, metadata={"help": "One tower for both sides: the first, distilling stage."})
    epochs: float = field(default=3, metadata={"help": "Passes over the questions."})
    steps: int = field(default=0, metadata={"help": "Steps, instead of --epochs."})
    batch: int = field(default=64, metadata={"help": "Questions a step and process (passages with --per_passage)."})
    per_passage: int = field(
        default=0, metadata={"help": "Make a batch of passages, each with up to so many of its questions."}
    )
    hard: int = field(default=1, metadata={"help": "Hard negatives a question."})
    bank: bool = field(
        default=False,
        metadata={"help": "Score against the kept vectors of all passages of the first source's questions."},
    )
    neighbours: bool = field(
        default=False, metadata={"help": "With --bank: draw neighbouring passages of the first source together."}
    )
    temperature: float = field(default=0.05, metadata={"help": "Scores are cosines over this."})
    distil_weight: float = field(default=1.0, metadata={"help": "Weight of the teacher's losses."})
    max_length: int = field(default=128, metadata={"help": "Tokens of a text while training; longer ones are cut."})


def main(args: Args) -> dict | None:
    with args.world() as world:
        trainee = build(args, world)
        steps = args.steps or int(args.epochs * trainee.data.steps_per_epoch)
        return fit(trainee, Plan(steps), args, world, "dpr")


def build(args: Args, world: World) -> Dpr:
    passages = {p.id: p for path in args.passages for p in read_passages(path)}
    texts = {name: passage.full_text for name, passage in passages.items()}
    data = mixture(args, texts, world)
    dev = [q for q in read_all_questions([args.dev]) if q.passage_ids][:2000] if args.dev else []
    searched = read_passages(args.dev_passages) if args.dev_passages else list(passages.values())
    named = named_by(dev, searched, args.dev_passages or "--passages")
    towers = load_towers(args.init, args.shared, args.max_length)
    for tower in dict.fromkeys(towers):
        prepare(tower.model, world, args.checkpointing)
    cache = read_cache(args.teacher_cache) if args.teacher_cache else {}
    asked = [q for source in data.sources for q in source.questions]
    if args.neighbours and not args.bank:
        raise RagError("--neighbours needs the vectors that --bank keeps; give both.")
    trainee = Dpr(
        towers,
        data,
        Collator(towers, texts, cache, asked, world),
        world,
        temperature=args.temperature,
        distil_weight=args.distil_weight,
        chunk=args.chunk,
        bank=list(dict.fromkeys(n for q in data.sources[0].questions for n in q.passage_ids)) if args.bank else (),
        dev=dev,
        dev_passages=searched if args.dev_passages else named,
    )
    if args.neighbours:  # by the vectors of the towers it starts from: the same order when it goes on
        data.sources[0].arrange(dict(zip(trainee.place, trainee.bank.cpu().numpy(), strict=True)))
    return trainee


def mixture(args: Args, texts: dict[str, str], world: World) -> Mixture:
    """The training questions: one source, or with --mix one a file."""
    try:
        shares = [float(share) for share in args.mix.split(",")] if args.mix else [1.0]
    except ValueError:
        raise RagError(f"--mix takes shares such as 0.6,0.4, not {args.mix!r}.") from None
    files = [[path] for path in args.questions] if args.mix else [args.questions]
    batch = args.batch * world.size
    sources = [Source(read_all_questions(paths), texts, batch, args.per_passage) for paths in files]
    return Mixture(sources, shares, read_negatives(args.negatives), args.hard, args.seed)


def named_by(questions: list[Question], passages: list[Passage], where: str) -> list[Passage]:
    """The passages that the dev questions name. Raises RagError where one is missing."""
    known = {passage.id: passage for passage in passages}
    names = dict.fromkeys(name for question in questions for name in question.passage_ids)
    missing = next((name for name in names if name not in known), None)
    if missing:
        raise RagError(f"A dev question names passage {missing!r}, which is not in {where}.")
    return [known[name] for name in names]


if __name__ == "__main__":
    run(main, Args, __doc__)
