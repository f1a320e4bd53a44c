//! The roles of the reference's layouts, and the JSON that the original reads.

use serde_json::{Map, Value, json};

/// A role in seconds and percent.
pub(super) struct Role {
    pub name: String,
    pub cloud: (f64, f64),
    pub window: (f64, f64),
    pub gap: Option<f64>,
}

pub(super) fn roles(layout: &Value) -> Vec<Role> {
    let pair = |v: &Value| (v[0].as_f64().unwrap(), v[1].as_f64().unwrap());
    let role = |r: &Value| Role {
        name: r["role"].as_str().unwrap().to_owned(),
        cloud: pair(&r["cloud_percent"]),
        window: pair(&r["window_seconds"]),
        gap: r["max_s1_gap_seconds"].as_f64(),
    };
    layout.as_array().unwrap().iter().map(role).collect()
}

/// The same as text in the original's form, roles in their order.
pub(super) fn to_json(roles: &[Role]) -> String {
    let one = |r: &Role| {
        let mut role = Map::new();
        let s2 = json!({
            "type": "S2", "min_cloud_percent": r.cloud.0, "max_cloud_percent": r.cloud.1
        });
        let mut images = json!({ "optical": s2 });
        if let Some(gap) = r.gap {
            images["radar"] = json!({ "type": "S1" });
            role.insert("max_s1s2_gap_hours".into(), json!(gap / 3600.0));
        }
        role.insert("acquisition".into(), images);
        if r.window == (0.0, 0.0) {
            role.insert("timeframe_origin".into(), json!("True"));
        } else {
            role.insert("timeframe_start_hours".into(), json!(r.window.1 / 3600.0));
            role.insert("timeframe_end_hours".into(), json!(r.window.0 / 3600.0));
        }
        format!("{}: {}", json!(r.name), Value::Object(role))
    };
    let all: Vec<String> = roles.iter().map(one).collect();
    format!("{{{}}}", all.join(", "))
}
