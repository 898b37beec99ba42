"""The check-ins: their steps in order, one slot posted once, each step ticking itself off as the work is done.

What a button does is left to `operations/`, what one client looks like to `dashboards/`.
"""
