import { Hono } from 'hono'
import { requireWholeAudit } from '../governance/history/audit-page.ts'
import type { AppEnv } from '../http/app-env.ts'
import { anyone, guard } from '../http/guards/guard.ts'
import { requireAllAudit, showAsOf } from './audit/as-of.tsx'
import { showAudit, showAuditEntry, showVerification } from './audit/audit.tsx'
import { showCard } from './cards/card.tsx'
import { postCard, showCardEdit } from './cards/card-edit.tsx'
import { showCardRevisions } from './cards/card-revisions.tsx'
import * as experimentChanges from './changes/experiment-changes.tsx'
import * as modelChanges from './changes/model-changes.tsx'
import * as runChanges from './changes/run-changes.tsx'
import type { TagPosts } from './changes/tag-changes.ts'
import type { TrackedPosts } from './changes/tracked-changes.ts'
import * as versionChanges from './changes/version-changes.tsx'
import { sendPointsFile } from './charts/points-file.ts'
import { showRunCharts } from './charts/run-charts.tsx'
import { showCollections } from './collections/collections.tsx'
import { showDataset, showDatasets } from './datasets/datasets.tsx'
import { postCanaryChange, showCanaryChange } from './deployments/changes/change-canary.tsx'
import { postTraffic, showTrafficChange } from './deployments/changes/change-traffic.tsx'
import {
  mayListDeployments,
  mayReadDeployment,
  showDeployment,
  showDeployments,
  showModelServing,
} from './deployments/deployments.tsx'
import { showDocs } from './docs/docs.tsx'
import type { ShownEndpoint } from './docs/docs-page.tsx'
import {
  sendLoggedModelFrame,
  sendRunFrame,
  sendVersionFrame,
  showLoggedModelFiles,
  showRunFiles,
  showVersionFiles,
} from './files/files.tsx'
import { postFilesVerification, showFilesVerification } from './files/verification.tsx'
import { showFind } from './find/find.tsx'
import { showHome, showModels } from './home/home.tsx'
import { followOldLink } from './home/old-links.ts'
import { mayReadLoggedModel, showLoggedModel } from './logged-models/logged-models.tsx'
import { registerLogged, registerRun } from './logged-models/register.tsx'
import {
  postPermission,
  postPermissionRemoval,
  showModelAccess,
} from './models/access/model-access.tsx'
import { showComparison } from './models/compare/compare.tsx'
import { showFileDiff } from './models/file-diff/file-diff.tsx'
import { showGates } from './models/gates.tsx'
import {
  followPlace,
  mayReadModel,
  mayReadModelOrPast,
  showModel,
  showVersion,
} from './models/models.tsx'
import { postPromote, postRollback, showPromote, showRollback } from './models/moves/moves.tsx'
import { showVersions } from './models/versions/versions.tsx'
import {
  postClaimedName,
  postPreferences,
  postSignInEnd,
  postTheme,
  postToken,
  postTokenRevocation,
  postZone,
  showProfile,
} from './profile/profile.tsx'
import { showInbox } from './promotions/inbox.tsx'
import {
  mayReadPromotion,
  postBreakGlass,
  postClose,
  postFollowUp,
  postMerge,
  postReview,
  showPromotion,
} from './promotions/promotions.tsx'
import { postWithdrawal, showWithdrawal } from './promotions/withdraw/withdraw.tsx'
import { promptRoutes } from './prompts/routes.ts'
import {
  postAttestation,
  postBundle,
  showAttestation,
  showBundle,
  showProof,
} from './proof/proof.tsx'
import { mayReadNames, showColumns } from './runs/columns/columns.tsx'
import { mayReadRuns, showRunComparison } from './runs/compare/compare-runs.tsx'
import { showExperiments } from './runs/experiments.tsx'
import { followChildren, mayReadRun, showRun } from './runs/run.tsx'
import * as selectedRuns from './runs/selected/selected-runs.tsx'
import { mayReadExperiments, showRuns, showRunsOfSeveral } from './runs/table/runs.tsx'
import { sendRunsFile } from './runs/table/runs-file.ts'
import * as viewPosts from './runs/views/view-posts.ts'
import { settingsRoutes } from './settings/routes.ts'
import { sendAsset } from './shell/assets.ts'
import { begin, complete, showSignIn, signIn, signOut } from './sign-in/sign-in.tsx'
import { traceRoutes } from './traces/routes.ts'

/**
 * Pages that are made on the server and need no script.
 *
 * @param endpoints those that the page of the API shows
 */
