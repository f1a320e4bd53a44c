//! `sql`: a question to the catalog.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ValueEnum;

use super::{Done, args};
use crate::archive::Archive;
use crate::catalog::Catalog;
use crate::error::{Error, Result, While};
use crate::layout::Layout;
use crate::limits;
use crate::sql::{Form, Session};
use crate::store::Scratch;
use crate::stream::Cancel;

/// Ask the catalog in SQL: tables scenes, patches, s2, s1, dem, and your own Parquet files.
///
/// Only SELECT is answered, over these tables alone, within the limits of --memory, --rows and
/// --time. With --to the answer is written as it is found and may be larger than the memory.
///
/// Example: eclaircie sql archive/ "SELECT tile, count(*) FROM scenes GROUP BY tile"
///
/// Example: eclaircie sql --table s2=s2.parquet "SELECT count(*) FROM s2 WHERE cloud_percent < 5"
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The archive (may be left out with --table), then the query.
    // More than two are taken, so that a query without quotes is answered in our words.
    #[arg(required_unless_present = "file", num_args = 1.., value_names = ["ARCHIVE", "QUERY"])]
    words: Vec<String>,
    /// Read the query from a shipped question or a file; then no QUERY is given.
    #[arg(long, value_name = "NAME|FILE")]
    file: Option<String>,
    /// Sets a `$name` parameter of the file.
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Registers a Parquet file, or a folder of them, as a table; may be repeated.
    #[arg(long = "table", value_name = "NAME=FILE", value_parser = args::parse_named)]
    tables: Vec<(String, PathBuf)>,
    /// How to print; a table, or what the ending of --to says (.csv, .json, .parquet).
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Where to write; standard output if left out.
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// Memory for the query.
    #[arg(long, value_name = "SIZE", default_value = "1GiB", value_parser = args::parse_bytes)]
    memory: usize,
    /// Folder for what the query cannot hold in memory; the system's for temporary files if left
    /// out.
    #[arg(long, value_name = "FOLDER")]
    temp: Option<PathBuf>,
    /// Time for the query, in seconds; without end if left out.
    #[arg(long, value_name = "SECONDS", value_parser = parse_seconds)]
    time: Option<Duration>,
    /// Most rows of the answer, 100000 for a table and 1000000000 else: a query with more ends with
    /// an error, not with some of them.
    #[arg(long, value_name = "N")]
    rows: Option<u64>,
    /// Print the plan instead of the answer.
    #[arg(long)]
    explain: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Csv,
    Json,
    Parquet,
}

impl Args {
    /// What was asked for, or else what the file's ending says.
    fn format(&self) -> Format {
        let ending = self.to.as_ref().and_then(|p| p.extension()).and_then(|e| e.to_str());
        self.format.unwrap_or(match ending {
            Some("csv") => Format::Csv,
            Some("json") => Format::Json,
            Some("parquet") => Format::Parquet,
            _ => Format::Table,
        })
    }

    /// The archive, if any, and the query with its parameters.
    fn question(&self) -> Result<(Option<&str>, Layout)> {
        match (&self.file, self.words.as_slice()) {
            (Some(file), words) => {
                let mut layout = Layout::open(file)?;
                layout.set(&self.set)?;
                match words {
                    [archive] => Ok((Some(archive), layout)),
                    [] if !self.tables.is_empty() => Ok((None, layout)),
                    [] => Err(Error::usage("give an archive, or tables with --table")),
                    _ => Err(Error::usage("with --file, give the archive alone")
                        .hint("leave out the query text, or leave out --file")),
                }
            }
            (None, words) if is_parted(words) => {
                Err(Error::usage("the query came in several words")
                    .hint("put it in quotes: eclaircie sql ARCHIVE \"SELECT … FROM …\""))
            }
            (None, [archive, sql]) => Ok((Some(archive), Layout::parse("query", sql)?)),
            (None, [path]) if Path::new(path).is_dir() => Err(Error::usage("the query is missing")
                .hint("eclaircie sql ARCHIVE \"SELECT …\", or name a file with --file")),
            (None, [sql]) => Ok((None, Layout::parse("query", sql)?)),
            _ => Err(Error::usage("give an archive and a query")),
        }
    }
}

