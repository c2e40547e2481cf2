ALTER TABLE `model_versions` ADD `approval_status` text;
--> statement-breakpoint
ALTER TABLE `model_versions` ADD `approval_by` text;
--> statement-breakpoint
ALTER TABLE `model_versions` ADD `approval_at_ms` integer;
--> statement-breakpoint
ALTER TABLE `model_versions` ADD `approval_reason` text;
--> statement-breakpoint
CREATE TABLE `policies` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`workspace` text NOT NULL,
	`name` text NOT NULL,
	`revision` integer NOT NULL,
	`document` text NOT NULL,
	`updated_at_ms` integer NOT NULL,
	`deleted_at_ms` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `policies_by_name` ON `policies` (`workspace`,`name`);--> statement-breakpoint
CREATE TABLE `policy_revisions` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`policy` integer NOT NULL,
	`revision` integer NOT NULL,
	`document` text,
	`author` text NOT NULL,
	`at_ms` integer NOT NULL,
	FOREIGN KEY (`policy`) REFERENCES `policies`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `policy_revisions_by_policy` ON `policy_revisions` (`policy`,`revision`);--> statement-breakpoint
CREATE TABLE `promotion_checks` (
	`promotion` integer NOT NULL,
	`name` text NOT NULL,
	`status` text NOT NULL,
	`url` text,
	`summary` text,
	`digest` text,
	`posted_by` text NOT NULL,
	`at_ms` integer NOT NULL,
	PRIMARY KEY(`promotion`, `name`),
	FOREIGN KEY (`promotion`) REFERENCES `promotions`(`id`) ON UPDATE no action ON DELETE no action
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `promotion_reviews` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`promotion` integer NOT NULL,
	`reviewer` text NOT NULL,
	`principal` text NOT NULL,
	`decision` text NOT NULL,
	`comment` text,
	`at_ms` integer NOT NULL,
	`reviewed` text NOT NULL,
	FOREIGN KEY (`promotion`) REFERENCES `promotions`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `promotion_reviews_by_promotion` ON `promotion_reviews` (`promotion`,`id`);--> statement-breakpoint
CREATE TABLE `promotions` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`workspace` text NOT NULL,
	`registered_model` integer NOT NULL,
	`model_version` integer NOT NULL,
	`model` text NOT NULL,
	`version` integer NOT NULL,
	`from_stage` text NOT NULL,
	`target_kind` text NOT NULL,
	`target` text NOT NULL,
	`archive_existing` integer NOT NULL,
	`status` text NOT NULL,
	`requested_by` text NOT NULL,
	`requester` text NOT NULL,
	`requested_at_ms` integer NOT NULL,
	`expires_at_ms` integer NOT NULL,
	`reason` text,
	`decided_at_ms` integer,
	`decided_by` text,
	`merged_by_request` text,
	`files_read` text,
	`evidence` text,
	`break_glass` integer NOT NULL,
	`followed_up_by` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `promotions_open` ON `promotions` (`model_version`,`target_kind`,`target`) WHERE status = 'open';--> statement-breakpoint
CREATE INDEX `promotions_by_status` ON `promotions` (`workspace`,`status`,`id`);--> statement-breakpoint
CREATE INDEX `promotions_by_model` ON `promotions` (`registered_model`,`id`);
--> statement-breakpoint
CREATE TRIGGER `policy_revisions_no_update` BEFORE UPDATE ON `policy_revisions`
BEGIN SELECT RAISE(ABORT, 'policy_revisions is append-only'); END;
--> statement-breakpoint
CREATE TRIGGER `policy_revisions_no_delete` BEFORE DELETE ON `policy_revisions`
BEGIN SELECT RAISE(ABORT, 'policy_revisions is append-only'); END;
--> statement-breakpoint
CREATE TRIGGER `policy_revisions_no_replace` BEFORE INSERT ON `policy_revisions`
WHEN EXISTS (SELECT 1 FROM `policy_revisions` WHERE `id` = NEW.`id` OR (`policy` = NEW.`policy` AND `revision` = NEW.`revision`))
BEGIN SELECT RAISE(ABORT, 'policy_revisions is append-only'); END;
