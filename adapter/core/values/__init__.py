"""Values as people and backends write them: money, places, names, contacts, ids; and the codecs between them."""
