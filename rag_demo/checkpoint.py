"""A checkpoint folder: rag.json, question_encoder/, context_encoder/, generator/, index/."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from rag_demo.config import CHECKPOINTS
from rag_demo.files import sha256_of
from rag_demo.prompt import PROMPT_VERSION, Lengths
from rag_demo.seals import read_sealed, write_sealed
from rag_demo.types import RagError

RAG_FILE = "rag.json"
SHIPPED = ("base", "large")
PARTS = ("question_encoder", "context_encoder", "generator")


@dataclass(frozen=True, slots=True)
class RagCard:
    """What rag.json holds. files: SHA-256 of every weight file, so that a damaged one is named.

    evidence: the calibrated rule of rag_demo.safety.evidence, empty where training.calibrate has not run.
    """

    preset: str
    prompt_version: int = PROMPT_VERSION
    lengths: Lengths = field(default_factory=Lengths)
    trained_with: tuple[str, ...] = ()
    data: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    evidence: Mapping[str, Any] = field(default_factory=dict)


def checkpoint_folder(name: str) -> Path:
    """A preset name, a folder or a hub id -> the checkpoint's folder, fetched where it is a hub id."""
    shipped = CHECKPOINTS / name
    if name in SHIPPED or (shipped / RAG_FILE).exists():
        folder = shipped
    elif Path(name).is_dir():
        folder = Path(name)
    else:
        folder = _fetch(name)
    if not (folder / RAG_FILE).exists():
        raise RagError(f"{folder / RAG_FILE} is missing. {mend(folder)}")
    return folder


def _fetch(name: str) -> Path:
    """A checkpoint from the hub, or from the hub's local cache; raises RagError where neither has it."""
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name))
    except Exception as error:  # the hub's client raises many kinds: a bad name, no network, no such repository
        known = " or ".join(sorted(file.parent.name for file in CHECKPOINTS.glob(f"*/{RAG_FILE}"))) or "base"
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise RagError(
            f"No checkpoint {name!r}: give {known}, the folder of a checkpoint, or a hub id ({reason})."
        ) from None


def mend(folder: Path) -> str:
    return f"Restore it (git checkout -- {folder}) or train it again: bash training/recipe.sh {Path(folder).name}."


def read_card(folder: Path) -> RagCard:
    file = Path(folder) / RAG_FILE
    raw = read_sealed(file, mend(folder))
    try:
        card = RagCard(**{**raw, "lengths": Lengths(**raw.get("lengths", {}))})
    except (TypeError, AttributeError) as error:
        raise RagError(f"{file} is not a checkpoint description ({error}). {mend(folder)}") from None
    if card.prompt_version != PROMPT_VERSION:
        raise RagError(
            f"{file} was trained with prompt version {card.prompt_version}, this code writes version {PROMPT_VERSION}."
            f" {mend(folder)}"
        )
    return card


def write_card(folder: Path, card: RagCard) -> None:
    write_sealed(Path(folder) / RAG_FILE, asdict(card))


def hash_files(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of the three models, by its path inside the checkpoint."""
    return {
        str(file.relative_to(folder)): sha256_of(file)
        for part in PARTS
        for file in sorted((Path(folder) / part).iterdir())
    }


def check_files(folder: Path, card: RagCard) -> None:
    """Raises RagError naming the first file that is missing or damaged."""
    for name, expected in card.files.items():
        file = Path(folder) / name
        if not file.exists():
            raise RagError(f"{file} is missing. {mend(folder)}")
        if sha256_of(file) != expected:
            raise RagError(f"{file} is damaged: its SHA-256 is not the one in {RAG_FILE}. {mend(folder)}")


def weights_fingerprint(card: RagCard) -> str:
    """Of all models: what thresholds must have been calibrated with."""
    return sha256("".join(f"{name} {digest}\n" for name, digest in sorted(card.files.items())).encode()).hexdigest()[
        :16
    ]


def encoder_fingerprint(card: RagCard) -> str:
    """What an index must have been built with: the hashes of the context encoder's files."""
    return "+".join(digest[:16] for name, digest in sorted(card.files.items()) if name.startswith("context_encoder/"))
