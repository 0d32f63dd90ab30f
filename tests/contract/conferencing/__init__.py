"""What every conferencing adapter promises, proved against its vendor's simulator in a process of its own."""
