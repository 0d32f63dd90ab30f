"""What a protected meeting is and what may happen to it; knows no Flask, no SQL and no HTTP."""
