"""Engines whose corpus can be exchanged while they answer: a new version goes live without a restart.

    live = LiveEngines({"base": RagEngine.load("base")})
    Watcher(live, {"base": source}, seconds=5).start()   # what training.build_index writes is live some seconds later

An engine is immutable and holds one version: its passages, its index, its BM25. A version goes live when a new engine with
the same models takes the name, which is one assignment; who asked before keeps the engine that they began with."""

import hashlib
import logging
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rag_demo import checkpoint
from rag_demo.config import IndexConfig
from rag_demo.engine import Around, RagEngine
from rag_demo.index import MANIFEST_FILE, PassageIndex
from rag_demo.milvus import MilvusIndex
from rag_demo.store import PassageStore, StoreError
from rag_demo.types import RagError

log = logging.getLogger(__name__)


class LiveEngines(Mapping[str, RagEngine]):
    """Preset name -> the engine of the corpus version that is live now."""

    def __init__(self, engines: Mapping[str, RagEngine]) -> None:
        self._engines = dict(engines)

    def __getitem__(self, name: str) -> RagEngine:
        return self._engines[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._engines)

    def __len__(self) -> int:
        return len(self._engines)

    def replace(self, name: str, engine: RagEngine) -> None:
        self._engines = {**self._engines, name: engine}


class Source(Protocol):
    """Where versions of a corpus come from."""

    def version(self) -> str:
        """What tells the live version from others, quickly. Raises RagError or OSError where it cannot be read now."""

    def open(self) -> PassageStore: ...


@dataclass(frozen=True, slots=True)
class FolderSource:
    """A checkpoint's index folder. encoder: the fingerprint that the vectors must have been made by."""

    folder: Path
    encoder: str

    def version(self) -> str:
        return hashlib.sha256((self.folder / MANIFEST_FILE).read_bytes()).hexdigest()

    def open(self) -> PassageIndex:
        return PassageIndex.load(self.folder, encoder=self.encoder)


@dataclass(frozen=True, slots=True)
class MilvusSource:
    """A checkpoint's alias."""

    index: MilvusIndex

    def version(self) -> str:
        return self.index.live()

    def open(self) -> MilvusIndex:
        opened = MilvusIndex(self.index.link, self.index.encoder, self.index.checkpoint)
        opened.version  # noqa: B018  checked before anybody asks it
        return opened


def source_of(name: str, config: IndexConfig) -> Source:
    """Where RagEngine.load(name) takes its passages from."""
    folder = checkpoint.checkpoint_folder(name)
    encoder = checkpoint.encoder_fingerprint(checkpoint.read_card(folder))
    if config.uri:
        return MilvusSource(MilvusIndex.open(config, folder.name, encoder))
    return FolderSource(folder / "index", encoder)


def load_live(names: Iterable[str], config: IndexConfig, around: Mapping[str, Around] | None = None) -> LiveEngines:
    """The engines, watched from now on. Versions are noted before they are loaded, so that none is missed. around: of
    each name, as RagEngine.load takes it."""
    sources = {name: source_of(name, config) for name in names}
    seen = versions(sources)
    live = LiveEngines({name: RagEngine.load(name, (around or {}).get(name)) for name in sources})
    Watcher(live, sources, config.watch, seen).start()
    return live


def versions(sources: Mapping[str, Source]) -> dict[str, str]:
    """Of those that can be read now."""
    found = {}
    for name, source in sources.items():
        with suppress(RagError, OSError):
            found[name] = source.version()
    return found


class Watcher:
    """Looks every `seconds` whether a source has another version, and lets it go live. A version that is refused is
    logged once, and the one before stays."""

    def __init__(
        self, live: LiveEngines, sources: Mapping[str, Source], seconds: float, seen: Mapping[str, str] | None = None
    ) -> None:
        """seen: the versions that the engines hold; None where they hold those of now."""
        self.live, self.sources, self.seconds = live, sources, seconds
        self._seen = dict(versions(sources) if seen is None else seen)
        self._stopped = threading.Event()

    def start(self) -> "Watcher":
        if self.seconds > 0:
            threading.Thread(target=self._run, name="corpus watcher", daemon=True).start()
        return self

    def stop(self) -> None:
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.wait(self.seconds):
            self.look()

    def look(self) -> None:
        for name, version in versions(self.sources).items():
            if version != self._seen.get(name):
                self._exchange(name, self.sources[name], version)

    def _exchange(self, name: str, source: Source, version: str) -> None:
        engine = self.live[name]
        try:
            index = source.open()
            warm(index)
            self.live.replace(name, engine.with_index(index))
            log.warning("%s: %d passages went live (%s)", name, len(index), index.fingerprint)
        except StoreError:
            return  # the next look tries again
        except RagError as error:
            if versions({name: source}).get(name) != version:
                return  # it changed while it was read
            log.warning("%s: the new corpus version is refused, the one before stays: %s", name, error)
        self._seen[name] = version


def warm(index: PassageStore) -> None:
    """Build what the first question would have waited for: the index's own BM25 and bigrams."""
    index.lexical.search("血糖", 1)
    index.lexicon({"血糖"})
