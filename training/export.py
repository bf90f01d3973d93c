"""Put trained parts together as a checkpoint, without its index.

    python -m training.export --preset base --towers runs/dpr --generator runs/generator/generator \\
        --out assets/checkpoints/base

Weights are stored in 16 bits, in shards that any host takes. training.build_index adds the index, training.evaluate
the metrics."""

import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path

from rag_demo import checkpoint
from rag_demo.files import read_json, replaced_folder, sha256_of
from rag_demo.types import RagError
from training.cli import run, say
from training.presets import preset_of


@dataclass
class Args:
    preset: str = field(metadata={"help": "base, large, albert-mt5 or bert-bart."})
    question_encoder: str = field(metadata={"help": "Folder of the trained question encoder."})
    context_encoder: str = field(metadata={"help": "Folder of the trained context encoder."})
    generator: str = field(metadata={"help": "Folder of the trained generator."})
    out: str = field(metadata={"help": "Checkpoint folder to write."})
    commands: list[str] = field(default_factory=list, metadata={"help": "How it was trained, a line a command."})
    data: list[str] = field(default_factory=list, metadata={"help": "Files it was trained on: their hashes are kept."})


def main(args: Args) -> None:
    parts = {name: Path(getattr(args, name)) for name in checkpoint.PARTS}
    for name, source in parts.items():
        if not (source / "config.json").exists():
            raise RagError(f"{source} holds no {name} (config.json is missing); train it first.")
    out = Path(args.out)
    with replaced_folder(out) as folder:
        for name, source in parts.items():
            shutil.copytree(source, folder / name)
            for file in (folder / name).iterdir():
                file.chmod(0o644)
            read_json(folder / name / "config.json", "Train it again.")
        card = checkpoint.RagCard(
            preset=preset_of(args.preset).name,
            trained_with=tuple(args.commands),
            data={file: sha256_of(Path(file)) for file in args.data},
        )
        checkpoint.write_card(folder, replace(card, files=checkpoint.hash_files(folder)))
    say(f"{out}: {sum(f.stat().st_size for f in out.rglob('*') if f.is_file()) / 1e6:.1f} MB")


if __name__ == "__main__":
    run(main, Args, __doc__)
