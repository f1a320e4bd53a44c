"""Plain DataFusion: the text of the question with three words changed that it lacks.

usage: fusion.py FOLDER QUESTION
"""
from datafusion import SessionConfig, SessionContext

from tables import THREADS, answer, place, sql

WORDS = {
    "arg_min(s.id, abs(epoch(s.time) - epoch(o.time)))":
        "first_value(s.id ORDER BY abs(to_unixtime(s.time) - to_unixtime(o.time)))",
    "hash(t, m, p, g)": "md5(concat(t, ',', m, ',', p, ',', g))",
}


def ask(folder, question):
    c = SessionContext(SessionConfig().with_target_partitions(THREADS))
    for name in ("s2", "s1"):
        c.register_parquet(name, str(place(folder, name)))
    text = sql(question)
    for ours, theirs in WORDS.items():
        text = text.replace(ours, theirs)
    batches = [b for b in c.sql(text).collect() if b.num_rows]
    return [column[0].as_py() for column in batches[0].columns]


if __name__ == "__main__":
    answer(ask)
