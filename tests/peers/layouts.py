"""Other engines on the shipped layouts: the same SQL, on the same Parquet, gives the same samples.

usage: layouts.py PROGRAM [FOLDER] [--only NAME …]

PROGRAM is the eclaircie program. FOLDER holds s2.parquet and s1.parquet with the columns id, tile,
row, col, cell, time, valid and (s2) cloud_percent; without it a small world is made. Needs duckdb;
asks polars too where it is installed and its SQL can express the layout. Ends with 1 if anything
differs.
"""
import argparse
import csv
import io
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

try:
    import polars
except ImportError:
    polars = None

# These ask the table `scenes`, which only an archive has.
OF_SCENES = {"coverage", "cloudiness"}
# Where a layout draws by chance, the engines draw differently: leave nothing to draw.
FIXED = {"monthly": {"floor_from": "1", "floor_to": "1"}}

WORLD = """
CREATE TABLE image AS
  SELECT c AS cell, i AS n,
    TIMESTAMP '2020-01-01 10:00:00' + to_minutes(CAST(i * 60 * {step} + hash(i, 5) % 600 AS BIGINT)) AS time
  FROM range(40) AS a(c), range({images}) AS b(i);
-- Some images have the time of the one before them.
UPDATE image SET time = (SELECT p.time FROM image AS p WHERE p.cell = image.cell AND p.n = image.n - 1)
  WHERE n % 29 = 28;
COPY (
  SELECT row_number() OVER (ORDER BY cell, time, n) - 1 AS id, 'T31TCJ' AS tile,
    CAST(cell // 8 AS INT) AS row, CAST(cell % 8 AS INT) AS col, CAST(cell AS INT) AS cell, time,
    {cloud} hash(cell, n, 'valid') % 20 > 0 AS valid
  FROM image ORDER BY cell, time, n) TO '{file}' (FORMAT parquet);
DROP TABLE image;
"""
CLOUD = """CAST(CASE hash(cell, n, 'sky') % 4 WHEN 0 THEN 0 WHEN 1 THEN 100
      ELSE hash(cell, n, 'cloud') % 10000 / 100.0 END AS FLOAT) AS cloud_percent,"""


def make_world(folder):
    for name, images, step, cloud in [("s2", 160, 60, CLOUD), ("s1", 260, 37, "")]:
        file = folder / f"{name}.parquet"
        duckdb.connect().execute(WORLD.format(images=images, step=step, cloud=cloud, file=file))


def program(*words):
    run = subprocess.run([str(w) for w in words], capture_output=True, text=True)
    if run.returncode:
        raise SystemExit(f"{' '.join(map(str, words))}\n{run.stderr}")
    return run.stdout


def parameters(text):
    found = {}
    for line in text.splitlines():
        declared = re.match(r"-- \$(\w+) = ('(?:[^']|'')*'|\S+)", line)
        if declared:
            found[declared[1]] = declared[2]
    return found


def without_comments(text):
    return re.sub(r"--[^\n]*", "", text)


def filled(text, values):
    return re.sub(r"\$(\w+)", lambda m: values[m[1]], without_comments(text))


def for_duckdb(sql):
    sql = re.sub(r"\bto_hours\(", "hours_of(", sql)
    sql = re.sub(r"\bgap_hours\(", "gap_of(", sql)
    sql = re.sub(r"\bstable_random\(([^()]*)\)", r"(hash(\1) % 1000 / 1000.0)", sql)
    sql = re.sub(r"\bstable_hash\(", "hash(", sql)
    return re.sub(r"\brow\b", '"row"', sql)


def for_polars(sql):
    def hours(m):
        # The pattern lets only numbers and + - * pass.
        return f"INTERVAL '{int(eval(m[1], {'__builtins__': {}}))} hours'"

    epoch = r"EXTRACT(EPOCH FROM \1)"
    sql = re.sub(r"\bto_hours\(([-+* 0-9]+)\)", hours, sql)
    sql = re.sub(r"\bgap_hours\(([^(),]*), ([^(),]*)\)", f"(abs({epoch} - {epoch.replace('1', '2')}) / 3600.0)", sql)
    sql = re.sub(r"\bstable_random\([^()]*\)", "0.5", sql)
    # Nothing is drawn: the number of the draw does not count.
    sql = re.sub(r"row_number\(\) OVER \(\s*PARTITION BY \w+\.cell\s+ORDER BY stable_hash\([^()]*\)\) AS draw", "0 AS draw", sql)
    return re.sub(r"\brow\b", '"row"', sql)


def tidy(rows):
    def value(v):
        try:
            return round(float(v), 6)
        except (TypeError, ValueError):
            return None if v in ("", None) else str(v)

    return sorted((tuple(value(v) for v in row) for row in rows), key=repr)


