CREATE TABLE `attestations` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`model_version` integer NOT NULL,
	`predicate_type` text NOT NULL,
	`hint` text NOT NULL,
	`result` text,
	`payload_sha256` text NOT NULL,
	`document` text NOT NULL,
	`sent_by` text NOT NULL,
	`sent_at_ms` integer NOT NULL,
	FOREIGN KEY (`model_version`) REFERENCES `model_versions`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `attestations_by_payload` ON `attestations` (`model_version`,`hint`,`payload_sha256`);--> statement-breakpoint
CREATE INDEX `attestations_by_predicate` ON `attestations` (`model_version`,`predicate_type`,`hint`,`id`);--> statement-breakpoint
CREATE TABLE `trusted_keys` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`workspace` text NOT NULL,
	`name` text NOT NULL,
	`hint` text NOT NULL,
	`pem` text NOT NULL,
	`set_by` text NOT NULL,
	`set_at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `trusted_keys_by_name` ON `trusted_keys` (`workspace`,`name`);