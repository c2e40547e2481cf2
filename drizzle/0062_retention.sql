CREATE TABLE `version_downloads` (
	`model_version` integer PRIMARY KEY NOT NULL,
	`at_ms` integer NOT NULL,
	FOREIGN KEY (`model_version`) REFERENCES `model_versions`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `retention_rules` (
	`workspace` text NOT NULL,
	`name` text NOT NULL,
	`revision` integer NOT NULL,
	`terms` text NOT NULL,
	`is_automatic` integer NOT NULL,
	`updated_at_ms` integer NOT NULL,
	`swept_at_ms` integer NOT NULL,
	PRIMARY KEY(`workspace`, `name`)
) WITHOUT ROWID;
--> statement-breakpoint
INSERT INTO `version_downloads` (`model_version`, `at_ms`) SELECT `id`, CAST(unixepoch('subsec') * 1000 AS integer) FROM `model_versions`;
