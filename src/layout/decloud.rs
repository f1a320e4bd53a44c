//! Tests: the layouts against what the original program found on the same archives.
//!
//! The archives lie outside the repository: in `$ECLAIRCIE_SHARED/data`, or in `../shared/data`.

mod archive;
mod roles;
mod search;

use std::path::Path;

use archive::{Names, Reference, expected, json};
use tempfile::TempDir;

use super::{Layout, Samples, import};
use crate::geo::Splitter;
use crate::sql::Session;
use crate::sql::fixture::session;
use crate::store::reference;

/// The samples in the original's words, sorted: `x,y|role=optical/radar|…`.
fn lines(samples: &Samples, names: &Names, roles: &[String]) -> Vec<String> {
    let line = |s: &super::Sample| {
        let name = |role: &str| {
            let k = samples.role(role)?;
            names.get(&(samples.roles[k].sensor, s.patches[k].slot)).cloned()
        };
        let part = |role: &String| {
            // A layout whose image at t is its target has no other image there.
            let own = name(&format!("s2_{role}"));
            let optical = own.or_else(|| name("s2_target")).unwrap();
            let radar = name(&format!("s1_{role}")).map_or_else(String::new, |r| format!("/{r}"));
            format!("{role}={optical}{radar}")
        };
        let parts: Vec<String> = roles.iter().map(part).collect();
        format!("{},{}|{}", s.col, s.row, parts.join("|"))
    };
    let mut lines: Vec<String> = samples.rows.iter().map(line).collect();
    lines.sort_unstable();
    lines
}

/// The session over an archive, with its region of interest as a table.
fn open(reference: &Reference) -> (Session, TempDir) {
    let (session, files) = session(&reference.patches);
    let inside: Vec<String> = reference
        .roi
        .iter()
        .map(|(row, col)| format!("SELECT '31TEJ' AS tile, {row} AS row, {col} AS col"))
        .collect();
    let path = files.path().join("roi.parquet");
    session.query(&inside.join(" UNION ALL "), &[]).unwrap().to_parquet(&path).unwrap();
    (session.with_table("roi", &path).unwrap(), files)
}

/// Compares the multiset in compatible mode, and the set by default. A shipped layout, whose image
/// is never its own target, leaves out by default what the original does not.
fn agree(session: &Session, names: &Names, layout: &Layout, case: (&str, &[String], &[String])) {
    let (what, roles, want) = case;
    let own = |line: &String| {
        let image = |role: &str| line.split('|').find_map(|p| p.strip_prefix(role));
        let image = |role: &str| image(role).and_then(|i| i.split('/').next());
        image("target=").is_some_and(|target| image("t=") == Some(target))
    };
    let strict = layout.params.iter().any(|(name, _)| name == "compat");
    let run = |layout: &Layout| {
        let samples = layout.samples(session, &Splitter::default()).unwrap();
        let count = layout.count(session, &Splitter::default()).unwrap();
        assert_eq!(count.total(), samples.rows.len() as u64, "{what}: counted");
        lines(&samples, names, roles)
    };
    same(&format!("{what}, repeats kept"), &run(&layout.compat()), want);
    let mut set = want.to_vec();
    set.dedup();
    set.retain(|line| !(strict && own(line)));
    same(what, &run(layout), &set);
}

fn same(what: &str, got: &[String], want: &[String]) {
    let differs = got.iter().zip(want).find(|(a, b)| a != b);
    let sizes = format!("{what}: {} found, {} expected", got.len(), want.len());
    assert!(differs.is_none(), "{sizes}; first difference {differs:?}");
    assert_eq!(got.len(), want.len(), "{sizes}");
}

/// The shipped layout that a layout of the study is, with its parameters.
fn shipped(name: &str) -> Option<Layout> {
    let layout = match name {
        "AL-Meraner-Occitanie" => "ssop",
        "AL-Meraner-Burkina" => "ssop@burkina",
        "AL-TEST-Meraner" => "ssop@test",
        "AL-CRGA-OS1-Occitanie" => "os1",
        "AL-CRGA-OS1-Burkina" => "os1@burkina",
        "AL-CRGA-OS2-Occitanie" => "os2",
        "AL-CRGA-OS2-Burkina" => "os2@burkina",
        "AL-TEST" => "os2@test",
        "AL-CRGA-OS2-GFa-Occitanie" => "gf",
        "AL-CRGA-OS2-GFb-Occitanie" => "gf@b",
        "AL-CRGA-OS2-GF-Burkina" => "gf@burkina",
        _ => return None,
    };
    Some(Layout::open(layout).unwrap())
}

