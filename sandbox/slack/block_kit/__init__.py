"""Block Kit as Slack checks and keeps it. Pure: JSON in, problems or normalised JSON out."""

from sandbox.slack.block_kit.blocks import Surface
from sandbox.slack.block_kit.schema import Problem
from sandbox.slack.block_kit.whole import problems

__all__ = ["Problem", "Surface", "problems"]
