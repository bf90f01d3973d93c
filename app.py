"""The page, for a Space and for your own machine: python app.py [--host HOST] [--port PORT] [--presets base]"""

import argparse
import os
import sys

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

from rag_demo.config import ASSETS, ServerConfig
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

        from rag_demo.engine import RagEngine
        from rag_demo.ui import build_demo
        from rag_demo.ui.theme import launch_options

        if config.threads:
            torch.set_num_threads(config.threads)
        engines = {name: RagEngine.load(name) for name in args.presets.split(",")}
        examples = tuple((ASSETS / "questions" / "examples.txt").read_text(encoding="utf-8").split("\n"))
        demo = build_demo(engines, tuple(filter(None, examples)), config.data)
    except RagError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    print(f"http://{args.host}:{args.port}", file=sys.stderr)
    demo.queue(max_size=64).launch(server_name=args.host, server_port=args.port, **launch_options())


if __name__ == "__main__":
    main()