export function uiRoutes(endpoints: readonly ShownEndpoint[]): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .use(async (c, next) => {
      c.set('joinsReads', c.req.method === 'GET')
      await next()
    })
    .get('/', guard(anyone), showHome)
    .get('/old-links', guard(anyone), followOldLink)
    .get('/find', guard(anyone), showFind)
    .get('/assets/:file', guard('public'), sendAsset)
    .route('/', modelRoutes())
    .route('/', promptRoutes())
    .get('/signin', guard('public'), showSignIn)
    .post('/signin', guard('public'), signIn)
    .get('/signin/oidc', guard('public'), begin)
    .get('/signin/callback', guard('public'), complete)
    .post('/signout', guard('public'), signOut)
    .get('/api/v1/models/:name/versions/:version/card.html', guard(mayReadModel), showCard)
    .get('/docs', guard(anyone), showDocs(endpoints))
    .route('/', runRoutes())
    .route('/', traceRoutes())
    .route('/', settingsRoutes())
    .get('/profile', guard(anyone), (c) => showProfile(c))
    .post('/profile/tokens', postToken)
    .post('/profile/tokens/revoke', postTokenRevocation)
    .post('/profile/sign-ins/end', postSignInEnd)
    .post('/profile/preferences', postPreferences)
    .post('/profile/theme', postTheme)
    .post('/profile/zone', postZone)
    .post('/profile/name', postClaimedName)
    .route('/', deploymentRoutes())
    .get('/audit', guard(anyone), showAudit)
    .get('/audit/as-of', guard(requireAllAudit), showAsOf)
    .get('/audit/verify', guard(requireWholeAudit), showVerification)
    .get('/audit/:seq{[0-9]+}', guard(anyone), showAuditEntry)
    .get('/promotions', guard(anyone), showInbox)
    .get('/promotions/withdraw', guard(anyone), (c) => showWithdrawal(c))
    .post('/promotions/withdraw', postWithdrawal)
    .get('/promotions/:id', guard(mayReadPromotion), (c) => showPromotion(c))
    .post('/promotions/:id/reviews', postReview)
    .post('/promotions/:id/merge', postMerge)
    .post('/promotions/:id/break-glass', postBreakGlass)
    .post('/promotions/:id/close', postClose)
    .post('/promotions/:id/follow-up', postFollowUp)
}

/** All below `/models`: the catalogue, a model, its versions, and their forms. */
function modelRoutes(): Hono<AppEnv> {
  const version = '/models/:name/:version{[0-9]+}'
  return new Hono<AppEnv>()
    .get('/models', guard(anyone), showModels)
    .get('/collections', guard(anyone), showCollections)
    .get('/models/:name', guard(mayReadModelOrPast), showModel)
    .get('/models/:name/versions', guard(mayReadModel), showVersions)
    .get('/models/:name/compare', guard(mayReadModel), showComparison)
    .get('/models/:name/compare/file', guard(mayReadModel), showFileDiff)
    .get('/models/:name/stages/:stage', guard(mayReadModel), followPlace)
    .get('/models/:name/:alias{@.+}', guard(mayReadModel), followPlace)
    .get('/models/:name/access', guard(mayReadModel), (c) => showModelAccess(c))
    .post('/models/:name/access', postPermission)
    .post('/models/:name/access/remove', postPermissionRemoval)
    .get('/models/:name/serving', guard(mayReadModel), showModelServing)
    .get('/models/:name/rollback', guard(mayReadModel), (c) => showRollback(c))
    .post('/models/:name/rollback', postRollback)
    .get('/models/:name/change', guard(mayReadModel), (c) => modelChanges.showModelChange(c))
    .post('/models/:name/description', modelChanges.postDescription)
    .route('/models/:name', tagRoutes(modelChanges.modelTagPosts))
    .post('/models/:name/aliases', modelChanges.postAlias)
    .post('/models/:name/aliases/remove', modelChanges.postAliasRemoval)
    .post('/models/:name/rename', modelChanges.postRename)
    .post('/models/:name/delete', modelChanges.postDeletion)
    .get(version, guard(mayReadModel), showVersion)
    .get(`${version}/promote`, guard(mayReadModel), (c) => showPromote(c))
    .post(`${version}/promote`, postPromote)
    .get(`${version}/files`, guard(mayReadModel), showVersionFiles)
    .get(`${version}/files/frame`, guard(mayReadModel), sendVersionFrame)
    .get(`${version}/verify`, guard(mayReadModel), (c) => showFilesVerification(c))
    .post(`${version}/verify`, postFilesVerification)
    .get(`${version}/gates`, guard(mayReadModel), showGates)
    .route(version, proofRoutes())
    .get(`${version}/card`, guard(mayReadModel), (c) => showCardEdit(c))
    .get(`${version}/card/revisions`, guard(mayReadModel), showCardRevisions)
    .post(`${version}/card`, postCard)
    .get(`${version}/change`, guard(mayReadModel), (c) => versionChanges.showVersionChange(c))
    .post(`${version}/description`, versionChanges.postDescription)
    .route(version, tagRoutes(versionChanges.versionTagPosts))
    .post(`${version}/alias`, versionChanges.postAlias)
    .post(`${version}/link`, versionChanges.postLink)
    .post(`${version}/hold`, versionChanges.postHold)
    .post(`${version}/hold/lift`, versionChanges.postHoldLift)
    .post(`${version}/delete`, versionChanges.postDeletion)
}

