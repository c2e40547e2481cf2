CREATE TABLE `barred_identities` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`issuer` text NOT NULL,
	`subject` text NOT NULL,
	`account` text NOT NULL,
	`barred_by` text NOT NULL,
	`barred_at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `barred_identities_by_subject` ON `barred_identities` (`issuer`,`subject`);