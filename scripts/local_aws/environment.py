"""The settings moto reads from the environment, which must be in place before moto is imported.

Each name is documented in moto's "Configuration options" (docs/docs/configuration/
environment_variables.rst) or read in `moto/settings.py`.
"""

from __future__ import annotations

from collections.abc import MutableMapping

_SETTINGS = {
    # In AWS a bucket of another account is refused unless its policy says otherwise.
    "MOTO_S3_ALLOW_CROSSACCOUNT_ACCESS": "false",
    # 1,301 machine images are loaded on the first EC2 call otherwise.
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
    # Browsers are no clients of the local cloud; CORS handling costs time on each request.
    "MOTO_DISABLE_GLOBAL_CORS": "true",
    # moto builds clients of its own for some deliveries; they must never look for real credentials.
    "AWS_EC2_METADATA_DISABLED": "true",
}

# These change which account answers, load 1,000 managed policies, or reach out of the process.
_FORBIDDEN = (
    "MOTO_ACCOUNT_ID",
    "MOTO_IAM_LOAD_MANAGED_POLICIES",
    "MOTO_ALLOW_NONEXISTENT_REGION",
    "MOTO_EVENTS_INVOKE_HTTP",
    "MOTO_S3_CUSTOM_ENDPOINTS",
    "INITIAL_NO_AUTH_ACTION_COUNT",
    "S3_IGNORE_SUBDOMAIN_BUCKETNAME",
    "TEST_SERVER_MODE",
    "TEST_PROXY_MODE",
    "AWS_CA_BUNDLE",
    "ALL_PROXY",
    "all_proxy",
)


def prepare(environment: MutableMapping[str, str], port: int, guard: str) -> None:
    """Write moto's settings into `environment` and remove those that would break isolation.

    guard: the proxy for everything but loopback. moto delivers to HTTP endpoints, such as those of
    SNS subscriptions, and must not leave the machine either.
    """
    for name in _FORBIDDEN:
        environment.pop(name, None)
    environment.update(_SETTINGS)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        environment[name] = guard
    environment["NO_PROXY"] = environment["no_proxy"] = "127.0.0.1"
    environment["MOTO_PORT"] = str(port)
