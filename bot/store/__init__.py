"""What is kept: tables, the statements over them, and the database they live in."""
