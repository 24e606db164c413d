"""Dependency graphs of resources: from a plan or a state to something that a person can look at.

`plan_graph` and `state_graph` decide what is drawn, `layout` where, `svg` and `mermaid` how.
"""

from infra.graphs.model import Graph, Node
from infra.graphs.plan_graph import plan_graph
from infra.graphs.state_graph import state_graph

__all__ = ["Graph", "Node", "plan_graph", "state_graph"]
