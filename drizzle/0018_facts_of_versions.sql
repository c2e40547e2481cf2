CREATE TABLE `version_datasets` (
	`digest` text NOT NULL,
	`model_version` integer NOT NULL,
	PRIMARY KEY(`digest`, `model_version`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `version_fact_parts` (
	`model_version` integer NOT NULL,
	`revision` integer NOT NULL,
	`part` integer NOT NULL,
	`facts` text NOT NULL,
	PRIMARY KEY(`model_version`, `revision`, `part`)
);
--> statement-breakpoint
CREATE TABLE `version_facts` (
	`model_version` integer NOT NULL,
	`revision` integer NOT NULL,
	`at_ms` integer NOT NULL,
	`digest` text NOT NULL,
	`changed` text NOT NULL,
	`changed_more` integer NOT NULL,
	`changed_by` text,
	`changed_at_ms` integer,
	`late_metrics` text NOT NULL,
	`run_writes` integer,
	`model_writes` integer,
	PRIMARY KEY(`model_version`, `revision`)
);
--> statement-breakpoint
ALTER TABLE `logged_models` ADD `registered_writes` integer;--> statement-breakpoint
ALTER TABLE `logged_models` ADD `written_by` text;--> statement-breakpoint
ALTER TABLE `logged_models` ADD `written_at_ms` integer;--> statement-breakpoint
ALTER TABLE `runs` ADD `registered_writes` integer;--> statement-breakpoint
ALTER TABLE `runs` ADD `written_by` text;--> statement-breakpoint
ALTER TABLE `runs` ADD `written_at_ms` integer;--> statement-breakpoint
CREATE TRIGGER `version_facts_refuse_update` BEFORE UPDATE OF `model_version`, `revision`, `at_ms`, `digest`, `changed`, `changed_more`, `changed_by`, `changed_at_ms` ON `version_facts`
BEGIN
	SELECT RAISE(ABORT, 'a revision in version_facts is never changed');
END;
--> statement-breakpoint
CREATE TRIGGER `version_facts_refuse_delete` BEFORE DELETE ON `version_facts`
BEGIN
	SELECT RAISE(ABORT, 'a revision in version_facts is never deleted');
END;
--> statement-breakpoint
CREATE TRIGGER `version_facts_refuse_replace` BEFORE INSERT ON `version_facts`
WHEN EXISTS (SELECT 1 FROM `version_facts` WHERE `model_version` = NEW.`model_version` AND `revision` = NEW.`revision`)
BEGIN
	SELECT RAISE(ABORT, 'a revision in version_facts is never replaced');
END;
--> statement-breakpoint
CREATE TRIGGER `version_fact_parts_refuse_update` BEFORE UPDATE ON `version_fact_parts`
BEGIN
	SELECT RAISE(ABORT, 'a revision in version_fact_parts is never changed');
END;
--> statement-breakpoint
CREATE TRIGGER `version_fact_parts_refuse_delete` BEFORE DELETE ON `version_fact_parts`
BEGIN
	SELECT RAISE(ABORT, 'a revision in version_fact_parts is never deleted');
END;
--> statement-breakpoint
CREATE TRIGGER `version_fact_parts_refuse_replace` BEFORE INSERT ON `version_fact_parts`
WHEN EXISTS (SELECT 1 FROM `version_fact_parts` WHERE `model_version` = NEW.`model_version` AND `revision` = NEW.`revision` AND `part` = NEW.`part`)
BEGIN
	SELECT RAISE(ABORT, 'a revision in version_fact_parts is never replaced');
END;
