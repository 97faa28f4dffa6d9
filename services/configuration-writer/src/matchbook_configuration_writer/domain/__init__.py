"""What a decision means: pure functions over contract states. No I/O, no clock; time and the world are passed in."""
