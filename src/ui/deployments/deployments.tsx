import { requireModelVersion } from '../../access/permissions/require.ts'
import type { AppContext } from '../../http/app-env.ts'
import { optionalQuery } from '../../http/guards/target.ts'
import type { Context } from '../../platform/context.ts'
import { readPage } from '../../search/page.ts'
import { listDeployments } from '../../serving/deployments.ts'
import { requireOnDeployment } from '../../serving/permissions.ts'
import { listReplicas, readWanted } from '../../serving/replicas.ts'
import { modelNameOf } from '../addressed.ts'
import { frameOf } from '../shell/frame.ts'
import { sendPage } from '../shell/page.tsx'
import { DeploymentPage } from './deployment-page.tsx'
import { DeploymentsPage } from './deployments-page.tsx'
import { ModelServingPage } from './model-serving-page.tsx'
import { readDeploymentStanding, windowNamed } from './read-deployment.ts'

const pageSize = 100
/** Of the processes and the deployments of a model that stand on one page. */
const ofModelMax = 50

/** The deployment that the address of a page names. */
export function deploymentNameOf(c: AppContext): string {
  return c.req.param('name') ?? ''
}

/** @throws PERMISSION_DENIED, RESOURCE_DOES_NOT_EXIST */
export function mayReadDeployment(ctx: Context, c: AppContext): Promise<void> {
  return requireOnDeployment(ctx, deploymentNameOf(c), 'READ')
}

/** @throws PERMISSION_DENIED, RESOURCE_DOES_NOT_EXIST the model that the list is of */
export async function mayListDeployments(ctx: Context, c: AppContext): Promise<void> {
  const model = optionalQuery(c, 'model')
  if (model !== undefined) await requireModelVersion(ctx, model, 'READ')
}

/** `GET /deployments?model=&after=` */
export async function showDeployments(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const [model, token] = [optionalQuery(c, 'model'), optionalQuery(c, 'after')]
  const [frame, found] = await Promise.all([
    frameOf(c),
    readPage(
      { fingerprint: ['deployments', model ?? null], count: pageSize, token },
      {
        first: '',
        read: (after: string, count) => listDeployments(ctx, model, { after, count }),
        keyOf: ({ name }) => name,
      },
    ),
  ])
  const page = (
    <DeploymentsPage
      {...{ frame, model }}
      deployments={found.items}
      isLater={token !== undefined}
      next={found.nextPageToken}
    />
  )
  return sendPage(c, { frame, page })
}

/** `GET /deployments/{name}?window=5m` */
export async function showDeployment(c: AppContext): Promise<Response> {
  const window = windowNamed(optionalQuery(c, 'window'))
  const [frame, standing] = await Promise.all([
    frameOf(c),
    readDeploymentStanding(c.var.ctx, deploymentNameOf(c), window),
  ])
  return sendPage(c, { frame, page: <DeploymentPage {...{ frame, standing }} /> })
}

/** `GET /models/{name}/serving?after=`: what really runs of a model, and which deployments split its requests. */
export async function showModelServing(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const name = modelNameOf(c)
  const token = optionalQuery(c, 'after')
  const firstId: number = 0
  const [frame, deployments, found] = await Promise.all([
    frameOf(c),
    listDeployments(ctx, name, { after: '', count: ofModelMax + 1 }),
    readPage(
      { fingerprint: ['replicas', name], count: ofModelMax, token },
      {
        first: firstId,
        read: (after, count) => listReplicas(ctx, name, { after, count }),
        keyOf: ({ id }) => id,
      },
    ),
  ])
  const wanted = await readWanted(ctx, found.items)
  const page = (
    <ModelServingPage
      {...{ frame, name, wanted }}
      deployments={deployments.slice(0, ofModelMax)}
      hasMoreDeployments={deployments.length > ofModelMax}
      replicas={found.items}
      nowMs={ctx.now()}
      isLater={token !== undefined}
      next={found.nextPageToken}
    />
  )
  return sendPage(c, { frame, page })
}
