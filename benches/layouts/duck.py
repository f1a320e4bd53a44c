"""DuckDB: the text of the question as it stands. usage: duck.py FOLDER QUESTION"""
import duckdb

from tables import THREADS, answer, place, sql


def ask(folder, question):
    c = duckdb.connect(config={"threads": THREADS})
    for name in ("s2", "s1"):
        where = place(folder, name)
        files = where if where.is_file() else where / "*.parquet"
        c.execute(f"CREATE VIEW {name} AS SELECT * FROM '{files}'")
    return c.execute(sql(question)).fetchone()


if __name__ == "__main__":
    answer(ask)
