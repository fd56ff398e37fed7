"""Which of many equal forms keeps its digits: an error analysis, and a search by rules that it leads."""
