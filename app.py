"""The page, for a Space and for your own machine: python app.py [--host HOST] [--port PORT] [--presets base]"""

import argparse
import os
import sys

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["FORWARDED_ALLOW_IPS"] = ""  # uvicorn would believe any X-Forwarded-For from this machine; see RAG_PROXIES

from rag_demo.config import ASSETS, IndexConfig, ServerConfig
from rag_demo.hosting import Hosting
from rag_demo.types import RagError


def main(arguments: list[str] | None = None) -> None:
    try:
        config, hosting = ServerConfig.from_environment(), Hosting.from_environment()
        parser = argparse.ArgumentParser(description="Serve the page.")
        parser.add_argument("--host", default=config.host)
        parser.add_argument("--port", type=int, default=config.port)
        parser.add_argument("--presets", default=",".join(config.presets), help="comma-separated, the first is shown")
        args = parser.parse_args(arguments)

        from rag_demo.serving.folder import temporary_folders
        from rag_demo.serving.zero_gpu import announce

        uploads = temporary_folders(config.data)
        announce()
        import torch

        from rag_demo.live import load_live
        from rag_demo.serving.journal import start_journal
        from rag_demo.serving.metrics import Metrics
        from rag_demo.serving.streams import watched
        from rag_demo.ui import build_demo
        from rag_demo.ui.serve import serve

        journal, metrics = start_journal(hosting.log_questions), Metrics()

        def tell(seen):
            metrics.seen(seen)
            journal.seen(seen)

        if config.threads:
            torch.set_num_threads(config.threads)
        presets = tuple(args.presets.split(","))
        around = {name: watched(name, hosting.answer_seconds, tell) for name in presets}
        engines = load_live(presets, IndexConfig.from_environment(), around)
        warn_of_unreachable(engines)
        examples = tuple((ASSETS / "questions" / "examples.txt").read_text(encoding="utf-8").split("\n"))
        demo = build_demo(engines, tuple(filter(None, examples)), config.votes or config.data)
    except RagError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    print(f"http://{args.host}:{args.port}", file=sys.stderr)
    serve(demo, hosting, uploads, presets, metrics, server_name=args.host, server_port=args.port)


def warn_of_unreachable(engines) -> None:
    """The page starts all the same, says so, and answers once the store does."""
    from rag_demo.store import StoreError

    for name, engine in engines.items():
        try:
            len(engine.index)
        except StoreError as error:
            print(f"warning: {name}: {error}", file=sys.stderr)


if __name__ == "__main__":
    main()
