"""The infra command: plans, applies and inspects the environments of this repository.

Layers, each importing only from those above it:

    errors, repository                      what can go wrong; where things are
    processes, environments, backend        other programs; what the files say
    local_cloud, targets, terraform/        where commands act; the tool that acts
    plans, rendering, reports               what a run means; how it is shown
    workflows                               one function for each thing a user asks for
    commands/, cli                          Click; the one place that turns errors into exit codes
"""

__version__ = "0.1.0"
