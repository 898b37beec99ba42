"""The Slack app and the process: settings, listeners, HTTP, schedule, command line, and the one place that wires."""
