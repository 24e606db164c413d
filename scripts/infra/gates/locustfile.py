"""What each user of the load test does. Locust runs this file; infra does not import it.

LOAD_TEST holds, as JSON: paths, headers, rate (requests a second of one user), and timeout
(seconds that one request may take).
"""

import itertools
import json
import os

from locust import HttpUser, constant_throughput, task

PLAN = json.loads(os.environ["LOAD_TEST"])

PATHS = itertools.cycle(PLAN["paths"])
"""Of all users together: a test that is short for the machine asks for each path all the same."""


class Visitor(HttpUser):
    """Asks for the next path. Only 2xx is an answer, and a redirect is followed nowhere."""

    wait_time = constant_throughput(PLAN["rate"])

    @task
    def visit(self) -> None:
        """One request."""
        with self.client.get(
            next(PATHS),
            headers=PLAN["headers"],
            timeout=PLAN["timeout"],
            allow_redirects=False,
            catch_response=True,
        ) as response:
            if not 200 <= response.status_code < 300:
                response.failure(f"status {response.status_code}")
