"""A local Slack workspace: Web API, Socket Mode and a page to click in, on one port, with Slack's own rules.

It knows Slack and nothing of the app that is tried in it. State lives in memory and dies with the process."""
