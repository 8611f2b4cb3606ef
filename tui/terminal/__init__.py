"""How the panel stands in a terminal: small frames at the terminal's pace, and leaving it as it was."""
