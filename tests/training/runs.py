"""Arguments of tiny runs on the `project` fixture's folder."""

from training import train_dpr, train_generator, train_rag


def dpr_args(project, out, **changes):
    values = dict(
        init=str(project / "tower"), questions=[str(project / "train.jsonl")], passages=[str(project / "passages.jsonl")],
        out=str(project / out), dev=str(project / "dev.jsonl"), batch=3, epochs=6, lr=2e-3, warmup=2, evaluate_every=4,
        threads=1, precision="fp32",
    )  # fmt: skip
    return train_dpr.Args(**{**values, **changes})


def generator_args(project, out, **changes):
    values = dict(
        init=str(project / "generator"), questions=[str(project / "train.jsonl")], passages=[str(project / "passages.jsonl")],
        out=str(project / out), dev=str(project / "dev.jsonl"), epochs=4, batch_tokens=150, lr=2e-3, warmup=2,
        evaluate_every=3, threads=1, precision="fp32",
    )  # fmt: skip
    return train_generator.Args(**{**values, **changes})


def rag_args(project, out, **changes):
    values = dict(
        towers=str(project / "dpr"), generator=str(project / "generator"), questions=[str(project / "train.jsonl")],
        passages=str(project / "passages.jsonl"), out=str(project / out), dev=str(project / "dev.jsonl"), top_k=2, batch=2,
        steps=6, lr=1e-3, evaluate_every=3, threads=1, precision="fp32",
    )  # fmt: skip
    return train_rag.Args(**{**values, **changes})
