"""Polars: every question in the form that suits it. usage: pole.py FOLDER QUESTION

Nearest is `join_asof`; windows are `join_where`, whose range predicate is fused into the join.
"""
import os
from datetime import timedelta

os.environ["POLARS_MAX_THREADS"] = "2"

import polars as pl
from polars import col

from tables import answer, place


def scan(folder, name):
    where = place(folder, name)
    return pl.scan_parquet(where if where.is_file() else where / "*.parquet")


def within(frame, other, role, before, after):
    """Rows of `other`, named `role_…`, that lie between two spans from the row's own time."""
    other = other.select(col("*").name.prefix(f"{role}_"))
    time = col(f"{role}_time")
    return frame.join_where(
        other,
        col("cell") == col(f"{role}_cell"),
        time >= col("time") + timedelta(hours=before),
        time <= col("time") + timedelta(hours=after),
    )


class Tables:
    def __init__(self, folder):
        self.s2 = scan(folder, "s2").select("id", "cell", "time", "cloud_percent", "valid")
        self.s1 = scan(folder, "s1").select("id", "cell", "time", "valid")
        if "shuffled" in str(folder):
            # What join_asof asks of its user.
            self.s2, self.s1 = self.s2.sort("cell", "time"), self.s1.sort("cell", "time")

    def paired(self):
        radar = self.s1.filter("valid").select("cell", "time", s1="id")
        found = self.s2.filter("valid").join_asof(
            radar,
            on="time",
            by="cell",
            strategy="nearest",
            tolerance="72h",
            check_sortedness=False,
        )
        return found.filter(col("s1").is_not_null()).select("id", "cell", "time", "cloud_percent", "s1")

    def clear(self):
        return self.s2.filter(col("valid") & (col("cloud_percent") == 0)).select("id", "cell", "time")

    def os2(self):
        paired = self.paired()
        cloudy = paired.filter(col("cloud_percent") >= 1)
        other = paired.select("id", "cell", "time", "s1")
        t = within(cloudy, self.clear(), "target", -240, 240)
        t = within(t, other, "tm1", -720, -240)
        return within(t, other, "tp1", 240, 720)


def pair(tables):
    return tables.paired().select(pl.len(), (col("s1") % 1000).sum())


def ssop(tables):
    cloudy = tables.paired().filter(col("cloud_percent") >= 1)
    found = within(cloudy, tables.clear(), "target", -240, 240)
    return found.select(pl.len(), (col("s1") % 1000).sum(), (col("target_id") % 1000).sum())


def os2_count(tables):
    return tables.os2().select(pl.len(), (col("tm1_id") % 1000).sum(), (col("tp1_s1") % 1000).sum())


def listed(tables):
    return tables.os2().select(pl.len(), ((col("tm1_id") + col("tp1_id")) % 1000).sum())


def os2_10(tables):
    ids = tables.os2().select("cell", "id", "s1", "tm1_id", "tp1_id", "target_id")
    hashed = ids.with_columns(hash=pl.struct("id", "tm1_id", "tp1_id", "target_id").hash())
    drawn = hashed.group_by("cell").agg(pl.exclude("hash").bottom_k_by("hash", 10))
    return drawn.select(col("id").list.len().sum())


def gfa(tables):
    paired = tables.paired()
    cloudy = paired.filter(col("cloud_percent") >= 100)
    clear = paired.filter(col("cloud_percent") == 0).select("id", "cell", "time", "s1")
    t = within(cloudy, clear, "target", -120, 120)
    t = within(t, clear, "tm1", -432, -240)
    t = within(t, clear, "tp1", 240, 432)
    return t.select(pl.len(), (col("tm1_id") % 1000).sum(), (col("tp1_s1") % 1000).sum())


def series(tables):
    cloudy = tables.s2.filter(col("cloud_percent") >= 50)
    return within(cloudy, tables.s1, "s", -72, 72).select(pl.len())


QUESTIONS = {f.__name__: f for f in (pair, ssop, os2_count, os2_10, gfa, listed, series)}


def ask(folder, question):
    return QUESTIONS[question](Tables(folder)).collect(engine="streaming").row(0)


if __name__ == "__main__":
    answer(ask)
