//! The fields of a layout, checked.

use super::json::Node;
use super::plan::{Floor, Plan, Role};
use super::{number, words};
use crate::error::{Error, Result};
use crate::limits;

const ROLE_FIELDS: [&str; 5] = [
    "acquisition",
    "max_s1s2_gap_hours",
    "timeframe_origin",
    "timeframe_start_hours",
    "timeframe_end_hours",
];
/// A hundred years: beyond it arithmetic on dates overflows.
const HOURS_MAX: f64 = 876_600.0;

/// Whether an object holds roles: objects with an `acquisition`.
pub(super) fn is_layout(json: &Node) -> bool {
    let Node::Object(fields) = json else { return false };
    fields.iter().any(|(_, v)| get(v, "acquisition").is_some())
}

/// The layout of these fields. Refuses unknown fields and what no search could answer.
pub(super) fn layout(fields: &[(String, Node)]) -> Result<Plan> {
    let mut plan = Plan { roles: Vec::new(), remarks: Vec::new() };
    for (name, value) in fields {
        if name == "options" {
            options(value, &mut plan.remarks).map_err(|e| e.context("options"))?;
            continue;
        }
        let word = role_name(name, &plan)?;
        if word != *name {
            plan.remarks.push(format!("Role '{}' is called {word} here.", shown(name)));
        }
        let role = role(word, value, &mut plan.remarks)
            .map_err(|e| e.context(format!("role {}", shown(name))))?;
        plan.roles.push(role);
        if plan.roles.len() > limits::LAYOUT_ROLES_MAX {
            let max = limits::LAYOUT_ROLES_MAX;
            return Err(Error::usage(format!("the layout has more than {max} roles")));
        }
    }
    if plan.roles.is_empty() {
        return Err(Error::invalid("the layout has no role")
            .hint("a role is a field whose value is an object with an 'acquisition'"));
    }
    Ok(plan)
}

fn role_name(name: &str, plan: &Plan) -> Result<String> {
    let word = words::plain(name);
    if word.is_empty() || word.len() > limits::ROLE_NAME_MAX {
        return Err(Error::invalid(format!("'{}' cannot be the name of a role", shown(name)))
            .hint(format!("use 1 to {} letters, digits and '_'", limits::ROLE_NAME_MAX)));
    }
    if plan.roles.iter().any(|r| r.name == word) {
        return Err(Error::invalid(format!("two roles would be called {word}"))
            .hint("give them names that differ in more than capitals and signs"));
    }
    Ok(word)
}

fn role(name: String, value: &Node, remarks: &mut Vec<String>) -> Result<Role> {
    let Node::Object(fields) = value else {
        return Err(Error::invalid(format!("a role is an object, not {}", value.kind())));
    };
    known(fields, &ROLE_FIELDS)?;
    let acquisition = get(value, "acquisition")
        .ok_or_else(|| Error::invalid("'acquisition' is missing").hint("list its images there"))?;
    let images = acquisitions(&name, acquisition, remarks)?;
    let (cloud_min, cloud_max) = images.cloud.ok_or_else(|| {
        Error::invalid("it has no image of type S2").hint("every role needs an optical image")
    })?;
    let limit = field(value, "max_s1s2_gap_hours", hours)?;
    let gap = match (images.radar, limit) {
        (true, None) => {
            return Err(Error::invalid("'max_s1s2_gap_hours' is missing")
                .hint("a role with S1 and S2 needs the largest distance of the two, in hours"));
        }
        (true, Some(h)) if h <= 0.0 => {
            return Err(Error::invalid(format!("'max_s1s2_gap_hours' is {h}, not more than 0")));
        }
        (true, limit) => limit,
        (false, limit) => {
            if limit.is_some() {
                remarks.push(format!("max_s1s2_gap_hours of {name} has no effect: it has no S1."));
            }
            None
        }
    };
    Ok(Role { name, cloud_min, cloud_max, window: window(value)?, gap })
}

fn window(role: &Node) -> Result<(f64, f64)> {
    let start = field(role, "timeframe_start_hours", hours)?;
    let end = field(role, "timeframe_end_hours", hours)?;
    match (get(role, "timeframe_origin").is_some(), start, end) {
        (true, None, None) => Ok((0.0, 0.0)),
        (true, ..) => Err(Error::invalid("a role with 'timeframe_origin' has no window")
            .hint("leave out timeframe_start_hours and timeframe_end_hours, or the origin")),
        (false, Some(a), Some(b)) => Ok((a.min(b), a.max(b))),
        (false, None, _) => Err(missing("timeframe_start_hours")),
        (false, _, None) => Err(missing("timeframe_end_hours")),
    }
}

