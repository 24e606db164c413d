"""What each user of the load test does. Locust runs this file; infra does not import it.

LOAD_TEST holds, as JSON: paths, headers, rate (requests a second of one user), and timeout
(seconds that one request may take).
"""

import json
import os

from locust import HttpUser, constant_throughput, task

PLAN = json.loads(os.environ["LOAD_TEST"])


class Visitor(HttpUser):
    """Asks for each path in turn. Only 2xx is an answer, and a redirect is followed nowhere."""

    wait_time = constant_throughput(PLAN["rate"])

    def on_start(self) -> None:
        """Begin with the first path."""
        self.turn = 0

    @task
    def visit(self) -> None:
        """One request."""
        path = PLAN["paths"][self.turn % len(PLAN["paths"])]
        self.turn += 1
        with self.client.get(
            path,
            headers=PLAN["headers"],
            timeout=PLAN["timeout"],
            allow_redirects=False,
            catch_response=True,
        ) as response:
            if not 200 <= response.status_code < 300:
                response.failure(f"status {response.status_code}")
