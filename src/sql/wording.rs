//! What the engine says about a plan, in our words.

use super::nearest;

/// An error in our words.
pub(super) struct Said {
    pub message: String,
    /// The name that it is about, whose place in the text is looked for.
    pub about: Option<String>,
    pub guess: Option<String>,
    pub hint: String,
}

/// How the functions of this program are called.
const CALLS: [(&str, &str); 7] = [
    ("to_hours", "write to_hours(72): a number of hours"),
    ("to_utc", "write to_utc(time): one time"),
    ("gap_hours", "write gap_hours(a.time, b.time): two times"),
    ("epoch", "write epoch(time): one time"),
    ("arg_min", "write arg_min(value, key): the value of the row with the least key"),
    ("stable_hash", "write stable_hash(seed, id): at least one value"),
    ("stable_random", "write stable_random(seed, id): at least one value"),
];

/// The words for a text of the engine, if it is a known one. `functions` are those that exist.
pub(super) fn of(text: &str, functions: &[String]) -> Option<Said> {
    function(text, functions)
        .or_else(|| call(text))
        .or_else(|| ungrouped(text))
        .or_else(|| same_name(text))
        .or_else(|| types(text))
        .or_else(|| written(text))
}

/// The text without the marks of the crates that it came through.
pub(super) fn bare(text: &str) -> String {
    const MARKS: [&str; 12] = [
        "Error during planning: ",
        "Execution error: ",
        "Arrow error: ",
        "External error: ",
        "Internal error: ",
        "Resources exhausted: ",
        "Invalid argument error: ",
        "This feature is not implemented: ",
        "Cast error: ",
        "Parser error: ",
        "Compute error: ",
        "Schema error: ",
    ];
    let text = text.split("This issue was likely caused by a bug").next().unwrap_or(text);
    let mut text = text.trim_end_matches([' ', '.', '\n']);
    while let Some(rest) = MARKS.iter().find_map(|m| text.strip_prefix(m)) {
        text = rest;
    }
    text.replace(" DataFusion", "")
}

/// `Invalid function 'x'.` or `table function 'x' not found`.
fn function(text: &str, functions: &[String]) -> Option<Said> {
    if let Some(name) = between(text, "table function '", "' not found") {
        return Some(Said {
            message: format!("there is no table function '{name}'"),
            about: Some(name),
            guess: None,
            hint: "a file is a table when it was registered as one; generate_series(1, 10) and \
                   nearest(…) are table functions"
                .to_owned(),
        });
    }
    let name = between(text, "Invalid function '", "'")?;
    if functions.contains(&name.to_lowercase()) {
        return Some(Said {
            message: format!("'{name}' is a function of a window"),
            hint: format!("write {name}(…) OVER (PARTITION BY … ORDER BY …)"),
            about: Some(name),
            guess: None,
        });
    }
    let guess = nearest(&name, functions.iter().map(String::as_str)).map(str::to_owned);
    Some(Said {
        message: format!("there is no function '{name}'"),
        about: Some(name),
        guess,
        hint: format!("functions of this program: {}", own_names()),
    })
}

/// The functions of this program, by name.
fn own_names() -> String {
    let mut names = CALLS.map(|(name, _)| name);
    names.sort_unstable();
    names.join(", ")
}

/// `… No function matches the given name and argument types 'f(Utf8)'. … Candidate functions: …`.
fn call(text: &str) -> Option<Said> {
    let call = between(text, "No function matches the given name and argument types '", "'. ")?;
    let name = call.split('(').next().unwrap_or_default().to_owned();
    let ours = CALLS.iter().find(|(n, _)| *n == name).map(|(_, how)| (*how).to_owned());
    let theirs = || {
        let (_, all) = text.split_once("Candidate functions:")?;
        let all: Vec<&str> = all.split_whitespace().collect();
        Some(format!("it takes {}", all.join(" ")))
    };
    Some(Said {
        message: format!("no function takes these arguments: {call}"),
        about: Some(name),
        guess: None,
        hint: ours.or_else(theirs).unwrap_or_else(|| "CAST the arguments".to_owned()),
    })
}

/// `Column in SELECT must be in GROUP BY …: While expanding wildcard, column "t.x" must appear …`.
fn ungrouped(text: &str) -> Option<Said> {
    let column = between(text, "column \"", "\" must appear in the GROUP BY")?;
    let name = column.rsplit('.').next().unwrap_or(&column).to_owned();
    Some(Said {
        message: format!("column '{column}' is neither in GROUP BY nor in an aggregate"),
        hint: format!("add {name} to GROUP BY, or take an aggregate of it, as min({name})"),
        about: Some(name),
        guess: None,
    })
}

/// `Projections require unique expression names but the expression "a" at position 0 and …`.
fn same_name(text: &str) -> Option<Said> {
    text.starts_with("Projections require unique").then_some(())?;
    let name = between(text, "the expression \"", "\" at position")?;
    Some(Said {
        message: format!("two columns of a SELECT have one name: {name}"),
        about: Some(name),
        guess: None,
        hint: "give every column of the SELECT its own name with AS".to_owned(),
    })
}

/// Values that do not go together.
fn types(text: &str) -> Option<Said> {
    let pair = between(text, "Cannot coerce arithmetic expression ", " to valid types")
        .or_else(|| {
            between(text, "Cannot infer common argument type for comparison operation ", "\n")
        })
        .or_else(|| between(text, "Cannot infer common argument type for ", "\n"))?;
    let hint = match pair.contains("Timestamp") || pair.contains("Date") {
        true => "a time goes with TIMESTAMP '2020-01-31', or with a length: t.time + to_hours(72)",
        false => "CAST one of them, as CAST(x AS DOUBLE)",
    };
    Some(Said {
        message: format!("these do not go together: {pair}"),
        about: None,
        guess: None,
        hint: hint.to_owned(),
    })
}

/// What hides inside of a query and writes.
fn written(text: &str) -> Option<Said> {
    text.contains("not supported: CreateMemoryTable").then(|| Said {
        message: "INTO is not allowed: a session only reads its tables".to_owned(),
        about: Some("INTO".to_owned()),
        guess: None,
        hint: "write a SELECT without INTO; eclaircie sql --to FILE keeps an answer".to_owned(),
    })
}

/// What stands between two marks; to the end where the second is not there and is a line end.
fn between(text: &str, before: &str, after: &str) -> Option<String> {
    let (_, rest) = text.split_once(before)?;
    match rest.split_once(after) {
        Some((inside, _)) => Some(inside.to_owned()),
        None => (after == "\n").then(|| rest.to_owned()),
    }
}
