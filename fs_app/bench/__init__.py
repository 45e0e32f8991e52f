"""What a call costs, beside what it costs others: benchmarks are programs, and print ratios from one run."""
