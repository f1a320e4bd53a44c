//! A small simulated archive, made once by the real program for all tests of this binary.

use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use assert_cmd::Command;

/// The program under test.
pub fn eclaircie(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_eclaircie")).args(words).output().expect("the program starts")
}

/// Standard output of a run that must succeed.
pub fn ok(words: &[&str]) -> String {
    let out = eclaircie(words);
    assert!(
        out.status.success(),
        "eclaircie {} ended with {:?}\n{}",
        words.join(" "),
        out.status.code(),
        String::from_utf8_lossy(&out.stderr)
    );
    String::from_utf8(out.stdout).expect("output is UTF-8")
}

/// Exit code and standard error of a run that must fail.
pub fn fails(words: &[&str]) -> (i32, String) {
    let out = eclaircie(words);
    assert!(!out.status.success(), "eclaircie {} succeeded", words.join(" "));
    (out.status.code().unwrap_or(-1), String::from_utf8_lossy(&out.stderr).into_owned())
}

/// Products and archives in a folder that lives as long as the test binary.
pub struct World {
    pub root: PathBuf,
}

impl World {
    pub fn path(&self, name: &str) -> String {
        self.root.join(name).display().to_string()
    }
}

/// Held by who writes to the shared archive: `ingest` lets nobody in beside it.
pub fn alone() -> MutexGuard<'static, ()> {
    static WRITING: Mutex<()> = Mutex::new(());
    WRITING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Two tiles of 256 px in patches of 64, eight months.
pub fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let root = tempfile::tempdir().expect("a temporary folder").keep();
        let world = World { root };
        let simulated = world.path("simulated");
        ok(&["simulate", &simulated, "--side", "256", "--months", "8", "--seed", "3"]);
        let (products, truth) = (world.path("simulated/products"), world.path("simulated/truth"));
        ok(&["ingest", &products, &world.path("archive"), "--patch", "64"]);
        ok(&["ingest", &truth, &world.path("truth"), "--patch", "64"]);
        world
    })
}

/// Every file below a folder with its size and when it was written, to see that nothing was touched.
pub fn listing(folder: &Path) -> Vec<(PathBuf, u64, std::time::SystemTime)> {
    let mut all = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(at) = waiting.pop() {
        for entry in std::fs::read_dir(&at).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                let meta = path.metadata().expect("a file");
                all.push((path, meta.len(), meta.modified().expect("a time")));
            }
        }
    }
    all.sort();
    all
}

/// Copies a folder, for tests that damage it.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("a copy");
        }
    }
}
