//! The queries that ship with the program.

/// Name and text, by name. Layouts first, then the questions about a catalog.
pub(super) const SHIPPED: &[(&str, &str)] = &[
    ("ssop", include_str!("../../queries/ssop.sql")),
    ("os1", include_str!("../../queries/os1.sql")),
    ("os2", include_str!("../../queries/os2.sql")),
    ("gfa", include_str!("../../queries/gfa.sql")),
    ("gfb", include_str!("../../queries/gfb.sql")),
    ("hidden", include_str!("../../queries/hidden.sql")),
    ("scene", include_str!("../../queries/scene.sql")),
    ("ssop_scene", include_str!("../../queries/ssop_scene.sql")),
    ("os2_scene", include_str!("../../queries/os2_scene.sql")),
    ("cloudiness", include_str!("../../queries/cloudiness.sql")),
    ("coverage", include_str!("../../queries/coverage.sql")),
    ("gaps", include_str!("../../queries/gaps.sql")),
];
