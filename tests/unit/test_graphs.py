"""Graphs of plans and states: what is drawn, where, and that no name can spoil a drawing."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness import schemas
from harness.places import ROOT
from harness.plan_documents import change, document, running, sixty, two_thousand
from infra.cli import run
from infra.commands import graph as command
from infra.environments import load_environment
from infra.graphs import Graph, Node, mermaid, plan_graph, state_graph, svg
from infra.graphs.layout import rows
from infra.graphs.model import Edge, reduced
from infra.plans import summarize
from infra.repository import Repository
from infra.stored_state import StoredState

HOSTILE = 'x"]<b>;click n0 "javascript:alert(1)"<script>]]>&#34;\x1b'


def drawn(planned: dict[str, Any]) -> Graph:
    return plan_graph(planned, summarize(planned))


def edges(graph: Graph) -> set[Edge]:
    """By label."""
    labels = {node.id: node.label for node in graph.nodes}
    return {(labels[needed], labels[needing]) for needed, needing in graph.edges}


def stored(*resources: tuple[str, str, list[str]], instances: int = 1) -> StoredState:
    """A state. Each resource: its module, its type and name, and what it was made after."""
    found = []
    for module, local, needs in resources:
        kind, _, name = local.partition(".")
        one = {"attributes": {"password": "secret"}, "dependencies": needs}
        found.append(
            {
                "mode": "managed", "type": kind, "name": name, "instances": [one] * instances,
                **({"module": module} if module else {}),
            }
        )  # fmt: skip
    return StoredState("lineage", 1, {}, tuple(found))


KEY = "module.app.module.key.aws_kms_key.this"
STATE = stored(
    ("module.app.module.key", "aws_kms_key.this", []),
    ('module.app.module.zone["raw"]', "aws_s3_bucket.this", [KEY]),
    ('module.app.module.zone["dvc"]', "aws_s3_bucket.this", [KEY]),
    (
        'module.app.module.zone["raw"]',
        "aws_s3_bucket_policy.this",
        [KEY, "module.app.module.zone.aws_s3_bucket.this"],
    ),
    ("", "aws_sns_topic.top", ["module.app.module.zone.aws_s3_bucket_policy.this"]),
)  # fmt: skip


def configured(*, through_variable: bool) -> dict[str, Any]:
    """A queue in one module that needs a key in another one, by way of an output."""
    reference = ["module.key.arn", "module.key"]
    inner = ["var.key"] if through_variable else ["local.key"]
    return {
        "root_module": {
            "module_calls": {
                "key": {
                    "module": {
                        "resources": [
                            {"address": "aws_kms_key.this", "mode": "managed"},
                            {"address": "aws_kms_alias.this", "mode": "managed"},
                        ],
                        "outputs": {
                            "arn": {"expression": {"references": ["aws_kms_key.this.arn"]}}
                        },
                    }
                },
                "queue": {
                    "source": "../../modules/queue",
                    "expressions": {"key": {"references": reference}},
                    "module": {
                        "resources": [
                            {
                                "address": "aws_sqs_queue.this",
                                "mode": "managed",
                                "expressions": {
                                    "kms": {"references": inner},
                                    "block": [{"one": {"references": ["data.aws_x.y.arn"]}}],
                                },
                            },
                            {
                                "address": "data.aws_x.y",
                                "mode": "data",
                                "expressions": {"a": {"references": ["aws_sqs_dead.this.arn"]}},
                            },
                            {"address": "aws_sqs_dead.this", "mode": "managed"},
                        ]
                    },
                },
            }
        }
    }


CREATED = (
    change("module.key.aws_kms_key.this", None, {"a": 1}),
    change("module.key.aws_kms_alias.this", None, {"a": 1}),
    change("module.queue.aws_sqs_queue.this", None, {"a": 1}),
    change("module.queue.aws_sqs_dead.this", None, {"a": 1}),
)


def test_what_a_configuration_refers_to_is_an_edge_also_through_outputs_and_data_sources() -> None:
    found = drawn(document(*CREATED, configuration=configured(through_variable=True)))
    # An output names its resource and no other one of its module.
    assert edges(found) == {("kms_key", "sqs_queue"), ("sqs_dead", "sqs_queue")}


def test_of_what_exists_the_state_says_what_passes_through_locals() -> None:
    planned = document(*CREATED, configuration=configured(through_variable=False))
    assert edges(drawn(planned)) == {("sqs_dead", "sqs_queue")}
    planned["prior_state"] = running(
        ("module.queue.aws_sqs_queue.this", ["module.key.aws_kms_key.this"])
    )
    assert ("kms_key", "sqs_queue") in edges(drawn(planned))


def test_what_passes_through_local_values_is_read_from_the_files(tmp_path: Path) -> None:
    folder, module = tmp_path / "environments" / "dev", tmp_path / "modules" / "queue"
    for path in (folder, module):
        path.mkdir(parents=True)
    (module / "broken.tf").write_text("locals {")
    (module / "main.tf").write_text(
        'locals {\n  key  = "${local._own}/x"\n  _own = { for k, v in [var.key] : k => v }\n}\n'
    )
    planned = document(*CREATED, configuration=configured(through_variable=False))
    found = plan_graph(planned, summarize(planned), folder, tmp_path)
    assert edges(found) == {("kms_key", "sqs_queue"), ("sqs_dead", "sqs_queue")}
    # What is not of this checkout is not read.
    elsewhere = plan_graph(planned, summarize(planned), folder, folder)
    assert edges(elsewhere) == {("sqs_dead", "sqs_queue")}


def test_who_waits_for_a_module_waits_for_all_that_is_in_it() -> None:
    configuration = configured(through_variable=False)
    configuration["root_module"]["module_calls"]["queue"]["depends_on"] = ["module.key"]
    found = edges(drawn(document(*CREATED, configuration=configuration)))
    assert {("kms_key", "sqs_dead"), ("kms_alias", "sqs_dead")} <= found


def test_a_whole_module_may_hang_on_something() -> None:
    configuration = configured(through_variable=False)
    calls = configuration["root_module"]["module_calls"]
    calls["queue"]["count_expression"] = {"references": ["module.key.arn"]}
    found = edges(drawn(document(*CREATED, configuration=configuration)))
    assert ("kms_key", "sqs_dead") in found


def test_ways_through_what_stays_as_it_is_are_drawn() -> None:
    changed = [CREATED[0], change("aws_sns_topic.end", None, {"a": 1})]
    state = running(
        ("module.queue.aws_sqs_queue.this", ["module.key.aws_kms_key.this"]),
        ("aws_sns_topic.end", ["module.queue.aws_sqs_queue.this"]),
    )
    assert edges(drawn(document(*changed, prior_state=state))) == {("kms_key", "sns_topic.end")}


def test_instances_of_one_module_do_not_need_each_other() -> None:
    changes = [
        change(f'module.zone["{zone}"].aws_s3_{kind}.this', None, {"a": 1})
        for zone in ("a.b", 'c["')
        for kind in ("bucket", "policy")
    ]
    state = running(("module.zone.aws_s3_policy.this", ["module.zone.aws_s3_bucket.this"]))
    found = drawn(document(*changes, prior_state=state))
    assert len(found.nodes) == 4
    assert len(found.edges) == 2
    groups = {node.id: node.group for node in found.nodes}
    assert all(groups[needed] == groups[needing] for needed, needing in found.edges)


def test_instances_of_a_resource_are_one_node_unless_their_fates_differ() -> None:
    changes = [change(f'aws_sqs_queue.q["{key}"]', None, {"a": 1}) for key in "abc"]
    changes.append(change('aws_sqs_queue.q["d"]', {"a": 1}))
    found = {(node.label, node.action, node.count) for node in drawn(document(*changes)).nodes}
    assert found == {("sqs_queue.q", "create", 3), ("sqs_queue.q", "destroy", 1)}


def test_a_large_plan_is_folded_by_module_and_what_ends_stays_in_sight() -> None:
    planned = sixty()
    gone = change("module.part_3.aws_s3_bucket.gone", {"a": 1})
    planned["resource_changes"].append(gone)
    found = drawn(planned)
    assert found.folded
    assert {node.label for node in found.nodes} == {
        *(f"part_{number}" for number in range(6)),
        "s3_bucket.gone",
    }
    assert ("part_0", "part_1") in edges(found)
    many = drawn(two_thousand())
    assert [(node.label, node.note) for node in many.nodes] == [("big", "~200 +1800")]


def test_what_follows_from_other_edges_is_left_out_and_circles_stay() -> None:
    assert reduced([("a", "b"), ("b", "c"), ("a", "c")]) == (("a", "b"), ("b", "c"))
    circle = [("a", "b"), ("b", "a"), ("b", "c")]
    assert set(reduced(circle)) == set(circle)


def test_each_row_needs_only_rows_above_it_and_fits_the_page() -> None:
    nodes = tuple(Node(str(number), f"n{number}") for number in range(12))
    chain = (*((str(number), str(number + 1)) for number in range(3)), ("0", "9"), ("9", "2"))
    found = rows(Graph(nodes, chain), 2)
    assert sorted(one for row in found for one in row) == sorted(node.id for node in nodes)
    assert max(map(len, found)) == 2
    place = {one: index for index, row in enumerate(found) for one in row}
    assert all(place[needed] < place[needing] for needed, needing in chain)
    # What needs nothing and is needed by nothing stands below.
    assert place["3"] < min(place[str(one)] for one in (4, 5, 6, 7, 8, 10, 11))


def test_a_circle_of_modules_is_drawn() -> None:
    nodes = (Node("0", "a"), Node("1", "b"))
    found = Graph(nodes, (("0", "1"), ("1", "0")))
    assert rows(found, 2) == [["0"], ["1"]]
    assert svg.drawing(found, 2, "x").count('class="arrow"') == 2


def inside(drawing: str) -> None:
    """All of a drawing is where it can be seen, and no two cards overlap."""
    root = ElementTree.fromstring(drawing)  # noqa: S314  our own drawing
    width, height = (float(root.attrib[name]) for name in ("width", "height"))
    cards = [
        [float(card.attrib[name]) for name in ("x", "y", "width", "height")]
        for card in root.iter("{http://www.w3.org/2000/svg}svg")
        if "x" in card.attrib
    ]
    for x, y, wide, high in cards:
        assert 0 <= x <= x + wide <= width
        assert 0 <= y <= y + high <= height
    for index, (x, y, wide, high) in enumerate(cards):
        for left, top, _, _ in cards[index + 1 :]:
            assert abs(x - left) >= wide or abs(y - top) >= high
    for path in root.iter("{http://www.w3.org/2000/svg}path"):
        numbers = re.findall(r"[MC]([\d. -]+)", path.attrib["d"])
        for x, y in re.findall(r"(-?[\d.]+) (-?[\d.]+)", " ".join(numbers)):
            assert 0 <= float(x) <= width
            assert 0 <= float(y) <= height


@pytest.mark.parametrize("columns", [svg.NARROW, svg.WIDE])
def test_a_drawing_is_whole(columns: int) -> None:
    inside(svg.drawing(drawn(sixty()), columns, "x"))
    inside(svg.drawing(state_graph(STATE), columns, "x", items=True))
    nodes = tuple(Node(str(number), f"n{number}") for number in range(30))
    tangle = tuple((str(a), str(b)) for a in range(30) for b in range(30) if (a * 7 + b) % 11 == 1)
    inside(svg.drawing(Graph(nodes, tangle), columns, "x"))
    inside(svg.drawing(Graph(), columns, "nothing"))


def test_an_environment_is_drawn_by_module() -> None:
    found = state_graph(STATE)
    assert [(node.label, node.note) for node in found.nodes] == [
        ("not in a module", "1 sns_topic"),
        ("key", "1 kms_key"),
        ("zone", "2 s3_bucket, 1 s3_bucket_policy"),
    ]
    assert edges(found) == {("key", "zone"), ("zone", "not in a module")}


def test_the_detail_of_an_environment_is_each_resource() -> None:
    found = state_graph(STATE, detail=True)
    assert edges(found) == {
        ("kms_key", "s3_bucket"),
        ("s3_bucket", "s3_bucket_policy"),
        ("s3_bucket_policy", "sns_topic.top"),
    }
    text = mermaid.flowchart(found)
    assert text.startswith("flowchart LR\n")
    assert '  subgraph g2["app.zone"]\n    n2["s3_bucket x 2"]\n    n3["s3_bucket_policy"]' in text
    assert text.count("subgraph") == len(re.findall(r"^  end$", text, re.MULTILINE)) == 2


def test_names_do_no_harm_in_a_drawing() -> None:
    found = state_graph(stored(("", f"aws_x.{HOSTILE}", [])), detail=True)
    text = mermaid.flowchart(found)
    assert len(text.splitlines()) == 2
    assert text.count('"') == 2
    assert not set("<>;&") & set(re.sub(r"#\d+;", "", text))
    ElementTree.fromstring(svg.document(found, HOSTILE.replace("\x1b", "")))  # noqa: S314


def visited(monkeypatch: pytest.MonkeyPatch, state: StoredState) -> None:
    environment = load_environment(Repository(ROOT), "staging")
    found = SimpleNamespace(environment=environment, target="local", state=lambda: state)
    monkeypatch.setattr(command, "visit", lambda *_arguments: found)
    monkeypatch.chdir(ROOT)


def test_the_command_prints_what_github_draws(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    visited(monkeypatch, STATE)
    assert run(["graph", "staging"]) == 0
    assert capsys.readouterr().out == mermaid.flowchart(state_graph(STATE))


@pytest.mark.parametrize("arguments", [["--json"], ["--format", "json"]])
def test_the_command_prints_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    visited(monkeypatch, STATE)
    assert run(["graph", "staging", *arguments]) == 0
    printed = capsys.readouterr()
    result = schemas.parsed(printed.out)["result"]
    assert [node["label"] for node in result["nodes"]] == ["not in a module", "key", "zone"]
    assert {"from": "1", "to": "2"} in result["edges"]
    assert "secret" not in printed.out
    assert printed.err == ""


def test_the_command_writes_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    visited(monkeypatch, STATE)
    path = tmp_path / "staging.html"
    assert run(["graph", "staging", "--format", "html", "--detail", "--out", str(path)]) == 0
    assert "Written:" in capsys.readouterr().out
    text = path.read_text()
    assert text.startswith("<!doctype html>")
    assert "default-src 'none'" in text
    assert "1 s3_bucket_policy" in text
    assert "secret" not in text


def test_an_empty_environment_says_how_to_make_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    visited(monkeypatch, StoredState())
    assert run(["graph", "staging"]) == 0
    assert "make apply ENV=staging" in capsys.readouterr().err
