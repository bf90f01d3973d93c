"""Write a checkpoint's model card (README.md) from its rag.json: every figure in it was measured by training.evaluate.

python -m training.model_card --checkpoint assets/checkpoints/base [--notes notes.md]"""

from dataclasses import dataclass, field
from pathlib import Path

from rag_demo import checkpoint
from rag_demo.engine import RagEngine
from rag_demo.files import write_bytes
from training.cli import run
from training.presets import Preset, preset_of

SOURCES = """They saw question-answer pairs of these public sets, whose text is not part of this repository: Toyhom
Chinese-medical-dialogue-data (MIT), Huatuo-26M test set (Apache-2.0), CMtMedQA test set (Apache-2.0), ChineseBLUE cMDD
(Apache-2.0), DialMed (MIT), ReMeDi (MIT), MedicalGPT (Apache-2.0). The passages, and the questions that the figures are
measured on, were written for this project."""

INTENDED = """A demonstration of retrieval-augmented generation, for teaching and for engineers. **It is not a medical
device and gives no medical advice.** In grounded mode it quotes passages and never writes a sentence of its own, but it
may quote the wrong one. In free mode a model of this size invents things. Do not act on its answers; see a doctor."""


@dataclass
class Args:
    checkpoint: str = field(metadata={"help": "Preset name or checkpoint folder."})
    notes: str | None = field(default=None, metadata={"help": "Markdown to put under 'What was tried'."})


def table(header: list[str], rows: list[list[object]]) -> str:
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def retrieval_tables(metrics: dict) -> str:
    parts = []
    for name, result in metrics.items():
        if "retrieval" not in result:  # a run of --mteb alone
            continue
        for group in ("all", "unseen passages"):
            rows = [
                [kind, *(f"{value:.3f}" for value in found[group].values())]
                for kind, found in result["retrieval"].items()
                if group in found
            ]
            if rows:
                title = f"`{name}` questions ({result['questions']}, over {result['passages']} passages), {group}"
                first = next(iter(result["retrieval"].values()))[group]
                parts.append(f"{title}:\n\n{table(['', *first], rows)}")
    return "\n\n".join(parts)


def answer_table(metrics: dict) -> str:
    found = next((result["answers"] for result in metrics.values() if "answers" in result), None)
    if found is None:
        return ""
    ways = {n: value for n, value in found.items() if isinstance(value, dict)}
    measures = list(ways["grounded"])
    rows = [[n, *(f"{value[m]:.3f}" for m in measures)] for n, value in ways.items()]
    return (
        f"On {found['questions']} test questions, top 5 passages, RAG-Token, greedy:\n\n"
        f"{table(['', *measures], rows)}\n\n"
        f"{found['clauses from a gold passage']:.0%} of the clauses in grounded answers come from the passage that the "
        "question was written for."
    )


def mteb_table(metrics: dict) -> str:
    rows = [
        [task, scores["main score"], f"{scores['score']:.4f}"]
        for result in metrics.values()
        for task, scores in result.get("mteb", {}).items()
    ]
    return f"Through the mteb package:\n\n{table(['task', 'measure', 'score'], rows)}" if rows else ""


def start_of(preset: Preset) -> str:
    if preset.published:
        return f"The towers start from {preset.tower_source}, the generator from {preset.generator_source}."
    return "The towers and the generator start from multilingual-e5-small (MIT)."


def main(args: Args) -> None:
    folder = checkpoint.checkpoint_folder(args.checkpoint)
    card, engine = checkpoint.read_card(folder), RagEngine.load(folder)
    sizes = table(["part", "parameters"], [[n, f"{count / 1e6:.1f} M"] for n, count in engine.parameters.items()])
    notes = Path(args.notes).read_text(encoding="utf-8").strip() if args.notes else ""
    sections = [
        f"# {card.preset}",
        INTENDED,
        sizes,
        "## Retrieval",
        retrieval_tables(card.metrics),
        mteb_table(card.metrics),
        "## Answers",
        answer_table(card.metrics),
        *(["## What was tried", notes] if notes else []),
        "## Training",
        f"{start_of(preset_of(card.preset))} {SOURCES}",
        "\n".join(f"    {command}" for command in card.trained_with),
        "Weights: safetensors, 16 bits. Licence: Apache-2.0; corpus CC BY 4.0.",
    ]
    header = (
        "---\nlicense: apache-2.0\nlanguage: zh\ntags: [retrieval-augmented-generation, dpr, faiss, medical]\n---\n"
    )
    write_bytes(folder / "README.md", (header + "\n\n".join(filter(None, sections)) + "\n").encode())


if __name__ == "__main__":
    run(main, Args, __doc__)
