"""What an interrupted run left behind, and putting that right.

First everything is looked at (`remains`), then the steps are chosen (`steps`, a pure function), a
person agrees, and they are done one after the other (`doing`). Each can be interrupted itself: the
next `infra recover` finds what is left then.
"""