/** What is signed about a version. */
function proofRoutes(): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get('/proof', guard(mayReadModel), (c) => showProof(c))
    .post('/bundles', postBundle)
    .get('/bundles/:id', guard(mayReadModel), showBundle)
    .post('/attestations', postAttestation)
    .get('/attestations/:id', guard(mayReadModel), showAttestation)
}

/** All below `/deployments`. */
function deploymentRoutes(): Hono<AppEnv> {
  const deployment = '/deployments/:name'
  return new Hono<AppEnv>()
    .get('/deployments', guard(mayListDeployments), showDeployments)
    .get(deployment, guard(mayReadDeployment), showDeployment)
    .get(`${deployment}/traffic`, guard(mayReadDeployment), (c) => showTrafficChange(c))
    .post(`${deployment}/traffic`, postTraffic)
    .get(`${deployment}/steps`, guard(mayReadDeployment), (c) => showCanaryChange(c))
    .post(`${deployment}/steps`, postCanaryChange)
}

/** Experiments, their runs, and the forms of both. */
function runRoutes(): Hono<AppEnv> {
  const experiment = '/experiments/:id{[0-9]+}'
  return new Hono<AppEnv>()
    .get('/experiments', guard(anyone), showExperiments)
    .get(experiment, guard(mayReadExperiments), (c) => showRuns(c))
    .get(`${experiment}/columns`, guard(mayReadNames), showColumns)
    .get(`${experiment}/runs.csv`, guard(mayReadExperiments), sendRunsFile)
    .get('/experiments/new', guard(anyone), (c) => experimentChanges.showNewExperiment(c))
    .post('/experiments/new', experimentChanges.postNewExperiment)
    .get(`${experiment}/change`, guard(mayReadExperiments), (c) =>
      experimentChanges.showExperimentChange(c),
    )
    .route(experiment, trackedRoutes(experimentChanges.experimentPosts))
    .post(`${experiment}/views`, viewPosts.postView)
    .post(`${experiment}/views/:view{[0-9]{1,15}}/change`, viewPosts.postViewChange)
    .post(`${experiment}/views/:view{[0-9]{1,15}}/delete`, viewPosts.postViewDeletion)
    .get('/runs', guard(mayReadExperiments), showRunsOfSeveral)
    .get('/runs/columns', guard(mayReadNames), showColumns)
    .get('/runs/runs.csv', guard(mayReadExperiments), sendRunsFile)
    .get('/runs/change', guard(mayReadRuns), (c) => selectedRuns.showSelectedRuns(c))
    .post('/runs/change/tags', selectedRuns.postTag)
    .post('/runs/change/delete', selectedRuns.postDeletion)
    .post('/runs/change/restore', selectedRuns.postRestoring)
    .get('/runs/compare', guard(mayReadRuns), showRunComparison)
    .get('/datasets', guard(anyone), showDatasets)
    .get('/datasets/:digest', guard(anyone), showDataset)
    .get('/logged-models/:model', guard(mayReadLoggedModel), showLoggedModel)
    .get('/logged-models/:model/register', guard(mayReadLoggedModel), (c) => registerLogged.show(c))
    .post('/logged-models/:model/register', registerLogged.post)
    .post('/logged-models/:model/register/model', registerLogged.postModel)
    .get('/logged-models/:model/files', guard(mayReadLoggedModel), showLoggedModelFiles)
    .get('/logged-models/:model/files/frame', guard(mayReadLoggedModel), sendLoggedModelFrame)
    .get('/runs/:run', guard(mayReadRun), showRun)
    .get('/runs/:run/children', guard(mayReadRun), followChildren)
    .get('/runs/:run/charts', guard(mayReadRun), showRunCharts)
    .get('/runs/:run/points.csv', guard(mayReadRun), sendPointsFile)
    .get('/runs/:run/files', guard(mayReadRun), showRunFiles)
    .get('/runs/:run/register', guard(mayReadRun), (c) => registerRun.show(c))
    .post('/runs/:run/register', registerRun.post)
    .post('/runs/:run/register/model', registerRun.postModel)
    .get('/runs/:run/files/frame', guard(mayReadRun), sendRunFrame)
    .get('/runs/:run/change', guard(mayReadRun), (c) => runChanges.showRunChange(c))
    .route('/runs/:run', trackedRoutes(runChanges.runPosts))
}

/** The forms that experiments and runs have alike. */
function trackedRoutes(posts: TrackedPosts): Hono<AppEnv> {
  return tagRoutes(posts)
    .post('/name', posts.postName)
    .post('/description', posts.postDescription)
    .post('/delete', posts.postDeletion)
    .post('/restore', posts.postRestoring)
}

function tagRoutes({ postTag, postTagRemoval }: TagPosts): Hono<AppEnv> {
  return new Hono<AppEnv>().post('/tags', postTag).post('/tags/remove', postTagRemoval)
}
