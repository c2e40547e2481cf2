import { type ActionGroup, actionGroups } from './action-groups.ts'

export type Action = (typeof actionGroups)[ActionGroup][number]

/**
 * Every action in the audit log. `before` and `after` of an entry have what changed, in the words of our
 * REST surface:
 *
 * | action | before | after |
 * |---|---|---|
 * | registered_model.recorded | | as created, and created_at, updated_at; when this server first kept an audit log |
 * | registered_model.created | | description, deployment_job_id, tags {}, collection {protect} (of a collection) |
 * | registered_model.updated | description, deployment_job_id, or of a collection description, collection {protect} | the same |
 * | registered_model.renamed | name | name |
 * | registered_model.deleted | description, tags {}, versions [{version, stage}], aliases {alias: version} | |
 * | registered_model.tag_set | key, value (null: it had none) | key, value |
 * | registered_model.tag_deleted | key, value | |
 * | model_version.recorded | | as created, and aliases [], created_at, updated_at; as registered_model.recorded |
 * | model_version.created | | stage, source, run_id, model_id, description, tags {}, digest, linked_from {workspace, model, version} (in a collection), transferred_from {server, model, version, entry (of another server's log) or bundle (the digest of a release bundle)} |
 * | model_version.updated | description, or the members of a model package that SageMaker's clients changed | the same |
 * | model_version.deleted | stage, source, run_id, aliases [], digest | |
 * | model_version.transitioned | stage | stage, archived [versions that were moved to Archived with it], break_glass (true: whatever blocked it) |
 * | model_version.rolled_back | stage, holders [versions that were in the stage] | stage, archived [...] |
 * | model_version.tag_set, tag_deleted | key, value | key, value |
 * | model_version.alias_set | alias, version (null: none had it) | alias, version, break_glass (as above) |
 * | model_version.alias_deleted | alias, version | |
 * | model_version.facts_changed | revision, digest | revision, digest, changed [{fact, before, after}], more (changes not listed), by and at (of the last write to the run or the logged model) |
 * | model_version.hold_placed | | reason |
 * | model_version.hold_lifted | reason, placed_by (a principal), placed_at | |
 * | model_version.sent: to another server | | to |
 * | model_version.arrived: at another server | | to, model, version, entry (of the audit log there) |
 * | model_version.linked: in a collection of another workspace | | collection, collection_workspace, collection_version |
 * | model_version.unlinked | the same | |
 * | model_version.damaged | | path, sha256, size, problem (`missing` or `changed`) |
 * | model_version.flagged: a scan found what runs when its files are loaded | | count, findings [{path, what, detail}] (up to 20 of them) |
 * | artifact.damaged: a file of no version | | path, sha256, size, problem |
 * | serving.failed: a process could not load a version that it should serve | | replica, host, uri, message |
 * | deployment.set | deployment, split {variants, shadows, sticky, guard, canary} (null: there was none) | deployment, split, break_glass (true: although a policy lets only others) |
 * | deployment.deleted | deployment, split | |
 * | stages.changed | items [{name, exclusive, from}] | items |
 * | policy.created, changed, deleted | policy, revision, document | policy, revision, document |
 * | promotion.opened | | promotion, to {stage or alias} |
 * | promotion.reviewed | | promotion, to, decision (`approve` or `comment`), comment, archive_existing (where the approval said it) |
 * | promotion.checked | | promotion, check, status, url, summary |
 * | promotion.rejected | | promotion, to, decision (`reject`), comment |
 * | promotion.closed, expired, followed_up | | promotion, to |
 * | promotion.superseded | | promotion, to, because |
 * | version_comment.created | | comment (its id), text |
 * | version_comment.updated | comment, text | the same |
 * | version_comment.deleted | comment, text | |
 * | scorer.registered | | experiment (its id), name, version |
 * | scorer.deleted | experiment, name, versions [] | |
 * | scorer.sampling_changed | experiment, name, sample_rate, filter (null: it was never set) | the same |
 * | issue.created | | experiment (its id), issue, name, status, severity |
 * | issue.changed | the same | the same |
 * | label_schema.created | | experiment (its id), schema, name, type, instruction, input |
 * | label_schema.changed | the same | the same |
 * | label_schema.deleted | the same | |
 * | review_queue.created | | experiment (its id), queue, name, type, users [], schemas [] |
 * | review_queue.changed | the same | the same |
 * | review_queue.deleted | the same | |
 * | trace_intake.changed | experiment (its id; null: of the whole server), revision, redact_keys, redact_patterns, sample_rate (null: nothing was set) | the same |
 * | retention_rule.changed | name, revision, terms, automatic (null: there was none) | the same |
 * | retention_rule.deleted | the same | |
 * | trace_retention.changed | experiment (its id), revision, days_max, traces_max, keep_assessed, keep_of_versions (null: nothing was set) | the same |
 * | traces.deleted: by somebody, and not by `trace_retention` | experiment (its id), count, traces [the ids of up to 100 of them] | |
 * | webhook.created | | webhook (its id), name, origin of its URL, events [], models, stage, alias, format, signed, status, databricks_events [] (of one that Databricks' API made) |
 * | webhook.updated | the same | the same |
 * | webhook.deleted | the same | |
 * | user.created | | name, is_admin |
 * | user.deleted | name, is_admin | |
 * | user.password_changed | | name |
 * | user.admin_changed | name, is_admin | the same |
 * | service_account.created | | name |
 * | service_account.deleted | name | |
 * | group.set | name, members [] (null: there was no such group) | name, members [] |
 * | group.deleted | name, members [] | |
 * | token.created | | id, name, for, scopes [], expires_at (null: never), aws_access_key_id (null: it has no key pair) |
 * | token.revoked | the same | |
 * | permission.granted | permission (null: none) | username or role_id and role, resource_type, resource_id, permission |
 * | permission.revoked | username or role_id and role, resource_type, resource_id, permission | |
 * | role.created | | role_id, name, description |
 * | role.updated | role_id, name, description | the same |
 * | role.deleted | role_id, name, description, permissions [], holders [] | |
 * | role.assigned | | username, role_id, role |
 * | role.unassigned | username, role_id, role | |
 * | grant.created | | id, principal, action, models, stage, alias |
 * | grant.deleted | the same | |
 * | workspace.created | | name, description, default_artifact_root |
 * | workspace.updated | name, description, default_artifact_root | the same |
 * | workspace.deleted | name, description, default_artifact_root | |
 * | account.signed_up | | name, kind, issuer, subject: somebody from outside was seen first and got an account |
 * | identity.linked | | account, issuer, subject |
 * | identity.unlinked | account, issuer, subject | |
 * | identity.barred: its account was deleted, so that it signs up no more | | account, issuer, subject |
 * | identity.admitted | account, issuer, subject | |
 * | session.started | | account, issuer (null: a password) |
 * | session.ended | account, issuer | |
 * | model_version.signed | | bundle (its id), key (the hint of the key that signed it), digest (of its release statement, by which other servers name it) |
 * | model_version.attested | | attestation (its id), predicate_type, key (its name), hint, result (of a test result) |
 * | trusted_key.set | name, hint (null: there was none of this name) | name, hint |
 * | trusted_key.deleted | name, hint | |
 * | bundle_key.published: it signs bundles from then on | | hint, replaces (null: none signed before) |
 * | model_version.card_changed | revision, digest (null: it had no card) | revision, digest, fields [those that differ], imported_from (null: it was written) |
 * | registered_model.card_template_set | card {}, required [] (null: it had none) | card {}, required [] |
 * | registered_model.card_template_deleted | card {}, required [] | |
 * | registered_model.imported: as another server had it | | source, description, tags {}, created_at, updated_at (there) |
 * | model_version.imported: as another server had it, with no approval | | imported_from, stage, aliases [], and as model_version.created, created_at, updated_at (there) |
 * | tracking.imported: of experiments, runs or logged models | | source, kind, count |
 * | request.refused | | operation, error_code, message, gates [{name, policy, detail}] (those that failed) |
 * | request.refused: a count of those that made no entry | | operation, error_code, message, more (how many), first_at, last_at |
 *
 * The migration that made the audit log wrote a `recorded` entry, by the service `gatehouse`, for each
 * model and version that existed, so that the log tells how they were.
 * A refused request has the model and version that it named. A merge is no action of its own: it is
 * the change of the version, with the promotion and who approved it.
 */
export const actions: readonly Action[] = Object.values(actionGroups).flat()
