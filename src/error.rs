//! The one public error: a kind that says what the caller does next, a message, a context, a hint.
//!
//! Text is lower case without a full stop. `Display` prints the message with its context; the hint
//! is what the user should do next and is printed on a line of its own by the command line.

use std::fmt;

/// What the caller does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// The command, query or card asks for something that does not exist or fit: change the
    /// request.
    Usage,
    /// A file, scene, tile or array is missing: name another one or make it.
    NotFound,
    /// Outside bytes that are not what they claim to be: mend or replace the input.
    Invalid,
    /// Our own bytes have changed since they were written: restore or rebuild.
    Corrupt,
    /// Known and deliberately refused, or needs another build of the program.
    Unsupported,
    /// The disk or a quota is full: make room and run again.
    OutOfSpace,
    /// More memory than the budget: give a larger one or ask for less.
    OutOfMemory,
    /// The user asked to stop.
    Cancelled,
    /// The operating system refused.
    Io,
    /// A fault of the program itself: please report it.
    Internal,
}

/// The error of every fallible call of this crate.
pub struct Error(Box<Inner>);

struct Inner {
    kind: Kind,
    message: String,
    context: Vec<String>,
    hint: Option<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The result of every fallible call of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of `kind` with its message.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            context: Vec::new(),
            hint: None,
            source: None,
        }))
    }

    /// The request does not fit; exit code 2.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// Something named is not there.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, message)
    }

    /// Outside bytes are not what they claim to be.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Kind::Invalid, message)
    }

    /// Bytes that we wrote have changed.
    pub fn corrupt(message: impl Into<String>) -> Self {
        Self::new(Kind::Corrupt, message)
    }

    /// A fault of the program itself.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Kind::Internal, message)
    }

    /// An error of the operating system; "no space" and "quota" become [`Kind::OutOfSpace`].
    pub fn io(doing: impl Into<String>, source: std::io::Error) -> Self {
        use std::io::ErrorKind as E;
        let kind = match source.kind() {
            E::StorageFull | E::QuotaExceeded | E::FileTooLarge => Kind::OutOfSpace,
            E::NotFound => Kind::NotFound,
            _ => Kind::Io,
        };
        let error = Self::new(kind, doing).with_source(source);
        match kind {
            Kind::OutOfSpace => error.hint("make room on the disk and run it again"),
            _ => error,
        }
    }

    /// Adds what the user should do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Adds what was being done, outermost last: "reading scene X".
    #[must_use]
    pub fn context(mut self, doing: impl Into<String>) -> Self {
        self.0.context.push(doing.into());
        self
    }

    /// Keeps the cause.
    #[must_use]
    pub fn with_source(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// What the caller does next.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The hint that was given with the error.
    pub fn next_step(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// What the user should do next: the hint, or else what holds for the kind.
    pub fn advice(&self) -> &str {
        self.0.hint.as_deref().unwrap_or(match self.0.kind {
            Kind::Usage => "`eclaircie VERB --help` shows an example",
            Kind::NotFound => "check the name and the path",
            Kind::Invalid => "mend or replace the file, then run the same command again",
            Kind::Corrupt => "run `eclaircie verify` on the archive to see what else is damaged",
            Kind::Unsupported => "the README says what is read and written",
            Kind::OutOfSpace => "make room, then run the same command again: finished work is kept",
            Kind::OutOfMemory => "give more with --memory, or ask for less",
            Kind::Cancelled => "run the same command again to go on: finished work is kept",
            Kind::Io => "check that the path exists and that you may read and write there",
            Kind::Internal => "this is a fault of the program: please report it with the command",
        })
    }

    /// Whether the user stopped the work.
    pub fn is_cancelled(&self) -> bool {
        self.0.kind == Kind::Cancelled
    }

    /// Whether something named was not there.
    pub fn is_not_found(&self) -> bool {
        self.0.kind == Kind::NotFound
    }

    /// Whether bytes that we wrote have changed.
    pub fn is_corrupt(&self) -> bool {
        self.0.kind == Kind::Corrupt
    }

    /// Whether the disk is full.
    pub fn is_out_of_space(&self) -> bool {
        self.0.kind == Kind::OutOfSpace
    }

    /// The exit code of the program for this error (DESIGN: the command line).
    pub fn exit_code(&self) -> u8 {
        match self.0.kind {
            Kind::Usage => 2,
            Kind::OutOfSpace => 4,
            Kind::Corrupt => 5,
            Kind::Cancelled => 130,
            _ => 1,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for doing in self.0.context.iter().rev() {
            write!(f, "{doing}: ")?;
        }
        write!(f, "{}", self.0.message)?;
        if let Some(source) = &self.0.source {
            // Foreign errors speak over several lines; a user needs the first that says something.
            let text = source.to_string();
            let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            let first = lines.next().unwrap_or_default();
            write!(f, ": {first}")?;
            if let (true, Some(second)) = (first.ends_with(':'), lines.next()) {
                write!(f, " {second}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.0.kind)?;
        write!(f, " (next: {})", self.advice())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|s| s as _)
    }
}

/// Adds what was being done to the error of a result.
pub trait While<T> {
    /// `doing` is built only when there is an error: "reading scene X".
    fn during<S: Into<String>>(self, doing: impl FnOnce() -> S) -> Result<T>;
}

impl<T> While<T> for Result<T> {
    fn during<S: Into<String>>(self, doing: impl FnOnce() -> S) -> Result<T> {
        self.map_err(|e| e.context(doing()))
    }
}

impl<T> While<T> for std::io::Result<T> {
    fn during<S: Into<String>>(self, doing: impl FnOnce() -> S) -> Result<T> {
        self.map_err(|e| Error::io(doing(), e))
    }
}
