"""What training and indexing will cost, before they start: pure arithmetic over published shapes, no torch, no gradio.

    plan(Setting(preset="base", batch=128, length=256, chunk=8)) -> Plan(memory, flops, hours)

shapes.py: what the models are made of. memory.py: bytes of a card, term by term. compute.py: FLOPs and hours.
indexing.py: seconds and bytes of an index. calibration.py: the measurements. known.py: reports it is held against."""

from rag_demo.planner.plan import Plan, advice, plan
from rag_demo.planner.setting import Attention, Precision, Setting, Stage

__all__ = ["Attention", "Plan", "Precision", "Setting", "Stage", "advice", "plan"]
