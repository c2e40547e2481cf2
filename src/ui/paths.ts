/** The addresses of pages, each from parsed names, under the path that a proxy adds. */
export type Paths = ReturnType<typeof pathsUnder>

const part = encodeURIComponent

function query(path: string, terms: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(terms).flatMap(([key, value]) =>
    value === undefined || value === '' ? [] : [`${part(key)}=${part(value)}`],
  )
  return given.length === 0 ? path : `${path}?${given.join('&')}`
}

/** Of traces and the sessions that they are in. */
function tracePathsUnder(prefix: string) {
  const experiment = (id: number) => `${prefix}/experiments/${id}`
  return {
    traces: (experimentId: number) => `${experiment(experimentId)}/traces`,
    traceRules: (experimentId: number) => `${experiment(experimentId)}/traces/rules`,
    /** Of a logged model. @param modelId of letters, digits and `-` */
    tracesOfModel: (experimentId: number, modelId: string) =>
      query(`${experiment(experimentId)}/traces`, {
        q: `metadata.mlflow.modelId = '${modelId.replaceAll("'", '')}'`,
      }),
    /** That were made in a run, or linked with it. @param runId of letters and digits */
    tracesOfRun: (experimentId: number, runId: string) =>
      query(`${experiment(experimentId)}/traces`, {
        q: `run_id = '${runId.replaceAll("'", '')}'`,
      }),
    trace: (traceId: string) => `${prefix}/traces/${part(traceId)}`,
    reviews: (experimentId: number) => `${experiment(experimentId)}/reviews`,
    labelSchemas: (experimentId: number) => `${experiment(experimentId)}/label-schemas`,
    labelSchema: (id: string) => `${prefix}/label-schemas/${part(id)}`,
    evalDatasets: (experimentId: number) => `${experiment(experimentId)}/evaluation-datasets`,
    evalDataset: (id: string) => `${prefix}/evaluation-datasets/${part(id)}`,
    review: (queueId: string) => `${prefix}/reviews/${part(queueId)}`,
    sessions: (experimentId: number) => `${experiment(experimentId)}/sessions`,
    session: (experimentId: number, id: string) =>
      query(`${experiment(experimentId)}/sessions`, { id }),
  }
}

function settingsPathsUnder(prefix: string) {
  return {
    settings: `${prefix}/settings`,
    policies: `${prefix}/settings/policies`,
    policy: (name: string) => `${prefix}/settings/policies/${part(name)}`,
    newPolicy: `${prefix}/settings/new-policy`,
    retention: `${prefix}/settings/retention`,
    retentionRule: (name: string) => `${prefix}/settings/retention/${part(name)}`,
    newRetentionRule: `${prefix}/settings/new-retention-rule`,
    storage: `${prefix}/settings/storage`,
    keys: `${prefix}/settings/keys`,
    traceSettings: `${prefix}/settings/traces`,
    trustedKey: (name: string) => `${prefix}/settings/keys/trusted/${part(name)}`,
  }
}

/** Of what is signed about versions. */
function proofPathsUnder(prefix: string) {
  const at = (name: string, number: number) => `models/${part(name)}/${number}`
  const ofApi = (name: string, number: number) =>
    `${prefix}/api/v1/models/${part(name)}/versions/${number}`
  return {
    proof: (name: string, number: number) => `${prefix}/${at(name, number)}/proof`,
    bundlePage: (name: string, number: number, id: number) =>
      `${prefix}/${at(name, number)}/bundles/${id}`,
    attestationPage: (name: string, number: number, id: number) =>
      `${prefix}/${at(name, number)}/attestations/${id}`,
    /** The files of both, from the API. */
    bundle: (name: string, number: number, id: number) =>
      `${ofApi(name, number)}/bundle.zip?bundle=${id}`,
    attestation: (name: string, number: number, id: number) =>
      `${ofApi(name, number)}/attestations/${id}`,
  }
}

/** Of prompts, which are registered models whose versions are texts. */
function promptPathsUnder(prefix: string) {
  const prompt = (name: string) => `${prefix}/prompts/${part(name)}`
  return {
    prompts: `${prefix}/prompts`,
    prompt,
    promptVersion: (name: string, number: number) => `${prompt(name)}/${number}`,
    comparePrompt: (name: string, versions: readonly number[]) =>
      query(`${prompt(name)}/compare`, { v: versions.join(',') }),
  }
}

