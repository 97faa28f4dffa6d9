"""What the ingestor does: customer lists, sweeps, reads by id, and the scheduler that runs them."""
