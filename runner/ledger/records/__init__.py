"""What a transaction of the ledger reads and writes: a module for each kind of record. The caller commits."""
