//! A verb that the README does not name does not exist for a newcomer.

use super::{refuse, tree};

/// Files of `src/cli` with arguments that verbs share.
const SHARED: [&str; 2] = ["args", "epoch"];

/// The verb of a file of `src/cli` that declares clap arguments.
fn verb<'a>(path: &'a str, text: &str) -> Option<&'a str> {
    let stem = path.strip_prefix("src/cli/")?.strip_suffix(".rs")?;
    let declares = text.lines().any(|l| {
        let derive = l.trim().strip_prefix("#[derive(");
        derive.is_some_and(|d| d.split([',', ')', ':']).any(|w| w.trim() == "Args"))
    });
    (declares && !stem.contains('/') && !SHARED.contains(&stem)).then_some(stem)
}

fn fault(verb: &str, readme: &str) -> Option<String> {
    let named = format!("eclaircie {verb} ");
    (!readme.replace('\n', " ").contains(&named))
        .then(|| format!("README.md: no example of `{named}`"))
}

#[test]
fn the_readme_shows_every_verb() {
    let (readme, cli) = (tree::top("README.md").text, tree::files("src/cli"));
    let verbs: Vec<_> = cli.iter().filter_map(|f| verb(&f.path, &f.text)).collect();
    assert!(cli.is_empty() || !verbs.is_empty(), "no file of src/cli declares a verb");
    refuse(&verbs.iter().filter_map(|v| fault(v, &readme)).collect::<Vec<_>>());
}

#[test]
fn a_verb_that_is_not_shown_is_seen() {
    let text = "#[derive(Debug, clap::Args)]\npub struct Layout {}\n";
    assert_eq!(verb("src/cli/layout.rs", text), Some("layout"));
    assert_eq!(verb("src/cli/args.rs", text), None);
    assert_eq!(verb("src/cli/progress.rs", "pub struct Bar;"), None);
    assert!(fault("layout", "eclaircie sql ARCHIVE").is_some());
    assert!(fault("layout", "    eclaircie layout count\n").is_none());
}
