//! What an acquisition layout asks for.

/// Roles in their order, and remarks about what has no effect.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plan {
    pub roles: Vec<Role>,
    pub remarks: Vec<String>,
}

/// One image of a sample.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Role {
    /// A plain word in lower case.
    pub name: String,
    pub cloud_min: Floor,
    pub cloud_max: f64,
    /// Hours from the reference, first and last.
    pub window: (f64, f64),
    /// Largest distance to its radar image, hours; none without radar.
    pub gap: Option<f64>,
}

/// Least cloud.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Floor {
    Fixed(f64),
    /// A whole number, both ends included, drawn anew for every reference.
    Whole(i64, i64),
    /// Any number from the first up to the second.
    Any(f64, f64),
}

impl Role {
    /// Whether it stands at the time of the reference.
    pub fn at_reference(&self) -> bool {
        self.window == (0.0, 0.0)
    }
}

impl Plan {
    /// The role that every other one is joined to; none if no role stands at the reference.
    pub fn reference(&self) -> Option<&Role> {
        self.roles.iter().find(|r| r.at_reference())
    }

    /// The roles that differ from the reference, in order.
    pub fn others(&self) -> impl Iterator<Item = &Role> {
        let reference = self.reference().map(|r| r.name.as_str());
        self.roles.iter().filter(move |r| Some(r.name.as_str()) != reference)
    }

    /// The different distances to radar, each with the first role that has it.
    pub fn gaps(&self) -> Vec<(f64, &Role)> {
        let mut gaps: Vec<(f64, &Role)> = Vec::new();
        for role in &self.roles {
            if let Some(gap) = role.gap
                && !gaps.iter().any(|(g, _)| *g == gap)
            {
                gaps.push((gap, role));
            }
        }
        gaps
    }

    /// Where the rows of a role come from: one table of pairs for every distance to radar.
    pub fn source(&self, role: &Role) -> String {
        let Some(gap) = role.gap else { return "s2".to_owned() };
        match self.gaps().as_slice() {
            [_] => "nearest".to_owned(),
            gaps => {
                let first = gaps.iter().find(|(g, _)| *g == gap).map_or(role, |(_, r)| r);
                format!("nearest_{}", first.name)
            }
        }
    }

    /// The parameter of the largest distance to radar of a role.
    pub fn gap_param(&self, role: &Role) -> String {
        match self.source(role).strip_prefix("nearest_") {
            Some(first) => format!("{first}_gap_hours"),
            None => "gap_hours".to_owned(),
        }
    }

    /// Whether any cloudiness is drawn by chance.
    pub fn draws(&self) -> bool {
        self.roles.iter().any(|r| !matches!(r.cloud_min, Floor::Fixed(_)))
    }
}
