"""Slack's side of Socket Mode as lean as can be, and the apps that answer it: what benchmarks of clicks are made of."""
