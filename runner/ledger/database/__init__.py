"""Open, create, check and upgrade the database of a ledger. A URL comes in; a checked engine or UserError goes out."""
