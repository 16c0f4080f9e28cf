//! Real card parts for the tests and the demonstration, started on loopback and ended with the process.
