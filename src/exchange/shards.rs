//! The sink of what is written: one file, a folder of shards, or a pipe.

use std::path::Path;
use std::sync::Arc;

use super::out::{Out, buffered};
use super::shard::Shard;
use super::{Contents, Entry, Form, Target, manifest, tfrecord};
use crate::error::{Error, Result, While};
use crate::limits;
use crate::store::{Pending, PendingFolder};
use crate::stream::Sink;

/// Where bytes go until they are whole.
enum Place {
    Pipe(Option<Out>),
    File(Pending),
    Folder(PendingFolder),
}

/// A shard that is being written, and its file aside if it is in a folder.
struct Open {
    shard: Shard,
    pending: Option<Pending>,
    name: String,
    samples: u64,
}

/// Writes entries in the order in which they come. A file or folder has its name only after
/// [`Sink::finish`]; dropped before, nothing is left.
pub struct Shards {
    contents: Arc<Contents>,
    form: Form,
    place: Option<Place>,
    per_shard: u64,
    open: Option<Open>,
    done: Vec<(String, u64)>,
    samples: u64,
}

impl Shards {
    /// `pipe` is where [`Target::Pipe`] leads. Refuses a folder that holds something: what is
    /// published takes the place of the whole folder.
    pub fn new(
        contents: &Arc<Contents>,
        form: Form,
        target: &Target,
        per_shard: usize,
        pipe: impl FnOnce() -> Box<dyn std::io::Write + Send>,
    ) -> Result<Self> {
        let (contents, per_shard) = (contents.clone(), per_shard.max(1) as u64);
        let place = match target {
            Target::Pipe => Place::Pipe(Some(pipe())),
            Target::File(path) => {
                crate::store::probe(path)?;
                Place::File(Pending::new(path)?)
            }
            Target::Folder(path) => {
                check_free(path)?;
                Place::Folder(PendingFolder::new(path)?)
            }
        };
        let (open, done, samples) = (None, Vec::new(), 0);
        Ok(Self { contents, form, place: Some(place), per_shard, open, done, samples })
    }

    /// Samples written so far.
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// Shards that are whole, with their numbers of samples.
    pub fn shards(&self) -> &[(String, u64)] {
        &self.done
    }

    fn folder(&self) -> Option<&Path> {
        match &self.place {
            Some(Place::Folder(folder)) => Some(folder.path()),
            _ => None,
        }
    }

    fn begin(&mut self) -> Result<Open> {
        let number = self.done.len();
        if number >= limits::SHARDS_MAX {
            return Err(Error::usage(format!("more than {} shards", limits::SHARDS_MAX))
                .hint("write more samples in each, with --samples-per-shard"));
        }
        let name = self.form.shard(number);
        let (out, pending) = match self.place.as_mut() {
            Some(Place::Pipe(pipe)) => (pipe.take().ok_or_else(twice)?, None),
            Some(Place::File(pending)) => (buffered(pending.create()?), None),
            Some(Place::Folder(folder)) => {
                let pending = Pending::new(&folder.path().join(&name))?;
                (buffered(pending.create()?), Some(pending))
            }
            None => return Err(twice()),
        };
        let in_folder = pending.is_some();
        let shard = Shard::new(self.form, out, &self.contents, self.samples, in_folder)?;
        Ok(Open { shard, pending, name, samples: 0 })
    }

    fn end(&mut self, open: Open) -> Result<()> {
        open.shard.close(self.folder(), self.done.len())?;
        if let Some(pending) = open.pending {
            pending.commit()?;
        }
        self.done.push((open.name, open.samples));
        Ok(())
    }
}

impl Sink for Shards {
    type In = Entry;

    fn name(&self) -> String {
        "files".into()
    }

    fn accept(&mut self, entry: Entry) -> Result<()> {
        let mut open = match self.open.take() {
            Some(open) => open,
            None => self.begin()?,
        };
        open.shard.push(entry)?;
        open.samples += 1;
        self.samples += 1;
        if self.folder().is_some() && open.samples >= self.per_shard {
            return self.end(open);
        }
        self.open = Some(open);
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        let open = match self.open.take() {
            // Without samples there is still a file with their columns.
            None if self.done.is_empty() => Some(self.begin()?),
            open => open,
        };
        if let Some(open) = open {
            self.end(open)?;
        }
        match self.place.take() {
            Some(Place::File(pending)) => pending.commit(),
            Some(Place::Folder(folder)) => {
                manifest::write(folder.path(), self.form, &self.contents, &self.done)?;
                if self.form == Form::TfRecord {
                    tfrecord::write_sidecars(folder.path(), &self.contents)?;
                }
                folder.commit()
            }
            Some(Place::Pipe(_)) => Ok(()),
            None => Err(twice()),
        }
    }
}

fn twice() -> Error {
    Error::internal("samples after the end of their file")
}

/// Whether a folder is absent or empty.
fn check_free(path: &Path) -> Result<()> {
    match std::fs::read_dir(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(Error::io(format!("looking into {}", path.display()), e)),
        Ok(mut entries) => match entries.next().transpose() {
            Ok(None) => Ok(()),
            Ok(Some(_)) => Err(Error::usage(format!("{} holds files already", path.display()))
                .hint("name a new folder, or remove this one first")),
            Err(e) => Err(e).during(|| format!("looking into {}", path.display())),
        },
    }
}
