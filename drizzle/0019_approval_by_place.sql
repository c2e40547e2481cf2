CREATE TABLE `version_approvals` (
	`model_version` integer NOT NULL,
	`place` text NOT NULL,
	`target_kind` text NOT NULL,
	`target` text NOT NULL,
	`status` text NOT NULL,
	`by` text NOT NULL,
	`at_ms` integer NOT NULL,
	`reason` text,
	`break_glass` integer NOT NULL,
	`promotion` integer NOT NULL,
	`policies` text NOT NULL,
	`is_guarded` integer NOT NULL,
	`stands` integer NOT NULL,
	PRIMARY KEY(`model_version`, `place`),
	FOREIGN KEY (`model_version`) REFERENCES `model_versions`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE `promotions` ADD `place` text DEFAULT '' NOT NULL;--> statement-breakpoint
CREATE INDEX `promotions_by_place` ON `promotions` (`model_version`,`place`);--> statement-breakpoint
CREATE INDEX `promotions_by_ending` ON `promotions` (`merged_by_request`);--> statement-breakpoint
UPDATE `promotions` SET `place` = coalesce((SELECT `name_key` FROM `stages` WHERE `name` = `target`), lower(`target`));--> statement-breakpoint
INSERT INTO `version_approvals`
SELECT `model_version`, `place`, `target_kind`, `target`,
	CASE WHEN `status` = 'rejected' THEN 'Rejected'
		WHEN `status` = 'merged' AND `break_glass` = 0 THEN 'Approved' ELSE 'PendingManualApproval' END,
	coalesce(iif(`status` = 'merged' AND `break_glass` = 0, (SELECT r.`principal` FROM `promotion_reviews` r
		WHERE r.`promotion` = q.`id` AND r.`decision` = 'approve' AND r.`reviewer` IN (
			SELECT value FROM json_each(q.`judged`, '$.approvals.approvedBy')) ORDER BY r.`id` DESC LIMIT 1), NULL),
		`decided_by`, `requested_by`),
	coalesce(iif(`status` = 'merged' AND `break_glass` = 0, (SELECT r.`at_ms` FROM `promotion_reviews` r
		WHERE r.`promotion` = q.`id` AND r.`decision` = 'approve' AND r.`reviewer` IN (
			SELECT value FROM json_each(q.`judged`, '$.approvals.approvedBy')) ORDER BY r.`id` DESC LIMIT 1), NULL),
		`decided_at_ms`, `requested_at_ms`),
	CASE WHEN `status` = 'rejected' THEN (SELECT r.`comment` FROM `promotion_reviews` r
			WHERE r.`promotion` = q.`id` AND r.`decision` = 'reject' ORDER BY r.`id` DESC LIMIT 1)
		WHEN `status` = 'merged' AND `break_glass` = 1 THEN 'merged by break-glass' ELSE `reason` END,
	iif(`status` = 'merged', `break_glass`, 0), `id`,
	coalesce((SELECT json_group_array(p.value ->> 'name') FROM json_each(q.`judged`, '$.policies') p), '[]'), 0, 1
FROM (SELECT *, row_number() OVER (PARTITION BY `model_version`, `place`
		ORDER BY coalesce(`decided_at_ms`, `requested_at_ms`) DESC, `id` DESC) AS `rank`
	FROM (SELECT *, iif(json_valid(`evidence`), `evidence`, '{}') AS `judged` FROM `promotions`)
	WHERE `status` IN ('open', 'rejected')
		OR (`status` = 'merged' AND (`evidence` IS NULL OR json_array_length(`judged`, '$.policies') > 0))) q
WHERE `rank` = 1 AND `model_version` IN (SELECT `id` FROM `model_versions`);--> statement-breakpoint
UPDATE `model_versions` SET (`approval_status`, `approval_by`, `approval_at_ms`, `approval_reason`) = (
	SELECT a.`status`, a.`by`, a.`at_ms`, a.`reason` FROM `version_approvals` a
	LEFT JOIN `stages` s ON s.`name_key` = a.`place`
	WHERE a.`model_version` = `model_versions`.`id` ORDER BY a.`place` IN ('none', 'archived'), s.`position` DESC, a.`at_ms` DESC LIMIT 1)
WHERE `approval_status` IN ('PendingManualApproval', 'Approved', 'Rejected');
