"""Runs many AWS CLI commands in one process, with the AWS CLI's own Python.

Standard input has a JSON list of argument lists; standard output gets a JSON list of
`[exit code, stdout, stderr]`. A start of the CLI takes half a second, and a command no time.
"""

import contextlib
import io
import json
import sys

from awscli.clidriver import create_clidriver

answers = []
for arguments in json.load(sys.stdin):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = create_clidriver().main(arguments)
        except SystemExit as end:
            code = end.code
    answers.append([code, out.getvalue(), err.getvalue()])
sys.stdout.write(json.dumps(answers))
