"""Benchmarks: what the product costs, each figure beside its floor or peer of the same run.

`python -m bench` lists them. One is one module here: a NAME, a SUMMARY of one sentence and `run(rounds) -> list[Row]`;
to add one, copy one.
"""
