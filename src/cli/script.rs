//! A list of this program's own commands, run one after the other.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Parser;

use super::{Cli, Done};
use crate::error::{Error, Result};
use crate::stream::Cancel;

/// Runs commands and keeps their times. Each is one that a user could type, and is printed.
pub(super) struct Script<'a> {
    cancel: &'a Cancel,
    out: PathBuf,
    /// Words of the user that may hold blanks, by the name that stands for them.
    given: Vec<(String, String)>,
    times: Vec<(String, f64)>,
}

impl<'a> Script<'a> {
    /// In a folder.
    pub(super) fn new(out: &Path, cancel: &'a Cancel) -> Self {
        Self { cancel, out: out.to_owned(), given: Vec::new(), times: Vec::new() }
    }

    /// `name` stands for words of the user.
    pub(super) fn give(&mut self, name: &str, words: String) {
        self.given.push((name.to_owned(), words));
    }

    /// A path in the folder.
    pub(super) fn at(&self, name: &str) -> PathBuf {
        self.out.join(name)
    }

    /// Prints and runs one command of words separated by blanks; `{x}` stands for `x` in the
    /// folder.
    pub(super) fn step(&mut self, command: &str) -> Result<()> {
        self.cancel.check()?;
        let words = self.words(command);
        eprintln!("\n$ eclaircie {}", words.join(" "));
        let cli = Cli::try_parse_from(line(&words))
            .map_err(|e| refused(&e, &words).context("the step is not a command"))?;
        let started = Instant::now();
        if super::run(cli.verb, self.cancel)? == Done::Damaged {
            return Err(Error::corrupt("the archive that was just written is damaged"));
        }
        let name = words.first().cloned().unwrap_or_default();
        self.times.push((name, started.elapsed().as_secs_f64()));
        Ok(())
    }

    /// The options of a command, which is not run. Refuses one that [`Script::step`] could not run.
    #[cfg(feature = "torch")]
    pub(super) fn check(&self, command: &str) -> Result<clap::ArgMatches> {
        use clap::CommandFactory;
        let words = self.words(command);
        let found = Cli::command().try_get_matches_from(line(&words));
        let mut found = found.map_err(|e| refused(&e, &words))?;
        let verb = found.remove_subcommand();
        verb.map(|(_, options)| options)
            .ok_or_else(|| Error::internal("a step has a verb, and this one has none"))
    }

    /// The command as a user would type it.
    #[cfg(feature = "torch")]
    pub(super) fn spell(&self, command: &str) -> String {
        self.words(command).join(" ")
    }

    fn words(&self, command: &str) -> Vec<String> {
        command.split_whitespace().map(|w| self.expand(w)).collect()
    }

    fn expand(&self, word: &str) -> String {
        if let Some((_, text)) = self.given.iter().find(|(name, _)| name == word) {
            return text.clone();
        }
        match (word.find('{'), word.find('}')) {
            (Some(a), Some(b)) if a < b => {
                let path = self.at(&word[a + 1..b]);
                format!("{}{}{}", &word[..a], path.display(), &word[b + 1..])
            }
            _ => word.to_owned(),
        }
    }

    /// Seconds by step, and where to look.
    pub(super) fn summary(&self, page: &str) -> Result<()> {
        let all: f64 = self.times.iter().map(|t| t.1).sum();
        let mut text = String::from("\nseconds by step\n");
        for (name, seconds) in &self.times {
            text += &format!("{name:12} {seconds:8.1}\n");
        }
        text += &format!("{:12} {all:8.1}\n\nopen {}", "all", self.at(page).display());
        super::say(&text)
    }
}

/// The words behind the program's name.
fn line(words: &[String]) -> impl Iterator<Item = String> {
    std::iter::once("eclaircie".to_owned()).chain(words.iter().cloned())
}

/// What is wrong with a command, in a line: clap's first paragraph. What it takes for meant is the next step.
fn refused(e: &clap::Error, words: &[String]) -> Error {
    let verb = words.first().map_or("", String::as_str);
    if !e.use_stderr() {
        return Error::usage(format!("it asks for the help of {verb} and would do nothing"))
            .hint("leave out --help");
    }
    let text = e.to_string();
    let lines = text.trim_start_matches("error: ").lines().map(str::trim);
    let first: Vec<&str> = lines.take_while(|line| !line.is_empty()).collect();
    let mut tips = text.lines().filter_map(|line| line.trim().strip_prefix("tip: "));
    let all = format!("`eclaircie {verb} --help` lists all options");
    Error::usage(first.join(" ")).hint(match tips.find(|tip| tip.contains("similar")) {
        Some(tip) => format!("{tip}; {all}"),
        None => all,
    })
}

#[cfg(all(test, feature = "torch"))]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_checked_without_being_run() {
        let cancel = Cancel::default();
        let mut script = Script::new(Path::new("no-such-folder"), &cancel);
        script.give("@archive", "two words/archive".to_owned());
        let options = script.check("train @archive --layout os2 --model m --to {a/b}").unwrap();
        let path = |name: &str| options.get_one::<PathBuf>(name).unwrap().display().to_string();
        assert_eq!(path("archive"), "two words/archive");
        assert_eq!(path("to"), "no-such-folder/a/b");
        let refused = |words: &str| {
            let found = script.check(&format!("train a --layout os2 --model m {words}"));
            found.unwrap_err()
        };
        let all = refused("");
        let missing = "the following required arguments were not provided: --to <FOLDER>";
        assert_eq!(all.to_string(), missing);
        let unknown = refused("--to b --stepz 2");
        assert_eq!(unknown.to_string(), "unexpected argument '--stepz' found");
        assert!(unknown.next_step().unwrap().contains("'--steps'; `eclaircie train --help`"));
        assert!(refused("--to b --help").to_string().contains("asks for the help of train"));
    }
}