/** Of a registered model and what is below it. @param model the page of one */
function modelPathsUnder(model: (name: string) => string) {
  return {
    serving: (name: string) => `${model(name)}/serving`,
    modelAccess: (name: string) => `${model(name)}/access`,
    versions: (name: string) => `${model(name)}/versions`,
    changeModel: (name: string) => `${model(name)}/change`,
    rollback: (name: string) => `${model(name)}/rollback`,
    compare: (name: string, versions: readonly number[]) =>
      query(`${model(name)}/compare`, { v: versions.join(',') }),
    /** Of a file of two versions, by its path. */
    fileDiff: (name: string, versions: readonly number[]) => (path: string) =>
      query(`${model(name)}/compare/file`, { v: versions.join(','), path }),
    /** Leads to the version that is there. */
    alias: (name: string, alias: string) => `${model(name)}/@${part(alias)}`,
    stage: (name: string, stage: string) => `${model(name)}/stages/${part(stage)}`,
  }
}

/** @param prefix `/mlflow` or empty */
export function pathsUnder(prefix: string) {
  const model = (name: string) => `${prefix}/models/${part(name)}`
  const version = (name: string, number: number) => `${model(name)}/${number}`
  const experiment = (id: number) => `${prefix}/experiments/${id}`
  const run = (runId: string) => `${prefix}/runs/${part(runId)}`
  const deployment = (name: string) => `${prefix}/deployments/${part(name)}`
  const loggedModel = (modelId: string) => `${prefix}/logged-models/${part(modelId)}`
  const promotion = (id: number) => `${prefix}/promotions/${id}`
  return {
    prefix,
    home: `${prefix}/`,
    models: `${prefix}/models`,
    collections: `${prefix}/collections`,
    ...promptPathsUnder(prefix),
    promotions: `${prefix}/promotions`,
    audit: `${prefix}/audit`,
    deployments: `${prefix}/deployments`,
    docs: `${prefix}/docs`,
    find: `${prefix}/find`,
    profile: `${prefix}/profile`,
    ...settingsPathsUnder(prefix),
    ...proofPathsUnder(prefix),
    openapi: `${prefix}/api/v1/openapi.json`,
    signIn: `${prefix}/signin`,
    signOut: `${prefix}/signout`,
    model,
    ...modelPathsUnder(model),
    version,
    promotion,
    deployment,
    traffic: (name: string) => `${deployment(name)}/traffic`,
    canary: (name: string) => `${deployment(name)}/steps`,
    experiments: `${prefix}/experiments`,
    experiment,
    runs: `${prefix}/runs`,
    run,
    datasets: `${prefix}/datasets`,
    dataset: (digest: string) => `${prefix}/datasets/${part(digest)}`,
    loggedModel,
    /** @param path a folder of its files; empty: all of them */
    registerRun: (runId: string, path: string, below: '' | '/model' = '') =>
      query(`${run(runId)}/register${below}`, { path }),
    registerLogged: (modelId: string) => `${loggedModel(modelId)}/register`,
    ...tracePathsUnder(prefix),
    compareRuns: (runIds: readonly string[]) =>
      query(`${prefix}/runs/compare`, { ids: runIds.join(',') }),
    promote: (name: string, number: number) => `${version(name, number)}/promote`,
    changeVersion: (name: string, number: number) => `${version(name, number)}/change`,
    gates: (name: string, number: number) => `${version(name, number)}/gates`,
    cardRevisions: (name: string, number: number) => `${version(name, number)}/card/revisions`,
    editCard: (name: string, number: number) => `${version(name, number)}/card`,
    card: (name: string, number: number) =>
      `${prefix}/api/v1/models/${part(name)}/versions/${number}/card.html`,
    mlBom: (name: string, number: number) =>
      `${prefix}/api/v1/models/${part(name)}/versions/${number}/mlbom.json`,
    /** With what follows a `?`, in the order given; what is empty is left out. */
    query,
  }
}

/** The number of a version, a request or a revision, as addresses and forms spell it; undefined: it is none. */
export function numberIn(text: string | undefined): number | undefined {
  return text !== undefined && /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined
}
