"""Which AWS account this process's credentials belong to: `python -m infra.caller`.

A process of its own, so that boto3 sees exactly the environment that Terraform will get. Prints one
JSON object: {"account": ...} or {"error": ...}.
"""

from __future__ import annotations

import json
import sys


def main() -> int:
    """Ask STS, print the answer, return the exit code."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        account = boto3.session.Session().client("sts").get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as error:
        sys.stdout.write(json.dumps({"error": str(error)}))
        return 1
    sys.stdout.write(json.dumps({"account": str(account)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
