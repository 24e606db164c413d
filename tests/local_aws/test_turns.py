"""Requests take turns inside of moto."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from harness.waiting import PATIENCE_SECONDS
from local_aws.turns import Turns


def test_nobody_is_inside_together_with_another():
    turns = Turns()
    inside: list[str] = []
    met: list[int] = []

    def work(service):
        with turns.taken(service):
            inside.append(service)
            time.sleep(0.01)
            met.append(len(inside))
            inside.remove(service)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, ["s3", "iam"] * 8))
    assert set(met) == {1}


def test_a_request_that_waits_for_another_one_gets_its_answer():
    turns = Turns(patience=0.05)

    def ask():
        with turns.taken("iam"):
            pass

    with turns.taken("s3"):
        asked = threading.Thread(target=ask)
        asked.start()
        asked.join(PATIENCE_SECONDS)
        assert not asked.is_alive()


def test_a_long_poll_keeps_nobody_waiting(client):
    queues = client("sqs")
    address = queues.create_queue(QueueName="jobs")["QueueUrl"]
    with ThreadPoolExecutor(1) as pool:
        poll = pool.submit(queues.receive_message, QueueUrl=address, WaitTimeSeconds=5)
        time.sleep(0.5)
        client("s3").list_buckets()
        assert not poll.done()
        queues.send_message(QueueUrl=address, MessageBody="job")
        assert poll.result(PATIENCE_SECONDS)["Messages"][0]["Body"] == "job"
