CREATE TABLE `stages` (
	`name` text PRIMARY KEY NOT NULL,
	`name_key` text NOT NULL,
	`position` integer NOT NULL,
	`is_exclusive` integer NOT NULL,
	`entered_from` text
) WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX `stages_name_key_unique` ON `stages` (`name_key`);--> statement-breakpoint
INSERT INTO `stages` (`name`, `name_key`, `position`, `is_exclusive`)
VALUES ('None', 'none', 0, 0), ('Staging', 'staging', 1, 0), ('Production', 'production', 2, 0), ('Archived', 'archived', 3, 0);
--> statement-breakpoint
CREATE TABLE `version_holds` (
	`model_version` integer PRIMARY KEY NOT NULL,
	`reason` text NOT NULL,
	`placed_by` text NOT NULL,
	`placed_at_ms` integer NOT NULL,
	FOREIGN KEY (`model_version`) REFERENCES `model_versions`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `damaged_blobs` (
	`blob` integer PRIMARY KEY NOT NULL,
	`recorded_at_ms` integer NOT NULL,
	FOREIGN KEY (`blob`) REFERENCES `blobs`(`id`) ON UPDATE no action ON DELETE cascade
);
