"""What a mail server is asked and what it may answer, held against a real one."""