def question(body, roles, part):
    """The number of rows and the sum of every role's ids; without roles, the rows themselves."""
    if not roles:
        return body
    sums = "".join(f", sum({part.format(r)}) AS {r}" for r in roles)
    return f"SELECT count(*) AS n{sums} FROM ({body}) AS sample"


def ours(exe, folder, text, values, roles, scratch):
    declared = "".join(f"-- ${n} = {v}   set\n" for n, v in values.items())
    file = scratch / "question.sql"
    file.write_text(declared + question(without_comments(text), roles, "get_field({}, 'slot')"))
    tables = [f"--table={n}={folder / n}.parquet" for n in ("s2", "s1")]
    out = program(exe, "sql", *tables, "--file", file, "--memory", "8GiB", "--format", "csv")
    return tidy(list(csv.reader(io.StringIO(out)))[1:])


def duck(folder):
    c = duckdb.connect()
    c.execute("CREATE MACRO hours_of(h) AS to_microseconds(CAST(h * 3600000000 AS BIGINT))")
    c.execute("CREATE MACRO gap_of(a, b) AS abs(epoch_us(a) - epoch_us(b)) / 3600000000.0")
    for n in ("s2", "s1"):
        c.execute(f"CREATE VIEW {n} AS SELECT *, CAST(id AS VARCHAR) AS scene, id AS patch FROM '{folder / n}.parquet'")
    c.execute("CREATE TABLE dem (cell BIGINT, patch BIGINT)")
    return c


def pole(folder):
    frames = {}
    for n in ("s2", "s1"):
        frame = polars.scan_parquet(folder / f"{n}.parquet")
        frames[n] = frame.with_columns(polars.col("id").cast(polars.String).alias("scene"), patch=polars.col("id"))
    frames["dem"] = polars.LazyFrame({"cell": [], "patch": []}, schema={"cell": polars.Int32, "patch": polars.Int64})
    return polars.SQLContext(frames)


def main():
    args = argparse.ArgumentParser()
    args.add_argument("program", type=Path)
    args.add_argument("folder", type=Path, nargs="?")
    args.add_argument("--only", nargs="*")
    args = args.parse_args()
    exe = args.program.resolve()
    bad = 0
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        folder = args.folder or scratch
        if args.folder is None:
            make_world(folder)
        listed = program(exe, "layout", "list").splitlines()
        names = [line.split()[0] for line in listed if line.startswith(" ")]
        for name in args.only or [n for n in names if n not in OF_SCENES]:
            text = program(exe, "layout", "show", name)
            values = parameters(text) | FIXED.get(name.split("@")[0], {})
            schema = ours_roles(text)
            start = time.time()
            mine = ours(exe, folder, text, values, schema, scratch)
            took = [f"eclaircie {time.time() - start:.1f} s"]
            start = time.time()
            sql = for_duckdb(filled(question(without_comments(text), schema, "{}"), values))
            theirs = tidy(duck(folder).execute(sql).fetchall())
            took.append(f"duckdb {time.time() - start:.1f} s")
            same = mine == theirs
            if polars is not None:
                took.append(ask_polars(folder, text, schema, values, mine))
            bad += not same or "DIFFERS" in took[-1]
            size = f"{int(mine[0][0])} samples" if schema else f"{len(mine)} rows"
            print(f"{'same' if same else 'DIFFERS':8}{name:16}{size:>18}   {', '.join(took)}", flush=True)
            if not same:
                print(f"  eclaircie {mine[:3]}\n  duckdb    {theirs[:3]}")
    print(f"{bad} layouts differ" if bad else "all engines agree")
    sys.exit(bool(bad))


def ours_roles(text):
    """The columns of the last SELECT that are patches, by their names."""
    last = re.split(r"^SELECT", without_comments(text), flags=re.MULTILINE)[-1].split("FROM")[0]
    columns = [re.split(r"\s+AS\s+", c.strip())[-1].strip() for c in last.split(",")]
    return [c for c in columns if re.fullmatch(r"(s2|s1)_\w+", c)]


def ask_polars(folder, text, roles, values, mine):
    start = time.time()
    try:
        sql = for_polars(filled(question(without_comments(text), roles, "{}"), values))
        theirs = tidy(pole(folder).execute(sql, eager=True).rows())
    except Exception as e:  # whatever its SQL lacks
        return f"polars cannot ({str(e).splitlines()[0][:60]})"
    return f"polars {time.time() - start:.1f} s" + ("" if theirs == mine else " DIFFERS")


if __name__ == "__main__":
    main()
