"""The page, for a Space and for your own machine: python app.py [--host HOST] [--port PORT] [--presets base]"""

import argparse
import os
import sys

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

from rag_demo.config import ASSETS, IndexConfig, ServerConfig
from rag_demo.types import RagError


def main(arguments: list[str] | None = None) -> None:
    try:
        config = ServerConfig.from_environment()
        parser = argparse.ArgumentParser(description="Serve the page.")
        parser.add_argument("--host", default=config.host)
        parser.add_argument("--port", type=int, default=config.port)
        parser.add_argument("--presets", default=",".join(config.presets), help="comma-separated, the first is shown")
        args = parser.parse_args(arguments)

        import torch

        from rag_demo.live import load_live
        from rag_demo.ui import build_demo
        from rag_demo.ui.theme import launch_options

        if config.threads:
            torch.set_num_threads(config.threads)
        engines = load_live(args.presets.split(","), IndexConfig.from_environment())
        warn_of_unreachable(engines)
        examples = tuple((ASSETS / "questions" / "examples.txt").read_text(encoding="utf-8").split("\n"))
        demo = build_demo(engines, tuple(filter(None, examples)), config.votes or config.data)
    except RagError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    print(f"http://{args.host}:{args.port}", file=sys.stderr)
    demo.queue(max_size=64).launch(server_name=args.host, server_port=args.port, **launch_options())


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
