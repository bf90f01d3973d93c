"""What every training command shares: arguments from a dataclass, one clear line and exit code 2 for bad input."""

import json
import sys
from collections.abc import Callable
from typing import TypeVar

from rag_demo.types import RagError

Args = TypeVar("Args")


def run(main: Callable[[Args], dict | None], kind: type[Args], description: str) -> None:
    """Parse `kind` from the command line, call main(args), print what it returns as JSON."""
    from transformers import HfArgumentParser

    try:
        parser = HfArgumentParser(kind, description=description)
        (args,) = parser.parse_args_into_dataclasses()
        result = main(args)
    except (RagError, ValueError, OSError) as error:  # OSError: a full or read-only disk
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from (error if not isinstance(error, RagError) else None)
    except KeyboardInterrupt:
        print("interrupted; the same command goes on where it stopped", file=sys.stderr)
        raise SystemExit(130) from None
    if result is not None:
        print(json.dumps(result, ensure_ascii=False, indent=1))


def say(message: str) -> None:
    """Progress for people goes to stderr; stdout is for what a program reads."""
    print(message, file=sys.stderr, flush=True)
