CREATE TABLE `trace_retention` (
	`experiment` integer PRIMARY KEY NOT NULL,
	`revision` integer NOT NULL,
	`days_max` integer,
	`traces_max` integer,
	`keep_assessed` integer NOT NULL,
	`keep_of_versions` integer NOT NULL,
	`swept_at_ms` integer NOT NULL,
	`cursor_ms` integer,
	`cursor_id` text,
	FOREIGN KEY (`experiment`) REFERENCES `experiments`(`id`) ON UPDATE no action ON DELETE cascade
);
