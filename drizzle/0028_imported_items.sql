CREATE TABLE `imported_items` (
	`workspace` text NOT NULL,
	`source` text NOT NULL,
	`kind` text NOT NULL,
	`foreign_id` text NOT NULL,
	`own_id` text NOT NULL,
	`mark` text NOT NULL,
	`imported_at_ms` integer NOT NULL,
	PRIMARY KEY(`workspace`, `source`, `kind`, `foreign_id`)
) WITHOUT ROWID;
