//! The records of a file in the form of sqllogictest.

/// One statement and what is expected of it.
pub struct Record {
    pub line: usize,
    pub sql: String,
    pub wanted: Wanted,
}

pub enum Wanted {
    Ok,
    /// A pattern that the error and its advice hold.
    Error(String),
    Rows {
        columns: usize,
        sorted: bool,
        rows: Vec<String>,
    },
}

/// Records stand between empty lines: a line that says what is expected, the statement, and for
/// `query` a line `----` and the rows.
pub fn parse(text: &str) -> Vec<Record> {
    let mut all = Vec::new();
    let mut lines = text.lines().enumerate().peekable();
    while let Some((at, line)) = lines.next() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let mut body = Vec::new();
        while let Some((_, line)) = lines.next_if(|(_, l)| !l.trim().is_empty()) {
            body.push(line);
        }
        let split = body.iter().position(|l| *l == "----").unwrap_or(body.len());
        let rows = body.get(split + 1..).unwrap_or_default();
        let wanted = wanted(line, rows).unwrap_or_else(|| panic!("line {}: {line}", at + 1));
        all.push(Record { line: at + 1, sql: written_out(&body[..split]), wanted });
    }
    all
}

fn wanted(line: &str, rows: &[&str]) -> Option<Wanted> {
    if line == "statement ok" {
        return Some(Wanted::Ok);
    }
    if let Some(pattern) = line.strip_prefix("statement error ") {
        return Some(Wanted::Error(pattern.to_owned()));
    }
    let (types, sort) = line.strip_prefix("query ")?.split_once(' ').unwrap_or((&line[6..], ""));
    let words = |l: &&str| l.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut rows: Vec<String> = rows.iter().map(words).collect();
    if sort == "rowsort" {
        rows.sort();
    }
    Some(Wanted::Rows { columns: types.len(), sorted: sort == "rowsort", rows })
}

/// `«5000× + 1»` is that text 5000 times; `#` in it counts them.
fn written_out(lines: &[&str]) -> String {
    let text = lines.join("\n");
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once('«') {
        let (inside, after) = after.split_once('»').unwrap();
        let (times, what) = inside.split_once('×').unwrap();
        out.push_str(before);
        for i in 1..=times.parse::<usize>().unwrap() {
            let numbered = what.replace("#-", &(i - 1).to_string());
            out.push_str(&numbered.replace('#', &i.to_string()));
        }
        rest = after;
    }
    out + rest
}
