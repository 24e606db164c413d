"""The addresses App Runner answers at."""

from local_aws.services.apprunner.responses import AppRunnerResponse

url_bases = [r"https?://apprunner\.(.+)\.amazonaws\.com"]
url_paths = {"{0}/$": AppRunnerResponse.dispatch}
