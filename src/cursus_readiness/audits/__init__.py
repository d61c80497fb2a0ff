"""Judge what a run left behind. Pure: no I/O, no clock, no formatting of pages."""
