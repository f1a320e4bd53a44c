//! The comment at the head of the file: what is selected, and the parameters.

use super::band::Band;
use super::number::text;
use super::page::{line, list};
use super::plan::{Floor, Plan, Role};

/// Name, default and meaning of a parameter.
type Declared = (String, String, String);

/// The lines before the query.
pub(super) fn head(name: &str, plan: &Plan) -> String {
    let role = |r: &Role| match r.gap {
        Some(_) => format!("{} with radar", r.name),
        None => r.name.clone(),
    };
    let roles: Vec<String> = plan.roles.iter().map(role).collect();
    let mut out = format!("-- {name}: optical images ");
    list(&mut out, "-- ", &roles);
    line(&mut out, ". Imported.\n--");
    line(
        &mut out,
        "-- Limits are inclusive. Every combination of patches that fits is one sample;",
    );
    line(&mut out, "-- one image may serve in two roles.");
    for remark in &plan.remarks {
        line(&mut out, &format!("-- {remark}"));
    }
    line(&mut out, "--");
    let params = params(plan);
    let width = params.iter().map(|p| p.0.len() + p.1.len() + 4).max().unwrap_or(0).max(25);
    for (name, value, meaning) in params {
        let declared = format!("${name} = {value}");
        line(&mut out, &format!("-- {declared:width$} {meaning}"));
    }
    out
}

fn params(plan: &Plan) -> Vec<Declared> {
    let mut all = Vec::new();
    for (gap, role) in plan.gaps() {
        let same = plan.roles.iter().filter(|r| r.gap == Some(gap));
        let of: Vec<&str> = same.map(|r| r.name.as_str()).collect();
        let of = of.join(", ");
        let meaning = format!("largest distance to the radar image of {of}, hours");
        all.push((plan.gap_param(role), text(gap), meaning));
    }
    for role in &plan.roles {
        if !role.at_reference() {
            let ends = Band::of(role).ends(&role.name);
            all.extend(ends.map(|(name, value, meaning)| (name, text(value), meaning)));
        }
        all.extend(clouds(role));
    }
    let mut put = |name: &str, value: &str, meaning: &str| {
        all.push((name.to_owned(), value.to_owned(), meaning.to_owned()));
    };
    match plan.reference() {
        Some(_) => put("per_place", "0", "most samples of one place, drawn by chance; 0: all"),
        None => put("compat", "0", "1: a sample comes again for every time that allows it"),
    }
    match (plan.reference(), plan.draws()) {
        (Some(_), false) => put("seed", "1", "chance of that draw"),
        (_, true) => put("seed", "1", "chance of all draws"),
        (None, false) => {}
    }
    all
}

fn clouds(role: &Role) -> Vec<Declared> {
    let name = &role.name;
    let drawn = |kind: &str, from: f64, to: f64| {
        let meaning = format!("least cloud of {name}: a {kind} number drawn from this");
        let until = format!("least cloud of {name}: up to this, percent");
        vec![
            (format!("{name}_floor_from"), text(from), meaning),
            (format!("{name}_floor_to"), text(to), until),
        ]
    };
    let mut all = match role.cloud_min {
        Floor::Fixed(min) => {
            let meaning = format!("least cloud of {name}, percent");
            vec![(format!("{name}_cloud_min"), text(min), meaning)]
        }
        Floor::Whole(a, b) => drawn("whole", a as f64, b as f64),
        Floor::Any(a, b) => drawn("real", a, b),
    };
    let most = format!("most cloud of {name}, percent");
    all.push((format!("{name}_cloud_max"), text(role.cloud_max), most));
    all
}
