"""Passages to vectors: the product's encoder against what one would write first, and against other runtimes."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from rag_demo.encoder import TextEncoder
from rag_demo.pretrained import quiet
from rag_demo.tensors import batches_by_length, pad
from tests.benchmarks.bench import Row, alternating

Runtime = Callable[[np.ndarray, np.ndarray], np.ndarray]  # ids and mask (B, L) int64 -> states (B, L, D)
BATCH_TOKENS = 4096


def rows(preset: str, encoder: TextEncoder, texts: Sequence[str], repeats: int) -> Iterator[Row]:
    """As many texts as take seconds, not minutes."""
    exact = encoder.encode(texts)
    with TemporaryDirectory() as folder:
        works = {"transformers, padded": partial(plain, encoder, texts)} | _others(encoder, texts, Path(folder))
        seconds = alternating([lambda: encoder.encode(texts), *works.values()], repeats)
        agreement = {name: float((_unit(work()) * _unit(exact)).sum(1).mean()) for name, work in works.items()}
    ours, *peers = seconds
    words = f"{len(texts)}, {preset}"
    tokens = sum(map(len, encoder.tokenise(texts)))
    for (name, seconds_), like in zip(zip(works, peers, strict=True), agreement.values(), strict=True):
        reach = 5 if name == "transformers, padded" else 1
        yield Row("encode", words, ours, "s", name, seconds_, reach, f"cosine to ours {like:.4f}")
    flops = 2 * _multiplications(encoder) * tokens
    note = f"the original needed 1 hour; {flops / ours / 1e9:.0f} GFLOP/s of a measured {_gemm_rate() / 1e9:.0f}"
    yield Row("projected", f"120,000, {preset}", ours / len(texts) * 120_000, note=note)


def plain(encoder: TextEncoder, texts: Sequence[str]) -> np.ndarray:
    """transformers as in its examples: batches of 32 in the order they come, padded to 256."""
    found = []
    for start in range(0, len(texts), 32):
        batch = [encoder.settings.prefix + text for text in texts[start : start + 32]]
        inputs = encoder.tokenizer(batch, padding="max_length", truncation=True, max_length=256, return_tensors="pt")
        with torch.no_grad():
            found.append(encoder(inputs.input_ids, inputs.attention_mask).numpy())
    return np.concatenate(found)


def _others(encoder: TextEncoder, texts: Sequence[str], folder: Path) -> dict[str, Callable[[], np.ndarray]]:
    """The other runtimes, with the same batches of similar length; those that cannot run it are left out with a word."""
    makers = {
        "sentence-transformers": _sentence_transformers,
        "ONNX Runtime int8": _onnx_int8,
        "OpenVINO": _openvino,
    }
    works = {}
    for name, maker in makers.items():
        try:
            works[name] = maker(encoder, texts, folder)
            works[name]()
        except Exception as error:  # a peer that fails must not hide what the others measure
            works.pop(name, None)
            print(f"{name} left out: {type(error).__name__}: {str(error).splitlines()[0][:200]}")
    return works


def _sentence_transformers(encoder: TextEncoder, texts: Sequence[str], folder: Path) -> Callable[[], np.ndarray]:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Pooling, Transformer

    source = folder / "tower"
    with quiet():
        encoder.model.save_pretrained(source)
        encoder.tokenizer.save_pretrained(source)
    tower = Transformer(str(source), max_seq_length=encoder.settings.max_length)
    model = SentenceTransformer(modules=[tower, Pooling(encoder.dimension, encoder.settings.pooling)], device="cpu")
    prefixed = [encoder.settings.prefix + text for text in texts]
    return lambda: model.encode(prefixed, batch_size=32, normalize_embeddings=True, show_progress_bar=False)


def _onnx_int8(encoder: TextEncoder, texts: Sequence[str], folder: Path) -> Callable[[], np.ndarray]:
    import onnxruntime
    from onnxruntime.quantization import QuantType, quantize_dynamic

    plain_file, small_file = folder / "tower.onnx", folder / "tower-int8.onnx"
    _export(encoder, plain_file)
    quantize_dynamic(plain_file, small_file, weight_type=QuantType.QInt8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(small_file, options, providers=["CPUExecutionProvider"])
    return partial(_run, encoder, texts, lambda ids, mask: session.run(None, {"ids": ids, "mask": mask})[0])


def _openvino(encoder: TextEncoder, texts: Sequence[str], folder: Path) -> Callable[[], np.ndarray]:
    import openvino

    file = folder / "openvino.onnx"
    _export(encoder, file)
    settings = {"INFERENCE_NUM_THREADS": torch.get_num_threads(), "INFERENCE_PRECISION_HINT": "f32"}
    model = openvino.Core().compile_model(str(file), "CPU", settings)
    return partial(_run, encoder, texts, lambda ids, mask: model({"ids": ids, "mask": mask})[0])


def _export(encoder: TextEncoder, file: Path) -> None:
    class States(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = encoder.model

        def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            return self.model(input_ids=ids, attention_mask=mask).last_hidden_state

    ids = torch.ones(2, 16, dtype=torch.int64)
    axes = {name: {0: "rows", 1: "tokens"} for name in ("ids", "mask", "states")}
    with quiet():
        torch.onnx.export(
            States().eval(), (ids, ids), str(file), dynamo=False, opset_version=17,
            input_names=["ids", "mask"], output_names=["states"], dynamic_axes=axes,
        )  # fmt: skip


def _run(encoder: TextEncoder, texts: Sequence[str], runtime: Runtime) -> np.ndarray:
    tokens = encoder.tokenise(texts)
    vectors = np.zeros((len(texts), encoder.dimension), np.float32)
    for batch in batches_by_length([len(row) for row in tokens], BATCH_TOKENS):
        ids, mask = pad([tokens[i] for i in batch], encoder.tokenizer.pad_token_id)
        states = runtime(ids.numpy(), mask.numpy())
        vectors[batch] = encoder.pool(torch.from_numpy(np.asarray(states)), mask).numpy()
    return vectors


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _multiplications(encoder: TextEncoder) -> int:
    """Multiplications with weights a token: a shared layer counts as often as it runs."""
    counted = 0

    def count(module: torch.nn.Linear, *_) -> None:
        nonlocal counted
        counted += module.weight.numel()

    linears = [m for m in encoder.model.modules() if isinstance(m, torch.nn.Linear)]
    hooks = [module.register_forward_hook(count) for module in linears]
    encoder.encode(["水"])
    for hook in hooks:
        hook.remove()
    return counted


def _gemm_rate() -> float:
    """FLOP/s of a large fp32 product in torch: what the arithmetic alone allows."""
    a, b = torch.randn(2048, 1536), torch.randn(1536, 1536)
    return 2 * 2048 * 1536 * 1536 / alternating([lambda: a @ b], 5)[0]
