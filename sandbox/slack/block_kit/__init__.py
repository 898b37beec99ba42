"""Block Kit as Slack checks and keeps it. Pure: JSON in, problems or normalised JSON out."""
