import { excerpt } from './error.ts'

/** Names in quotes, as MLflow's messages have them. */
export function quotedListOf(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(', ')
}

/**
 * The short phrases that programs look for in an error, as MLflow 3.17.2 spells them; where its
 * stores differ, as its SQL store does. They are part of the wire form, like the codes: a message
 * begins with its phrase, and then says in our words what to do.
 */
export const messages = {
  // Requests
  missing: (parameter: string) => `Missing value for required parameter '${parameter}'.`,
  /** @param shown the value as JSON has it */
  wrongValue: (shown: string, parameter: string) =>
    `Invalid value ${excerpt(shown)} for parameter '${parameter}' supplied`,
  wrongText: (value: string, parameter: string) =>
    `Invalid value ${JSON.stringify(excerpt(value))} for parameter '${parameter}' supplied`,
  wrongBoolean: (value: string) => `Invalid boolean value: ${excerpt(value)}`,
  tooLong: (what: string, charsMax: number) =>
    `'${what}' exceeds the maximum length of ${charsMax} characters`,
  wrongCharacters: 'Names may only contain alphanumerics',
  notAPlainName: 'Names may be treated as files',
  unspecified: (parameter: string) => `Request must specify ${parameter}`,
  unspecifiedFile: (parameter: string) => `Request must include the "${parameter}" query parameter`,
  wrongRunId: (id: string) =>
    `Invalid value ${JSON.stringify(excerpt(id))} for parameter 'run_id' supplied`,
  fileTooLarge: 'Artifact size is too large',
  wrongPath: 'Invalid path',
  noArtifact: (path: string) => `No such artifact: '${excerpt(path)}'`,

  // Users, roles and permissions
  notSignedIn: 'You are not authenticated',
  denied: 'Permission denied',
  noUser: (name: string) => `User with username=${excerpt(name)} not found`,
  blankUser: 'Username and password cannot be empty',
  ownAccount: 'Users cannot delete their own account',
  shortPassword: (charsMin: number) => `Password must be at least ${charsMin} characters`,
  currentPasswordMissing: 'Current password is required',
  currentPasswordWrong: 'Current password does not match',
  samePassword: 'New password must differ from the current password',
  wrongRowId: (text: string, parameter: string) =>
    `Parameter '${parameter}' must be an integer. Got: '${excerpt(text)}'`,
  noRole: (id: number) => `Role with id=${id} not found`,
  roleExists: (name: string, workspace: string) =>
    `Role (name=${excerpt(name)}, workspace=${excerpt(workspace)}) already exists`,
  roleNameTaken: (name: string, workspace: string) =>
    `Role with name=${excerpt(name)} already exists in workspace=${excerpt(workspace)}`,
  blankRoleName: 'Role name cannot be empty',
  reservedRoleName: (name: string, prefix: string) =>
    `Role name '${excerpt(name)}' uses the reserved '${prefix}' prefix`,
  blankWorkspaceOfRole: 'Workspace cannot be empty',
  blankWorkspace: "Parameter 'workspace' must be a non-empty string",
  emptyRoleUpdate: "At least one of 'name' or 'description' must be provided",
  roleAssignment: (userId: number, roleId: number) =>
    `User role assignment (user_id=${userId}, role_id=${roleId})`,
  noRolePermission: (id: number) => `Role permission with id=${id} not found`,
  rolePermission: (roleId: number, type: string) =>
    `Role permission (role_id=${roleId}, resource_type=${type}`,
  userPermission: (username: string, type: string) =>
    `Permission for user=${excerpt(username)} on resource_type=${type}`,
  wrongLevel: (text: string) => `Invalid permission '${excerpt(text)}'`,
  wrongResourceType: (type: string) => `Invalid resource type '${excerpt(type)}'`,
  wrongResourcePattern: (pattern: string, type: string) =>
    `Invalid resource_pattern '${excerpt(pattern)}' for resource_type='${type}'`,

  // Pages
  pageSize: (size: string, most: number, isPositive: boolean) =>
    `Invalid value ${size} for parameter 'max_results' supplied. It must be ${isPositive ? '' : 'a positive integer of '}at most ${most}`,
  pageSizeBetween: (_size: string, most: number) => `max_results must be between 1 and ${most}`,
  pageSizeOfRegistry: (_size: string, most: number, isPositive: boolean) =>
    isPositive
      ? `Invalid value for request parameter max_results. It must be at most ${most}`
      : 'Invalid value for max_results. It must be a positive integer',
  wrongPageToken: 'Invalid page token',
  otherExperiments: 'Experiment IDs in the page token do not match the requested experiment IDs',
  otherFilter: 'Filter string in the page token does not match the requested filter string',
  otherOrder: 'Order by in the page token does not match the requested order by',

  // Experiments
  noExperiment: (id: string) => `No Experiment with id=${excerpt(id)} exists`,
  noExperimentNamed: (name: string) => `Could not find experiment with name '${excerpt(name)}'`,
  /** Of 3.18; 3.17 takes it. */
  blankExperimentName: (name: string) => `Invalid experiment name: '${excerpt(name)}'`,
  experimentExists: (name: string) => `Experiment(name=${excerpt(name)}) already exists`,
  experimentNotActive: 'Cannot rename a non-active experiment',
  wrongExperimentId: (text: string) =>
    `Invalid experiment ID '${excerpt(text)}'. Experiment ID must be a valid integer`,
  notInState: (what: string) => `The ${what} must be in the 'active' state`,
  wrongLocation: "'artifact_location' URL can't include fragments or params",
  noTag: (key: string, where: string) => `No tag with name: ${excerpt(key)} in ${where}`,

  // Runs
  noRun: (id: string) => `Run with id=${excerpt(id)} not found`,
  twoRunNames: "Both 'run_name' argument and 'mlflow.runName' tag are specified",
  duplicateParams: 'Duplicate parameter keys have been submitted',
  paramChanged: (key: string) =>
    `Changing param values is not allowed. Param with key='${excerpt(key)}' was already logged`,
  paramsChanged: 'Changing param values is not allowed. Params were already logged',
  batchTooLarge: (count: number, countMax: number, what: string) =>
    `A batch logging request can contain at most ${countMax} ${what}. Got ${count} ${what}`,
  halfADataset: 'Both dataset_name and dataset_digest must be provided',
  bulkWithoutRun: 'GetMetricHistoryBulk request must specify at least one run_id',
  bulkWithoutKey: 'GetMetricHistoryBulk request must specify a metric_key',
  bulkTooManyRuns: (runsMax: number) =>
    `GetMetricHistoryBulk request cannot specify more than ${runsMax} run_ids`,
  intervalTooManyRuns: (runsMax: number) =>
    `GetMetricHistoryBulkInterval request must specify at most ${runsMax} run_ids.`,
  halfAnInterval: 'If either start step or end step are specified, both must be specified',
  intervalReversed: 'end_step must be greater than start_step',
  datasetsWithoutExperiment: 'SearchDatasets request must specify at least one experiment_id',
  datasetsOfTooMany: (experimentsMax: number) =>
    `SearchDatasets request cannot specify more than ${experimentsMax} experiment_ids`,
  notAModel: 'Malformed model info',
  modelWithoutFields: 'Model json is missing mandatory fields',

  // Logged models
  noLoggedModel: (id: string) => `Logged model with ID '${excerpt(id)}' not found`,
  noLoggedModelTag: (key: string, id: string) =>
    `No tag with key '${excerpt(key)}' found for model with ID '${id}'`,
  wrongLoggedModelName: (name: string) => `Invalid model name ('${excerpt(name)}') provided`,
  datasetWithoutName: '`dataset_name` in the `datasets` clause must be specified',
  wrongOrderField: (name: string) => `Invalid order by field name: ${excerpt(name)}`,

  // Traces
  /** Of a trace with its spans. */
  noWholeTrace: (id: string) => `Trace with ID ${excerpt(id)} is not found.`,
  noTrace: (id: string) => `Trace with ID '${excerpt(id)}' not found.`,
  traceIncomplete: (id: string) =>
    `Trace with ID ${excerpt(id)} is not fully exported yet, please try again later.`,
  immutableTraceTag: (key: string) =>
    `Tag '${excerpt(key)}' is immutable and cannot be set on a trace`,
  noTraceTag: (key: string, id: string) =>
    `No trace tag with key '${excerpt(key)}' for trace with ID '${excerpt(id)}'`,
  noAssessment: (id: string, trace: string) =>
    `Assessment with ID '${excerpt(id)}' not found for trace '${excerpt(trace)}'`,
  noTraceOfAssessment: (id: string) => `Trace with request_id '${excerpt(id)}' not found`,
  otherKind: (said: string, was: 'a Feedback' | 'an Expectation' | 'an Issue') =>
    `Cannot update ${said} value on ${was} assessment`,
  notOfAmounts: (operator: string, key: string) =>
    `Comparator '${operator}' is not supported for reserved metadata '${excerpt(key)}'`,
  wrongAttachment: (path: string) => `Invalid attachment path: '${excerpt(path)}'`,
  noEvalDatasetToTag: (id: string) => `Could not find evaluation dataset with ID ${excerpt(id)}`,
  noEvalDatasetToPlace: (id: string) => `Dataset '${excerpt(id)}' not found`,
  noEvalDataset: (id: string) => `Evaluation dataset with id '${excerpt(id)}' not found`,
  wrongSourceType: (type: string) => `Invalid dataset record source type: ${excerpt(type)}`,
  tooManyLinks: (most: number, count: number) =>
    `Cannot link more than ${most} traces to a run in a single request. Provided ${count} traces.`,
  wrongContentType: (type: string) => `Invalid Content-Type: ${excerpt(type)}`,
  wrongContentEncoding: (encoding: string) => `Unsupported Content-Encoding: ${excerpt(encoding)}`,
  notOtlp: 'Invalid OpenTelemetry format',

  wrongPromptFilter: (value: string) =>
    `Invalid prompts filter value '${excerpt(value)}'. Expected format: prompt = "name/version"`,
  wrongPromptComparator: (operator: string) =>
    `Invalid comparator '${excerpt(operator)}' for prompts filter. Only '=' is supported with format: prompt = "name/version"`,
  wrongSpanComparator: (key: string, operator: string, known: readonly string[]) =>
    `${excerpt(key)} comparator '${excerpt(operator)}' not one of ${known.join(', ')}`,
  wrongSpanKey: (name: string) =>
    `Invalid span attribute '${excerpt(name)}'. Supported attributes: name, status, type, content, attributes.<attribute_name>`,

  // Registered models and their versions
  noRegisteredModel: (name: string) => `Registered Model with name=${excerpt(name)} not found`,
  registeredModelExists: (name: string) =>
    `Registered Model (name=${excerpt(name)}) already exists`,
  promptNameTaken: (name: string) => `Tried to create a prompt with name '${excerpt(name)}'`,
  modelNameTaken: (name: string) =>
    `Tried to create a registered model with name '${excerpt(name)}'`,
  wrongModelName: (name: string) =>
    `Invalid model name '${excerpt(name)}'. Names cannot contain '/' or ':'`,
  noVersion: (name: string, version: string) =>
    `Model Version (name=${excerpt(name)}, version=${version}) not found`,
  wrongVersion: (text: string) => `Parameter 'version' must be an integer, got '${excerpt(text)}'`,
  wrongStage: (text: string) => `Invalid Model Version stage: ${excerpt(text)}`,
  cannotArchive: 'Model version transition cannot archive existing model versions',
  wrongSource: (source: string) => `Invalid model version source: '${excerpt(source)}'`,
  wrongPromptSource: (source: string) => `Invalid prompt source: '${excerpt(source)}'`,
  noAlias: (alias: string) => `Registered model alias ${excerpt(alias)} not found`,
  wrongAlias: (alias: string) => `Invalid alias name: '${excerpt(alias)}'`,
  aliasIsLatest: "'latest' alias name (case insensitive) is reserved",
  aliasIsVersion: (alias: string) => `Version alias name '${excerpt(alias)}' is reserved`,
  noLatestVersion: (name: string) => `Latest version not found for model ${excerpt(name)}`,

  // Webhooks
  noWebhook: (id: string) => `Webhook with ID ${excerpt(id)} not found`,
  blankUrl: 'Webhook URL cannot be empty or just whitespace',
  wrongUrl: (url: string) => `Invalid webhook URL '${excerpt(url)}'`,
  urlWithoutHost: 'Webhook URL must include a hostname',
  wrongScheme: (scheme: string) => `Invalid webhook URL scheme: '${excerpt(scheme)}'`,
  privateAddress: 'Webhook URL must not resolve to a non-public IP address',
  unknownHost: (host: string) => `Cannot resolve Webhook URL hostname '${excerpt(host)}'`,
  wrongWebhookName: (name: string) => `Webhook name '${excerpt(name)}' is invalid`,
  noEvents: 'Webhook events must be a non-empty list',

  // Metrics of traces
  unknownMetric: (name: string, known: readonly string[]) =>
    `metric_name must be one of [${quotedListOf(known)}], got '${excerpt(name)}'`,
  unsupportedInMetric: (
    what: 'aggregation_type' | 'dimension',
    found: readonly string[],
    known: readonly string[],
  ) => {
    const plural = what === 'dimension' ? 'dimensions' : 'aggregation types'
    return `Found invalid ${what}(s): [${excerpt(quotedListOf(found))}]. Supported ${plural}: [${quotedListOf(known)}]`
  },
  onlyEquals: (operator: string) =>
    `Invalid comparator: '${excerpt(operator)}', only '=' operator is supported`,
  wrongEntity: (key: string, view: string, known: readonly string[]) =>
    `Invalid entity '${excerpt(key)}' specified for view type '${view}'. Valid entities are [${quotedListOf(known)}]`,

  // Filters and orders
  blankFilter: (filter: string) => `Invalid filter '${filter}'. Could not be parsed`,
  wrongClauses: (filter: string) => `Invalid clause(s) in filter string: ${excerpt(filter)}`,
  wrongFilterOfLoggedModels: (filter: string) => `Invalid filter string: '${excerpt(filter)}'`,
  wrongOrder: (clause: string) => `Invalid order_by clause '${excerpt(clause)}'`,
  wrongOrderKey: (clause: string) => `Invalid ordering key in order_by clause '${excerpt(clause)}'`,
  unknownOrderKey: (key: string) => `Invalid order by key '${excerpt(key)}' specified`,
  unknownKey: (key: string) => `Invalid attribute key '${excerpt(key)}' specified`,
  unknownDatasetKey: (key: string) => `Invalid dataset key '${excerpt(key)}' specified`,
  unknownPrefix: (prefix: string) => `Invalid entity type '${excerpt(prefix)}'`,
  unknownPrefixOfLoggedModels: (prefix: string) => `Invalid entity type: '${excerpt(prefix)}'`,
  notAKey: (found: string) =>
    `Invalid comparison clause. Expected 'Identifier' found '${excerpt(found)}'`,
  wrongComparator: (operator: string, known: readonly string[]) =>
    `Invalid comparator '${excerpt(operator)}' not one of ${known.join(', ')}`,
  wrongComparatorFor: (kind: string, operator: string) =>
    `Invalid comparator for ${kind}: ${operator}`,
  wrongComparatorOfLoggedModels: (key: string, operator: string) =>
    `Invalid comparison operator for ${key}: '${operator}'`,
  nullNotSupported: 'IS NULL / IS NOT NULL is only supported',
  /** Of 3.18; 3.17 answers 500. */
  nullNotSupportedIn: (entity: string) =>
    `IS NULL / IS NOT NULL is not supported for ${entity} search`,
  numberOnlyOf: (keys: readonly string[]) =>
    `Only the '{${keys.map((key) => `'${key}'`).join(', ')}}' attributes support comparison with numeric values`,
  listOnlyOf: (keys: readonly string[]) =>
    `Only [${keys.map((key) => `'${key}'`).join(', ')}] attributes support comparison with a list`,
  notQuoted: 'Parameter value is either not quoted',
  notAQuotedList: 'While parsing a list in the query',
  notTextOrList: 'Expected a quoted string value or a list of quoted string values for attributes',
  notText: (kind: string) => `Expected a quoted string value for ${kind}`,
  notNumeric: (kind: string) => `Expected numeric value type for ${kind}`,
  notWhole: (key: string) => `Invalid value for numeric attribute '${excerpt(key)}'`,
} as const
