"""Pages of practices: what readers see, what contributors write, the ledger of adoptions."""
