import pytest

from tests.conftest import save_checkpoint


@pytest.fixture
def saved(bart_engine, tmp_path):
    """A whole tiny checkpoint."""
    return save_checkpoint(bart_engine, tmp_path / "tiny")