fn missing(field: &str) -> Error {
    Error::invalid(format!("'{field}' is missing"))
        .hint("give both ends of the window, or mark the reference with timeframe_origin")
}

struct Images {
    cloud: Option<(Floor, f64)>,
    radar: bool,
}

fn acquisitions(role: &str, value: &Node, remarks: &mut Vec<String>) -> Result<Images> {
    let Node::Object(images) = value else {
        let kind = value.kind();
        return Err(Error::invalid(format!("'acquisition' is an object, not {kind}")));
    };
    let mut found = Images { cloud: None, radar: false };
    for (key, image) in images {
        let within = |e: Error| e.context(format!("acquisition {}", shown(key)));
        let Node::Object(fields) = image else {
            let kind = image.kind();
            return Err(within(Error::invalid(format!("it is an object, not {kind}"))));
        };
        let twice =
            |kind| within(Error::invalid(format!("the role has two images of type {kind}")));
        match get(image, "type") {
            Some(Node::Text(kind)) if kind == "S2" => {
                known(fields, &["type", "min_cloud_percent", "max_cloud_percent"])
                    .map_err(within)?;
                if found.cloud.replace(cloud(image).map_err(within)?).is_some() {
                    return Err(twice("S2"));
                }
            }
            Some(Node::Text(kind)) if kind == "S1" => {
                known(fields, &["type", "orbit"]).map_err(within)?;
                if get(image, "orbit").is_some() {
                    remarks.push(format!("orbit of {role} has no effect, as in the original."));
                }
                if std::mem::replace(&mut found.radar, true) {
                    return Err(twice("S1"));
                }
            }
            Some(Node::Text(kind)) => {
                return Err(within(
                    Error::invalid(format!("its type is '{}'", shown(kind)))
                        .hint("types are S1 and S2"),
                ));
            }
            _ => {
                return Err(within(
                    Error::invalid("its 'type' is missing").hint("types are S1 and S2"),
                ));
            }
        }
    }
    Ok(found)
}

/// The range of cloudiness. The original takes the smaller of a random floor and the most.
fn cloud(image: &Node) -> Result<(Floor, f64)> {
    let max = field(image, "max_cloud_percent", percent)?.unwrap_or(0.0);
    let floor = match get(image, "min_cloud_percent") {
        Some(Node::Text(text)) => {
            return Ok((number::random(text).map_err(|e| e.context("min_cloud_percent"))?, max));
        }
        _ => field(image, "min_cloud_percent", percent)?.unwrap_or(0.0),
    };
    if floor > max {
        return Err(Error::invalid(format!(
            "no cloudiness lies between {floor} and {max} percent"
        )));
    }
    Ok((Floor::Fixed(floor), max))
}

fn options(value: &Node, remarks: &mut Vec<String>) -> Result<()> {
    let Node::Object(fields) = value else {
        return Err(Error::invalid(format!("they are an object, not {}", value.kind())));
    };
    known(fields, &["siblings"])?;
    if !fields.is_empty() {
        remarks.push("options.siblings has no effect, as in the original:".to_owned());
        remarks.push("an image that fits two roles serves both.".to_owned());
    }
    Ok(())
}

fn known(fields: &[(String, Node)], names: &[&str]) -> Result<()> {
    match fields.iter().find(|(name, _)| !names.contains(&name.as_str())) {
        None => Ok(()),
        Some((name, _)) => Err(Error::invalid(format!("unknown field '{}'", shown(name)))
            .hint(format!("fields: {}", names.join(", ")))),
    }
}

fn field(object: &Node, name: &str, check: fn(f64) -> Option<&'static str>) -> Result<Option<f64>> {
    match get(object, name) {
        None => Ok(None),
        Some(Node::Number(n)) => match check(*n) {
            None => Ok(Some(*n)),
            Some(wrong) => Err(Error::invalid(format!("'{name}' is {n}: {wrong}"))),
        },
        Some(other) => Err(Error::invalid(format!("'{name}' is a number, not {}", other.kind()))),
    }
}

fn hours(n: f64) -> Option<&'static str> {
    (n.abs() > HOURS_MAX || !n.is_finite()).then_some("more than a hundred years")
}

fn percent(n: f64) -> Option<&'static str> {
    (!(-1e6..=1e6).contains(&n)).then_some("no percentage")
}

fn get<'a>(object: &'a Node, name: &str) -> Option<&'a Node> {
    let Node::Object(fields) = object else { return None };
    fields.iter().find(|(n, _)| n == name).map(|(_, v)| v)
}

/// A name from the file as it may stand in a message or a comment: short, on one line.
fn shown(name: &str) -> String {
    let clean = |c: char| if c.is_control() { '?' } else { c };
    name.chars().take(40).map(clean).collect()
}
