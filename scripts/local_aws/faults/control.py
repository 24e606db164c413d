"""How faults are set, listed and taken back: addresses of the local cloud's own."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

from local_aws.faults.layer import Faults
from local_aws.faults.rules import BadRuleError, number_in

PATH = "/local/fault"


def answer(faults: Faults, method: str, path: str, query: str) -> tuple[str, str] | None:
    """The status and the body of an answer, None for an address that there isn't."""
    said = {name: values[-1] for name, values in parse_qs(query).items()}
    try:
        if (method, path) == ("GET", PATH):
            return "200 OK", json.dumps({"faults": faults.documents()})
        if (method, path) == ("POST", PATH):
            return "200 OK", json.dumps(faults.add(said))
        if (method, path) == ("POST", f"{PATH}/clear"):
            return "200 OK", json.dumps({"faults": faults.clear(number_in(said))})
    except BadRuleError as error:
        return "400 Bad Request", json.dumps({"error": str(error)})
    return None
