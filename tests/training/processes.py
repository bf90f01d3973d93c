"""Real processes without the seconds that importing torch takes: a server that has imported all forks them."""

import multiprocessing
import os
import socket

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.conftest", "tests.training.runs", "torch.utils.tensorboard"])


def start(target, *arguments):
    process = CONTEXT.Process(target=target, args=arguments)
    process.start()
    return process


def start_world(size: int, target, *arguments) -> list:
    """`size` processes that find each other as torchrun's do: by environment variables, on the loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return [start(_as_rank, rank, size, port, target, arguments) for rank in range(size)]


def _as_rank(rank, size, port, target, arguments):
    os.environ |= dict(
        RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE=str(size), MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port)
    )
    target(*arguments)


def start_nodes(nodes: int, target, *arguments) -> list:
    """What `torchrun --nnodes N --nproc_per_node 1 --rdzv_backend c10d` runs on each of N machines: an agent that meets
    the others over TCP and starts the worker. Here the machines share one loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return [start(_as_node, nodes, port, target, arguments) for _ in range(nodes)]


def _as_node(nodes, port, target, arguments):
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    config = LaunchConfig(
        min_nodes=nodes, max_nodes=nodes, nproc_per_node=1, run_id="nodes", rdzv_backend="c10d", start_method="fork",
        rdzv_endpoint=f"127.0.0.1:{port}", max_restarts=0, monitor_interval=0.1, local_addr="127.0.0.1",
    )  # fmt: skip
    elastic_launch(config, target)(*arguments)