/// The answer files of one archive: name of the layout, and whether inside its region only.
fn answers(folder: &Path, archive: &str) -> Vec<(String, bool)> {
    let files = std::fs::read_dir(folder.join("expected")).unwrap();
    let names = files.map(|f| f.unwrap().file_name().into_string().unwrap());
    let of = |name: String| {
        let layout =
            name.strip_suffix(".txt.gz")?.strip_prefix(&format!("{archive}__"))?.to_owned();
        Some(match layout.strip_suffix("-roi") {
            Some(bare) => (bare.to_owned(), true),
            None => (layout, false),
        })
    };
    let mut all: Vec<_> = names.filter_map(of).collect();
    all.sort_unstable();
    all
}

/// Every answer of the original on one archive, by the shipped layout and by the imported one.
fn check(archive: &str) {
    let Some(folder) = reference("layouts", "decloud/layouts") else { return };
    let reference = Reference::read(&folder, archive);
    let (session, files) = open(&reference);
    let all = json(&folder.join("layouts.json"));
    let answers = answers(&folder, archive);
    assert!(answers.len() >= 8, "{answers:?}");
    for (name, roi) in answers {
        let roles = roles::roles(&all[&name]);
        let words: Vec<String> = roles.iter().map(|r| r.name.clone()).collect();
        let file = format!("{archive}__{name}{}", if roi { "-roi" } else { "" });
        let want = expected(&folder, &file);
        let imported = match name.starts_with("custom-") {
            true => import(&folder.join("custom_layouts.json"), Some(&name)).unwrap(),
            false => {
                let path = files.path().join(format!("{name}.json"));
                std::fs::write(&path, roles::to_json(&roles)).unwrap();
                Layout::open(path.to_str().unwrap()).unwrap()
            }
        };
        let named = shipped(&name);
        assert!(named.is_some() || name.starts_with("custom-"), "no shipped layout is {name}");
        for (how, layout) in [("imported", Some(imported)), ("shipped", named)] {
            let Some(layout) = layout else { continue };
            let layout = if roi { layout.within("roi") } else { layout };
            agree(&session, &reference.names, &layout, (&format!("{file}, {how}"), &words, &want));
        }
    }
}

#[test]
fn the_corner_cases_are_answered_as_the_original_did() {
    check("corner");
}

#[test]
fn a_year_of_real_dates_is_answered_as_the_original_did() {
    check("real128");
}

/// Layouts without an answer file, against the search by its definition; first, that search
/// against the answers that there are.
#[test]
fn every_layout_is_answered_as_the_definition_of_the_original_says() {
    let Some(folder) = reference("layouts", "decloud/layouts") else { return };
    let all = json(&folder.join("layouts.json"));
    let reference = Reference::read(&folder, "corner");
    let (session, _files) = open(&reference);
    for (name, roi) in answers(&folder, "corner").into_iter().filter(|(_, roi)| !roi) {
        assert!(!roi);
        let found = search::search(&reference, &roles::roles(&all[&name]));
        same(&name, &found, &expected(&folder, &format!("corner__{name}")));
    }
    let mut custom = 0;
    for (name, layout) in all.as_object().unwrap() {
        // Least cloudiness drawn by chance has no one answer.
        if name.contains("monthly") {
            continue;
        }
        let roles = roles::roles(layout);
        let want = search::search(&reference, &roles);
        let words: Vec<String> = roles.iter().map(|r| r.name.clone()).collect();
        let layout = match shipped(name) {
            Some(layout) => layout,
            None => import(&folder.join("custom_layouts.json"), Some(name)).unwrap(),
        };
        custom += usize::from(name.starts_with("custom-"));
        agree(&session, &reference.names, &layout, (name, &words, &want));
    }
    assert_eq!(custom, 6);
}
