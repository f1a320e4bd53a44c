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
        let line = std::iter::once("eclaircie".to_owned()).chain(words.iter().cloned());
        let cli = Cli::try_parse_from(line).map_err(|e| {
            let text = e.to_string();
            let first = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
            Error::usage(format!("the step is not a command: {first}"))
        })?;
        let started = Instant::now();
        if super::run(cli.verb, self.cancel)? == Done::Damaged {
            return Err(Error::corrupt("the archive that was just written is damaged"));
        }
        let name = words.first().cloned().unwrap_or_default();
        self.times.push((name, started.elapsed().as_secs_f64()));
        Ok(())
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
