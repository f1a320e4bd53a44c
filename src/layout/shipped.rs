//! The queries that ship with the program.

/// Name and text.
type Query = (&'static str, &'static str);

/// What the rows are for, and the queries, in the order in which they are listed.
pub(super) const KINDS: &[(&str, &[Query])] = &[
    (
        "layouts, for train, stream and evaluate",
        &[
            ("ssop", include_str!("../../queries/ssop.sql")),
            ("os1", include_str!("../../queries/os1.sql")),
            ("os2", include_str!("../../queries/os2.sql")),
            ("gf", include_str!("../../queries/gf.sql")),
            ("monthly", include_str!("../../queries/monthly.sql")),
            ("hidden", include_str!("../../queries/hidden.sql")),
        ],
    ),
    (
        "layouts of scenes, for reconstruct",
        &[
            ("scene", include_str!("../../queries/scene.sql")),
            ("ssop_scene", include_str!("../../queries/ssop_scene.sql")),
            ("os2_scene", include_str!("../../queries/os2_scene.sql")),
        ],
    ),
    (
        "questions, for sql --file",
        &[
            ("cloudiness", include_str!("../../queries/cloudiness.sql")),
            ("coverage", include_str!("../../queries/coverage.sql")),
            ("gaps", include_str!("../../queries/gaps.sql")),
            ("ssop_grid", include_str!("../../queries/ssop_grid.sql")),
            ("os2_grid", include_str!("../../queries/os2_grid.sql")),
        ],
    ),
];

/// Other names for some of them.
pub(super) const ALIASES: &[(&str, &str)] = &[("gfa", "gf"), ("gfb", "gf@b")];
