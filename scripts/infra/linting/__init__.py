"""Looking at everything in a checkout, and changing nothing: what `infra lint` and `make lint` run.

A *check* is one tool or one set of own rules (`registry`). Each looks at the files of a `Site` and
returns typed findings; `running` runs them side by side and turns whatever happens into a `Report`,
which `showing`, `sarif` and `junit` write down.
"""
