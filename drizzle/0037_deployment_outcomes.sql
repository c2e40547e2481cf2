CREATE TABLE `deployment_outcome_marks` (
	`deployment` integer NOT NULL,
	`hour` integer NOT NULL,
	`name` text NOT NULL,
	`random` integer NOT NULL,
	PRIMARY KEY(`deployment`, `hour`, `name`, `random`),
	FOREIGN KEY (`deployment`) REFERENCES `deployments`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `deployment_outcomes` (
	`deployment` integer NOT NULL,
	`hour` integer NOT NULL,
	`variant` text NOT NULL,
	`version` integer NOT NULL,
	`name` text NOT NULL,
	`count` integer NOT NULL,
	`mean` real NOT NULL,
	`m2` real NOT NULL,
	`others` integer NOT NULL,
	PRIMARY KEY(`deployment`, `hour`, `variant`, `version`, `name`),
	FOREIGN KEY (`deployment`) REFERENCES `deployments`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
