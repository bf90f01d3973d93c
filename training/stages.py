"""The stages of each preset as values: which command, with which flags, and what it leaves behind.

Paths and what belongs together stand here; numbers that differ between presets (epochs, batch, learning rate) stand in
the preset's file under [stages.NAME]."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from rag_demo.types import RagError
from training.presets import Preset, Value

TEACHER_PIECES = 9600  # at hidden 384 and 16 bits an embedding of this size fits into a file of 9.5 MB


@dataclass(frozen=True, slots=True)
class Places:
    """What a recipe reads and where it writes. questions: a folder with train, dev and test.jsonl."""

    pairs: tuple[str, ...]
    pretrained: str
    runs: str
    corpus: str
    questions: str
    checkpoint: str
    results: str
    base: str  # the checkpoint whose generator large grows from
    tower: str | None = None  # folders in place of the hub ids of a published preset
    generator: str | None = None

    def asked(self, split: str) -> str:
        return f"{self.questions}/{split}.jsonl"


@dataclass(frozen=True, slots=True)
class Stage:
    """module: training's. made: the file that is there when the stage is done (none: it knows by itself what is left).
    writes: the file or folder its outputs live in. threaded: takes --threads."""

    name: str
    module: str
    flags: Mapping[str, Value]
    writes: str
    made: str | None
    threaded: bool = False

    def words(self) -> list[tuple[str, list[str]]]:
        """Each flag with its values as the command line has them."""
        return [
            (flag, [str(v) for v in value] if isinstance(value, (list, tuple)) else [str(value)])
            for flag, value in self.flags.items()
        ]

    def arguments(self) -> list[str]:
        return [word for flag, values in self.words() for word in (f"--{flag}", *values)]


def stages_of(preset: Preset, at: Places) -> list[Stage]:
    """In the order they run. Raises RagError where the preset's file has flags for a stage that it has not."""
    home = at.runs if preset.name == "base" else f"{at.runs}/{preset.name}"  # base keeps the folders it always had
    start = published_start(preset, at, home) if preset.published else layers_start(preset, at, home)
    trained = {"base": base_training, "large": large_training}.get(preset.name, published_training)(at, home)
    stages = [*start, *trained, *finish(preset, at, home)]
    unknown = set(preset.stages) - {stage.name for stage in stages}
    if unknown:
        raise RagError(
            f"{preset.name} has no stage {sorted(unknown)[0]!r}; its stages: {', '.join(s.name for s in stages)}."
        )
    return [replace(stage, flags={**stage.flags, **preset.stages.get(stage.name, {})}) for stage in stages]


def data_stages(at: Places) -> list[Stage]:
    data, negatives = f"{at.runs}/data", f"{at.runs}/negatives.jsonl"
    mined = dict(questions=at.asked("train"), passages=at.corpus, out=negatives)
    return [
        Stage("data", "prepare_data", dict(files=at.pairs, out=data), data, f"{data}/passages.jsonl"),
        Stage("negatives", "mine_negatives", mined, negatives, negatives),
    ]


def texts_of(at: Places) -> list[str]:
    return [f"{at.runs}/data/passages.jsonl", f"{at.runs}/data/train.jsonl", at.corpus, at.asked("train")]


def layers_start(preset: Preset, at: Places, home: str) -> list[Stage]:
    """The pretrained encoder with a small vocabulary, and the preset's models from its layers."""
    teacher, init = f"{at.runs}/teacher", f"{home}/init"
    cut = dict(model=at.pretrained, size=TEACHER_PIECES, texts=texts_of(at), out=teacher)
    started = dict(preset=preset.name, pretrained=teacher, out=init)
    return [
        *data_stages(at),
        Stage("teacher", "trim_vocab", cut, teacher, f"{teacher}/config.json"),
        Stage("init", "init_models", started, init, f"{init}/tower/config.json"),
    ]


def published_start(preset: Preset, at: Places, home: str) -> list[Stage]:
    """Published models, the generator's vocabulary cut where the preset says so."""
    cut, init, generator = f"{home}/cut", f"{home}/init", at.generator or preset.generator_source
    trim = dict(
        model=generator,
        kind="seq2seq",
        tokenizer=preset.generator_tokenizer,
        size=preset.vocabulary,
        texts=texts_of(at),
        out=cut,
    )
    started = dict(
        preset=preset.name,
        tower=at.tower or preset.tower_source,
        generator=cut if preset.vocabulary else generator,
        out=init,
    )
    return [
        *data_stages(at),
        *([Stage("cut", "trim_vocab", trim, cut, f"{cut}/config.json")] if preset.vocabulary else []),
        Stage("init", "init_models", started, init, f"{init}/tower/config.json"),
    ]


def train(name: str, module: str, home: str, **flags: Value) -> Stage:
    out = f"{home}/{name}"
    return Stage(name, module, dict(**flags, out=out), out, f"{out}/done.json", threaded=True)


