"""Where a verdict is told, besides the terminal and the report. One file per channel."""
