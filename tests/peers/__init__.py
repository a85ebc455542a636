"""Peers: programs that do the gateway's work in other ways, without a journal, to be measured beside it."""
