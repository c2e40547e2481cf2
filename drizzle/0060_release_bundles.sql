CREATE TABLE `bundle_keys` (
	`hint` text PRIMARY KEY NOT NULL,
	`pem` text NOT NULL,
	`from_ms` integer NOT NULL,
	`until_ms` integer
);
--> statement-breakpoint
CREATE TABLE `release_bundle_parts` (
	`bundle` integer NOT NULL,
	`part` integer NOT NULL,
	`text` text NOT NULL,
	PRIMARY KEY(`bundle`, `part`),
	FOREIGN KEY (`bundle`) REFERENCES `release_bundles`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `release_bundles` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`model_version` integer NOT NULL,
	`key` text NOT NULL,
	`created_at_ms` integer NOT NULL,
	`created_by` text NOT NULL,
	`runs_of` text NOT NULL,
	`has_audit` integer NOT NULL,
	FOREIGN KEY (`model_version`) REFERENCES `model_versions`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`key`) REFERENCES `bundle_keys`(`hint`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `release_bundles_by_version` ON `release_bundles` (`model_version`,`id`);