"""What a run made and could not write into its state, and taking it in.

A run that is killed loses what it made since it last saved. One that is stopped by Ctrl-C may lose
what was being made: Terraform cancels the requests, and AWS may have carried them out. The next
run would fail at each of them, since the name is taken.

    wanted       what of a plan may be there already
    kinds        how each type of resource is found in an account
    looking      asking the account, in a process of its own
    overlay      the configuration, with import blocks for what was found
    adoption     planning again with them
"""
