"""A process that commits batches of 1, 2, 3 ... entries in a loop and prints each size once it is durable."""

import sys

from rabita.line.changes import Changes
from rabita.store.sqlite import open_store
from tests.store.rows import LINE, NOW_MS, ROUTINE, WITHHELD, Author, new_logs, record

if __name__ == "__main__":
    store = open_store(sys.argv[1])
    store.add_line(record())
    store.commit([Changes(LINE, new_logs(ROUTINE))], NOW_MS)
    author, count = Author(ROUTINE), 0
    while True:
        count = count % 40 + 1
        batch = author.batch(count, portions=(b"w" * 600,), withheld=(WITHHELD,))
        receipts = (author.receipt(author.frontier.size),)
        store.commit([Changes(LINE, (), (batch,), receipts, facts=(("held", str(author.frontier.size)),))], NOW_MS)
        sys.stdout.write(f"{author.frontier.size}\n")
        sys.stdout.flush()
