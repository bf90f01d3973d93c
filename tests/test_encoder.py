"""The towers: fast = slow, batched = single, saved = loaded."""

import numpy as np
import pytest
import torch

from rag_demo.encoder import EncoderSettings, TextEncoder
from rag_demo.types import RagError

TEXTS = ["宝宝发热", "孕妇血糖高怎么办？" * 5, "38.5℃", "a", "多吃蔬菜水果。每天喝水1500毫升。"]


@pytest.mark.parametrize("tower", [0, 1])
def test_batched_equals_single(towers, tower):
    together = towers[tower].encode(TEXTS)
    alone = np.concatenate([towers[tower].encode([text]) for text in TEXTS])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_the_scale_is_the_length(towers):
    np.testing.assert_allclose(np.linalg.norm(towers[0].encode(TEXTS), axis=1), 20.0, rtol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(towers[1].encode(TEXTS), axis=1), 1.0, rtol=1e-5)


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_a_loaded_tower_needs_no_flags(towers, tmp_path, pooling):
    """Pooling, scale, prefix and length travel with the weights; 16 bits cost less than 1e-3 in cosine."""
    settings = EncoderSettings(pooling=pooling, scale=3.0, max_length=7, prefix="宝宝")
    tower = TextEncoder(towers[0].model, towers[0].tokenizer, settings)
    tower.save(tmp_path / "tower")
    loaded = TextEncoder.load(tmp_path / "tower")
    assert loaded.settings == settings
    before, after = tower.encode(TEXTS), loaded.encode(TEXTS)
    assert ((before * after).sum(1) / 9.0 > 0.999).all()
    TextEncoder.load(tmp_path / "tower").save(tmp_path / "again")
    np.testing.assert_array_equal(TextEncoder.load(tmp_path / "again").encode(TEXTS), after)


def test_padding_does_not_leak_into_the_mean(towers):
    tower = towers[0]
    ids = torch.tensor(tower.tokenise(["宝宝"]))
    padded = torch.cat([ids, ids.new_full((1, 5), tower.tokenizer.pad_token_id)], 1)
    mask = torch.cat([torch.ones_like(ids), ids.new_zeros((1, 5))], 1)
    with torch.inference_mode():
        torch.testing.assert_close(tower(ids, torch.ones_like(ids)), tower(padded, mask), atol=1e-5, rtol=1e-5)


def test_a_missing_or_unknown_tower_is_named(tmp_path):
    with pytest.raises(RagError, match=r"encoder\.json is missing"):
        TextEncoder.load(tmp_path)
    with pytest.raises(RagError, match="nowhere cannot be loaded"):
        TextEncoder.load("nowhere", EncoderSettings())
