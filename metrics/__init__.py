"""Every question put to Prometheus: PromQL as named functions, the reader that asks, the values it answers with.

Drawing and judging are left to the rooms above.
"""
