"""What was stored becomes what can be judged and drawn. Pure."""
