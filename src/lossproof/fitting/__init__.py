"""Models fitted to data with their derived losses, on one machine or on many."""
