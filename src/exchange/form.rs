//! Formats, and where they go.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// A format of samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Arrow IPC file.
    Arrow,
    /// Arrow IPC stream.
    ArrowStream,
    /// Parquet.
    Parquet,
    /// Tar of NumPy arrays and JSON.
    WebDataset,
    /// The study's shards of `tf.train.Example`.
    TfRecord,
}

/// Where samples are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Standard output.
    Pipe,
    /// One file.
    File(PathBuf),
    /// A folder of shards.
    Folder(PathBuf),
}

impl Form {
    /// Every form with the endings that say it.
    const ENDINGS: [(Self, &'static str); 6] = [
        (Self::Arrow, "arrow"),
        (Self::ArrowStream, "arrows"),
        (Self::Parquet, "parquet"),
        (Self::WebDataset, "tar"),
        (Self::TfRecord, "tfrecord"),
        (Self::TfRecord, "records"),
    ];

    /// The form of a name on the command line.
    pub fn parse(text: &str) -> Option<Self> {
        let all = [Self::Arrow, Self::Parquet, Self::WebDataset, Self::TfRecord];
        all.into_iter().find(|f| f.name() == text)
    }

    /// Its name on the command line and in manifests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Arrow | Self::ArrowStream => "arrow",
            Self::Parquet => "parquet",
            Self::WebDataset => "webdataset",
            Self::TfRecord => "tfrecord",
        }
    }

    fn of_ending(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        Self::ENDINGS.into_iter().find(|(_, e)| *e == ending).map(|(form, _)| form)
    }

    /// Name of the shard with this number.
    pub(super) fn shard(self, number: usize) -> String {
        match self {
            Self::TfRecord => format!("{number}.records"),
            Self::Arrow => format!("shard-{number:06}.arrow"),
            Self::ArrowStream => format!("shard-{number:06}.arrows"),
            Self::Parquet => format!("shard-{number:06}.parquet"),
            Self::WebDataset => format!("shard-{number:06}.tar"),
        }
    }

    /// Samples of a shard unless the user says otherwise: the study's number for its own form.
    pub fn samples_per_shard(self) -> usize {
        match self {
            Self::TfRecord => 100,
            _ => 1000,
        }
    }
}

impl Target {
    /// What `to` means: `-` is standard output, a known ending a file, all else a folder. Refuses a
    /// format that the ending contradicts, and a folder without one.
    pub fn parse(to: &Path, asked: Option<Form>) -> Result<(Self, Form)> {
        if to == Path::new("-") {
            let form = match asked {
                None | Some(Form::Arrow) => Form::ArrowStream,
                Some(form) => form,
            };
            return Ok((Self::Pipe, form));
        }
        let (said, shown) = (Form::of_ending(to), to.display());
        if to.is_dir() || said.is_none() {
            let form = asked.or(said).ok_or_else(|| {
                Error::usage(format!("the name {shown} does not say a format")).hint(
                    "give --format arrow, parquet, webdataset or tfrecord for a folder, or \
                           name a file .arrow, .arrows, .parquet, .tar or .tfrecord",
                )
            })?;
            return Ok((Self::Folder(to.to_owned()), form));
        }
        match (said, asked) {
            (Some(said), Some(asked)) if said.name() != asked.name() => {
                Err(Error::usage(format!("{shown} is to be {}, says its ending", said.name()))
                    .hint(format!("leave --format {} out, or change the name", asked.name())))
            }
            (said, asked) => Ok((Self::File(to.to_owned()), said.or(asked).unwrap_or(Form::Arrow))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_says_the_format_and_what_is_written() {
        let parse = |to: &str, form| Target::parse(Path::new(to), form);
        let file = |to: &str| Target::File(to.into());
        assert_eq!(parse("-", None).unwrap(), (Target::Pipe, Form::ArrowStream));
        assert_eq!(parse("-", Some(Form::WebDataset)).unwrap(), (Target::Pipe, Form::WebDataset));
        for (name, form) in [
            ("a.arrow", Form::Arrow),
            ("a.arrows", Form::ArrowStream),
            ("b/a.parquet", Form::Parquet),
            ("a.TAR", Form::WebDataset),
            ("a.tfrecord", Form::TfRecord),
            ("a.records", Form::TfRecord),
        ] {
            assert_eq!(parse(name, None).unwrap(), (file(name), form));
        }
        let folder = Target::Folder("a".into());
        assert_eq!(parse("a", Some(Form::TfRecord)).unwrap(), (folder, Form::TfRecord));
        assert!(parse("a", None).is_err());
        assert!(parse("a.tar", Some(Form::Parquet)).is_err());
        assert!(parse("a.arrows", Some(Form::Arrow)).is_ok());
    }
}