pub(super) fn run(args: Args, cancel: &Cancel) -> Result<Done> {
    let (archive, query) = args.question()?;
    let heard = cancel.clone();
    let format = args.format();
    let rows_max = match format {
        Format::Table => limits::TABLE_ROWS_MAX,
        _ => limits::SQL_ROWS_MAX,
    };
    let mut session = Session::spilling_to(args.memory, args.temp.as_deref())?
        .with_interrupt(move || heard.is_cancelled())
        .with_rows_max(args.rows.unwrap_or(rows_max))
        .with_growth_max(
            (args.memory as u64).saturating_mul(2).saturating_add(limits::SQL_GROWTH_BYTES),
        );
    if let Some(time) = args.time {
        session = session.with_deadline(time);
    }
    if let Some(root) = archive {
        session = session.with_catalog(&Catalog::open(&Archive::open(root.as_ref())?)?)?;
    }
    for (name, file) in &args.tables {
        session = session.with_table(name, file)?;
    }
    if args.file.is_some() {
        // Layouts take elevation where there is some.
        session = session.with_empty_dem()?;
    }
    if args.explain {
        super::say(&session.explain(&query.sql, &query.params)?)?;
        return Ok(Done::Whole);
    }
    let form = match format {
        Format::Table => None,
        Format::Csv => Some(Form::Csv),
        Format::Json => Some(Form::Json),
        Format::Parquet => Some(Form::Parquet),
    };
    match (form, &args.to) {
        (Some(form), Some(path)) => {
            session.write(&query.sql, &query.params, form, path)?;
        }
        (Some(Form::Parquet), None) => parquet(&session, &query, args.temp.as_deref())?,
        _ => {
            let answer = session.query(&query.sql, &query.params)?;
            let text = match format {
                Format::Csv => answer.to_csv()?,
                Format::Json => answer.to_json()?,
                Format::Table | Format::Parquet => answer.to_table()?,
            };
            match &args.to {
                Some(path) => crate::store::publish(path, text.as_bytes())?,
                None => super::say(&text)?,
            }
        }
    }
    Ok(Done::Whole)
}

/// Whether the shell has parted a query at its blanks: there are too many words, or the archive's is
/// SELECT.
fn is_parted(words: &[String]) -> bool {
    let begins = |word: &String| {
        let verbs = ["SELECT", "WITH", "EXPLAIN", "SHOW", "DESCRIBE"];
        verbs.iter().any(|v| word.eq_ignore_ascii_case(v)) && !Path::new(word).is_dir()
    };
    words.len() > 2 || (words.len() == 2 && words.first().is_some_and(begins))
}

/// As bytes to a pipe.
fn parquet(session: &Session, query: &Layout, temp: Option<&Path>) -> Result<()> {
    use std::io::IsTerminal;
    let doing = || "writing Parquet to standard output";
    if std::io::stdout().is_terminal() {
        return Err(Error::usage("Parquet cannot be shown on a terminal")
            .hint("name a file with --to FILE, or send the output into one"));
    }
    // A Parquet file ends with what tells how to read it, so it is whole before it is sent.
    let folder = Scratch::new(temp.unwrap_or(&std::env::temp_dir()))?;
    let path = folder.path().join("answer.parquet");
    session.write(&query.sql, &query.params, Form::Parquet, &path)?;
    let mut file = std::fs::File::open(&path).during(doing)?;
    std::io::copy(&mut file, &mut std::io::stdout().lock()).during(doing).map(drop)
}

fn parse_seconds(text: &str) -> std::result::Result<Duration, String> {
    let seconds = text.parse::<f64>().ok().filter(|s| *s > 0.0);
    let time = seconds.and_then(|s| Duration::try_from_secs_f64(s).ok());
    time.ok_or_else(|| "write a number of seconds, as 60 or 0.5".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::{Args as _, FromArgMatches as _};

    use super::*;

    fn args(words: &[&str]) -> Args {
        let command = Args::augment_args(clap::Command::new("sql"));
        let found = command.try_get_matches_from([&["sql"][..], words].concat()).unwrap();
        Args::from_arg_matches(&found).unwrap()
    }

    #[test]
    fn a_query_without_quotes_is_told_of_them() {
        for words in [&["archive/", "SELECT", "1"][..], &["select", "1", "--format", "csv"]] {
            let error = args(words).question().map(drop).unwrap_err();
            assert!(error.advice().contains("in quotes"), "{words:?}: {error}");
        }
        let whole = args(&["archive/", "--format", "csv", "SELECT 1"]);
        let (archive, query) = whole.question().unwrap();
        assert_eq!((archive, query.sql.as_str()), (Some("archive/"), "SELECT 1"));
        assert_eq!(args(&["SHOW TABLES"]).question().unwrap().0, None);
    }
}
