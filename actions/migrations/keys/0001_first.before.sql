-- Keys of departments: what is published, and the private half, sealed.

-- upgrade
CREATE TABLE IF NOT EXISTS department_keys (
    kid TEXT NOT NULL PRIMARY KEY,
    department TEXT NOT NULL,
    published TEXT NOT NULL,
    sealed TEXT NOT NULL
);
