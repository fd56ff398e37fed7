"""What is thrown at the kernel, and what the referees make of it."""
