CREATE TABLE `audit_entries` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`workspace` text NOT NULL,
	`at_ms` integer NOT NULL,
	`actor` text NOT NULL,
	`action` text NOT NULL,
	`registered_model` integer,
	`model` text,
	`version` integer,
	`is_prompt` integer NOT NULL,
	`before` text,
	`after` text,
	`reason` text,
	`promotion` integer,
	`approved_by` text,
	`request_id` text NOT NULL,
	`user_agent` text
);
--> statement-breakpoint
CREATE TABLE `audit_seals` (
	`seq` integer PRIMARY KEY NOT NULL,
	`entry_hash` text NOT NULL,
	`chain_hash` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `audit_entries_by_model` ON `audit_entries` (`registered_model`,`seq`);--> statement-breakpoint
CREATE INDEX `audit_entries_by_model_name` ON `audit_entries` (`workspace`,`model`,`seq`);--> statement-breakpoint
CREATE INDEX `audit_entries_by_time` ON `audit_entries` (`at_ms`);--> statement-breakpoint
CREATE INDEX `audit_entries_by_actor` ON `audit_entries` (json_extract("actor", '$.name'),`seq`);--> statement-breakpoint
CREATE INDEX `audit_entries_by_action` ON `audit_entries` (`action`,`seq`);--> statement-breakpoint
CREATE INDEX `audit_entries_refused` ON `audit_entries` (`at_ms`) WHERE "action" = 'request.refused';--> statement-breakpoint
CREATE INDEX `audit_seals_by_chain_hash` ON `audit_seals` (`chain_hash`);--> statement-breakpoint
CREATE TRIGGER `audit_entries_no_update` BEFORE UPDATE ON `audit_entries`
BEGIN SELECT RAISE(ABORT, 'audit entries are never changed'); END;
--> statement-breakpoint
CREATE TRIGGER `audit_entries_no_delete` BEFORE DELETE ON `audit_entries`
BEGIN SELECT RAISE(ABORT, 'audit entries are never deleted'); END;
--> statement-breakpoint
CREATE TRIGGER `audit_entries_no_replace` BEFORE INSERT ON `audit_entries`
WHEN EXISTS (SELECT 1 FROM `audit_entries` WHERE `seq` = NEW.`seq`)
BEGIN SELECT RAISE(ABORT, 'audit entries are never replaced'); END;
--> statement-breakpoint
CREATE TRIGGER `audit_seals_no_update` BEFORE UPDATE ON `audit_seals`
BEGIN SELECT RAISE(ABORT, 'audit seals are never changed'); END;
--> statement-breakpoint
CREATE TRIGGER `audit_seals_no_delete` BEFORE DELETE ON `audit_seals`
BEGIN SELECT RAISE(ABORT, 'audit seals are never deleted'); END;
--> statement-breakpoint
CREATE TRIGGER `audit_seals_no_replace` BEFORE INSERT ON `audit_seals`
WHEN EXISTS (SELECT 1 FROM `audit_seals` WHERE `seq` = NEW.`seq`)
BEGIN SELECT RAISE(ABORT, 'audit seals are never replaced'); END;
--> statement-breakpoint
-- What was there before there was a record: one entry for each model, then one for each version.
INSERT INTO `audit_entries` (`workspace`, `at_ms`, `actor`, `action`, `registered_model`, `model`, `is_prompt`, `after`, `request_id`)
SELECT m.workspace, CAST(unixepoch('subsec') * 1000 AS integer),
	'{"name":"gatehouse","kind":"service","verified":true,"groups":[]}', 'registered_model.recorded', m.id, m.name,
	EXISTS (SELECT 1 FROM registered_model_tags p WHERE p.registered_model = m.id
		AND p.key = 'mlflow.prompt.is_prompt' AND lower(p.value) = 'true'),
	json_object('description', m.description, 'deployment_job_id', m.deployment_job_id,
		'tags', json((SELECT json_group_object(t.key, t.value) FROM registered_model_tags t WHERE t.registered_model = m.id)),
		'created_at', m.created_at_ms, 'updated_at', m.updated_at_ms),
	'migration 0001_audit'
FROM registered_models m ORDER BY m.id;
--> statement-breakpoint
INSERT INTO `audit_entries` (`workspace`, `at_ms`, `actor`, `action`, `registered_model`, `model`, `version`, `is_prompt`, `after`, `request_id`)
SELECT m.workspace, CAST(unixepoch('subsec') * 1000 AS integer),
	'{"name":"gatehouse","kind":"service","verified":true,"groups":[]}', 'model_version.recorded', m.id, m.name, v.version,
	EXISTS (SELECT 1 FROM registered_model_tags p WHERE p.registered_model = m.id
		AND p.key = 'mlflow.prompt.is_prompt' AND lower(p.value) = 'true'),
	json_object('stage', v.stage, 'source', v.source, 'run_id', v.run_id, 'model_id', v.model_id,
		'description', v.description,
		'tags', json((SELECT json_group_object(t.key, t.value) FROM model_version_tags t WHERE t.model_version = v.id)),
		'aliases', json((SELECT json_group_array(a.alias) FROM aliases a
			WHERE a.registered_model = m.id AND a.version = v.version)),
		'digest', (SELECT s.digest FROM manifests s WHERE s.id = v.manifest),
		'created_at', v.created_at_ms, 'updated_at', v.updated_at_ms),
	'migration 0001_audit'
FROM model_versions v JOIN registered_models m ON m.id = v.registered_model ORDER BY v.id;
