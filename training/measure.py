"""What the planner is calibrated on, measured on one core: index building, encoding, a training step, live bytes."""

import gc
import platform
import time
import weakref
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from transformers import AlbertConfig, AlbertModel, BertConfig, BertModel

from rag_demo.planner.calibration import Calibration, Count, IndexMeasurement, Rate
from rag_demo.planner.compute import step_flops, tower_flops
from rag_demo.planner.indexing import HNSW, Kind, lists_of
from rag_demo.planner.setting import Setting
from rag_demo.planner.shapes import Family, Tower, preset_of

CLUSTERS, DIMENSION = 500, 384
SIZES = {kind: (2_000, 5_000, 10_000, 20_000) for kind in Kind} | {
    Kind.HNSW512: (2_000, 5_000, 10_000),
    Kind.IVF_PQ: (1_000, 2_000, 4_000),  # training its quantiser takes 2 ms a vector
}
TEXTS, TOKENS = 32, 128  # of the timed batch


def tower_model(tower: Tower) -> nn.Module:
    """A tower of this shape with random weights, on the default device."""
    shared = dict(
        vocab_size=tower.vocab,
        hidden_size=tower.hidden,
        num_hidden_layers=tower.layers,
        num_attention_heads=tower.heads,
        intermediate_size=tower.intermediate,
        max_position_embeddings=tower.positions,
        type_vocab_size=tower.types,
        hidden_act="gelu",
        hidden_dropout_prob=0.1 * tower.dropout,
        attention_probs_dropout_prob=0.1 * tower.dropout,
    )
    if tower.family is Family.ALBERT:
        config = AlbertConfig(embedding_size=tower.embedding, num_hidden_groups=tower.groups, **shared)
        return AlbertModel(config, add_pooling_layer=False)
    return BertModel(BertConfig(**shared), add_pooling_layer=False)


def calibrate(say: Callable[[str], None]) -> Calibration:
    """About two minutes of one core."""
    import faiss

    torch.set_num_threads(1)
    faiss.omp_set_num_threads(1)
    conditions = {
        "processor": _processor(),
        "clock": "processor seconds of one thread, on a machine that others use too",
        "versions": f"faiss {faiss.__version__}, torch {torch.__version__}",
        "vectors": f"random, {CLUSTERS} clusters, unit length, {DIMENSION} dimensions, inner product",
        "encoding": f"base context tower, fp32, {TEXTS} texts of {TOKENS} tokens, best of 3",
        "training": f"base, one step of 8 questions and 16 passages of {TOKENS} tokens, fp32, best of 3",
        "counted": "live tensors of a GradCache step on the CPU, fp32",
    }
    vectors = clustered(max(max(sizes) for sizes in SIZES.values()))
    indexes = []
    for kind, sizes in SIZES.items():
        for count in sizes:
            indexes.append(measure_index(kind, vectors[:count]))
            say(f"{kind} {count:,}: {indexes[-1].seconds:.3f} s, {indexes[-1].bytes / 1e6:.1f} MB")
    counted = (count_step("base", 128, 256, 8), count_step("large", 128, 256, 8))
    return Calibration(conditions, tuple(indexes), encoding_rate(), training_rate(), counted)