def base_training(at: Places, home: str) -> list[Stage]:
    """Distilled from the encoder's token states, then contrastive; the generator on weak labels, then on the corpus."""
    data, cache, picked = f"{at.runs}/data", f"{at.runs}/teacher_cache", f"{at.runs}/data/picked.jsonl"
    both = dict(questions=[f"{data}/train.jsonl", at.asked("train")], passages=[f"{data}/passages.jsonl", at.corpus])
    corpus = dict(questions=at.asked("train"), passages=at.corpus, dev=at.asked("dev"))
    dev = dict(dev=at.asked("dev"), dev_passages=at.corpus, teacher_cache=cache)
    texts = [f"{data}/train.jsonl", f"{data}/passages.jsonl", at.asked("train"), at.corpus]
    taught = dict(model=f"{at.runs}/teacher", texts=texts, out=cache, max_length=160)
    pick = dict(tokenizer=f"{at.runs}/teacher", teacher_cache=cache, questions=f"{data}/train.jsonl",
                passages=f"{data}/passages.jsonl", out=picked)  # fmt: skip
    weak = dict(questions=[picked, at.asked("train")], passages=both["passages"], dev=at.asked("dev"))
    return [
        Stage("teacher_cache", "teacher", taught, cache, None),
        train("distil", "train_dpr", home, init=f"{home}/init/tower", shared=True, **both, **dev),
        train("dpr", "train_dpr", home, init=f"{home}/distil", questions=at.asked("train"), passages=at.corpus,
              negatives=f"{at.runs}/negatives.jsonl", **dev),
        Stage("picked", "pick_clauses", pick, picked, picked),
        train("generator", "train_generator", home, init=f"{home}/init/generator", **weak),
        train("generator_corpus", "train_generator", home, init=f"{home}/generator/generator", **corpus),
        train("rag", "train_rag", home, towers=f"{home}/dpr", generator=f"{home}/generator_corpus/generator", **corpus),
    ]  # fmt: skip


def large_training(at: Places, home: str) -> list[Stage]:
    """One tower for both sides, several questions a passage; the generator grown from base's."""
    data, grown = f"{at.runs}/data", f"{home}/grown"
    corpus = dict(questions=at.asked("train"), passages=at.corpus, dev=at.asked("dev"))
    both = dict(questions=[at.asked("train"), f"{data}/train.jsonl"], passages=[at.corpus, f"{data}/passages.jsonl"])
    grow = dict(
        generator=f"{at.base}/generator", pretrained=f"{at.runs}/teacher", base="base", preset="large", out=grown
    )
    return [
        train("dpr", "train_dpr", home, init=f"{home}/init/tower", **both, dev=at.asked("dev"), dev_passages=at.corpus),
        Stage("grown", "grow", grow, grown, f"{grown}/config.json"),
        train("generator", "train_generator", home, init=grown, **corpus),
        train("rag", "train_rag", home, towers=f"{home}/dpr", generator=f"{home}/generator/generator", **corpus),
    ]


def published_training(at: Places, home: str) -> list[Stage]:
    """Consultations and corpus together, then the corpus alone."""
    data = f"{at.runs}/data"
    both = dict(questions=[f"{data}/train.jsonl", at.asked("train")], passages=[f"{data}/passages.jsonl", at.corpus])
    corpus = dict(questions=at.asked("train"), passages=at.corpus, dev=at.asked("dev"))
    return [
        train("dpr", "train_dpr", home, init=f"{home}/init/tower", negatives=f"{at.runs}/negatives.jsonl", **both,
              dev=at.asked("dev"), dev_passages=at.corpus),
        train("generator", "train_generator", home, init=f"{home}/init/generator", **both, dev=at.asked("dev")),
        train("generator_corpus", "train_generator", home, init=f"{home}/generator/generator", **corpus),
        train("rag", "train_rag", home, towers=f"{home}/dpr", generator=f"{home}/generator_corpus/generator", **corpus),
    ]  # fmt: skip


def finish(preset: Preset, at: Places, home: str) -> list[Stage]:
    """The trained parts as a checkpoint, its index, its figures and its card."""
    out = at.checkpoint
    parts = dict(
        question_encoder=f"{home}/rag/question_encoder",
        context_encoder=f"{home}/dpr/context_encoder",
        generator=f"{home}/rag/generator",
    )
    told = dict(commands=f"bash training/recipe.sh {preset.name}", data=[at.corpus, at.asked("train")])
    measured = dict(
        questions=at.asked("test"),
        train=at.asked("train"),
        zero_shot=at.pretrained,
        answers=200,
        card=True,
        out=at.results,
    )
    return [
        Stage("export", "export", dict(preset=preset.name, **parts, out=out, **told), out, f"{out}/rag.json"),
        Stage("index", "build_index", dict(checkpoint=out, passages=at.corpus), out, f"{out}/index/manifest.json"),
        Stage("evaluate", "evaluate", dict(checkpoint=out, **measured), out, at.results),
        Stage(
            "calibrate",
            "calibrate",
            dict(checkpoint=out, out=f"assets/results/abstention-{preset.name}.json"),
            out,
            f"assets/results/abstention-{preset.name}.json",
        ),
        Stage("card", "model_card", dict(checkpoint=out), out, f"{out}/README.md"),
    ]
