"""What is matched with what, and why: pure functions over plain records. No I/O, no clock, no randomness."""