def clustered(count: int, seed: int = 0) -> np.ndarray:
    """float32 (N, D): as far from their centre as the centres from each other, the middle between text and noise."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(CLUSTERS, DIMENSION))
    vectors = centres[random.integers(0, CLUSTERS, count)] + random.normal(size=(count, DIMENSION))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def measure_index(kind: Kind, vectors: np.ndarray) -> IndexMeasurement:
    """Train and fill one index; best of 3 where it takes less than half a second."""
    import faiss

    seconds = []
    while not seconds or (len(seconds) < 3 and seconds[-1] < 0.5):
        index = _empty_index(kind, *vectors.shape)
        began = time.process_time()
        index.train(vectors)
        index.add(vectors)
        seconds.append(time.process_time() - began)
    return IndexMeasurement(kind, *vectors.shape, min(seconds), faiss.serialize_index(index).nbytes)


def _empty_index(kind: Kind, count: int, dimension: int):
    import faiss

    if kind in HNSW:
        links, ef = HNSW[kind]
        index = faiss.IndexHNSWFlat(dimension, links, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = ef
        return index
    factory = {
        Kind.FLAT: "Flat",
        Kind.SQ8: "SQ8",
        Kind.IVF_PQ: f"IVF{lists_of(count)},PQ{dimension // 4}np",  # np: without the hours of polysemous training
        Kind.PQ_FAST_SCAN: f"PQ{dimension // 4}x4fs,RFlat",
    }[kind]
    index = faiss.index_factory(dimension, factory, faiss.METRIC_INNER_PRODUCT)
    if kind is Kind.IVF_PQ:
        for clustering in (index.cp, index.pq.cp):
            clustering.min_points_per_centroid = 1  # no warning for a small sample
    return index


def encoding_rate() -> Rate:
    tower = preset_of("base").tower
    model, ids = tower_model(tower).eval(), torch.randint(5, tower.vocab, (TEXTS, TOKENS))
    with torch.inference_mode():
        seconds = _best(lambda: model(input_ids=ids, attention_mask=torch.ones_like(ids)))
    return Rate(ids.numel(), tower_flops(tower, TEXTS, TOKENS), seconds)


def training_rate() -> Rate:
    setting = Setting("base", batch=8, length=TOKENS)
    step = Step("base", setting.batch, setting.length, 0)
    return Rate(step.tokens, step_flops(setting), _best(step.run))


def count_step(preset: str, batch: int, length: int, chunk: int) -> Count:
    """A GradCache step of both towers, with one chunk in place of all: they need the same, one after the other."""
    with LiveBytes() as live:
        step = Step(preset, batch, length, chunk)
        weights, inputs = step.weight_bytes, step.input_bytes
        step.run()  # gradients and moments come to life here; the step that counts has them from its start
        live.peak = live.now
        saved = step.run()
        optimiser = sum(t.nbytes for state in step.optimizer.state.values() for t in state.values())
    return Count(preset, batch, length, chunk, weights, weights, optimiser, inputs, saved, live.peak)


class Step:
    """One optimiser step of two towers on random token ids; chunk 0: the whole batch at once."""

    def __init__(self, preset: str, batch: int, length: int, chunk: int, hard: int = 1) -> None:
        tower = preset_of(preset).tower
        self.towers = nn.ModuleList([tower_model(tower), tower_model(tower)]).train()
        self.optimizer = torch.optim.AdamW(self.towers.parameters(), lr=1e-5)
        sides = (batch, batch * (1 + hard))
        self.ids = [torch.randint(5, tower.vocab, (texts, length)) for texts in sides]
        self.masks = [torch.ones_like(ids) for ids in self.ids]
        self.vectors = [torch.zeros(texts, tower.hidden) for texts in sides]  # GradCache's, and their gradients
        self.gradients = [torch.zeros_like(vectors) for vectors in self.vectors]
        self.chunk = chunk or max(sides)

    @property
    def tokens(self) -> int:
        return sum(ids.numel() for ids in self.ids)

    @property
    def weight_bytes(self) -> int:
        return sum(p.nbytes for p in self.towers.parameters())

    @property
    def input_bytes(self) -> int:
        return sum(t.nbytes for t in (*self.ids, *self.masks, *self.vectors, *self.gradients))

    def run(self) -> int:
        """-> bytes that autograd kept for the backward pass of a chunk, of the tower that kept most."""
        kept = 0
        for tower, ids, mask in zip(self.towers, self.ids, self.masks, strict=True):
            ids, mask = ids[: self.chunk], mask[: self.chunk]
            with SavedBytes(tower) as saved:
                vectors = tower(input_ids=ids, attention_mask=mask).last_hidden_state.mean(1)
            kept = max(kept, saved.total)
            vectors.backward(torch.ones_like(vectors))
        self.optimizer.step()
        return kept


class SavedBytes(torch.autograd.graph.saved_tensors_hooks):
    """Distinct storages that autograd keeps inside the block, the model's own weights not counted."""

    def __init__(self, model: nn.Module) -> None:
        self.total, self._storages = 0, []
        self._known = {p.untyped_storage()._cdata for p in model.parameters()}
        super().__init__(self._pack, lambda tensor: tensor)

    def _pack(self, tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in self._known:
            self._known.add(storage._cdata)
            self._storages.append(storage)  # held, so that its address is not given to another
            self.total += storage.nbytes()
        return tensor

    def __enter__(self) -> "SavedBytes":
        super().__enter__()
        return self

    def __exit__(self, *error) -> None:
        super().__exit__(*error)
        self._storages.clear()


class LiveBytes(TorchDispatchMode):
    """The bytes of tensors that live at once inside the block: every storage from its birth to its end."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.peak = 0
        self._alive: set[int] = set()
        gc.collect()

    def __torch_dispatch__(self, function, types, arguments=(), options=None):
        result = function(*arguments, **(options or {}))
        for tensor in tree_leaves(result):
            if isinstance(tensor, torch.Tensor):
                self._see(tensor.untyped_storage())
        return result

    def _see(self, storage: torch.UntypedStorage) -> None:
        key, size = storage._cdata, storage.nbytes()
        if key in self._alive:
            return
        self._alive.add(key)
        self.now += size
        self.peak = max(self.peak, self.now)
        weakref.finalize(storage, self._end, key, size)

    def _end(self, key: int, size: int) -> None:
        self._alive.discard(key)
        self.now -= size


def _best(run: Callable[[], object], times: int = 3) -> float:
    run()
    seconds = []
    for _ in range(times):
        began = time.process_time()
        run()
        seconds.append(time.process_time() - began)
    return min(seconds)


def _processor() -> str:
    file = Path("/proc/cpuinfo")
    lines = file.read_text().splitlines() if file.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
