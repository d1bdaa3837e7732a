"""Somebody who owns the machine but not the key, and touches the ledger's file."""

import sqlite3

from vision.ledger import ledger_rows, tiles


class Forger:
    """Opens the file without its guards; what is done is on disk after ``done``."""

    def __init__(self, path):
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute("PRAGMA journal_mode=DELETE")
        self.db.execute("PRAGMA synchronous=OFF")
        self.db.execute("DROP TRIGGER entries_stay")
        self.db.execute("DROP TRIGGER entries_are_final")

    def do(self, statement, *values):
        self.db.execute(statement, values)
        return self

    def cells(self, table, column):
        """Every value of a column with the row in which it stands."""
        key = "name" if table == "names" else "rowid"
        rows = self.db.execute(f"SELECT {key}, {column} FROM {table}")  # noqa: S608 -- our names
        return [row for row in rows if row[0] != "verifier"]

    def change(self, table, column, row, value):
        """Make a cell something else."""
        key = "name" if table == "names" else "rowid"
        return self.do(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", value, row)  # noqa: S608 -- our names

    def hash_anew(self):
        """Make the stored hashes fit the entries, as they are now."""
        leaves = [entry.leaf_hash for entry in ledger_rows.entries(self.db, 0, -1)]
        self.db.execute("DELETE FROM tiles")
        ledger_rows.put_tiles(self.db, tiles.grown(lambda *_: b"", 0, leaves))
        return self

    def drop(self, number):
        """Take an entry out and let the later ones move up."""
        self.do("DELETE FROM entries WHERE number = ?", number)
        self.do("DELETE FROM contents WHERE number = ?", number)
        for table in ("entries", "contents"):
            self.do(f"UPDATE {table} SET number = -number WHERE number > ?", number)  # noqa: S608 -- our names
            self.do(f"UPDATE {table} SET number = -number - 1 WHERE number < 0")  # noqa: S608 -- our names
        return self

    def swap(self, one, other):
        """Let two entries change places, with their contents."""
        for table in ("entries", "contents"):
            self.change(table, "number", one, -1)
            self.change(table, "number", other, one)
            self.change(table, "number", -1, other)
        return self

    def cut(self, size):
        """Take away everything from an entry on."""
        self.do("DELETE FROM entries WHERE number >= ?", size)
        return self.do("DELETE FROM contents WHERE number >= ?", size)

    def done(self):
        self.db.close()
